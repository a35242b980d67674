import Testing
import Unpacking

@Suite(.timeLimit(.minutes(1))) struct ZipEmptyEntryTests {
    /// Two entries that declare no bytes, with the packed bytes of a method.
    @Test(arguments: [
        (93, "e", false), (93, "e * 3", false), (93, "e + f", true), (93, "e * 3 + f", true), (93, "e + b'rest'", true),
        (12, "bz2.compress(b'') * 2", false), (12, "bz2.compress(b'') + bz2.compress(b'1')", true),
        (95, "lzma.compress(b'')", false), (95, "lzma.compress(b'') + lzma.compress(b'1')[:30]", true),
        (8, "d + b'\\3\\0'", false), (8, "d * 2 + b'\\1' + d[1:]", false), (8, "d + b'\\1\\1\\0\\xFE\\xFFx'", true),
    ])
    func `all streams of an entry that is declared empty count`(method: Int, packed: String, isFull: Bool) throws {
        #expect(try Self.declaredEmpty(2, method, packed).contains(.sizesContradict) == isFull)
    }

    @Test func `many entries of empty blocks have no problems`() throws {
        #expect(try Self.declaredEmpty(20_500, 8, "b'\\1' + d[1:]") == [])
    }

    private static func declaredEmpty(_ count: Int, _ method: Int, _ packed: String) throws -> [ZipProblem.Kind] {
        let script = """
            import bz2, lzma
            e, f = bytes.fromhex("28B52FFD2000010000"), bytes.fromhex("28B52FFD200109000061")
            d = bytes.fromhex("000000FFFF")
            local, central = bytearray(), bytearray()
            for i in range(\(count)):
                p, n = \(packed), b"%06d" % i
                fields = struct.pack("<HHHHHIIIHH", 20, 0, \(method), 0, 33, 0, len(p), 0, len(n), 0)
                central += b"PK\\1\\2\\x14\\0" + fields + bytes(10) + struct.pack("<I", len(local)) + n
                local += b"PK\\3\\4" + fields + n + p
            end = struct.pack("<HHHHIIH", 0, 0, \(count), \(count), len(central), len(local), 0)
            out.write(local + central + b"PK\\5\\6" + end)
            """
        let problems = try ZipStructureTests.structure(try Samples.python(script)).problems
        return problems.map(\.kind).filter { $0 != .libarchiveMethod }
    }
}
