import Testing
import Unpacking

@Suite(.timeLimit(.minutes(1))) struct ArjTests {
    /// Two stored members; `flags`, `method` and `kind` are those of the second one.
    private static func archive(flags: Int = 0, method: Int = 0, extended: Bool = false) throws -> [UInt8] {
        try Samples.python(
            """
            def header(kind, name, size=0, flags=0, method=0):
                basic = struct.pack("<8B4I3H", 30, 11, 1, 2, flags, method, kind, 0, 0, size, size, 0, 0, 0, 0) + name + b"\\0\\0"
                more = struct.pack("<H4sI", 4, b"more", zlib.crc32(b"more")) if \(extended ? "True" : "False") else b""
                return b"\\x60\\xea" + struct.pack("<H", len(basic)) + basic + struct.pack("<I", zlib.crc32(basic)) + more + bytes(2)
            out.write(header(2, b"a.arj") + header(0, b"one", 300) + b"1" * 300)
            out.write(header(0, b"two", 4000, \(flags), \(method)) + b"2" * 4000 + b"\\x60\\xea\\0\\0")
            """)
    }

    private static func members(of bytes: [UInt8]) throws(UnpackingError) -> [Member] {
        let file = MemoryFile(bytes)
        var headers = try ArjHeaders(descriptor: file.descriptor, size: file.size)
        var members: [Member] = []
        while let member = try headers.next() { members.append(member) }
        return members
    }

    @Test(arguments: [false, true]) func `each member is listed`(extended: Bool) throws {
        let members = try Self.members(of: Self.archive(extended: extended))
        #expect(members.map(\.name) == ["one", "two"])
        #expect(members.map(\.size) == [300, 4000])
        #expect(members.allSatisfy { $0.holdsData && !$0.isEncrypted })
    }

    @Test func `an archive cut anywhere is reported as truncated`() throws {
        let bytes = try Self.archive()
        for length in (0..<bytes.count).reversed() where length % 7 == 0 || length > bytes.count - 60 {
            let error = #expect(throws: UnpackingError.self) { try Self.members(of: Array(bytes.prefix(length))) }
            #expect(error?.code == .truncated, "cut to \(length)")
        }
    }

    @Test func `a header with a wrong checksum is malformed`() throws {
        var bytes = try Self.archive()
        let second = try #require(bytes.lastIndex(of: UInt8(ascii: "w")))
        bytes[second] ^= 1
        let changed = bytes
        let error = #expect(throws: UnpackingError.self) { try Self.members(of: changed) }
        #expect(error?.code == .malformed)
    }

    @Test func `an encrypted member is listed whatever its method`() throws {
        let members = try Self.members(of: Self.archive(flags: 1, method: 9))
        #expect(members.map(\.isEncrypted) == [false, true])
    }

    @Test(arguments: [(0, 5), (4, 0), (8, 0)])
    func `unsupported methods and volumes are reported`(flags: Int, method: Int) throws {
        let bytes = try Self.archive(flags: flags, method: method)
        let error = #expect(throws: UnpackingError.self) { try Self.members(of: bytes) }
        #expect(error?.code == .method)
    }

    @Test func `bytes after the end are counted`() throws {
        let file = MemoryFile(try Self.archive() + [0, 0, 0] + Array("more".utf8))
        var headers = try ArjHeaders(descriptor: file.descriptor, size: file.size)
        while try headers.next() != nil {}
        let rest = try headers.trailingBytes()
        #expect(rest == 4)
    }
}
