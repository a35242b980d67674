import Testing
import Unpacking

@Suite(.timeLimit(.minutes(1))) struct ArchiveTests {
    static let wholeSamples = [
        "ustar.tar", "gnu.tar", "pax.tar", "long-names-gnu.tar", "long-names-pax.tar", "odd-names-pax.tar",
        "odd-names-gnu.tar", "base-256.tar", "v7.tar", "lone-zero-block.tar",
        "newc.cpio", "odc.cpio", "bin.cpio", "pwb.cpio", "bsd.ar", "svr4.ar", "gzip.xar", "xz.xar",
        "bare.iso", "joliet.iso", "rock-ridge.iso", "stored.cab", "mszip.cab", "stored.lzh", "stored.rar",
        "stored.rar5",
        "bsdtar.7z", "lzma.7z", "lzma2.7z", "bzip2.7z", "deflate.7z", "ppmd.7z", "copy.7z", "not-solid.7z", "bcj.7z",
        "bcj2.7z", "delta.7z", "plain-header.7z",
        "deflated.zip", "descriptors.zip", "forced-zip64.zip", "odd-names.zip", "bsdtar.zip", "stored.zip", "bzip2.zip",
        "lzma.zip", "ppmd.zip", "xz.zip",
    ]

    @Test(arguments: wholeSamples)
    func `every member is unpacked unchanged to the archive's end`(name: String) throws {
        let archive = ArchiveFixture(try Samples.file(name))
        #expect(archive.firstError == nil)
        let members = archive.members.filter(\.holdsContent)
        #expect(members.count == Samples.plain.count)
        for read in members {
            // Plain ISO 9660 has upper-case names only, and may append a version.
            let shown = read.member.name.lowercased()
            // A long name is cut, so that its member is recognised by its size.
            let plain = Samples.plain.first { shown.hasSuffix($0.key) || $0.value.count == read.bytes.count }
            let isSame = plain?.value == read.bytes
            #expect(isSame, "\(read.member.name)")
            #expect(read.member.size == Int64(read.bytes.count))
            #expect(!read.member.isEncrypted)
        }
        #expect(archive.trailingBytes ?? 0 == 0)
    }

    @Test(arguments: ["ustar.tar", "lzma.7z", "deflated.zip", "joliet.iso", "two.gz", "stored.rar5", "mszip.cab"])
    func `measuring, reading and skipping members give the same list`(name: String) throws {
        let file = try Samples.file(name)
        let form = try #require(ContainerForm(descriptor: file.descriptor))
        let expected: [[UInt8]] = ArchiveFixture(file).members.map(\.bytes)

        let sizes = try ArchiveReads.sizes(file, form)
        #expect(sizes == expected.map { Int64($0.count) })
        let pieces = try ArchiveReads.pieces(file, form)
        #expect(pieces == expected)
        let names = try ArchiveReads.names(file, form, size: file.size)
        #expect(names.count == expected.count)
    }

    @Test func `a container within a file is read by offset and size`() throws {
        let inner = try Samples.bytes("deflated.zip")
        let (before, behind) = ([UInt8](repeating: 7, count: 5001), [UInt8](repeating: 9, count: 700))
        let file = MemoryFile(before + inner + behind)
        let names = try ArchiveReads.names(file, .zip, offset: 5001, size: Int64(inner.count))
        #expect(names == ["notes.txt", "noise.bin", "small"])
    }

    @Test(arguments: [("self-extractor.zip", ContainerForm.zip)])
    func `a self-extractor's members are unpacked if the form is given`(name: String, form: ContainerForm) throws {
        let file = try Samples.file(name)
        #expect(ContainerForm(descriptor: file.descriptor) == nil)
        #expect(Set(ArchiveFixture(file, form: form).contents) == Set(Samples.plain.values))
    }

    @Test(arguments: ["odd-names-pax.tar", "odd-names-gnu.tar", "odd-names.zip", "long-names-pax.tar"])
    func `names may have any letters, and long ones are cut`(sample: String) throws {
        for name in ArchiveFixture(try Samples.file(sample)).members.map(\.member.name) {
            #expect(name.utf8.count <= Member.longestName)
            if sample.hasPrefix("odd") { #expect(name.hasPrefix("gr\u{FC}\u{DF}-\u{4F60}\u{597D}-")) }
        }
    }

    @Test func `a name is printable whatever its bytes`() throws {
        let file = MemoryFile(
            try Samples.python(
                """
                import tarfile
                archive = tarfile.open(fileobj=out, mode="w|", format=tarfile.GNU_FORMAT, encoding="latin-1")
                for name in ["\\x1b[31mred\\x07", "\\xff\\xfe\\xe9", "line\\nline", "a" * 119 + "\\u00e9", ""]:
                    archive.addfile(tarfile.TarInfo(name))
                archive.close()
                """))
        let archive = ArchiveFixture(file)
        #expect(archive.error == nil)
        #expect(archive.members.count == 5)
        for name in archive.members.map(\.member.name) {
            let hasControl = name.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
            #expect(!hasControl)
            #expect(name.utf8.count <= Member.longestName)
        }
    }

    @Test func `hard links that carry data are unpacked`() throws {
        let archive = ArchiveFixture(try Samples.file("hard-link-with-data.tar"))
        #expect(archive.error == nil)
        let contents = archive.contents.map { String(decoding: $0, as: UTF8.self) }
        #expect(contents == ["just a few bytes", "other bytes, 16!", "third"])
    }

    @Test func `holes are zeros and count towards the size`() throws {
        let archive = ArchiveFixture(try Samples.file("sparse.tar"))
        #expect(archive.firstError == nil)
        let hole = [UInt8](repeating: 0, count: 999_996)
        let expected: [UInt8] = Array("head".utf8) + hole + Array("end".utf8)
        #expect(archive.contents == [expected])
    }

    @Test func `a hole of exabytes hits the limit at once`() throws {
        let archive = ArchiveFixture(try Samples.file("sparse-bomb.tar"))
        #expect(archive.members.map(\.error?.code) == [.tooLarge])
        #expect(archive.error == nil)
    }

    @Test func `an empty archive is not an error`() throws {
        let archive = ArchiveFixture(try Samples.file("empty.zip"))
        #expect(archive.error == nil)
        #expect(archive.members.isEmpty)
    }

    @Test(arguments: ["ustar.tar", "deflated.zip", "not-solid.7z"])
    func `a member over the limit is refused, and the next one is read`(name: String) throws {
        let archive = ArchiveFixture(try Samples.file(name), limit: 100)
        #expect(archive.error == nil)
        for read in archive.members {
            let isSmall = read.bytes.count == 16
            #expect(read.error?.code == (isSmall ? nil : .tooLarge))
        }
        let small = try #require(Samples.plain["small"])
        #expect(archive.contents == [small])
    }

    @Test func `a member of exactly the limit is unpacked`() throws {
        let archive = ArchiveFixture(try Samples.file("one.gz"), limit: Int64(Samples.text.count))
        #expect(archive.contents == [Samples.text])
        #expect(
            ArchiveFixture(try Samples.file("one.gz"), limit: Int64(Samples.text.count) - 1).firstError?.code
                == .tooLarge)
    }
}
