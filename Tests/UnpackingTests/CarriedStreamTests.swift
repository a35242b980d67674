import Testing

@testable import Unpacking

/// Compressed streams between other bytes.
@Suite(.timeLimit(.minutes(1))) struct CarriedStreamTests {
    private static let head = Array("words that nobody minds, then ".utf8)
    private static let value = Array("a value of a saved object".utf8)

    /// `zlib.compress(b"a value of a saved object")`
    private static let zlib: [UInt8] = [
        0x78, 0x9C, 0x4B, 0x54, 0x28, 0x4B, 0xCC, 0x29, 0x4D, 0x55, 0xC8, 0x4F, 0x53, 0x48, 0x54, 0x28, 0x4E, 0x2C,
        0x4B, 0x4D, 0x51, 0xC8, 0x4F, 0xCA, 0x4A, 0x4D, 0x2E, 0x01, 0x00, 0x70, 0x1B, 0x08, 0xDF,
    ]

    /// A stream of zlib whose blocks are stored (RFC 1950; RFC 1951, 3.2.4).
    private static func stored(_ content: [UInt8]) -> [UInt8] {
        var (stream, low, high): ([UInt8], UInt32, UInt32) = ([0x78, 0x01], 1, 0)
        for start in stride(from: 0, to: content.count, by: 0xFFFF) {
            let piece = content[start..<min(content.count, start + 0xFFFF)]
            let (size, isLast) = (UInt16(piece.count), start + piece.count == content.count)
            stream += [isLast ? 1 : 0, UInt8(size & 0xFF), UInt8(size >> 8), UInt8(~size & 0xFF), UInt8(~size >> 8)]
            stream += piece
        }
        for byte in content {
            low = (low + UInt32(byte)) % 65521
            high = (high + low) % 65521
        }
        let sum = high << 16 | low
        return stream + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> $0) }
    }

    private static func parts(_ bytes: [UInt8], limit: Int64 = 1 << 20) -> OpenedParts {
        OpenedParts(bytes, limit: limit) { slice throws(UnpackingError) in try CarriedStreams(slice) }
    }

    private static func isSighted(_ bytes: [UInt8]) throws -> Bool {
        try bytes.sightings().contains { $0.form == .carriedStreams }
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
        #expect(try !Self.isSighted(bytes))
    }

    @Test(arguments: ["one.Z", "wide.Z", "one.lz", "one.lzma", "known-size.lzma"])
    func `a stream of another form is found at any place`(name: String) throws {
        let stream = try Samples.bytes(name)
        // The first four of LZMA are containers of their own.
        let count = name.hasSuffix("lzma") ? 5 : 1
        let bytes = Array([[UInt8]](repeating: Self.head + [0xC1, 0] + stream, count: count).joined())
        let opened = Self.parts(bytes, limit: 1 << 22)
        #expect(opened.error == nil)
        let wide = Array((0..<3).map { _ in Samples.text + Samples.noise }.joined())
        let content = name == "wide.Z" ? wide : Samples.text
        #expect(opened.contents.map { Array($0.prefix(content.count)) } == [content])
        #expect(try Self.isSighted(bytes))
    }

    @Test func `LZMA is found whatever the size of its dictionary, if it is whole`() throws {
        for dictionary: [UInt8] in [[0, 0x10, 0, 0], [0, 0, 0, 0x40]] {
            var stream = try Samples.bytes("short.lzma")
            stream.replaceSubrange(1..<5, with: dictionary)
            let bytes = Array([[UInt8]](repeating: Self.head + stream, count: 5).joined())
            let opened = Self.parts(bytes)
            #expect(opened.error == nil)
            #expect(opened.contents.last?.starts(with: Samples.text.prefix(2000)) == true)
        }
    }

    @Test func `a mark of LZMA by chance demands no memory`() throws {
        let mark: [UInt8] = [0x5D, 0, 0, 0, 0x40, 9, 0, 0, 0, 0, 0, 0, 0, 0]
        let bytes = Array([[UInt8]](repeating: Self.head + mark + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF], count: 20).joined())
        #expect(Self.parts(bytes).error == nil)
        let lzip = Array("LZIP".utf8) + [1, 0x1D, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        #expect(Self.parts(Self.head + lzip + Self.head).error == nil)
    }

    @Test func `a long stream is joined to its end`() throws {
        let content = Array([[UInt8]](repeating: Self.value, count: 100_000).joined()) + Array("its end".utf8)
        let opened = Self.parts(Self.head + Self.stored(content) + Self.zlib, limit: 1 << 23)
        #expect(opened.error == nil)
        #expect(opened.contents == [content + [0x0A] + Self.value + [0x0A]])
    }

    @Test func `a text that has no room is a gap, and numbers are a leaf`() throws {
        let text = Array([[UInt8]](repeating: Self.value, count: 1000).joined())
        let opened = Self.parts(Self.head + Self.stored(text) + Self.stored(text), limit: 30_000)
        #expect(opened.contents.map { $0.starts(with: text) } == [true])
        #expect(opened.error?.code == .tooLarge)
        let numbers = (0..<25_000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let other = Self.parts(Self.head + Self.stored(numbers) + Self.stored(numbers), limit: 30_000)
        #expect(other.contents.map { $0.starts(with: numbers) } == [true])
        #expect(other.error == nil)
    }

    @Test func `a packed program is a part of its own`() throws {
        var program = [UInt8](repeating: 0, count: 300)
        program.replaceSubrange(0..<2, with: Array("MZ".utf8))
        program[0x3C] = 0x80
        program.replaceSubrange(0x80..<0x84, with: [0x50, 0x45, 0, 0])
        #expect(Self.parts(Self.head + Self.zlib + Self.stored(program)).contents == [Self.value + [0x0A], program])
        // Without the mark behind it, two letters are no program.
        program[0x80] = 0
        #expect(Self.parts(Self.head + Self.zlib + Self.stored(program)).contents.count == 1)
    }

    @Test func `each stretch of a disk that is in no partition is searched by itself`() throws {
        var disk = [UInt8](repeating: 0, count: 64 * 512)
        disk.replaceSubrange(510..<512, with: [0x55, 0xAA])
        // One partition, from block 8 on, of 16 blocks.
        disk.replaceSubrange(446..<462, with: [0, 0, 0, 0, 0x83, 0, 0, 0, 8, 0, 0, 0, 16, 0, 0, 0])
        for block in [2, 10, 40] { disk.replaceSubrange(block * 512..<block * 512 + Self.zlib.count, with: Self.zlib) }
        let ranges = try disk.sightings().filter { $0.form == .carriedStreams }.map(\.range)
        let stretches: [Range<Int64>] = [1024..<4096, 20480..<32768]
        #expect(ranges == stretches)
    }
}
