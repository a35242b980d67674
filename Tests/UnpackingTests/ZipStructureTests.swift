import Testing
import Unpacking

@Suite(.timeLimit(.minutes(1))) struct ZipStructureTests {
    static func structure(_ bytes: [UInt8]) throws -> ZipStructure {
        let file = MemoryFile(bytes)
        return try ZipStructure(descriptor: file.descriptor, size: file.size)
    }

    /// The start of every script that crafts an archive: `make` writes one with two entries; `local` and `central` are
    /// the offsets of the first one's headers, `end` that of the end record.
    private static let craft = """
        def make(streamed=False, method=8, zip64=False, files=[("one", b"1" * 500), ("two", b"2" * 500)], comment=b""):
            class Once(io.RawIOBase):
                def __init__(self): self.b = bytearray()
                def writable(self): return True
                def write(self, p): self.b += p; return len(p)
            room = Once() if streamed else io.BytesIO()
            with zipfile.ZipFile(room, "w", method) as archive:
                archive.comment = comment
                for name, content in files:
                    info = zipfile.ZipInfo(name)
                    info.compress_type = method
                    with archive.open(info, "w", force_zip64=zip64) as m:
                        m.write(content)
            return bytearray(bytes(room.b) if streamed else room.getvalue())
        z = make()
        local = 0
        central = z.index(b"PK\\1\\2")
        second = z.index(b"PK\\3\\4", 4)
        end = z.rindex(b"PK\\5\\6")
        def put(place, form, *values): struct.pack_into("<" + form, z, place, *values)
        def get(place, form): return struct.unpack_from("<" + form, z, place)[0]

        """

    @Test(arguments: [
        "deflated.zip", "descriptors.zip", "stored.zip", "bsdtar.zip", "bzip2.zip", "odd-names.zip",
        "forced-zip64.zip",
    ])
    func `an ordinary archive has no problems`(name: String) throws {
        let structure = try Self.structure(Samples.bytes(name))
        #expect(structure.problems == [])
        #expect(structure.entries == 3)
        #expect(structure.dataEntries == 3)
        #expect(!structure.hidesContent)
    }

    @Test func `an empty archive has no problems`() throws {
        let structure = try Self.structure(Samples.bytes("empty.zip"))
        #expect(structure.problems == [])
        #expect(structure.entries == 0)
    }

    @Test func `folders and empty files are entries without data`() throws {
        let bytes = try Samples.python(
            Self.craft + "out.write(make(method=0, files=[('folder/', b''), ('empty', b''), ('full', b'x')]))")
        let structure = try Self.structure(bytes)
        #expect(structure.entries == 3)
        #expect(structure.dataEntries == 1)
        #expect(structure.problems == [])
    }

    static let ambiguousChanges: [(String, ZipProblem.Kind)] = [
        ("z[end:] = b''", .noDirectory),
        ("z[0:] = b'PK\\3\\4 and nothing more'", .noDirectory),
        ("put(end + 12, 'I', 99999)", .truncated),
        ("put(end + 16, 'I', 99999)", .truncated),
        ("put(central + 20, 'I', 99999)", .truncated),
        ("put(end + 10, 'H', 1); put(end + 8, 'H', 1)", .directoryDisagrees),
        (
            "put(end + 12, 'I', get(end + 12, 'I') - 46 - 3); put(end + 16, 'I', get(end + 16, 'I') + 49); put(end + 10, 'H', 1); put(end + 8, 'H', 1)",
            .hiddenEntry
        ),
        ("z[central + 46 + 3] = 0x51", .directoryDisagrees),
        ("d = make(comment=b'PK\\5\\6' + bytes(18)); z[:] = d", .secondEndRecord),
        ("put(central + 42, 'I', 7)", .noLocalHeader),
        ("put(central + 42, 'I', 0xFFFFFFF0)", .noLocalHeader),
        ("put(local + 8, 'H', 0)", .localHeaderDisagrees),
        ("put(local + 6, 'H', 1)", .localHeaderDisagrees),
        ("put(local + 22, 'I', 5)", .localHeaderDisagrees),
        ("put(local + 14, 'I', 5)", .localHeaderDisagrees),
        ("put(central + 20, 'I', 0); put(local + 18, 'I', 0)", .sizesContradict),
        ("z[:] = make(method=0); c = z.index(b'PK\\1\\2'); put(c + 24, 'I', 4); put(22, 'I', 4)", .sizesContradict),
        ("for p in (central + 20, central + 24, local + 18, local + 22): put(p, 'I', 0)", .sizesContradict),
        (
            "for p in (central + 16, central + 20, central + 24, local + 14, local + 18, local + 22): put(p, 'I', 0)",
            .undeclaredData
        ),
        (
            "p = z.rindex(b'PK\\1\\2')\nfor q in (p + 16, p + 20, p + 24, second + 14, second + 18, second + 22): put(q, 'I', 0)",
            .undeclaredData
        ),
        ("z[:] = make(files=[('folder/', b'x' * 99)])", .folderWithData),
        ("z[:] = make(streamed=True); p = z.index(b'PK\\7\\x08'); z[p + 4] ^= 1", .descriptorDisagrees),
        ("put(central + 46 + 3 + 42, 'I', 0)", .overlap),
        (
            "x = z[second:central]; z[:] = z[:central] + x + z[central:]; e = z.rindex(b'PK\\5\\6'); put(e + 16, 'I', central + len(x))",
            .hiddenEntry
        ),
        ("z[:] = z + z", .hiddenEntry),
        ("z += b'something of 22 bytes.'", .trailingData),
    ]

    @Test(arguments: [8, 12, 14]) func `an entry that is declared empty has no bytes`(method: Int) throws {
        func problems(_ content: String) throws -> [ZipProblem.Kind] {
            let script =
                "z = make(method=\(method), files=[('a', b'\(content)'), ('b', b'2' * 500)]);"
                + " put(22, 'I', 0); put(z.index(b'PK\\1\\2') + 24, 'I', 0); out.write(z)"
            return try Self.structure(try Samples.python(Self.craft + script)).problems.map(\.kind)
        }
        #expect(try !problems("").contains(.sizesContradict))
        #expect(try problems("1").contains(.sizesContradict))
    }

    @Test func `members that stand elsewhere than the directory says are not those of the archive`() throws {
        let members = "files=[('one', b'1' * 500), ('two', b'2' * 500), ('three', b'')]"
        let bytes = try Samples.python(Self.craft + "out.write(make(method=0, \(members)))")
        let moved = try Samples.python(Self.craft + "out.write(b'a program' * 9 + make(method=0, \(members)))")
        for (read, other) in [(bytes, moved), (moved, bytes)] {
            let file = MemoryFile(read)
            var opener = try ArchiveOpener(
                FileSlice(descriptor: file.descriptor, start: 0, size: file.size), form: .zip)
            while try opener.next() != nil {}
            let (own, foreign) = try (Self.structure(read), Self.structure(other))
            #expect(own.entries == foreign.entries)
            let agreements = [opener.agrees(with: own), opener.agrees(with: foreign)]
            #expect(agreements == [true, false])
            withExtendedLifetime(file) {}
        }
    }

    /// As KDE's writer leaves a member that is written twice.
    @Test(arguments: [
        ("", 1, [ZipProblem.Kind]()),
        // The directory lists the first one, another name, or more than whole entries stand there.
        ("put(central + 42, 'I', 0)", 0, [.localHeaderDisagrees]),
        ("z[30] = 0x62", 0, [.hiddenEntry, .prefix]), ("put(18, 'I', 3)", 0, [.hiddenEntry, .prefix]),
        ("put(6, 'H', 8)", 0, [.hiddenEntry, .prefix]), ("put(6, 'H', 1)", 0, [.hiddenEntry, .prefix]),
    ])
    func `an entry that a later one replaces is inspected, and hides nothing`(
        change: String, count: Int, kinds: [ZipProblem.Kind]
    ) throws {
        let script = """
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("a", "first")
                archive.filelist.clear()
                archive.NameToInfo.clear()
                archive.writestr("a", "last one")
                archive.writestr("c", "more")
            z = bytearray(file.getvalue())
            second, central = z.index(b"PK\\3\\4", 4), z.index(b"PK\\1\\2")
            def put(at, kind, number): struct.pack_into("<" + kind, z, at, number)
            """
        let structure = try Self.structure(try Samples.python(script + "\n" + change + "\nout.write(z)"))
        #expect(structure.replaced.count == count)
        #expect(Set(structure.problems.map(\.kind)).isSuperset(of: kinds), "\(structure.problems)")
        if count == 1 { #expect(structure.problems == []) }
    }

    @Test(arguments: ambiguousChanges)
    func `an archive that readers could see differently hides content`(change: String, kind: ZipProblem.Kind) throws {
        let bytes = try Samples.python(Self.craft + change + "\nout.write(z)")
        let structure = try Self.structure(bytes)
        #expect(structure.problems.map(\.kind).contains(kind), "\(structure.problems)")
        #expect(kind.effect == .ambiguous)
        #expect(structure.hidesContent)
    }

    static let namedChanges: [(String, ZipProblem.Kind?, ZipProblem.Effect)] = [
        ("z[:] = b'MZ a program' + z", .prefix, .harmless),
        (
            "z[:] = b'PK\\7\\x08' + z\nfor p in [z.index(b'PK\\1\\2'), z.rindex(b'PK\\1\\2')]: put(p + 42, 'I', get(p + 42, 'I') + 4)\nput(end + 4 + 16, 'I', get(end + 4 + 16, 'I') + 4)",
            nil, .harmless
        ),
        ("z[local + 30] = 0x4F", .localNameDisagrees, .harmless),
        ("z[:] = z[:central] + b'padding' + z[central:]; put(end + 7 + 16, 'I', central + 7)", .gap, .harmless),
        (
            "z[:] = make(method=0, files=[('a', b'aaa'), ('b', b'')]); c = z.index(b'PK\\1\\2'); s = struct.pack('<Q', 92) + b'x' * 68 + struct.pack('<Q', 92) + b'APK Sig Block 42'; z[:] = z[:c] + s + z[c:]; put(z.rindex(b'PK\\5\\6') + 16, 'I', c + len(s))",
            .gap, .harmless
        ),
        (
            "z[:] = make(method=0, files=[('a', b''), ('b', b'bbb')]); n = z.index(b'PK\\3\\4', 4); z[:] = z[:n] + bytes(99) + z[n:]; c = z.rindex(b'PK\\1\\2'); put(c + 42, 'I', n + 99); put(z.rindex(b'PK\\5\\6') + 16, 'I', z.index(b'PK\\1\\2'))",
            nil, .harmless
        ),
        ("put(central + 10, 'H', 9); put(local + 8, 'H', 9)", .engineMethod, .harmless),
        ("z[:] = make(method=14)", .libarchiveMethod, .engineSkips),
        ("put(central + 10, 'H', 97); put(local + 8, 'H', 97)", .unknownMethod, .unopened),
        ("put(central + 8, 'H', 1); put(local + 6, 'H', 1)", .encrypted, .unopened),
        ("put(central + 8, 'H', 0x2001); put(local + 6, 'H', 0x2001)", .encrypted, .unopened),
        ("put(central + 34, 'H', 3)", .multiDisk, .unopened),
        ("put(end + 4, 'H', 2); put(end + 6, 'H', 2)", .multiDisk, .unopened),
    ]

    @Test(arguments: namedChanges)
    func `deviations that hide no content are reported`(
        change: String, kind: ZipProblem.Kind?, effect: ZipProblem.Effect
    ) throws {
        let structure = try Self.structure(try Samples.python(Self.craft + change + "\nout.write(z)"))
        #expect(structure.problems.map(\.kind) == (kind.map { [$0] } ?? []), "\(structure.problems)")
        #expect(structure.problems.allSatisfy { $0.kind.effect == effect })
        #expect(!structure.hidesContent)
        #expect(structure.entries == 2)
    }

    @Test(arguments: ["z += b'\\n'", "z += b'\\r\\n\\x1a'", "z += bytes(4000) + b'twenty-one bytes here'"])
    func `a few bytes behind the end record hide nothing`(change: String) throws {
        #expect(try Self.structure(try Samples.python(Self.craft + change + "\nout.write(z)")).problems == [])
    }

    /// `one` is the length of a virtual entry at the start, before which all offsets count.
    private static func withVirtualEntry(_ change: String) -> String {
        """
        v = bytearray(b'PK\\3\\4' + bytes(24) + struct.pack('<H', 72) + bytes(72))
        \(change)
        n = len(v)
        z[:] = v + z
        for p in [z.index(b'PK\\1\\2'), z.rindex(b'PK\\1\\2')]: put(p + 42, 'I', get(p + 42, 'I') + n)
        put(z.rindex(b'PK\\5\\6') + 16, 'I', get(z.rindex(b'PK\\5\\6') + 16, 'I') + n)
        out.write(z)
        """
    }

    @Test func `a virtual entry is padding`() throws {
        #expect(try Self.structure(try Samples.python(Self.craft + Self.withVirtualEntry(""))).problems == [])
    }

    @Test(arguments: ["v[18] = 9", "v[26] = 1", "v[8] = 8", "v[40] = 1", "v += b'data'"])
    func `a local header with anything in it is no padding`(change: String) throws {
        let structure = try Self.structure(try Samples.python(Self.craft + Self.withVirtualEntry(change)))
        #expect(structure.problems != [])
    }

    /// Inserts a 64-bit end record and its locator before the usual one.
    private static let zip64 = """
        size, offset = get(end + 12, 'I'), get(end + 16, 'I')
        wide = struct.pack('<IQHHIIQQQQ', 0x06064b50, 44, 45, 45, 0, 0, 2, 2, size, offset)
        wide += struct.pack('<IIQI', 0x07064b50, 0, end, 1)
        z[end:end] = wide
        end += len(wide)

        """

    @Test func `needless ZIP64 end records are harmless`() throws {
        let structure = try Self.structure(try Samples.python(Self.craft + Self.zip64 + "out.write(z)"))
        #expect(structure.problems.map(\.kind) == [.needlessZip64])
        #expect(structure.entries == 2)
    }

    @Test func `needed ZIP64 end records are used`() throws {
        let bytes = try Samples.python(
            Self.craft + Self.zip64
                + "put(end + 8, 'H', 0xFFFF); put(end + 10, 'H', 0xFFFF); put(end + 12, 'I', 0xFFFFFFFF); put(end + 16, 'I', 0xFFFFFFFF)\nout.write(z)"
        )
        let structure = try Self.structure(bytes)
        #expect(structure.problems.map(\.kind) == [.zip64])
        #expect(structure.problems.first?.kind.effect == .engineSkips)
        #expect(structure.entries == 2)
        #expect(ArchiveFixture(MemoryFile(bytes)).contents.count == 2)
    }

    @Test func `two end records that differ are ambiguous`() throws {
        let bytes = try Samples.python(Self.craft + Self.zip64 + "put(end + 12, 'I', size - 49)\nout.write(z)")
        #expect(try Self.structure(bytes).problems.map(\.kind).contains(.directoryDisagrees))
    }

    /// libarchive leaves out a 64-bit record if the locator does not lead to it; Python and 7-Zip use it. The directory
    /// that libarchive finds begins in the comment of the other directory's entry.
    @Test func `a directory for readers that leave out the 64-bit end record is ambiguous`() throws {
        let script = """
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w") as archive: archive.writestr("a", b"1" * 90)
            z = file.getvalue()
            central, end = z.index(b"PK\\1\\2"), z.index(b"PK\\5\\6")
            entry = z[central:end]
            both = bytearray(entry + bytes(76 - len(entry)) + entry)
            struct.pack_into("<H", both, 32, len(both) - len(entry))
            wide = struct.pack("<IQHHIIQQQQ", 0x06064b50, 44, 45, 45, 0, 0, 1, 1, len(both), central)
            wide += struct.pack("<IIQI", 0x07064b50, 0, 0, 1)
            narrow = struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 1, 1, len(both), central, 0)
            out.write(z[:central] + both + wide + narrow)
            """
        let structure = try Self.structure(try Samples.python(script))
        #expect(Set(structure.problems.map(\.kind)) == [.directoryDisagrees, .needlessZip64])
        #expect(structure.entries == 1)
    }

    @Test func `the end record of a stored archive is not a second end record`() throws {
        let structure = try Self.structure(
            try Samples.python(Self.craft + "out.write(make(method=0, files=[('inner.zip', bytes(z))]))"))
        #expect(structure.problems == [])
        #expect(structure.entries == 1)
    }

    @Test func `problems are counted and the worst comes first`() throws {
        let structure = try Self.structure(
            try Samples.python(
                Self.craft
                    + "for p in [central, z.rindex(b'PK\\1\\2')]: put(p + 8, 'H', 1)\nz[:] = b'before' + z\nout.write(z)"
            ))
        #expect(structure.problems.map(\.kind.effect) == structure.problems.map(\.kind.effect).sorted(by: >))
        #expect(structure.problems.first { $0.kind == .encrypted }?.count == 2)
        #expect(structure.problems.first { $0.kind == .localHeaderDisagrees }?.count == 2)
    }

    @Test func `a directory of many thousand entries is read completely`() throws {
        let structure = try Self.structure(
            try Samples.python(Self.craft + "out.write(make(method=0, files=[(str(n), b'x') for n in range(20000)]))"))
        #expect(structure.entries == 20_000)
        #expect(structure.problems == [])
    }

    @Test(arguments: 1...9)
    func `a part of an archive is reported as incomplete`(tenths: Int) throws {
        let bytes = try Samples.bytes("deflated.zip")
        let head = try Self.structure(Array(bytes.prefix(bytes.count * tenths / 10)))
        #expect(head.problems.map(\.kind) == [.noDirectory])
        let tail = try Self.structure(Array(bytes.dropFirst(bytes.count * tenths / 10)))
        #expect(tail.hidesContent)
    }
}
