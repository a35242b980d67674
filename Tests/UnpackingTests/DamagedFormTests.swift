import Testing

@testable import Unpacking

/// What ordinary readers still extract from a container that is damaged, or that stands among other bytes.
@Suite(.timeLimit(.minutes(1))) struct DamagedFormTests {
    private static let head = Array("words that nobody minds, then ".utf8)

    private static func layer(_ file: MemoryFile) -> FileSlice {
        FileSlice(descriptor: file.descriptor, start: 0, size: file.size)
    }

    /// The bytes of an archive that its opener leaves unaccounted.
    private static func unaccounted(_ bytes: [UInt8], _ form: ContainerForm) throws -> [[UInt8]] {
        let (file, room) = (MemoryFile(bytes), MemoryFile([]))
        var opener = try ArchiveOpener(layer(file), form: form)
        while try opener.next() != nil { _ = try opener.unpack(into: room.descriptor, limit: 1 << 20) }
        return opener.unaccounted.map { Array(bytes[Int($0.lowerBound)..<Int($0.upperBound)]) }
    }

    @Test(arguments: ["bin.cpio", "newc.cpio", "odc.cpio"])
    func `what there is of a first member is taken where its header may be chance`(name: String) throws {
        let bytes = try Samples.bytes(name)
        func read(_ bytes: [UInt8], mayBeChance: Bool) -> OpenerReads {
            OpenerReads.read(bytes) { layer throws(UnpackingError) in
                try ArchiveOpener(layer, form: .cpio, mayBeChance: mayBeChance)
            }
        }
        let whole = read(bytes, mayBeChance: true)
        #expect(whole.error == nil && whole.parts.count == 3)
        // The end of the first member, and of the second one.
        let cut = Array(bytes.prefix(120 + whole.parts[0].count / 2))
        #expect(read(cut, mayBeChance: false).error == .truncated)
        let reads = read(cut, mayBeChance: true)
        #expect(reads.error == nil && reads.parts.count == 1)
        #expect(reads.parts.first.map { !$0.isEmpty && whole.parts[0].starts(with: $0) } == true)
        let second = Array(bytes.prefix(300 + whole.parts[0].count + whole.parts[1].count / 2))
        #expect(read(second, mayBeChance: true).error == .truncated)
    }

    // MARK: Streams

    private static let skipped: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0] + Array("skip".utf8)

    private static func streams(_ bytes: [UInt8], _ form: ContainerForm) throws -> ([[UInt8]], [Range<Int64>]) {
        let (file, room) = (MemoryFile(bytes), MemoryFile([]))
        var opener = try StreamOpener(layer(file), form: form)
        var parts: [[UInt8]] = []
        while try opener.next() != nil {
            let size = try opener.unpack(into: room.descriptor, limit: 1 << 20)
            parts.append(Array(room.bytes.prefix(Int(size))))
        }
        return (parts, opener.unaccounted)
    }

    @Test func `the first stream with bytes is a part of its own behind a skipped frame`() throws {
        let one = try Samples.bytes("one.zst")
        let (parts, _) = try Self.streams(Self.skipped + one + one, .zstd)
        #expect(parts == [Samples.text + Samples.text, Samples.text])
    }

    @Test func `what follows zeros between two streams is joined, and a layer as well`() throws {
        let one = try Samples.bytes("one.zst")
        let (parts, rests) = try Self.streams(one + [0, 0, 0] + one, .zstd)
        #expect(parts == [Samples.text + Samples.text, Samples.text])
        #expect(rests.map(\.lowerBound) == [Int64(one.count) + 3])
    }

    @Test func `what follows many zeros is a layer with them and without`() throws {
        let one = try Samples.bytes("one.gz")
        let (_, rests) = try Self.streams(one + [UInt8](repeating: 0, count: 600) + Self.head, .gzip)
        #expect(rests.map(\.lowerBound) == [Int64(one.count) + 600, Int64(one.count)])
        let (_, few) = try Self.streams(one + [0, 0] + Self.head, .gzip)
        #expect(few.map(\.lowerBound) == [Int64(one.count) + 2])
    }

    @Test func `what follows the frames of LZ4 is a layer`() throws {
        let one = try Samples.bytes("one.lz4")
        #expect(try Self.unaccounted(one + one + Self.skipped, .lz4) == [])
        #expect(try Self.unaccounted(one + Self.head, .lz4) == [Self.head])
    }

    @Test func `an LZMA stream with a size that no file has is one`() throws {
        var stream = try Samples.bytes("one.lzma")
        stream.replaceSubrange(5..<13, with: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0])
        #expect(try stream.sightings().map(\.form) == [.lzma])
    }

    // MARK: Behind other bytes

    @Test func `entries of a ZIP without a directory are found and read`() throws {
        let whole = try Samples.bytes("deflated.zip")
        let directory = try #require(whole.index(of: [0x50, 0x4B, 1, 2]))
        let bytes = Self.head + whole[..<directory]
        let found = try bytes.sightings().filter { $0.form == .zip }
        #expect(found.first == Sighting(.zip, Int64(Self.head.count)..<Int64(bytes.count), mayBePiece: true))
        let (file, room) = (MemoryFile(bytes), MemoryFile([]))
        var opener = try LooseZipOpener(Self.layer(file)[Int64(Self.head.count)..<file.size])
        var contents: Set<[UInt8]> = []
        while try opener.next() != nil {
            let size = try opener.unpack(into: room.descriptor, limit: 1 << 20)
            contents.insert(Array(room.bytes.prefix(Int(size))))
        }
        #expect(contents.isSuperset(of: Samples.plain.values))
    }

    @Test func `entries that a directory accounts for are no loose ones`() throws {
        let whole = try Samples.bytes("deflated.zip")
        #expect(try (Self.head + whole + Self.head).sightings().filter(\.mayBePiece) == [])
    }

    @Test func `a mark of a ZIP entry without a header is none`() throws {
        let texts = [
            "PK\u{3}\u{4} is how an entry begins, says the manual of the format", "PK\u{3}\u{4}\0\0\0\0\0\0\0\0",
        ]
        for text in texts {
            #expect(try (Self.head + Array(text.utf8) + [UInt8](repeating: 0, count: 64)).sightings() == [])
        }
    }

    @Test(arguments: [("lzma.7z", 8, ContainerForm.sevenZip), ("stored.rar", 7, .rar), ("stored.rar5", 8, .rar5)])
    func `a first header with a wrong checksum is found`(name: String, place: Int, form: ContainerForm) throws {
        var archive = try Samples.bytes(name)
        archive[place] ^= 0x40
        let found = try (Self.head + archive).sightings()
        #expect(found.contains { $0.form == form && $0.range.lowerBound == Int64(Self.head.count) })
    }

    @Test func `a binary cpio of an unknown type is found`() throws {
        var archive = try Samples.bytes("bin.cpio")
        archive[7] = 0xE5
        #expect(try (Self.head + archive).sightings().first?.range.lowerBound == Int64(Self.head.count))
    }

    @Test func `an ARC whose member's end is damaged is found`() throws {
        let header: [UInt8] =
            [0x1A, 8] + Array("payload.bin".utf8) + [0, 0, 0x40, 0, 0, 0, 0x6E, 0x57, 0xAA, 0xB1, 0, 0, 0x80, 0, 0, 0]
        let data = [UInt8](repeating: 0x93, count: 70)
        #expect(try (Self.head + header + data).sightings().map(\.form) == [.arc])
        #expect(try (header + data).sightings().map(\.form) == [.arc])
        // A name of one letter may come about by chance.
        var short = header
        short.replaceSubrange(3..<13, with: [UInt8](repeating: 0, count: 10))
        #expect(try (Self.head + short + data).sightings() == [])
    }

    @Test func `a cabinet is one whatever its sizes say`() throws {
        var cabinet = try Samples.bytes("mszip.cab")
        cabinet.replaceSubrange(16..<20, with: [0xFF, 0xFF, 0xFF, 0xFF])
        cabinet[25] = 3
        #expect(try cabinet.sightings().first?.form == .cab)
        #expect(
            try Array("MSCF stands for Microsoft cabinet file, of which this is none at all".utf8).sightings() == [])
    }

    // MARK: What libarchive passes over

    @Test func `what follows a xar, and what stands between its members, is a layer`() throws {
        let archive = try Samples.bytes("gzip.xar")
        // libarchive writes 20 bytes more than its table says.
        let rest = try Self.unaccounted(archive, .xar)
        #expect(rest.map(\.count) == [20])
        #expect(try Self.unaccounted(archive + Self.head, .xar) == [rest[0] + Self.head])
        // A table with fewer members than were delivered proves nothing.
        let file = MemoryFile(archive)
        #expect(try XarAccount(Self.layer(file)).unread(delivered: 2).first?.count ?? 0 > 70_000)
    }

    @Test func `a xar whose table is longer than the file is damaged`() throws {
        var archive = try Samples.bytes("gzip.xar")
        archive[8] = 0x7F
        #expect(throws: UnpackingError.self) { try Self.unaccounted(archive, .xar) }
    }

    @Test func `a file behind an empty record of an ISO 9660 is a layer`() throws {
        var image = try Samples.bytes("bare.iso")
        #expect(try Self.unaccounted(image, .iso) == [])
        // The first of the files' records, which follow those of the folder and its parent.
        let root = Int(image[32768 + 158]) * 2048
        let first = root + Int(image[root]) + Int(image[root + Int(image[root])])
        image[first] = 0
        image.replaceSubrange(first + 1..<first + 34, with: [UInt8](repeating: 0, count: 33))
        #expect(try !Self.unaccounted(image, .iso).isEmpty)
    }

    @Test func `a file that only the second tree of an ISO 9660 has is a layer`() throws {
        var image = try Samples.bytes("joliet.iso")
        #expect(try Self.unaccounted(image, .iso) == [])
        // libarchive reads the second tree, if there is one.
        let root = Int(image[34816 + 158]) * 2048
        let first = root + Int(image[root]) + Int(image[root + Int(image[root])])
        image[first] = 0
        #expect(try !Self.unaccounted(image, .iso).isEmpty)
    }

    @Test func `data in an extended header of a tar is a layer`() throws {
        func archive(_ data: String, type: UInt8) throws -> [UInt8] {
            let script = """
                import tarfile
                data = \(data)
                entry = tarfile.TarInfo('a'); entry.size = len(data); entry.type = bytes([\(type)])
                out.write(entry.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512 + 1024))
                """
            return try Samples.python(script)
        }
        #expect(try Self.unaccounted(try archive("b'20 comment=nothing!\\n'", type: 0x67), .tar) == [])
        let script = "b'#!/bin/sh\\nexit 0\\n' + bytes([0x1F, 0x8B, 8, 0]) + bytes(90)"
        #expect(
            try Self.unaccounted(try archive(script, type: 0x67), .tar).first?.starts(with: Array("#!".utf8)) == true)
    }

    @Test func `a cpio between whose members other bytes stand is damaged`() throws {
        var archive = try Samples.bytes("odc.cpio")
        let second = try #require(archive.index(of: Array("070707".utf8), from: 6))
        archive.insert(contentsOf: Array("0123456789".utf8), at: second)
        let file = MemoryFile(archive)
        #expect(throws: UnpackingError.self) { try CpioHeaders.check(Self.layer(file)) }
        let whole = try Samples.file("odc.cpio")
        try CpioHeaders.check(Self.layer(whole))
    }

    /// A header of `070701` with the name `file` and 300 bytes, and with other bytes in one field.
    @Test(
        arguments: [
            ("size", "0000012C", [300]), ("size", "    012C", [300]), ("size", "012C0000", [19_660_800]),
            ("size", "000012C ", [300, 4800]), ("size", "0000\u{0}12C", []), ("uid", "-1      ", [300]),
            ("name", "    0005", [300]), ("name", "000005  ", [300, 300]),
        ] as [(String, String, [Int64])])
    func `a field of cpio with other bytes than digits is read as readers of damaged archives do`(
        field: String, text: String, sizes: [Int64]
    ) throws {
        var header = Array("070701".utf8) + [UInt8](repeating: 0x30, count: 104)
        func set(_ place: Int, _ text: String) { header.replaceSubrange(place..<place + 8, with: Array(text.utf8)) }
        set(54, "0000012C")
        set(94, "00000005")
        set(["size": 54, "uid": 22, "name": 94][field] ?? 0, text)
        let file = MemoryFile(header + Array("file\0\0".utf8) + [UInt8](repeating: 0x61, count: 5000))
        let data = try CpioHeaders.firstData(Self.layer(file))
        #expect(data.dropLast().map { Int64($0.count) }.sorted() == sizes.filter { $0 < 5000 })
        #expect(data.last == 116..<5116)
    }

    // MARK: File systems

    @Test func `a classic HFS with a damaged name is one`() throws {
        var volume = [UInt8](repeating: 0, count: 4096)
        volume.replaceSubrange(1024..<1026, with: Array("BD".utf8))
        #expect(try volume.sightings() == [])
        // The number of blocks, their size, and the length of the name.
        volume.replaceSubrange(1042..<1048, with: [6, 0x3A, 0, 0, 2, 0])
        for length: UInt8 in [0, 27, 28, 0xC6] {
            volume[1060] = length
            #expect(try volume.sightings().map(\.form).contains(.hfs))
        }
    }
}
