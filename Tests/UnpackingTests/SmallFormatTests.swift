import Testing

@testable import Unpacking

/// Formats whose readers are a page each.
@Suite(.timeLimit(.minutes(1))) struct SmallFormatTests {
    private static func sightings(_ script: String) throws -> [ContainerForm] {
        try Samples.python(script).sightings().map(\.form)
    }

    @Test func `the forks of a Macintosh file are parts`() throws {
        let single = try Samples.python(
            "out.write(struct.pack('>II16sH', 0x51600, 0x20000, b'', 2) + struct.pack('>IIIIII', 1, 50, 4, 2, 54, 6) + b'dataforked')"
        )
        #expect(try single.sightings().map(\.form) == [.macForks])
        let parts = OpenedParts(single) { slice throws(UnpackingError) in try MacForksOpener(slice) }
        #expect(parts.names == ["data fork", "resource fork"] && parts.texts == ["data", "forked"])
        let binary = try Samples.python(
            """
            head = bytearray(128); head[1] = 5; head[2:7] = b'p.bin'; head[65:69] = b'TEXT'
            head[83:87] = struct.pack('>I', 4); head[87:91] = struct.pack('>I', 6)
            out.write(bytes(head) + b'data'.ljust(128, b'\\0') + b'forked')
            """)
        #expect(try binary.sightings().map(\.form).contains(.macForks))
        #expect(
            OpenedParts(binary) { slice throws(UnpackingError) in try MacForksOpener(slice) }.texts == [
                "data", "forked",
            ])
        let cut = OpenedParts(Array(single.dropLast())) { slice throws(UnpackingError) in try MacForksOpener(slice) }
        #expect(cut.error?.code == .truncated)
    }

    @Test func `a file of zisofs is put together from its blocks`() throws {
        let file = try Samples.python(
            """
            plain = bytes(range(256)) * 300; blocks = [zlib.compress(plain[n:n + 32768]) for n in range(0, len(plain), 32768)]
            place, table = 16 + 4 * (len(blocks) + 1), b''
            for block in blocks: table += struct.pack('<I', place); place += len(block)
            out.write(bytes.fromhex('37E45396C9DBD607') + struct.pack('<IBBH', len(plain), 4, 15, 0))
            out.write(table + struct.pack('<I', place) + b''.join(blocks))
            """)
        #expect(try file.sightings().map(\.form) == [.zisofs])
        let parts = OpenedParts(file) { slice throws(UnpackingError) in try ZisofsOpener(slice) }
        #expect(parts.contents == [(0..<300).flatMap { _ in (0...255).map { UInt8($0) } }])
        let cut = OpenedParts(Array(file.dropLast(9))) { slice throws(UnpackingError) in try ZisofsOpener(slice) }
        #expect(cut.error != nil)
    }

    private static let phar = """
        def phar(files, stub=b"<?php __HALT_COMPILER(); ?>\\r\\n"):
            entries, data = b'', b''
            for name, content, packed, flags in files:
                entries += struct.pack('<I', len(name)) + name
                entries += struct.pack('<IIIIII', len(content), 0, len(packed), zlib.crc32(content), flags, 0)
                data += packed
            manifest = struct.pack('<I', len(files)) + b'\\x11\\x10' + struct.pack('<III', 0, 0, 0) + entries
            return stub + struct.pack('<I', len(manifest)) + manifest + data
        raw = zlib.compressobj(9, 8, -15); packed = raw.compress(b'hello ' * 50) + raw.flush()

        """

    @Test func `the files of a PHP archive are parts`() throws {
        let archive = try Samples.python(
            Self.phar + "out.write(phar([(b'a', b'words', b'words', 0), (b'b', b'hello ' * 50, packed, 0x1000)]))")
        let sighting = try #require(try archive.sightings().first { $0.form == .phar })
        let parts = OpenedParts(Array(archive[Int(sighting.range.lowerBound)...])) { slice throws(UnpackingError) in
            try PharOpener(slice)
        }
        #expect(parts.texts == ["words", String(repeating: "hello ", count: 50)] && parts.error == nil)
        let cut = OpenedParts(Array(archive[Int(sighting.range.lowerBound)...].dropLast(3))) {
            slice throws(UnpackingError) in try PharOpener(slice)
        }
        #expect(cut.error?.code == .truncated)
        #expect(
            try !Self.sightings("out.write(b'<?php __HALT_COMPILER(); and words that are no manifest of any kind')")
                .contains(.phar))
    }

    @Test func `records of hexadecimal digits are bytes`() throws {
        let intel = ":020000040001F9\n:0500000068656C6C6FE7\n:0300050021212193\n:00000001FF\n"
        #expect(try Array(intel.utf8).sightings().map(\.form) == [.hexRecords])
        func texts(_ text: String) -> [String] {
            OpenedParts(Array(text.utf8)) { slice throws(UnpackingError) in try HexRecordsOpener(slice) }.texts
        }
        #expect(texts(intel.replacing("0300050021212193", with: "03000500212121") + "") == ["hello"])
        #expect(texts(":0500000068656C6C6FE7\n:020005002121B7\n:00000001FF\n") == ["hello!!"])
        #expect(texts("S00600004844521B\nS108000068656C6C6FE3\nS10500052121B3\nS9030000FC\n") == ["hello!!"])
        #expect(try Array(":smile: and other words\n".utf8).sightings() == [])
    }

    @Test func `texts of a PNG are parts, packed or not`() throws {
        let picture = try Samples.python(
            """
            def chunk(name, data): return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
            out.write(b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0)))
            out.write(chunk(b'iCCP', b'x\\0\\0' + zlib.compress(b'profile')) + chunk(b'IDAT', zlib.compress(b'\\0\\0')))
            out.write(chunk(b'iTXt', b'k\\0\\1\\0en\\0k\\0' + zlib.compress(b'text')))
            out.write(chunk(b'iTXt', b'k\\0\\0\\0en\\0k\\0' + b'plain ' * 6))
            out.write(chunk(b'tEXt', b'date\\x002023-11-14T22:13:20+00:00'))
            out.write(chunk(b'zTXt', b'k\\0\\0' + zlib.compress(b'more')[:-6]) + chunk(b'IEND', b''))
            """)
        #expect(try picture.sightings().map(\.form) == [.pngText])
        let parts = OpenedParts(picture) { slice throws(UnpackingError) in try PNGTextOpener(slice) }
        #expect(Array(parts.texts.prefix(3)) == ["profile", "text", String(repeating: "plain ", count: 6)])
        #expect(parts.names == ["iCCP", "iTXt", "iTXt", "zTXt"])
        #expect(parts.error == nil)
    }

    @Test(arguments: [
        ("out.write(bytes.fromhex('444354C300082A00') + bytes(40))", ContainerForm.oldArchiver),
        ("out.write(b'mozLz40\\0' + bytes(40))", .oldArchiver), ("out.write(b'HG10GZ' + bytes(40))", .gitBundle),
        ("out.write(bytes.fromhex('0000007BB9230D6B00000000F7525454') + bytes(40))", .oldArchiver),
        ("out.write(b'BORG_SEG\\x08' + bytes(40))", .oldArchiver),
        (database("chng(pathname TEXT, isexe BOOL, delta BLOB)"), .sqliteArchive),
        (database("bblob(blobid INTEGER, data BLOB); CREATE TABLE bconfig(bcname TEXT)"), .sqliteArchive),
        ("out.write(bytes.fromhex('851903200C000000B1B01EE4') + bytes(40))", .fileSystem),
        ("out.write(bytes.fromhex('1985E0010000002DD7218112') + bytes(40))", .fileSystem),
        ("out.write(bytes.fromhex('3AFF26ED010000001C000C00') + bytes(40))", .virtualDisk),
        ("out.write(bytes.fromhex('3AFF26ED010001001C000C00') + bytes(40))", .virtualDisk),
    ])
    func `a form that nothing opens is known`(script: String, form: ContainerForm) throws {
        #expect(try Self.sightings(script).first == form)
    }

    /// Writes a database of SQLite with some tables.
    private static func database(_ tables: String) -> String {
        "import sqlite3\ndb = sqlite3.connect(':memory:')\ndb.executescript('CREATE TABLE \(tables)')\n"
            + "out.write(db.serialize())"
    }

    @Test func `a database with a table of the same name is no archive`() throws {
        #expect(try Self.sightings(Self.database("chng(a TEXT); CREATE TABLE bblob(b TEXT)")) == [])
    }
}
