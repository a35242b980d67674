import TestKit
import Testing
import Unpacking

@Suite(.timeLimit(.minutes(1))) struct StreamOpenerTests {
    /// What an opener left behind.
    struct Result: Sendable {
        var written: [UInt8] = []
        var error: UnpackingError.Code?
        var unaccounted: [Range<Int64>] = []
    }

    private static func open(_ bytes: [UInt8], _ form: ContainerForm, limit: Int64 = 1 << 24) throws -> Result {
        let (file, room) = (MemoryFile(bytes), MemoryFile([]))
        var opener = try StreamOpener(FileSlice(descriptor: file.descriptor, start: 0, size: file.size), form: form)
        var result = Result()
        do throws(UnpackingError) {
            guard try opener.next() != nil else { return result }
            _ = try opener.unpack(into: room.descriptor, limit: limit)
            result.unaccounted = opener.unaccounted
        } catch {
            result.error = error.code
        }
        result.written = room.bytes
        return result
    }

    /// A `.lzma` stream of zeros with unusual properties, whose header names this dictionary.
    private static func zeros(_ count: Int, dictionary: UInt32) throws -> [UInt8] {
        let script = """
            import lzma, struct, sys
            filters = [{"id": lzma.FILTER_LZMA1, "lc": 2, "lp": 1, "pb": 1, "dict_size": 1 << 20}]
            packed = bytearray(lzma.compress(bytes(\(count)), lzma.FORMAT_ALONE, filters=filters))
            packed[1:5] = struct.pack("<I", \(dictionary))
            sys.stdout.buffer.write(packed)
            """
        return try Tool.run(["python3", "-c", script]).output
    }

    @Test func `a stream whose large dictionary may be chance is decoded with a smaller one`() throws {
        let result = try Self.open(try Self.zeros(100_000, dictionary: 1 << 31), .lzma)
        #expect(result.error == nil && result.written == [UInt8](repeating: 0, count: 100_000))
    }

    @Test func `what the smaller dictionary does not hold is not believed`() throws {
        let result = try Self.open(try Self.zeros(65 << 20, dictionary: 1 << 31), .lzma, limit: 1 << 27)
        #expect(result.error == .memory && result.written.count >= 64 << 20)
    }

    @Test func `a common header that demands too much is refused`() throws {
        var bytes = try Samples.bytes("one.lzma")
        bytes.replaceSubrange(1..<5, with: [0, 0, 0, 0x80])
        #expect(throws: UnpackingError.self) { try Self.open(bytes, .lzma) }
    }

    /// A program by `lzma86`: calls at many places, whose addresses its filter changes.
    private static func lzma86(_ change: String = "") throws -> (program: [UInt8], packed: [UInt8]) {
        let script = """
            import random, struct, sys
            sys.dont_write_bytecode = True; sys.path.insert(0, '\(Project.fixture("zoo"))')
            import firmware
            chance = random.Random(7)
            program = b"".join(b"\\xe8" + struct.pack("<i", 9 * place) + chance.randbytes(4) for place in range(300))
            packed = bytearray(firmware.lzma86(program))
            \(change)
            sys.stdout.buffer.write(program + packed)
            """
        let bytes = try Tool.run(["python3", "-c", script]).output
        return (Array(bytes[..<2700]), Array(bytes[2700...]))
    }

    @Test(arguments: ["", "packed += b'more bytes behind the stream'"])
    func `a program by lzma86 has its addresses again`(change: String) throws {
        let (program, packed) = try Self.lzma86(change)
        #expect(try packed.sightings().map(\.form).contains(.lzma86))
        let parts = OpenedParts(packed) { slice throws(UnpackingError) in LZMA86Opener(slice) }
        #expect(parts.error == nil && parts.contents == [program])
    }

    @Test func `a byte that is missing at the end of lzma86 costs none, and what follows it is a layer`() throws {
        let (program, cut) = try Self.lzma86("packed.pop()")
        #expect(OpenedParts(cut) { slice throws(UnpackingError) in LZMA86Opener(slice) }.contents == [program])
        let pair = MemoryFile(try Self.lzma86("packed *= 2").packed)
        var opener = LZMA86Opener(FileSlice(descriptor: pair.descriptor, start: 0, size: pair.size))
        #expect(try opener.next() != nil)
        let scratch = MemoryFile()
        #expect(try opener.unpack(into: scratch.descriptor, limit: 1 << 20) == Int64(program.count))
        #expect(opener.unaccounted == [pair.size / 2..<pair.size])
    }

    @Test func `what decodes of a damaged lzma86 is inspected, and numbers that resemble one are none`() throws {
        let (program, packed) = try Self.lzma86("del packed[-100:]")
        let parts = OpenedParts(packed) { slice throws(UnpackingError) in LZMA86Opener(slice) }
        #expect(parts.error == nil)
        let decoded = try #require(parts.contents.first)
        #expect(zip(program, decoded).prefix { $0 == $1 }.count > 2000)
        let numbers: [[UInt8]] = [
            [2] + packed.dropFirst(), packed.prefix(1) + [225] + packed.dropFirst(2),
            [UInt8](repeating: 0, count: 600),
            packed.prefix(2) + [0, 0, 0, 0x80] + packed.dropFirst(6), packed.prefix(14) + [1] + packed.dropFirst(15),
        ]
        for bytes in numbers { #expect(try !bytes.sightings().map(\.form).contains(.lzma86), "\(bytes.prefix(16))") }
    }

    static let samples: [(String, ContainerForm)] = [
        ("one.gz", .gzip), ("named.gz", .gzip), ("one.bz2", .bzip2), ("one.xz", .xz), ("crc32.xz", .xz),
        ("sha256.xz", .xz), ("no-check.xz", .xz), ("x86.xz", .xz), ("one.lzma", .lzma), ("known-size.lzma", .lzma),
        ("one.lz", .lzip), ("one.zst", .zstd), ("skippable.zst", .zstd),
    ]

    @Test(arguments: samples) func `a stream decodes to its content`(name: String, form: ContainerForm) throws {
        let result = try Self.open(try Samples.bytes(name), form)
        let isWhole = result.written == Samples.text
        #expect(isWhole && result.error == nil && result.unaccounted == [])
    }

    @Test(arguments: [
        ("two.gz", ContainerForm.gzip), ("two.bz2", .bzip2), ("two.xz", .xz), ("padded.xz", .xz), ("two.lz", .lzip),
        ("two.zst", .zstd),
    ])
    func `streams behind one another are one file`(name: String, form: ContainerForm) throws {
        let result = try Self.open(try Samples.bytes(name), form)
        let isWhole = result.written == Samples.text + Samples.noise
        #expect(isWhole && result.error == nil && result.unaccounted == [])
    }

    @Test(arguments: [
        ("behind.gz", ContainerForm.gzip), ("behind.bz2", .bzip2), ("behind.xz", .xz), ("behind.lz", .lzip),
        ("behind.zst", .zstd),
    ])
    func `bytes behind the last stream are not accounted for`(name: String, form: ContainerForm) throws {
        let bytes = try Samples.bytes(name)
        let result = try Self.open(bytes, form)
        let isWhole = result.written == Samples.text
        let count = Array("more that is no stream".utf8).count + (form == .xz ? 2 : 0)
        #expect(isWhole && result.error == nil)
        #expect(result.unaccounted == [Int64(bytes.count - count)..<Int64(bytes.count)])
    }

    @Test(arguments: [("one.gz", ContainerForm.gzip), ("one.xz", .xz), ("one.lzma", .lzma)])
    func `what was decoded before damage is kept`(name: String, form: ContainerForm) throws {
        let bytes = try Samples.bytes(name)
        var damaged = bytes
        let place = bytes.count - min(40, bytes.count / 4)
        for index in place..<bytes.count { damaged[index] = 0xFF }
        for changed in [damaged, Array(bytes.prefix(place))] {
            let result = try Self.open(changed, form)
            #expect(result.error != nil)
            let isPrefix = !result.written.isEmpty && Samples.text.starts(with: result.written.prefix(1000))
            #expect(isPrefix, "\(result.written.count) bytes")
        }
    }

    @Test(arguments: [("two.gz", ContainerForm.gzip), ("two.bz2", .bzip2), ("two.xz", .xz), ("two.zst", .zstd)])
    func `the first of several streams is a part of its own`(name: String, form: ContainerForm) throws {
        let (file, room) = (try Samples.file(name), MemoryFile([]))
        var opener = try StreamOpener(FileSlice(descriptor: file.descriptor, start: 0, size: file.size), form: form)
        var sizes: [Int64] = []
        while try opener.next() != nil { sizes.append(try opener.unpack(into: room.descriptor, limit: 1 << 24)) }
        #expect(sizes == [Int64(Samples.text.count + Samples.noise.count), Int64(Samples.text.count)])
        let isFirst = room.bytes.starts(with: Samples.text)
        #expect(isFirst && opener.unaccounted == [])
    }

    @Test(arguments: samples) func `no more is written than the limit`(name: String, form: ContainerForm) throws {
        let result = try Self.open(try Samples.bytes(name), form, limit: 1000)
        #expect(result.error == .tooLarge)
        #expect(result.written.count <= 1000)
    }

    @Test func `a million empty streams take no longer than their bytes`() throws {
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]
        let frames = [[UInt8]](repeating: skippable, count: 130_000).flatMap { $0 }
        let clock = ContinuousClock()
        let time = try clock.measure { _ = try Self.open(frames + (try Samples.bytes("one.zst")), .zstd) }
        #expect(time < .seconds(5))
    }
}
