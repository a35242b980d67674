import Testing
import Unpacking

/// What is taken out of CMS.
@Suite(.timeLimit(.minutes(1))) struct CMSTests {
    private static let pkcs7: [UInt8] = [6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7]
    private static let smime: [UInt8] = [6, 11, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 0x10, 1]

    private static func opened(_ bytes: [UInt8]) -> OpenedParts {
        OpenedParts(bytes) { slice throws(UnpackingError) in try CMSOpener(slice) }
    }

    /// A value with a short, a long or no length.
    private static func value(_ tag: UInt8, _ content: [UInt8], isOpen: Bool = false) -> [UInt8] {
        if isOpen, tag & 0x20 != 0 { return [tag, 0x80] + content + [0, 0] }
        if content.count < 128 { return [tag, UInt8(content.count)] + content }
        return [tag, 0x83, UInt8(content.count >> 16), UInt8(content.count >> 8 & 255), UInt8(content.count & 255)]
            + content
    }

    private static func signed(_ content: [UInt8]?, isOpen: Bool) -> [UInt8] {
        let explicit = content.map { value(0xA0, $0, isOpen: isOpen) } ?? []
        let inner = value(0x30, pkcs7 + [1] + explicit, isOpen: isOpen)
        let structure = value(0x30, [2, 1, 1] + value(0x31, []) + inner + value(0x31, []), isOpen: isOpen)
        return value(0x30, pkcs7 + [2] + value(0xA0, structure, isOpen: isOpen), isOpen: isOpen)
    }

    @Test(arguments: [false, true]) func `signed content is taken, with known lengths and without`(isOpen: Bool) throws
    {
        let content = Array("the content".utf8)
        let whole = Self.signed(Self.value(4, content), isOpen: isOpen)
        #expect(try whole.sightings().map(\.form) == [.cms])
        #expect(Self.opened(whole).contents == [content])
        let pieces = content.flatMap { Self.value(4, [$0]) }
        let parts = Self.opened(Self.signed(Self.value(0x24, pieces, isOpen: isOpen), isOpen: isOpen))
        #expect(parts.contents == [content])
        #expect(parts.error == nil)
    }

    @Test(arguments: [false, true]) func `a signature apart from its content has no part`(isOpen: Bool) {
        let parts = Self.opened(Self.signed(nil, isOpen: isOpen))
        #expect(parts.contents.isEmpty)
        #expect(parts.error == nil)
    }

    @Test(arguments: [[3], [6], [4]] as [[UInt8]]) func `content for a key is encrypted`(type: [UInt8]) {
        let structure = Self.value(0x30, [2, 1, 0])
        let bytes = Self.value(0x30, Self.pkcs7 + type + Self.value(0xA0, structure))
        #expect(Self.opened(bytes).error?.code == .encrypted)
        let other = Self.value(0x30, Self.smime + [23] + Self.value(0xA0, structure))
        #expect(Self.opened(other).error?.code == .encrypted)
    }

    @Test func `a structure within a structure is a layer of its form`() throws {
        let inner = Self.signed(Self.value(4, Array("within".utf8)), isOpen: false)
        // The inner structure, without its type, as the content of the outer one.
        let content = Array(inner.dropFirst(2 + 11 + 2))
        let explicit = Self.value(0xA0, Self.value(4, content))
        let outer = Self.value(0x30, Self.pkcs7 + [2] + explicit)
        let structure = Self.value(0x30, [2, 1, 1] + Self.value(0x31, []) + outer)
        let parts = Self.opened(Self.value(0x30, Self.pkcs7 + [2] + Self.value(0xA0, structure)))
        let layer = try #require(parts.contents.first)
        #expect(try layer.sightings().map(\.form) == [.cms])
        #expect(Self.opened(layer).texts == ["within"])
    }

    @Test func `what follows the structure is counted`() throws {
        let bytes = Self.signed(Self.value(4, [1]), isOpen: true)
        let file = MemoryFile(bytes + Array("behind".utf8))
        var opener = try CMSOpener(FileSlice(descriptor: file.descriptor, start: 0, size: file.size))
        while try opener.next() != nil {}
        #expect(opener.unaccounted == [Int64(bytes.count)..<file.size])
    }

    @Test func `a structure cut anywhere, or with any byte changed, never ends as if it were whole with more`() {
        let content = Array("the content of the structure".utf8)
        let bytes = Self.signed(Self.value(0x24, content.flatMap { Self.value(4, [$0]) }, isOpen: true), isOpen: true)
        for length in 15..<bytes.count - 20 {
            let parts = Self.opened(Array(bytes[..<length]))
            #expect(parts.error != nil || parts.contents == [content], "cut to \(length)")
        }
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0xFF
            let parts = Self.opened(changed)
            #expect(parts.contents.allSatisfy { $0.count <= bytes.count + 40 })
        }
    }

    @Test func `deep values are an error`() {
        var bytes: [UInt8] = []
        for _ in 0..<100_000 { bytes += [0x24, 0x80] }
        #expect(Self.opened(Self.signed(bytes, isOpen: true)).error != nil)
    }

    @Test(arguments: ["keys", "certificate"]) func `a key and a certificate are no CMS`(name: String) throws {
        let bytes =
            name == "keys"
            ? Self.value(0x30, [2, 1, 3] + Self.value(0x30, Self.pkcs7 + [1]))
            : Self.value(0x30, Self.value(0x30, [2, 1, 1]))
        #expect(try bytes.sightings() == [])
    }
}
