import TestKit
import Testing
import Unpacking

@Suite(.heavy, .timeLimit(.minutes(2))) struct TruncationTests {
    /// Containers with an end mark or a declared end: each missing byte is detected.
    static let exact = [
        "one.gz", "named.gz", "two.gz", "one.bz2", "two.bz2", "one.xz", "crc32.xz", "no-check.xz", "two.xz", "one.lzma",
        "known-size.lzma", "one.lz", "two.lz", "one.zst", "two.zst", "one.lz4", "two.lz4", "newc.cpio", "odc.cpio",
        "bin.cpio", "pwb.cpio", "svr4.ar", "bsd.ar", "bare.iso", "joliet.iso", "rock-ridge.iso", "stored.cab",
        "mszip.cab",
        "stored.lzh", "stored.rar", "stored.rar5", "lzma.7z", "lzma2.7z", "ppmd.7z", "bcj2.7z", "copy.7z",
        "not-solid.7z",
        "deflated.zip", "descriptors.zip", "forced-zip64.zip", "stored.zip", "bzip2.zip", "xz.zip",
        "lone-zero-block.tar",
    ]
    /// Containers with padding after the end, whose loss is harmless.
    static let padded = ["ustar.tar", "gnu.tar", "pax.tar", "v7.tar", "sparse.tar", "gzip.xar", "xz.xar"]

    private static func cuts(of size: Int64) -> [Int64] {
        let tenths = (1...9).map { size * $0 / 10 }
        let trailers = [1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 16, 20].map { size - $0 }
        return Set(tenths + trailers).sorted(by: >)
    }

    @Test(arguments: exact)
    func `a cut container never reaches its end`(name: String) throws {
        let file = try Samples.file(name)
        let form = try #require(ContainerForm(descriptor: file.descriptor))
        try #require(ArchiveFixture(file).firstError == nil)
        for length in Self.cuts(of: file.size) {
            file.cut(to: length)
            #expect(ArchiveFixture(file, form: form).firstError?.code == .truncated, "cut to \(length)")
        }
    }

    @Test(arguments: padded)
    func `a container cut in its padding is complete, and any other cut throws`(name: String) throws {
        let file = try Samples.file(name)
        let form = try #require(ContainerForm(descriptor: file.descriptor))
        let whole = ArchiveFixture(file)
        try #require(whole.firstError == nil)
        var refused = 0
        for length in Self.cuts(of: file.size) {
            file.cut(to: length)
            let archive = ArchiveFixture(file, form: form)
            if archive.firstError == nil {
                #expect(archive.contents == whole.contents, "cut to \(length)")
            } else {
                refused += 1
            }
        }
        #expect(refused >= 5)
    }

    @Test(arguments: ["one.xz", "one.lzma", "known-size.lzma", "one.lz", "empty.gz", "empty.bz2", "empty.xz"])
    func `a short stream cut at any byte is an error`(name: String) throws {
        let file = try Samples.file(name)
        let form = try #require(ContainerForm(descriptor: file.descriptor))
        for length in stride(from: file.size - 1, through: 1, by: -1) {
            file.cut(to: length)
            #expect(ArchiveFixture(file, form: form).firstError != nil, "cut to \(length)")
        }
    }

    @Test(arguments: ["no-end.rar", "no-end.rar5"])
    func `an archive cut between two members is truncated`(name: String) throws {
        let archive = ArchiveFixture(try Samples.file(name))
        #expect(archive.contents.count == 3)
        #expect(archive.error?.code == .truncated)
    }

    @Test func `a tar without closing blocks ends at a member's border and nowhere else`() throws {
        let file = try Samples.file("no-end.tar")
        let archive = ArchiveFixture(file)
        #expect(archive.contents.count == 3)
        #expect(archive.firstError == nil)
        for missing: Int64 in [1, 100, 511, 512, 513] {
            file.cut(to: try Int64(Samples.bytes("no-end.tar").count) - missing)
            #expect(ArchiveFixture(file, form: .tar).firstError?.code == .truncated, "\(missing) bytes missing")
        }
    }

    @Test func `a file shorter than its declared size is a read error`() throws {
        let file = try Samples.file("ustar.tar")
        let size = file.size
        file.cut(to: 150_000)
        let error = #expect(throws: UnpackingError.self) { try ArchiveReads.names(file, .tar, size: size) }
        #expect(error?.code == .read)
    }

    @Test func `a descriptor that cannot be read is a read error`() throws {
        let zipError = #expect(throws: UnpackingError.self) { try ZipStructure(descriptor: 999_999, size: 1000) }
        #expect(zipError?.code == .read)
    }
}
