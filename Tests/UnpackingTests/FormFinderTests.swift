import Testing

@testable import Unpacking

@Suite(.timeLimit(.minutes(1))) struct FormFinderTests {
    private static func sightings(_ bytes: [UInt8]) throws -> [Sighting] {
        let file = MemoryFile(bytes)
        return try withExtendedLifetime(file) {
            try FormFinder.sightings(
                in: FileSlice(descriptor: file.descriptor, start: 0, size: file.size), magicType: nil, engineType: nil)
        }
    }

    private static let program = Array("MZ".utf8) + [UInt8](repeating: 0x90, count: 5000)
    private static let noise: [UInt8] = {
        var state: UInt64 = 88_172_645_463_325_252
        return (0..<70_000).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
    }()

    @Test(
        arguments: [
            ("lzma.7z", ContainerForm.sevenZip), ("stored.rar", .rar), ("stored.rar5", .rar5), ("stored.cab", .cab),
            ("stored.lzh", .lha), ("gzip.xar", .xar), ("newc.cpio", .cpio), ("odc.cpio", .cpio), ("bin.cpio", .cpio),
            ("svr4.ar", .ar), ("gzip.rpm", .rpm), ("one.gz", .gzip), ("one.bz2", .bzip2), ("one.xz", .xz),
            ("one.zst", .zstd), ("one.lzma", .lzma),
        ], [0, 1, 2])
    func `an archive behind other bytes is found where it begins`(sample: (String, ContainerForm), head: Int) throws {
        let before = [Self.program, Array("#!/bin/sh\nexit\n".utf8), Self.noise][head]
        let found = try Self.sightings(before + (try Samples.bytes(sample.0)))
        let sighting = try #require(found.first { $0.form == sample.1 }, "\(found)")
        #expect(sighting.range.lowerBound == Int64(before.count))
    }

    @Test(arguments: ["deflated.zip", "descriptors.zip", "forced-zip64.zip"])
    func `a ZIP behind other bytes is found by its end record`(name: String) throws {
        let zip = try Samples.bytes(name)
        for before in [Self.program, Self.noise, Array("Cr24".utf8), Array("GIF89a".utf8) + Self.noise] {
            let found = try Self.sightings(before + zip + Array("\n".utf8))
            #expect(found.contains(Sighting(.zip, 0..<Int64(before.count + zip.count))), "\(found)")
        }
        var damaged = zip
        damaged[1] = 0x4C
        #expect(try Self.sightings(damaged).contains(Sighting(.zip, 0..<Int64(zip.count))))
    }

    /// GNU tar skips whole blocks to the next header, GNU cpio single bytes.
    @Test(arguments: [1, 511, 512, 1000, 1024]) func `tar behind junk is found at any offset`(offset: Int) throws {
        let tar = try Samples.bytes("gnu.tar")
        let found = try Self.sightings(Array(Self.noise.prefix(offset)) + tar).filter { $0.form == .tar }
        #expect(found.map(\.range.lowerBound) == [Int64(offset)])
        var damaged = tar
        damaged[5] ^= 1
        let rest = try Self.sightings(Array(Self.noise.prefix(offset)) + Array(damaged.prefix(600)))
        #expect(rest.allSatisfy { $0.form != .tar })
    }

    @Test(arguments: [0, 1, 500, 1023])
    func `a PDF is found within the first 1024 bytes`(offset: Int) throws {
        let pdf = Array("%PDF-1.7\n1 0 obj\n".utf8)
        let found = try Self.sightings([UInt8](repeating: 0x20, count: offset) + pdf)
        #expect(found.map(\.range.lowerBound) == [Int64(offset)])
        #expect(found.map(\.form) == [.pdf])
        #expect(try Self.sightings([UInt8](repeating: 0x20, count: 1025) + pdf).isEmpty)
    }

    @Test func `a text about PDF is none`() throws {
        #expect(try Self.sightings(Array("if (memcmp(head, \"%PDF-\", 5) == 0) return true;\n".utf8)) == [])
    }

    @Test(arguments: [0, 2, 5, 15])
    func `UDF is found behind the descriptors of an ISO image`(descriptors: Int) throws {
        var image = [UInt8](repeating: 0, count: 70_000)
        for index in 0..<descriptors {
            image.replaceSubrange(32_769 + index * 2048..<32_774 + index * 2048, with: Array("CD001".utf8))
        }
        let place = 32_769 + descriptors * 2048
        image.replaceSubrange(place..<place + 5, with: Array("NSR02".utf8))
        #expect(try Self.sightings(image).map(\.form) == (descriptors == 0 ? [.udf] : [.iso, .udf]))
    }

    @Test func `UDF is found by its anchor alone`() throws {
        var image = [UInt8](repeating: 0, count: 600_000)
        image.replaceSubrange(524_288..<524_304, with: [2, 0, 2, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0])
        #expect(try Self.sightings(image).map(\.form) == [.udf])
        image[524_292] = 6
        #expect(try Self.sightings(image) == [])
    }

    @Test func `a FAT needs neither a signature nor a name`() throws {
        var image = [UInt8](repeating: 0, count: 4096)
        image.replaceSubrange(
            0..<24, with: [0xEB, 0x3C, 0x90, 1, 2, 3, 4, 5, 6, 7, 8, 0, 2, 1, 1, 0, 2, 16, 0, 8, 0, 0xF8, 1, 0])
        #expect(try Self.sightings(image).map(\.form) == [.fat])
        image[13] = 3
        #expect(try Self.sightings(image) == [])
    }

    @Test func `a 7z behind other bytes may lack a sum and end behind the file`() throws {
        var sevenZip = try Samples.bytes("lzma.7z")
        sevenZip[20] += 4
        #expect(try Self.sightings(Self.noise + sevenZip).contains { $0.form == .sevenZip })
    }

    @Test(
        arguments: [[0x1F, 0x8B, 8, 0], Array("BZh9".utf8), [0x5D, 0, 0, 0x80, 0], [0x1F, 0x9D, 0x90]] as [[UInt8]])
    func `a short magic number hides no archive behind it`(magic: [UInt8]) throws {
        let head = magic + Self.noise
        let sevenZip = try Samples.bytes("lzma.7z")
        #expect(
            try Self.sightings(head + sevenZip).contains {
                $0.form == .sevenZip && $0.range.lowerBound == Int64(head.count)
            })
        let zip = try Samples.bytes("descriptors.zip")
        let end = Int64(head.count + zip.count)
        #expect(try Self.sightings(head + zip + Self.noise).contains(Sighting(.zip, 0..<end)))
    }

    @Test(arguments: ["lzma.7z", "mszip.cab"]) func `an entry of a ZIP between the streams of an archive is found`(
        name: String
    ) throws {
        let archive = try Samples.bytes(name)
        let zip = try Samples.bytes("deflated.zip")
        let directory = try #require(zip.firstRange(of: [0x50, 0x4B, 1, 2] as [UInt8])?.lowerBound)
        #expect(try Self.sightings(archive).allSatisfy { $0.form != .zip })
        let bytes = archive[..<40] + zip[..<directory] + archive[40...]
        let entry = Sighting(.zip, 40..<Int64(bytes.count), mayBePiece: true)
        #expect(try Self.sightings(Array(bytes)).contains(entry))
    }

    @Test func `the last volume of a split ZIP is found`() throws {
        var zip = try Samples.bytes("deflated.zip")
        let end = zip.count - 22
        zip[end + 4] = 1
        zip[end + 6] = 1
        #expect(try Self.sightings(Array(zip.dropFirst(50))).map(\.form) == [.zip])
    }

    /// The first bytes of OLE2: its sectors, one behind the other, hold pieces of what its streams hold.
    @Test func `behind an archive, only a ZIP that readers take is one`() throws {
        let head: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1] + [UInt8](repeating: 0, count: 504)
        let zip = try Samples.bytes("deflated.zip")
        let last = Int64(head.count + 2 * zip.count)
        func zips(_ bytes: [UInt8]) throws -> [Range<Int64>] {
            try Self.sightings(bytes).filter { $0.form == .zip }.map(\.range)
        }
        #expect(try zips(head + zip + zip) == [0..<last])
        // A directory that is where it should be, without an entry: a piece of an archive.
        let directory = try #require(zip.firstRange(of: [0x50, 0x4B, 1, 2] as [UInt8])?.lowerBound)
        let piece = Array(zip[directory...])
        #expect(try zips(head + [UInt8](repeating: 7, count: directory) + piece) == [])
        // Behind an archive, and in its comment, which ends with the file while that of the piece does not.
        #expect(try zips(head + zip + piece) == [0..<Int64(head.count + zip.count)])
        var commented = zip
        commented[zip.count - 2] = UInt8(piece.count)
        var cut = piece
        cut[piece.count - 2] = 9
        let whole = Int64(head.count + zip.count + piece.count)
        #expect(try Set(zips(head + commented + cut)) == [0..<whole])
    }

    @Test func `of a ZIP that another format cuts apart, the entries that readers take are found`() throws {
        let script = """
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w") as archive:
                for name in "abc": archive.writestr(name, name.encode() * 700)
            body = file.getvalue()
            """
        let zip = try Samples.python(script + "\nout.write(body)")
        let places = zip.indices.filter { zip[$0...].starts(with: ZipExtents.localHeaderSignature) }
        let ole2 = OLE2File.magic + [UInt8](repeating: 0, count: 504)
        let workbook: [UInt8] = [9, 8, 0x10, 0, 0, 6, 5, 0] + [UInt8](repeating: 0, count: 12)
        for (head, cut) in [(ole2, places[1] + 300), (workbook, places[1] + 300), (ole2, places[2] - 1)] {
            func zips(_ change: (inout [UInt8]) -> Void = { _ in }) throws -> [Sighting] {
                var bytes = head + zip[..<cut] + [UInt8](repeating: 0x55, count: 16) + zip[cut...]
                change(&bytes)
                return try Self.sightings(bytes).filter {
                    $0.form == .zip && ($0.range.lowerBound == 0 || head == ole2)
                }
            }
            let size = Int64(head.count + zip.count + 16)
            let third = head.count + places[2] + 16
            if head == ole2 { #expect(try zips() == [Sighting(.zip, Int64(third)..<size, mayBePiece: true)]) }
            if head == workbook { #expect(try zips() == []) }
            // Readers could take the entry for another one: it is no piece.
            let whole = [Sighting(.zip, 0..<size)]
            #expect(try zips { $0[third + 8] = 8 } == whole)
            #expect(try zips { $0[third + 18] = 1 } == whole)
            // Readers that take the declared offset as it is could find another directory.
            func leadElsewhere(_ bytes: inout [UInt8]) {
                bytes.replaceSubrange(8..<12, with: ZipCentralDirectory.entrySignature)
                bytes.replaceSubrange(Int(size) - 6..<Int(size) - 2, with: [8, 0, 0, 0])
            }
            #expect(try zips(leadElsewhere) == whole)
        }
    }

    @Test func `code that resembles a header of ARC has none`() throws {
        func header(_ name: String, unpacked: UInt32) -> [UInt8] {
            let size: [UInt8] = [0x03, 0x51, 0x00, 0x00, 0x23, 0x1A, 0x18, 0x01, 0x4E, 0xC9]
            let field = (0..<4).map { UInt8(truncatingIfNeeded: unpacked >> (8 * $0)) }
            return [0x1A, 7] + (Array(name.utf8) + [UInt8](repeating: 0, count: 13)).prefix(13) + size + field
        }
        for bytes in [header("09Q", unpacked: 40_000), header("COMMAND.COM", unpacked: 0xDCC5_1761)] {
            #expect(try Self.sightings(Self.noise + bytes + Self.noise) == [])
        }
        #expect(
            try Self.sightings(Self.noise + header("COMMAND.COM", unpacked: 40_000) + Self.noise).map(\.form) == [.arc])
    }

    @Test func `an Apple disk image is found by its trailer`() throws {
        let trailer = Array("koly".utf8) + [UInt8](repeating: 0, count: 508)
        #expect(try Self.sightings(Self.noise + trailer).map(\.form) == [.dmg])
    }

    @Test(arguments: [
        "MZ is not a program", "PK is a pair of letters", "GIF89a", "Rar! roared the lion",
        "AA01,widget,3\nAA02,gadget,4\n",
        "7z and hsqs and MSCF and ustar and -lh5- and 070701 and **ACE** in one text",
        "# v1 of a git bundle", "LZX compression is described here, at some length, for people who read it.",
    ])
    func `bytes that only mention a form have none`(text: String) throws {
        #expect(try Self.sightings(Array(text.utf8)) == [])
        #expect(try Self.sightings(Self.noise + Array(text.utf8) + Self.noise) == [])
    }

    @Test func `a magic number with a wrong checksum and odd fields behind other bytes is no form`() throws {
        // A byte that the header's checksum covers, and that no writer sets so: readers mind it, if not the checksum.
        for (name, place) in [("lzma.7z", 26), ("stored.rar", 12), ("stored.rar5", 13), ("stored.lzh", 24)] {
            var archive = try Samples.bytes(name)
            archive[place] ^= 0x55
            // A later member's header may be found.
            let start = Int64(Self.noise.count)
            #expect(try Self.sightings(Self.noise + archive).allSatisfy { $0.range.lowerBound != start }, "\(name)")
        }
    }
}
