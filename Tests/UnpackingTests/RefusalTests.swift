import Glibc
import Testing
import Unpacking

@Suite(.timeLimit(.minutes(1))) struct RefusalTests {
    @Test(arguments: [
        "aes.zip", "traditional.zip", "encrypted.7z", "encrypted-header.7z", "encrypted.rar",
        "encrypted-header.rar",
        "encrypted.rar5", "encrypted-header.rar5",
    ])
    func `what is encrypted says so`(name: String) throws {
        let walk = Walk(try Samples.file(name))
        #expect(walk.firstError?.code == .encrypted)
        #expect(walk.contents.isEmpty)
        #expect(!walk.visits.contains { !$0.member.isEncrypted })
    }

    @Test(arguments: [
        "deflate64.7z", "arm64.7z", "deflate64.zip", "unknown-method.lzh", "next-volume.rar", "volume.rar5",
    ])
    func `a method that libarchive lacks says so`(name: String) throws {
        #expect(Walk(try Samples.file(name)).firstError?.code == .method)
    }

    /// Where a byte is changed, as a part of the whole.
    @Test(
        arguments: [
            "one.bz2", "one.xz", "crc32.xz", "sha256.xz", "one.lz", "two.bz2", "two.xz", "deflated.zip", "stored.zip",
            "lzma.7z", "copy.7z", "stored.lzh", "stored.rar", "stored.rar5",
        ], [0.3, 0.5])
    func `damage is told`(name: String, place: Double) throws {
        var bytes = try Samples.bytes(name)
        bytes[Int(Double(bytes.count) * place)] ^= 0xFF
        let walk = Walk(MemoryFile(bytes))
        #expect(walk.firstError != nil)
        #expect(walk.firstError?.code != .tooLarge)
    }

    @Test func `a damaged header is not passed over`() throws {
        let walk = Walk(try Samples.file("damaged-header.tar"))
        #expect(walk.contents.count == 1)
        #expect(walk.error?.code == .malformed)
    }

    @Test func `scratch that takes nothing is named`() throws {
        let file = try Samples.file("one.gz")
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        for (descriptor, code) in [(full, UnpackingError.Code.scratchFull), (999_999, .scratch)] {
            let error = #expect(throws: UnpackingError.self) {
                try Passes.unpackFirst(file, .gzip, into: descriptor)
            }
            #expect(error?.code == code)
        }
    }

    /// The dictionary's size in the header of an `.lzma` file, and in that of an `.xz` file's first block.
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
    func `a dictionary of gigabytes is refused, not set aside`(script: String, form: ContainerForm) throws {
        let file = MemoryFile(try Samples.python(script))
        #expect(Walk(file, form: form).firstError?.code == .memory)
    }
}
