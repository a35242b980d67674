import Testing

@testable import Unpacking

/// Compressed streams between other bytes.
@Suite(.timeLimit(.minutes(1))) struct CarriedStreamTests {
    private static let head = Array("words that nobody minds, then ".utf8)
    /// `zlib.compress(b"a value of a saved object")`
    private static let zlib: [UInt8] = [
        0x78, 0x9C, 0x4B, 0x54, 0x28, 0x4B, 0xCC, 0x29, 0x4D, 0x55, 0xC8, 0x4F, 0x53, 0x48, 0x54, 0x28, 0x4E, 0x2C,
        0x4B, 0x4D, 0x51, 0xC8, 0x4F, 0xCA, 0x4A, 0x4D, 0x2E, 0x01, 0x00, 0x70, 0x1B, 0x08, 0xDF,
    ]
    private static func parts(_ bytes: [UInt8]) -> OpenedParts {
        OpenedParts(bytes) { slice throws(UnpackingError) in CarriedStreams(slice) }
    }

    @Test func `streams of zlib are found at any place, however many there are`() throws {
        let bytes = Self.head + Array([[UInt8]](repeating: Self.zlib + [1, 2, 3], count: 3000).joined())
        #expect(try bytes.sightings().contains { $0.form == .carriedStreams && $0.range.lowerBound == 30 })
        let opened = Self.parts(bytes)
        #expect(opened.error == nil)
        #expect(opened.texts == [String(repeating: "a value of a saved object\n", count: 3000)])
    }

    @Test func `what fails its checksum is no stream`() throws {
        let bytes = Self.head + Self.zlib.dropLast() + [0, 1, 2]
        #expect(try !bytes.sightings().contains { $0.form == .carriedStreams })
    }
}
