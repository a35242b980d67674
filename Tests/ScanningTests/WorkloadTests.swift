import Domain
import Foundation
import ScanProtocol
import ScannerTestKit
import TestKit
import Testing

/// Small files that would multiply the work, and honest files with many parts.
@Suite(.heavy, .timeLimit(.minutes(3)))
struct WorkloadTests {
    /// An OLE2 file whose streams have one chain of sectors in common, or one each.
    private static func compound(streams: Int, sectors: Int, shared: Bool) throws -> [UInt8] {
        try python(
            """
            import struct
            streams, sectors, shared = \(streams), \(sectors), \(shared ? "True" : "False")
            data = sectors if shared else streams * sectors
            folder = (streams + 1 + 3) // 4
            tables = 1
            while tables * 128 < data + folder + tables: tables += 1
            end, free = 0xFFFFFFFE, 0xFFFFFFFF
            chains = [(0, sectors)] if shared else [(i * sectors, sectors) for i in range(streams)]
            table = []
            for start, count in chains: table += [start + i + 1 for i in range(count - 1)] + [end]
            table += [data + i + 1 for i in range(folder - 1)] + [end] + [0xFFFFFFFD] * tables
            table += [free] * (tables * 128 - len(table))
            head = b"\\xd0\\xcf\\x11\\xe0\\xa1\\xb1\\x1a\\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
            head += struct.pack("<IIIIIIIII", 0, tables, data, 0, 4096, end, 0, end, 0)
            places = [data + folder + i for i in range(tables)] + [free] * (109 - tables)
            head += struct.pack("<109I", *places)
            def entry(name, kind, child, start, size):
                text = name.encode("utf-16le") + bytes(2)
                return text.ljust(64, b"\\0") + struct.pack("<HBBIII", len(text), kind, 1, free, free, child) + bytes(36) + struct.pack("<IQ", start, size)
            names = entry("Root Entry", 5, 1, end, 0)
            for i in range(streams):
                start = 0 if shared else i * sectors
                one = bytearray(entry("s%d" % i, 2, free, start, sectors * 512))
                if i + 1 < streams: struct.pack_into("<I", one, 72, i + 2)
                names += bytes(one)
            body = b"".join((b"sector %d " % i * 60)[:512] for i in range(data))
            sys.stdout.buffer.write(head + body + names.ljust(folder * 512, b"\\0") + struct.pack("<%dI" % len(table), *table))
            """)
    }

    @Test func `streams that share their sectors keep the engine out`() async throws {
        let child = try ScannerChildFixture()
        let facts = try await child.scan(try Self.compound(streams: 2000, sectors: 1500, shared: true))
        #expect(facts.gaps.contains { $0.kind == .malformed && $0.detail.contains("share their sectors") })
        #expect(facts.layers < 100)
        let honest = try await child.scan(try Self.compound(streams: 60, sectors: 20, shared: false))
        #expect(honest.gaps == [])
        #expect(honest.layers > 60)
    }

    @Test func `a letter of more parts than an object may have is given up before the first one`() async throws {
        let child = try ScannerChildFixture()
        func letter(_ count: Int) -> [UInt8] {
            let head = "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n"
            let parts = (0..<count).map { "--q\r\nContent-Type: text/html\r\n\r\n<p>\($0)\r\n" }
            return Array((head + parts.joined() + "--q--\r\n").utf8)
        }
        let facts = try await child.scan(letter(600), limits: ScanLimits(maxFiles: 500))
        #expect(facts.gaps.contains { $0.kind == .tooManyFiles })
        #expect(facts.extracted == 0)
        let honest = try await child.scan(letter(300), limits: ScanLimits(maxFiles: 500))
        #expect(honest.gaps == [])
    }

    /// An icon whose images are `size` bytes that begin at the same place, each one byte shorter than the one before,
    /// or all of that size.
    private static func icon(_ count: Int, of size: Int, shared: Bool) throws -> [UInt8] {
        try python(
            """
            import struct
            count, size, start = \(count), \(size), 6 + 16 * \(count)
            rows = b"".join(struct.pack("<BBBBHHII", 8, 8, 0, 0, 1, 32, size - n * \(shared ? 1 : 0), start) for n in range(count))
            sys.stdout.buffer.write(struct.pack("<HHH", 0, 1, count) + rows + bytes(range(9, 249)) * (size // 240 + 1))
            """)
    }

    @Test func `parts that share their bytes are given up, and the same part is taken once`() async throws {
        let child = try ScannerChildFixture()
        let facts = try await child.scan(try Self.icon(1000, of: 400_000, shared: true))
        #expect(facts.gaps.contains { $0.kind == .malformed && $0.detail.contains("parts share their bytes") })
        #expect(facts.extracted < 60)
        let honest = try await child.scan(try Self.icon(1000, of: 400_000, shared: false))
        #expect(honest.gaps == [])
        #expect(honest.extracted == 1)
        // In a small file a few are no more than others decode to.
        #expect(try await child.scan(try Self.icon(9, of: 40_000, shared: true)).gaps == [])
    }

    /// A program with a ZIP of ZIPs, and a page with ZIPs in it: the engine takes these out before the walk does.
    @Test func `many containers in a self-extractor or a page are no gap`() async throws {
        let child = try ScannerChildFixture()
        let archive = try python(
            """
            import io, zipfile
            def one(i):
                room = io.BytesIO()
                with zipfile.ZipFile(room, "w") as z: z.writestr("words.txt", b"honest words %d\\n" % i * 20)
                return room.getvalue()
            with zipfile.ZipFile(sys.stdout.buffer, "w") as z:
                for i in range(150): z.writestr("%d.zip" % i, one(i))
            """)
        let program = try Array(Data(contentsOf: URL(fileURLWithPath: "/bin/true")))
        #expect(try await child.scan(program + archive).gaps == [])
        let page = try python(
            """
            import base64, io, zipfile
            def one(i):
                room = io.BytesIO()
                with zipfile.ZipFile(room, "w") as z: z.writestr("words.txt", b"honest words %d\\n" % i * 20)
                return base64.b64encode(room.getvalue())
            out = b"".join(b'<img src="data:application/zip;base64,' + one(i) + b'">' for i in range(150))
            sys.stdout.buffer.write(b"<html><body>" + out + b"</body></html>")
            """)
        #expect(try await child.scan(page).gaps == [])
    }
}
