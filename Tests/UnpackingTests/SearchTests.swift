import Testing
import Unpacking

/// What is searched for behind other bytes, where a short magic number may come about by chance.
@Suite(.timeLimit(.minutes(1))) struct SearchTests {
    private static func sightings(_ bytes: [UInt8]) throws -> [Sighting] {
        let file = MemoryFile(bytes)
        return try withExtendedLifetime(file) {
            try FormFinder.sightings(
                in: FileSlice(descriptor: file.descriptor, start: 0, size: file.size), magicType: nil, engineType: nil)
        }
    }

    private static let head = Array("words that nobody minds, then ".utf8)

    private static func swapped(_ bytes: [UInt8]) -> [UInt8] {
        stride(from: 0, to: bytes.count - 1, by: 2).flatMap { [bytes[$0 + 1], bytes[$0]] }
    }

    @Test func `end records of a ZIP do not multiply the entries of their directory`() throws {
        func little(_ number: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(number >> (8 * $0) & 0xFF) } }
        let zeros = { [UInt8](repeating: 0, count: $0) }
        // No entry has a local header: each record asks all of them.
        let directory = Array([[UInt8]](repeating: [0x50, 0x4B, 1, 2] + zeros(42), count: 4000).joined())
        let end = [0x50, 0x4B, 5, 6] + zeros(4) + little(4000, 2) + little(4000, 2) + little(directory.count, 4)
        let records = Array([[UInt8]](repeating: end + little(64, 4) + zeros(2), count: 2900).joined())
        let head = [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C] + zeros(58)
        let start = ContinuousClock.now
        _ = try? Self.sightings(head + directory + records)
        #expect(ContinuousClock.now - start < .seconds(15))
    }

    @Test func `a binary cpio of either byte order is found`() throws {
        let cpio = try Samples.bytes("bin.cpio")
        // The words of the header are swapped, the name is not.
        for header in [Array(cpio[..<26]), Self.swapped(Array(cpio[..<26]))] {
            let found = try Self.sightings(Self.head + header + cpio[26...])
            #expect(found.map(\.form) == [.cpio])
            #expect(found.first?.range.lowerBound == Int64(Self.head.count))
        }
    }

    @Test func `a cpio header with a damaged field is found`() throws {
        var cpio = try Samples.bytes("odc.cpio")
        cpio.replaceSubrange(30..<34, with: [0x20, 0, 0x70, 0x2D])
        #expect(try Self.sightings(Self.head + cpio).first?.range.lowerBound == Int64(Self.head.count))
        #expect(try Self.sightings(Self.head + Array("070707 is no archive, though it begins as one does".utf8)) == [])
    }

    @Test func `a cpio magic number without a name is none`() throws {
        for magic: [UInt8] in [[0xC7, 0x71], [0x71, 0xC7]] {
            #expect(try Self.sightings(Self.head + magic + [UInt8](repeating: 0x81, count: 300)) == [])
        }
    }

    @Test func `an ARC behind other bytes is found if another header follows its first member, or by its name`() throws
    {
        func archive(_ name: String, end: [UInt8]) -> [UInt8] {
            let field = Array(name.utf8) + [UInt8](repeating: 0, count: 13 - name.utf8.count)
            let header: [UInt8] = [0x1A, 2] + field + [5, 0, 0, 0, 0x21, 0x57, 0, 0x60, 0, 0, 5, 0, 0, 0]
            return header + Array("abcde".utf8) + end
        }
        for name in ["PAYLOAD.BIN", "A"] {
            #expect(try Self.sightings(Self.head + archive(name, end: [0x1A, 0])).map(\.form) == [.arc])
        }
        #expect(try Self.sightings(Self.head + archive("A", end: [0, 0])) == [])
        // Readers go on without the next header.
        #expect(try Self.sightings(Self.head + archive("PAYLOAD.BIN", end: [0, 0])).map(\.form) == [.arc])
    }

    @Test(
        arguments: [
            [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], [0x28, 0xB5, 0x2F, 0xFD], Array("BZh9".utf8),
            [0x5D, 0, 0, 0x80, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0],
            [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0, 4],
            Array("!<arch>\n".utf8), [0xED, 0xAB, 0xEE, 0xDB],
        ] as [[UInt8]])
    func `the magic number of a stream is none if nothing decodes`(magic: [UInt8]) throws {
        #expect(try Self.sightings(Self.head + magic + [UInt8](repeating: 0xFF, count: 300)) == [])
    }

    @Test func `of many streams the first ones are found, and hide no archive behind them`() throws {
        let stream = try Samples.bytes("empty.gz") + (try Samples.bytes("named.gz"))
        let streams = [[UInt8]](repeating: stream, count: 30).flatMap { $0 }
        let found = try Self.sightings(Self.head + streams + (try Samples.bytes("lzma.7z")))
        #expect(found.filter { $0.form == .gzip }.count == 4)
        #expect(found.contains { $0.form == .sevenZip })
    }

    @Test func `more containers than are followed are an error`() throws {
        let cabinet = try Samples.bytes("stored.cab")
        let small = Array(cabinet.prefix(8)) + [48, 0, 0, 0] + cabinet[12..<48]
        let most = Self.head + [[UInt8]](repeating: small, count: 1024).flatMap { $0 }
        #expect(try Self.sightings(most).count == 1024)
        let error = #expect(throws: UnpackingError.self) { try Self.sightings(most + cabinet).count }
        #expect(error?.code == .tooLarge)
    }

    @Test(arguments: [1, 3, 2049]) func `a tar without a magic number is found at a whole block`(blocks: Int) throws {
        let junk = [UInt8](repeating: 0x20, count: blocks * 512)
        let found = try Self.sightings(junk + (try Samples.bytes("v7.tar")))
        #expect(found == [Sighting(.tar, Int64(junk.count)..<found[0].range.upperBound)])
    }

    @Test func `an LHA of level 2 is found whatever its header's length says`() throws {
        let header: [UInt8] =
            [0xFF, 0xFF] + Array("-lh5-".utf8) + [5, 0, 0, 0, 5, 0, 0, 0, 0xF1, 0x53, 0x65, 0x20, 0x20, 2, 1, 2, 0]
            + [5, 0, 0, 0x12, 0x34, 4, 0, 1, 0x61, 0, 0]
        #expect(try Self.sightings(Self.head + header + [UInt8](repeating: 1, count: 600)).map(\.form) == [.lha])
    }

    /// An image with fields at places, and zeros elsewhere.
    private static func image(_ length: Int, _ fields: [(Int, [UInt8])]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: length)
        for (place, field) in fields { bytes.replaceSubrange(place..<place + field.count, with: field) }
        return bytes
    }

    private static let fat = image(
        4096, [(0, [0xEB, 0x3C, 0x90]), (11, [0, 2, 1, 1, 0, 2, 16, 0, 8, 0, 0xF8, 1, 0]), (510, [0x55, 0xAA])])
    private static let ext = image(
        4096,
        [
            (1024, [16, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 5, 0, 0, 0, 1]),
            (1056, [0, 32, 0, 0, 0, 32, 0, 0, 16]), (1080, [0x53, 0xEF]),
        ])
    private static let images: [(ContainerForm, [UInt8])] = [
        (.fat, fat), (.ext, ext),
        (.ntfs, image(1024, [(0, [0xEB, 0x52, 0x90]), (3, Array("NTFS    ".utf8)), (510, [0x55, 0xAA])])),
        (.hfs, image(4096, [(1024, [0x48, 0x2B, 0, 4]), (1064, [0, 0, 16, 0, 0, 0, 0, 2])])),
        (.apfs, image(4096, [(32, Array("NXSB".utf8)), (36, [0, 16, 0, 0])])),
        (.iso, image(40_000, [(32768, [1, 0x43, 0x44, 0x30, 0x30, 0x31, 1]), (32896, [0, 8])])),
        (.vmdk, image(1024, [(0, Array("KDMV".utf8)), (4, [1, 0, 0, 0]), (20, [128])])),
        (.qcow, image(1024, [(0, [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3]), (23, [16])])),
        (.vdi, image(1024, [(64, [0x7F, 0x10, 0xDA, 0xBE, 1, 0, 1, 0])])),
        (.cramfs, image(1024, [(0, [0x45, 0x3D, 0xCD, 0x28]), (16, Array("Compressed ROMFS".utf8))])),
        (.squashfs, image(1024, [(0, Array("hsqs".utf8)), (28, [3, 0]), (34, [16])])),
        (.virtualDisk, image(1024, [(512, Array("EFI PART".utf8) + [0, 0, 1, 0, 0x5C, 0, 0, 0])])),
    ]

    @Test(arguments: images.indices) func `an image behind other bytes is found`(index: Int) throws {
        let (form, image) = Self.images[index]
        for head in [Self.head, Self.head + [UInt8](repeating: 0x20, count: (1 << 20) - 300)] {
            let found = try Self.sightings(head + image).filter { $0.form == form }
            #expect(found.map(\.range.lowerBound) == [Int64(head.count)])
        }
    }

    @Test(arguments: images.indices) func `the mark of an image alone is none`(index: Int) throws {
        let (form, image) = Self.images[index]
        // Every other nonzero byte of its header is gone: the marks of most stay whole, the fields around them do not.
        var damaged = image
        let fields = image.indices.filter { image[$0] != 0 }
        for place in [fields.first!, fields.last!] { damaged[place] = 0x7F }
        #expect(try Self.sightings(Self.head + damaged).allSatisfy { $0.form != form })
    }
}
