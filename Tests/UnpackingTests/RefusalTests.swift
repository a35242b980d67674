import Glibc
import Testing
import Unpacking

@Suite(.timeLimit(.minutes(1))) struct RefusalTests {
    @Test(arguments: [
        "aes.zip", "traditional.zip", "encrypted.7z", "encrypted-header.7z", "encrypted.rar",
        "encrypted-header.rar",
        "encrypted.rar5", "encrypted-header.rar5",
    ])
    func `encrypted archives are reported as encrypted`(name: String) throws {
        let archive = ArchiveFixture(try Samples.file(name))
        #expect(archive.firstError?.code == .encrypted)
        #expect(archive.contents.isEmpty)
        #expect(!archive.members.contains { !$0.member.isEncrypted })
    }

    @Test(arguments: [
        "deflate64.7z", "arm64.7z", "deflate64.zip", "unknown-method.lzh", "next-volume.rar", "volume.rar5",
    ])
    func `methods that libarchive does not support are reported`(name: String) throws {
        #expect(ArchiveFixture(try Samples.file(name)).firstError?.code == .method)
    }

    /// The position of the changed byte is a fraction of the length.
    @Test(
        arguments: [
            "one.bz2", "one.xz", "crc32.xz", "sha256.xz", "one.lz", "two.bz2", "two.xz", "deflated.zip", "stored.zip",
            "lzma.7z", "copy.7z", "stored.lzh", "stored.rar", "stored.rar5",
        ], [0.3, 0.5])
    func `a changed byte is an error`(name: String, position: Double) throws {
        var bytes = try Samples.bytes(name)
        bytes[Int(Double(bytes.count) * position)] ^= 0xFF
        let archive = ArchiveFixture(MemoryFile(bytes))
        #expect(archive.firstError != nil)
        #expect(archive.firstError?.code != .tooLarge)
    }

    @Test func `a damaged header ends the reading`() throws {
        let archive = ArchiveFixture(try Samples.file("damaged-header.tar"))
        #expect(archive.contents.count == 1)
        #expect(archive.error?.code == .malformed)
    }

    @Test func `a failed write to scratch is reported as such`() throws {
        let file = try Samples.file("one.gz")
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        for (descriptor, code) in [(full, UnpackingError.Code.scratchFull), (999_999, .scratch)] {
            let error = #expect(throws: UnpackingError.self) {
                try ArchiveReads.unpackFirst(file, .gzip, into: descriptor)
            }
            #expect(error?.code == code)
        }
    }

    /// Scripts that change the dictionary size in the header of an `.lzma` file or of an `.xz` file's first block.
    static let hugeDictionaries: [(String, ContainerForm)] = [
        (
            """
            import lzma
            b = lzma.compress(b'x' * 99, lzma.FORMAT_ALONE)
            out.write(b[:1] + b'\\xff\\xff\\xff\\xff' + b[5:])
            """, .lzma
        ),
        (
            """
            import lzma
            b = lzma.compress(b'x' * 99, lzma.FORMAT_ALONE)
            out.write(b[:1] + b'\\0\\0\\0\\xc0' + b[5:])
            """, .lzma
        ),
        (
            """
            import lzma
            b = lzma.compress(b'x' * 99)
            h = bytearray(b[12:24])
            h[h.index(b'\\x21\\x01') + 2] = 39
            h[8:12] = struct.pack('<I', zlib.crc32(bytes(h[:8])))
            out.write(b[:12] + bytes(h) + b[24:])
            """, .xz
        ),
    ]

    @Test(arguments: hugeDictionaries)
    func `a dictionary of gigabytes is refused before it is allocated`(script: String, form: ContainerForm) throws {
        let file = MemoryFile(try Samples.python(script))
        #expect(ArchiveFixture(file, form: form).firstError?.code == .memory)
    }
}
