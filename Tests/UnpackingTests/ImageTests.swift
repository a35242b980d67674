import Glibc
import TestKit
import TestRandom
import Testing
import Unpacking

/// Readers of disk images and of file systems. The zoo has whole images; here are the readers' own limits.
@Suite(.heavy, .timeLimit(.minutes(3))) struct ImageTests {
    /// The value of a Python expression with the functions of `Tests/Fixtures/zoo/images.py`.
    private static func image(_ expression: String) throws -> [UInt8] {
        let folder = Project.fixture("zoo")
        let tool = try Tool.run([
            "python3", "-c",
            "import sys; sys.dont_write_bytecode = True; sys.path.insert(0, '\(folder)'); import images as i\n"
                + "sys.stdout.buffer.write(\(expression))",
        ])
        try #require(tool.status == 0)
        return tool.output
    }

    /// The parts of an image.
    private static func parts<Opener: LayerOpener & ~Copyable>(
        _ opener: consuming Opener, limit: Int64 = 1 << 22
    ) throws -> [[UInt8]] {
        var opener = opener
        var parts: [[UInt8]] = []
        while try opener.next() != nil {
            let file = MemoryFile()
            let size = try opener.unpack(into: file.descriptor, limit: limit)
            #expect(file.size == size)
            parts.append(file.bytes)
            if parts.count > 10_000 { break }
        }
        return parts
    }

    private static func parts(_ bytes: [UInt8], _ form: ContainerForm, limit: Int64 = 1 << 22) throws -> [[UInt8]] {
        let file = MemoryFile(bytes)
        let slice = FileSlice(descriptor: file.descriptor, start: 0, size: file.size)
        return try withExtendedLifetime(file) {
            switch form {
            case .dmg: try parts(UDIFOpener(slice), limit: limit)
            case .hfs: try parts(HFSPlusOpener(slice), limit: limit)
            case .udf: try parts(UDFOpener(slice), limit: limit)
            case .oneNote: try parts(OneNoteOpener(slice), limit: limit)
            default: try parts(ZlibOpener(slice), limit: limit)
            }
        }
    }

    private static let samples: [(String, ContainerForm)] = [
        ("i.many(b'payload')", .hfs), ("i.fragments(b'payload')", .hfs),
        ("i.volume(b'', compressed=i.decmpfs(3, b'payload', i.zlib.compress(b'payload')))", .hfs),
        ("i.udif(i.volume(b'payload'), 'zlib')", .dmg), ("i.coded()", .dmg),
        ("i.udif(i.apple_map(i.volume(b'payload')), 'lzvn', 3)", .dmg), ("i.udif(i.volume(b'payload'), 'adc')", .dmg),
        ("i.udf([('payload', b'payload')])", .udf), ("i.onenote(b'payload')", .oneNote),
        ("i.zlib.compress(b'payload' * 900)", .zlib),
    ]

    @Test(arguments: samples) func `reading a damaged image ends`(expression: String, form: ContainerForm) throws {
        let whole = try Self.image(expression)
        #expect(try !Self.parts(whole, form).isEmpty)
        var numbers = SeededGenerator(seed: UInt64(whole.count))
        for _ in 0..<60 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &numbers) {
                // Most of an image is zeros, which say little.
                var index = Int.random(in: 0..<bytes.count, using: &numbers)
                while index + 1 < bytes.count, bytes[index] == 0, Int.random(in: 0..<50, using: &numbers) > 0 {
                    index = Int.random(in: 0..<bytes.count, using: &numbers)
                }
                bytes[index] = [0, 0xFF, 0x7F, UInt8.random(in: 0...255, using: &numbers)].randomElement(
                    using: &numbers)!
            }
            if Int.random(in: 0..<10, using: &numbers) == 0 { bytes.removeLast(bytes.count / 3) }
            _ = try? Self.parts(bytes, form)
        }
    }

    @Test func `a fork of many extents is read whole`() throws {
        let parts = try Self.parts(try Self.image("i.fragments(b'the end')"), .hfs)
        #expect(parts.map(\.count).sorted() == [7, 11 * 4096 + 7])
        #expect(parts.allSatisfy { $0.suffix(7).elementsEqual("the end".utf8) })
    }

    @Test func `compressed files are decoded as decmpfs says`() throws {
        let words = "b'words in blocks of 64 KiB' * 9000"
        for (value, resource) in [
            ("i.decmpfs(4, \(words))", "i.compressed_forks(\(words))"),
            ("i.decmpfs(3, b'short', i.zlib.compress(b'short'))", "b''"), ("i.decmpfs(1, b'short', b'short')", "b''"),
        ] {
            let image = try Self.image("i.volume(b'', resource=\(resource), compressed=\(value))")
            let parts = try Self.parts(image, .hfs)
            let wanted = resource == "b''" ? Array("short".utf8) : try Self.image(words)
            #expect(parts.contains(wanted))
        }
    }

    @Test func `a volume whose index and leaves differ is malformed`() throws {
        var image = try Self.image("i.many(b'payload')")
        // The last leaf is cut off the chain: its predecessor's link becomes zero.
        let node = 4096
        let leaves = stride(from: 0, to: image.count, by: node).filter { image[$0 + 8] == 0xFF && image[$0 + 9] == 1 }
        let last = try #require(leaves.dropLast().last)
        image.replaceSubrange(last..<last + 4, with: [0, 0, 0, 0])
        let error = #expect(throws: UnpackingError.self) { try Self.parts(image, .hfs) }
        #expect(error?.code == .malformed)
    }

    @Test func `a disk beyond the limit is not unpacked`() throws {
        let image = try Self.image("i.udif(i.volume(b'payload'))")
        let error = #expect(throws: UnpackingError.self) { try Self.parts(image, .dmg, limit: 4096) }
        #expect(error?.code == .tooLarge)
    }

    @Test func `an image without tables and without data has no disk and all of it is unaccounted`() throws {
        func image(_ fields: (offset: Int, value: UInt8)...) -> [UInt8] {
            var trailer = Array("koly".utf8) + [0, 0, 0, 4, 0, 0, 2, 0] + [UInt8](repeating: 0, count: 500)
            for field in fields { trailer[field.offset] = field.value }
            return [UInt8](repeating: 7, count: 300) + trailer
        }
        let file = MemoryFile(image())
        var opener = try UDIFOpener(FileSlice(descriptor: file.descriptor, start: 0, size: file.size))
        try withExtendedLifetime(file) {
            let part = try opener.next()
            #expect(part == nil)
            #expect(opener.unaccounted == [0..<300])
        }
        // The last byte of the length of the data fork, and of the resource fork: there is something to be read.
        for offset in [39, 55] {
            let error = #expect(throws: UnpackingError.self) { try Self.parts(image((offset, 8)), .dmg) }
            #expect(error?.code == .method)
        }
    }

    @Test func `what stands between the runs of a disk image is unaccounted`() throws {
        let head = [UInt8](repeating: 7, count: 300)
        let image = try Self.image("i.udif(i.volume(b'payload'), head=bytes([7]) * 300)")
        let file = MemoryFile(image)
        var opener = try UDIFOpener(FileSlice(descriptor: file.descriptor, start: 0, size: file.size))
        let scratch = MemoryFile()
        try withExtendedLifetime((file, scratch)) {
            while try opener.next() != nil { _ = try opener.unpack(into: scratch.descriptor, limit: 1 << 22) }
            #expect(opener.unaccounted == [0..<Int64(head.count)])
        }
    }
}
