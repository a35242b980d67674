import Foundation
import TestKit
import Testing

@testable import Unpacking

/// Archives as `arj` writes them, and headers that it never writes.
@Suite(.heavy, .timeLimit(.minutes(1))) struct ArjTests {
    /// Two stored members; `flags`, `method` and `kind` are those of the second one.
    private static func archive(flags: Int = 0, method: Int = 0, extended: Bool = false) throws -> [UInt8] {
        try Samples.python(
            """
            def header(kind, name, size=0, flags=0, method=0, data=b""):
                basic = struct.pack("<8B4I3H", 30, 11, 1, 2, flags, method, kind, 0, 0, size, size, zlib.crc32(data), 0, 0, 0) + name + b"\\0\\0"
                more = struct.pack("<H4sI", 4, b"more", zlib.crc32(b"more")) if \(extended ? "True" : "False") else b""
                return b"\\x60\\xea" + struct.pack("<H", len(basic)) + basic + struct.pack("<I", zlib.crc32(basic)) + more + bytes(2)
            out.write(header(2, b"a.arj") + header(0, b"one", 300) + b"1" * 300)
            out.write(header(0, b"two", 4000, \(flags), \(method)) + b"2" * 4000 + b"\\x60\\xea\\0\\0")
            """)
    }

    private static func read(_ bytes: [UInt8]) -> OpenerReads {
        OpenerReads.read(bytes) { layer throws(UnpackingError) in try ARJOpener(layer) }
    }

    /// What `arj` packs of the plain files.
    private static func packed(_ options: String) throws -> [UInt8] {
        let folder = try TemporaryDirectory()
        for (name, content) in Samples.plain {
            try Data(content).write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
        }
        let command = "arj a -y \(options) out.arj notes.txt noise.bin small >&2; cat out.arj"
        let tool = try Tool.run(["sh", "-c", "cd '\(folder.path)' && \(command)"])
        try #require(tool.status == 0)
        return tool.output
    }

    @Test(arguments: ["-m0", "-m1", "-m2", "-m3", "-m4", "-m1 -jm", "-m1 -hk", "-m1 -jt"])
    func `every member of each method is a part`(options: String) throws {
        let reads = Self.read(try Self.packed(options))
        #expect(reads.error == nil)
        #expect(reads.names == ["notes.txt", "noise.bin", "small"])
        #expect(reads.parts.prefix(3) == [Samples.text, Samples.noise, try #require(Samples.plain["small"])])
    }

    @Test(arguments: ["-m1", "-m4"]) func `a packed member that was damaged has an error`(options: String) throws {
        let archive = try Self.packed(options)
        let start =
            try #require(Self.read(archive).parts.first == Samples.text ? archive.firstIndex(of: 0xEA) : nil) + 200
        let end = try #require(archive.index(of: Array("noise.bin".utf8)))
        for step in 0..<40 {
            var damaged = archive
            damaged[start + step * (end - start - 60) / 40] ^= UInt8(1 << (step % 8))
            #expect(Self.read(damaged).error != nil, "step \(step)")
        }
    }

    @Test func `a garbled member is encrypted`() throws {
        let reads = Self.read(try Self.packed("-m1 -gpassword"))
        #expect(reads.isEncrypted)
        #expect(reads.error == nil)
    }

    @Test func `one volume of several is not supported`() throws {
        #expect(Self.read(try Self.packed("-m0 -v60000")).error == .method)
    }

    @Test func `chapters and comments are no members`() throws {
        let folder = try TemporaryDirectory()
        let script = """
            cd '\(folder.path)'; echo first > a.txt; echo comment > c.txt; arj ac -y -zc.txt out.arj a.txt >&2
            echo second > a.txt; arj ac -y out.arj a.txt >&2; cat out.arj
            """
        let reads = Self.read(try Tool.run(["sh", "-c", script]).output)
        #expect(reads.error == nil)
        #expect(reads.parts.contains(Array("first\n".utf8)))
        #expect(reads.parts.contains(Array("second\n".utf8)))
    }

    @Test func `a code of one symbol takes no bits, and its output is bounded`() throws {
        // A block of 65,535 symbols whose three codes have one symbol each: the copy of 256 bytes.
        let archive = try Samples.python(
            """
            def header(kind, name, packed=0, size=0, method=0):
                basic = struct.pack("<8B4I3H", 30, 11, 1, 2, 0, method, kind, 0, 0, packed, size, 0, 0, 0, 0) + name + b"\\0\\0"
                return b"\\x60\\xea" + struct.pack("<H", len(basic)) + basic + struct.pack("<I", zlib.crc32(basic)) + bytes(2)
            bits = ("1".zfill(16) + "0" * 10 + "0" * 9 + format(65, "09b") + "0" * 10)
            bits += "1" * 16 + "0" * 10 + "0" * 9 + format(509, "09b") + "0" * 10
            data = int(bits.ljust(160, "0"), 2).to_bytes(20, "big")
            out.write(header(2, b"a.arj") + header(0, b"one", len(data), 1 + 4000 * 256, 1) + data + b"\\x60\\xea\\0\\0")
            """)
        let parts = OpenedParts(archive, limit: 1 << 21) { layer throws(UnpackingError) in try ARJOpener(layer) }
        // All of it decodes; only its checksum is wrong.
        #expect(parts.error?.detail.contains("checksum") == true)
        let small = OpenedParts(archive, limit: 1 << 16) { layer throws(UnpackingError) in try ARJOpener(layer) }
        #expect(small.error?.code == .tooLarge)
    }

    @Test(arguments: [false, true]) func `extended headers are passed over`(extended: Bool) throws {
        let reads = Self.read(try Self.archive(extended: extended))
        #expect(reads.names == ["one", "two"])
        #expect(reads.parts.map(\.count) == [300, 4000])
    }

    @Test func `an archive cut anywhere is reported as truncated`() throws {
        let bytes = try Self.archive()
        for length in (0..<bytes.count).reversed() where length % 7 == 0 || length > bytes.count - 60 {
            #expect(Self.read(Array(bytes.prefix(length))).error == .truncated, "cut to \(length)")
        }
    }

    @Test func `a header with a wrong checksum is malformed`() throws {
        var bytes = try Self.archive()
        let second = try #require(bytes.lastIndex(of: UInt8(ascii: "w")))
        bytes[second] ^= 1
        #expect(Self.read(bytes).error == .malformed)
    }

    @Test func `an encrypted member is listed whatever its method`() throws {
        let reads = Self.read(try Self.archive(flags: 1, method: 9))
        #expect(reads.names == ["one", "two"])
        #expect(reads.isEncrypted)
    }

    @Test(arguments: [(0, 5), (4, 0), (8, 0)])
    func `unsupported methods and volumes are reported`(flags: Int, method: Int) throws {
        #expect(Self.read(try Self.archive(flags: flags, method: method)).error == .method)
    }

    @Test func `bytes after the end are a layer`() throws {
        let reads = Self.read(try Self.archive() + [0, 0, 0] + Array("more".utf8))
        #expect(reads.parts.last == Array("more".utf8))
    }

    @Test func `bytes behind a packed member's end are a layer`() throws {
        let archive = try Samples.python(
            """
            def header(kind, name, packed=0, size=0, method=0):
                basic = struct.pack("<8B4I3H", 30, 11, 1, 2, 0, method, kind, 0, 0, packed, size, zlib.crc32(b"A" * size), 0, 0, 0) + name + b"\\0\\0"
                return b"\\x60\\xea" + struct.pack("<H", len(basic)) + basic + struct.pack("<I", zlib.crc32(basic)) + bytes(2)
            bits = "0" + format(65, "08b")
            data = int((bits * 8), 2).to_bytes(9, "big") + b"hidden behind the end"
            out.write(header(2, b"a.arj") + header(0, b"one", len(data), 8, 4) + data + b"\\x60\\xea\\0\\0")
            """)
        let reads = Self.read(archive)
        #expect(reads.error == nil)
        #expect(reads.parts == [Array("AAAAAAAA".utf8), Array("hidden behind the end".utf8)])
    }
}
