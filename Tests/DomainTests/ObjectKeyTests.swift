import Domain
import Testing

@Suite struct ObjectKeyTests {
    @Test func `composed and decomposed letters are different keys`() throws {
        let composed = try #require(ObjectKey("caf\u{E9}"))
        let decomposed = try #require(ObjectKey("cafe\u{301}"))
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(!decomposed.starts(with: "caf\u{E9}"))
    }

    @Test func `a key has one to 1024 bytes`() {
        #expect(ObjectKey("") == nil)
        #expect(ObjectKey(String(repeating: "é", count: 512)) != nil)
        #expect(ObjectKey(String(repeating: "é", count: 513)) == nil)
    }

    @Test(arguments: [("a/b/c.png", "c.png"), ("c.png", "c.png"), ("a/b/", "a/b/"), ("a//..", "..")])
    func `the name is the part after the last slash`(key: String, name: String) throws {
        #expect(try #require(ObjectKey(key)).name == name)
    }

    @Test func `the rest after a prefix keeps every byte`() throws {
        let key = try #require(ObjectKey("uploads/\r\n\u{301}x"))
        #expect(key.rest(after: "uploads/")?.utf8.elementsEqual("\r\n\u{301}x".utf8) == true)
        #expect(key.rest(after: "other/") == nil)
    }
}
