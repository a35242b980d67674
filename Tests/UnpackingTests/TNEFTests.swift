import Testing
import Unpacking

/// What is taken out of TNEF and ActiveMime.
@Suite(.timeLimit(.minutes(1))) struct TNEFTests {
    private static func number(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    private static func attribute(_ id: UInt64, _ value: [UInt8]) -> [UInt8] {
        [2] + number(id, 4) + number(UInt64(value.count), 4) + value
            + number(UInt64(value.reduce(0) { $0 + Int($1) }), 2)
    }

    private static let head: [UInt8] = [0x78, 0x9F, 0x3E, 0x22, 1, 0]

    private static func opened(_ bytes: [UInt8]) -> OpenedParts {
        OpenedParts(bytes) { slice throws(UnpackingError) in try TNEFOpener(slice) }
    }

    private static func property(_ tag: UInt64, _ type: UInt64, _ value: [UInt8]) -> [UInt8] {
        number(type, 2) + number(tag, 2) + number(1, 4) + number(UInt64(value.count), 4) + value
            + [UInt8](repeating: 0, count: -value.count & 3)
    }

    private static let content = Array("the attachment's bytes, and some more".utf8)

    @Test func `an attachment is taken, also one that is cut`() throws {
        let bytes = Self.head + Self.attribute(0x6800F, Self.content)
        #expect(try bytes.sightings().map(\.form) == [.tnef])
        #expect(Self.opened(bytes).contents == [Self.content])
        let cut = Self.opened(bytes.dropLast(12))
        #expect(cut.contents == [Array(Self.content.dropLast(10))])
        #expect(cut.error == nil)
    }

    @Test func `long properties, objects and compressed text are taken`() {
        // Seven literals and a reference to the "{\\rtf1" that the window begins with, as the specification has it.
        let rtf: [UInt8] =
            Self.number(0, 8) + Array("LZFu".utf8) + Self.number(0, 4) + [0x80] + Array("abcdefg".utf8)
            + [0x00, 0x04]
        let list =
            Self.number(4, 4) + Self.number(3, 2) + Self.number(0x0E07, 2) + Self.number(1, 4)
            + Self.property(0x3701, 0x102, Self.content)
            + Self.property(0x3701, 0x0D, [UInt8](repeating: 9, count: 16) + Self.content)
            + Self.property(0x1009, 0x102, rtf)
        let parts = Self.opened(Self.head + Self.attribute(0x69005, list))
        #expect(parts.contents.contains(Self.content))
        #expect(parts.contents.filter { $0 == Self.content }.count == 2)
        #expect(parts.texts.contains("abcdefg{\\rtf1"))
    }

    @Test func `a list that is not understood is inspected as bytes`() {
        let list = Self.number(9, 4) + Self.number(0x77, 2) + Self.number(0x3701, 2) + Self.content
        let parts = Self.opened(Self.head + Self.attribute(0x69003, list))
        #expect(parts.texts.contains { $0.contains("attachment's bytes") })
    }

    @Test func `a list of a million empty values takes no time`() {
        let list =
            Self.number(1 << 20, 4) + [UInt8](repeating: 0, count: 0)
            + (0..<10_000).flatMap { _ in Self.number(0x1001, 2) + Self.number(0x3701, 2) }
        #expect(Self.opened(Self.head + Self.attribute(0x69005, list)).error == nil)
    }

    @Test(arguments: [0x32, 0x40, 0x22A]) func `the stream in ActiveMime is decoded wherever it begins`(offset: Int)
        throws
    {
        // One stored block of Deflate.
        let stream: [UInt8] = [0x78, 0x01, 1, 5, 0, 0xFA, 0xFF] + Array("hello".utf8) + [6, 0x2C, 2, 0x15]
        let head = Array("ActiveMime".utf8) + [UInt8](repeating: 0, count: offset - 10)
        #expect(try (head + stream).sightings().map(\.form) == [.activeMime])
        let parts = OpenedParts(head + stream) { slice throws(UnpackingError) in try ActiveMimeOpener(slice) }
        #expect(parts.texts == ["hello"])
        let none = OpenedParts(head) { slice throws(UnpackingError) in try ActiveMimeOpener(slice) }
        #expect(none.error?.code == .malformed)
    }
}
