import Testing
import Unpacking

@Suite(.timeLimit(.minutes(1))) struct StreamTests {
    @Test(arguments: [
        "one.gz", "named.gz", "padded.gz", "one.bz2", "one.xz", "crc32.xz", "sha256.xz", "no-check.xz", "x86.xz",
        "one.lzma", "known-size.lzma", "one.lz", "one.zst", "skippable.zst", "one.lz4", "one.Z",
    ])
    func `a stream is one member without a name or a size`(name: String) throws {
        let file = try Samples.file(name)
        #expect(ContainerForm(descriptor: file.descriptor)?.isSingleStream == true)
        let archive = ArchiveFixture(file)
        #expect(archive.firstError == nil)
        #expect(archive.contents == [Samples.text])
        #expect(archive.members.map(\.member.name) == [""])
        #expect(archive.members.map(\.member.size) == [nil])
        #expect(archive.trailingBytes ?? 0 == 0)
    }

    @Test(arguments: ["two.gz", "two.bz2", "two.xz", "padded.xz", "two.lz", "two.zst", "two.lz4"])
    func `consecutive streams are one member`(name: String) throws {
        let archive = ArchiveFixture(try Samples.file(name))
        #expect(archive.firstError == nil)
        #expect(archive.contents == [Samples.text + Samples.noise])
        #expect(archive.trailingBytes == 0)
    }

    @Test(arguments: ["empty.gz", "empty.bz2", "empty.xz", "empty.zst"])
    func `an empty stream is an empty member`(name: String) throws {
        let archive = ArchiveFixture(try Samples.file(name))
        #expect(archive.firstError == nil)
        #expect(archive.contents == [[]])
    }

    @Test func `a stream within a stream is not unpacked`() throws {
        let archive = ArchiveFixture(try Samples.file("in-itself.gz"))
        #expect(archive.contents == [try Samples.bytes("one.gz")])
    }

    @Test(arguments: [
        "behind.gz", "behind.bz2", "behind.xz", "behind.lz", "behind.lz4", "behind.zst", "behind-the-end.tar",
        "two-in-a-row.tar", "behind.rar", "behind.rar5",
    ])
    func `bytes after the end are counted or an error`(name: String) throws {
        let archive = ArchiveFixture(try Samples.file(name))
        let isCounted = (archive.trailingBytes ?? 0) > 0
        #expect(isCounted || archive.firstError != nil)
    }

    @Test func `bytes after a tar's end are counted in blocks`() throws {
        #expect(ArchiveFixture(try Samples.file("behind-the-end.tar")).trailingBytes == 512)
        #expect(ArchiveFixture(try Samples.file("two-in-a-row.tar")).trailingBytes == 10240)
        #expect(ArchiveFixture(try Samples.file("behind.gz")).trailingBytes == 22)
    }
}
