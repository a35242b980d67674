import Domain
import Foundation
import Inspection
import Judging
import ScannerTestKit
import TestKit
import Testing

/// Honest files that a scanner easily refuses (`Fixtures/honest.py`): each is clean alone and in a ZIP, and infected as
/// soon as the test signature is in it.
@Suite(.heavy, .timeLimit(.minutes(2)))
struct HonestFileTests {
    private static func files() throws -> [(name: String, bytes: [UInt8])] {
        let folder = Folder()
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures").path
        _ = try python(
            "exec(open('\(fixtures)/honest.py').read().replace('sys.argv[1]', repr('\(folder.path)')))")
        return try folder.names.sorted().map {
            ($0, Array(try Data(contentsOf: URL(filePath: "\(folder.path)/\($0)"))))
        }
    }

    @Test func `each is clean, alone and in a ZIP, and has no second form`() async throws {
        let files = try Self.files()
        #expect(files.count >= 96)
        let fixture = try await ScannerFixture()
        for (name, bytes) in files {
            for (place, sample) in [("alone", bytes), ("in a ZIP", try ContainerSamples.zip(bytes, name: name))] {
                let report = try await fixture.scan(sample)
                #expect(Verdict(of: report.findings) == .clean, "\(name) \(place): \(report.findings)")
                #expect(report.secondTypes == [], "\(name) \(place)")
            }
        }
        _ = await fixture.scanners.stop()
    }

    @Test func `a picture of an odd shape is matched whole all the same`() async throws {
        let fixture = try await ScannerFixture()
        for (name, bytes) in try Self.files() where name.hasPrefix("picture-") || name.hasPrefix("dicom-") {
            for (place, sample) in [
                ("before the end", Array(bytes.dropLast(3)) + eicar + bytes.suffix(3)), ("behind it", bytes + eicar),
            ] {
                let report = try await fixture.scan(sample)
                #expect(Verdict(of: report.findings) == .infected, "\(name), \(place): \(report.findings)")
                let packed = try await fixture.scan(try ContainerSamples.zip(sample, name: name))
                #expect(Verdict(of: packed.findings) == .infected, "\(name), \(place), in a ZIP: \(packed.findings)")
            }
        }
        _ = await fixture.scanners.stop()
    }

    /// Bytes with the same first thirteen may be a stream: it is decoded as far as it goes.
    @Test(arguments: [1 << 20, 1 << 30, 1 << 31, 0xFFFF_FFFF])
    func `a stream with unusual properties is inspected, whatever dictionary it names`(dictionary: Int) async throws {
        let fixture = try await ScannerFixture()
        let stream = try python(
            """
            import lzma, struct
            filters = [{"id": lzma.FILTER_LZMA1, "lc": 2, "lp": 1, "pb": 1, "dict_size": 1 << 20}]
            packed = bytearray(lzma.compress(data, lzma.FORMAT_ALONE, filters=filters))
            packed[1:5] = struct.pack("<I", \(dictionary))
            sys.stdout.buffer.write(packed)
            """, input: eicar)
        let report = try await fixture.scan(stream)
        #expect(Verdict(of: report.findings) == .infected, "\(report.findings)")
        _ = await fixture.scanners.stop()
    }

    @Test func `what the engine finds odd in a picture is noted`() async throws {
        let fixture = try await ScannerFixture()
        let file = try #require(try Self.files().first { $0.name == "picture-exif-twice.jpg" })
        let report = try await fixture.scan(file.bytes)
        #expect(report.findings.map(\.kind) == [.note] && report.findings.map(\.name) == ["broken-media"])
        _ = await fixture.scanners.stop()
    }

    /// What the kernel writes of a program that crashed: no sections, and a program header for each stretch of memory.
    /// The same tables in a program that a system starts are those of a broken one.
    @Test func `the memory of a crashed program is no broken program`() async throws {
        let fixture = try await ScannerFixture()
        for (type, order, tail, expected) in [
            (4, "<", "b''", Verdict.clean), (4, ">", "b''", .clean), (4, "<", "data", .infected),
            (2, "<", "b''", .unscannable),
        ] {
            let bytes = try python(
                """
                import struct
                order, count = "\(order)", 300
                head = b"\\x7fELF\\2" + bytes([2 if order == ">" else 1, 1]) + bytes(9)
                head += struct.pack(order + "HHIQQQIHHHHHH", \(type), 62, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0)
                rows = [struct.pack(order + "IIQQQQQQ", 4, 4, 64 + 56 * count, 0, 0, 100, 0, 4)]
                rows += [struct.pack(order + "IIQQQQQQ", 1, 4, 32768 + n, n << 20, 0, 64, 64, 4096) for n in range(1, count)]
                sys.stdout.buffer.write(head + b"".join(rows) + bytes(32768) + \(tail))
                """, input: eicar)
            let report = try await fixture.scan(bytes)
            #expect(Verdict(of: report.findings) == expected, "\(type) \(order): \(report.findings)")
        }
        _ = await fixture.scanners.stop()
    }
}
