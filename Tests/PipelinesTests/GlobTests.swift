import Testing

@testable import Pipelines

struct GlobTests {
    @Test(arguments: [
        // Without a slash: matched with the name, at any depth.
        ("*.info", "uploads/a.info", true),
        ("*.info", "uploads/deep/er/a.info", true),
        ("*.info", "uploads/a.info/b", false),
        ("*.info", "uploads/a.INFO", false),
        ("*.info", "uploads/.info", true),
        ("*.info", "uploads/info", false),
        ("a*", "uploads/b/a", true),
        ("a*", "uploads/a/b", false),
        ("*", "uploads/a/", true),
        ("?", "uploads/é", true),
        ("?", "uploads/ab", false),
        ("?*", "uploads/a/", false),
        ("a**b*c", "uploads/axxbyybzzc", true),
        ("a*b*c", "uploads/axxbyybzz", false),
        ("\\*", "uploads/*", true),
        ("\\*", "uploads/a", false),
        ("\\?", "uploads/a", false),
        ("[a]", "uploads/a", false),
        ("[a]", "uploads/[a]", true),
        ("uploads*", "uploads/x", false),
        // With a slash: matched with the rest, where * matches slashes.
        ("drafts/*", "uploads/drafts/a/b", true),
        ("drafts/*", "uploads/drafts/", true),
        ("drafts/*", "uploads/a/drafts/b", false),
        ("drafts/*", "drafts/b", false),
        ("*/drafts/*", "uploads/a/drafts/b", true),
        ("*/", "uploads/a/b/", true),
        ("a/?/c", "uploads/a/é/c", true),
        ("a/?/c", "uploads/a//c", false),
    ])
    func `a pattern matches the name or the rest of a key`(pattern: String, key: String, isMatch: Bool) throws {
        let glob = try #require(Glob(pattern))
        let matches = glob.matches(key.utf8Span.span, afterPrefix: "uploads/".utf8.count)
        #expect(matches == isMatch)
    }

    @Test(arguments: ["", "\\", "a\\"])
    func `an invalid pattern is refused`(text: String) {
        #expect(Glob(text) == nil)
    }

    @Test(arguments: [
        ("a/*", "a/", true), ("a/*", "a/b/c", true), ("a/*", "a", false), ("a/*", "", false), ("*/*", "a/", true),
        ("*/*", "a", false), ("a/*b", "a/", false), ("a*", "a", false), ("*", "", true), ("**", "a/b", true),
        ("a/?*", "a/", false), ("a/?*", "a/b", true), ("a/b", "a/b", false), ("*/b", "a/b", false),
    ])
    func `a pattern covers all keys with a prefix only if that is certain`(
        pattern: String, head: String, isCovered: Bool
    ) throws {
        let glob = try #require(Glob(pattern))
        #expect(glob.coversAll(startingWith: Array(head.utf8)) == isCovered)
        guard isCovered else { return }
        for tail in ["", "x", "/", "x/y.png", "é/*"] {
            let key = head + tail
            let matches = glob.matches(key.utf8Span.span, afterPrefix: 0)
            #expect(matches, "\(key)")
        }
    }

    @Test(.timeLimit(.minutes(1))) func `a pattern with many stars stays fast on a long key`() throws {
        let glob = try #require(Glob(String(repeating: "a*", count: 127) + "b"))
        let key = String(repeating: "a", count: 1024)
        let clock = ContinuousClock()
        let time = clock.measure {
            for _ in 0..<20 where glob.matches(key.utf8Span.span, afterPrefix: 0) { Issue.record("there is no b") }
        }
        #expect(time < .seconds(5))
    }
}
