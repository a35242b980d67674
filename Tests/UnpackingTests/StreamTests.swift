import Testing
import Unpacking

@Suite(.timeLimit(.minutes(1))) struct StreamTests {
    @Test(arguments: [
        "one.gz", "named.gz", "padded.gz", "one.bz2", "one.xz", "crc32.xz", "sha256.xz", "no-check.xz", "x86.xz",
        "one.lzma", "known-size.lzma", "one.lz", "one.zst", "skippable.zst", "one.lz4", "one.Z", "one.uu",
    ])
    func `a stream is one member without a name or a size`(name: String) throws {
        let file = try Samples.file(name)
        #expect(ContainerForm(descriptor: file.descriptor)?.isSingleStream == true)
        let walk = Walk(file)
        #expect(walk.firstError == nil)
        #expect(walk.contents == [Samples.text])
        #expect(walk.visits.map(\.member.name) == [""])
        #expect(walk.visits.map(\.member.size) == [nil])
        #expect(walk.trailingBytes ?? 0 == 0)
    }

    @Test(arguments: ["two.gz", "two.bz2", "two.xz", "padded.xz", "two.lz", "two.zst", "two.lz4"])
    func `streams behind one another are one member`(name: String) throws {
        let walk = Walk(try Samples.file(name))
        #expect(walk.firstError == nil)
        #expect(walk.contents == [Samples.text + Samples.noise])
        #expect(walk.trailingBytes == 0)
    }

    @Test(arguments: ["empty.gz", "empty.bz2", "empty.xz", "empty.zst"])
    func `an empty stream is an empty member`(name: String) throws {
        let walk = Walk(try Samples.file(name))
        #expect(walk.firstError == nil)
        #expect(walk.contents == [[]])
    }

    @Test func `a stream is unpacked once and not what it holds`() throws {
        let walk = Walk(try Samples.file("in-itself.gz"))
        #expect(walk.contents == [try Samples.bytes("one.gz")])
    }

    @Test func `the member of an RPM is its payload`() throws {
        let walk = Walk(try Samples.file("gzip.rpm"))
        #expect(walk.firstError == nil)
        let payload = MemoryFile(try #require(walk.contents.first))
        let inner = MemoryFile(try #require(Walk(payload).contents.first))
        #expect(Set(Walk(inner).contents) == Set(Samples.plain.values))
    }

    @Test(arguments: [
        "behind.gz", "behind.bz2", "behind.xz", "behind.lz", "behind.lz4", "behind.zst", "behind-the-end.tar",
        "two-in-a-row.tar", "behind.rar", "behind.rar5",
    ])
    func `bytes behind the end are told, or are an error`(name: String) throws {
        let walk = Walk(try Samples.file(name))
        let isTold = (walk.trailingBytes ?? 0) > 0
        #expect(isTold || walk.firstError != nil)
    }

    @Test func `the length of what is behind a tar is told in blocks`() throws {
        #expect(Walk(try Samples.file("behind-the-end.tar")).trailingBytes == 512)
        #expect(Walk(try Samples.file("two-in-a-row.tar")).trailingBytes == 10240)
        #expect(Walk(try Samples.file("behind.gz")).trailingBytes == 22)
    }
}
