import Testing
import Unpacking

@Suite struct ContainerFormTests {
    static let samples: [(String, ContainerForm)] = [
        ("deflated.zip", .zip),
        ("empty.zip", .zip),
        ("lzma.7z", .sevenZip),
        ("stored.rar", .rar),
        ("stored.rar5", .rar5),
        ("ustar.tar", .tar),
        ("gnu.tar", .tar),
        ("v7.tar", .tar),
        ("base-256.tar", .tar),
        ("newc.cpio", .cpio),
        ("odc.cpio", .cpio),
        ("bin.cpio", .cpio),
        ("pwb.cpio", .cpio),
        ("bsd.ar", .ar),
        ("svr4.ar", .ar),
        ("bare.iso", .iso),
        ("joliet.iso", .iso),
        ("stored.cab", .cab),
        ("gzip.xar", .xar),
        ("stored.lzh", .lha),
        ("one.gz", .gzip),
        ("one.bz2", .bzip2),
        ("one.xz", .xz),
        ("one.lzma", .lzma),
        ("known-size.lzma", .lzma),
        ("one.lz", .lzip),
        ("one.zst", .zstd),
        ("skippable.zst", .zstd),
        ("one.lz4", .lz4),
        ("one.Z", .compress),
        ("gzip.rpm", .rpm),
    ]

    @Test(arguments: samples)
    func `the first bytes decide the form`(name: String, form: ContainerForm) throws {
        let file = try Samples.file(name)
        #expect(ContainerForm(descriptor: file.descriptor) == form)
        // An RPM has a reader of its own.
        #expect(form.isSupported || form == .rpm)
        #expect(
            ContainerForm(startingWith: Array(try Samples.bytes(name).prefix(ContainerForm.detectionLength))) == form)
    }

    struct Magic: Sendable {
        let form: ContainerForm
        let bytes: [UInt8]
        var offset = 0

        init(_ form: ContainerForm, _ bytes: [UInt8], at offset: Int = 0) {
            (self.form, self.bytes, self.offset) = (form, bytes, offset)
        }

        init(_ form: ContainerForm, _ text: String, at offset: Int = 0) {
            self.init(form, Array(text.utf8), at: offset)
        }
    }

    static let unopened: [Magic] = [
        Magic(.lzop, [0x89, 0x4C, 0x5A, 0x4F, 0, 0x0D, 0x0A, 0x1A, 0x0A]), Magic(.lrzip, "LRZI"),
        Magic(.squashfs, "hsqs"), Magic(.squashfs, "shsq"), Magic(.squashfs, "qshs"),
        Magic(.qcow, [0x51, 0x46, 0x49, 0xFB]), Magic(.vmdk, "KDMV"), Magic(.vhd, "conectix"), Magic(.vhdx, "vhdxfile"),
        Magic(.vdi, [0x7F, 0x10, 0xDA, 0xBE], at: 64), Magic(.wim, "MSWIM\0\0\0"), Magic(.ace, "**ACE**", at: 7),
        Magic(.zoo, [0xDC, 0xA7, 0xC4, 0xFD], at: 20), Magic(.ntfs, "NTFS    ", at: 3), Magic(.udf, "NSR02", at: 32769),
        Magic(.apfs, "NXSB", at: 32), Magic(.ewf, [0x45, 0x56, 0x46, 9, 0x0D, 0x0A, 0xFF, 0]), Magic(.pst, "!BDN"),
        Magic(.pbzx, "pbzx"), Magic(.gitBundle, "# v2 git bundle\n"), Magic(.gitPack, "PACK\0\0\0\u{2}"),
        Magic(.btrfs, "_BHRfS_M", at: 65600), Magic(.squashfs, "hsqs", at: 65536),
        Magic(.legacyZstd, [0x27, 0xB5, 0x2F, 0xFD]), Magic(.lzfse, "bvx2"),
        Magic(.pack, [0x1F, 0x1E, 0, 0, 0, 9, 2, 0, 2]),
        Magic(.pack200, [0xCA, 0xFE, 0xD0, 0x0D, 7, 0x96]), Magic(.stuffIt, "SIT!\0\u{1}\0\0\0\u{9}rLau\u{1}"),
        Magic(.hfs, "H+\0\u{5}", at: 1024),
        Magic(.tnef, [0x78, 0x9F, 0x3E, 0x22]), Magic(.activeMime, "ActiveMime"),
        Magic(.snappy, [0xFF, 6, 0, 0, 0x73, 0x4E, 0x61, 0x50, 0x70, 0x59]),
    ]

    @Test(arguments: unopened)
    func `unsupported forms are recognised`(magic: Magic) {
        let (form, offset) = (magic.form, magic.offset)
        var bytes = [UInt8](repeating: 0, count: 70_000)
        bytes.replaceSubrange(offset..<offset + magic.bytes.count, with: magic.bytes)
        #expect(ContainerForm(startingWith: bytes) == form)
        #expect(!form.isSupported)
        let file = MemoryFile(bytes)
        let error = ArchiveFixture(file).error
        #expect(error?.code == .method)
        #expect(error?.detail.contains(form.displayName) == true)
    }

    @Test(arguments: [
        "", "P", "begin by reading this", "BZhello, this is text", "MZ", "070", "%PDF-1.7", "]\0\0", "-lh5",
        "GIF89a",
        String(repeating: "\0", count: 40_000),
    ])
    func `bytes that are no container have no form`(text: String) {
        #expect(ContainerForm(startingWith: Array(text.utf8)) == nil)
        // The file stays open until it was read: another test would soon get its descriptor.
        let file = MemoryFile(Array(text.utf8))
        let form = withExtendedLifetime(file) { ContainerForm(descriptor: file.descriptor) }
        #expect(form == nil)
    }

    @Test(arguments: [1 << 12, 1 << 23, 3 << 22, 5 << 20, 0xFFF0_0000, 0xFFFF_FFFF] as [UInt32])
    func `LZMA is recognised with every dictionary size that encoders write`(size: UInt32) {
        let head = [0x5D] + (0..<4).map { UInt8(truncatingIfNeeded: size >> ($0 * 8)) }
        let unknown = [UInt8](repeating: 0xFF, count: 8)
        #expect(ContainerForm(startingWith: head + unknown + [0, 1, 2, 3]) == .lzma)
        #expect(ContainerForm(startingWith: head + unknown + [1, 1, 2, 3]) == nil)
        // Decoders accept any size behind a common dictionary; behind others it is taken for chance.
        let isCommon =
            size.nonzeroBitCount <= 2 && size & (size &+ size) != 0 || size.nonzeroBitCount == 1 || size == .max
        let isAnySize = ContainerForm(startingWith: head + Array("and text".utf8) + [0, 1, 2, 3]) == .lzma
        #expect(isAnySize == isCommon)
    }

    @Test func `the form is detected at an offset`() throws {
        let file = MemoryFile(Array("some text before it".utf8) + (try Samples.bytes("one.gz")))
        #expect(ContainerForm(descriptor: file.descriptor) == nil)
        #expect(ContainerForm(descriptor: file.descriptor, offset: 19) == .gzip)
    }

    @Test func `every form has a distinct name`() {
        #expect(Set(ContainerForm.allCases.map(\.displayName)).count == ContainerForm.allCases.count)
    }
}
