import Domain
import Foundation
import Inspection
import Judging
import ScannerTestKit
import TestKit
import Testing

/// Objects with a second form, and harmless ones that resemble them (`Fixtures/types/polyglots.py`).
@Suite(.heavy, .timeLimit(.minutes(2)))
struct PolyglotTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fixtures/types").path

    private static let types = [
        "zip": "application/zip", "pdf": "application/pdf", "js": "text/javascript", "html": "text/html",
        "php": "text/x-php", "rar": "application/vnd.rar", "7z": "application/x-7z-compressed",
        "exe": "application/vnd.microsoft.portable-executable", "elf": "application/x-executable",
        "bmp": "image/bmp", "txt": "text/plain",
        "gz": "application/gzip",
    ]

    private func folder(of script: String) throws -> Folder {
        let folder = Folder()
        _ = try python(
            """
            sys.dont_write_bytecode = True
            path = '\(Self.fixtures)/\(script).py'
            sys.path.insert(0, '\(Self.fixtures)')
            exec(open(path).read().replace('sys.argv[1]', repr('\(folder.path)')))
            """)
        return folder
    }

    @Test func `each second form is reported, and nothing that only resembles one`() async throws {
        let folder = try folder(of: "polyglots")
        #expect(folder.names.count >= 65)
        let fixture = try await ScannerFixture()
        for name in folder.names.sorted() {
            let expected = name.split(separator: ".")[1].split(separator: "+").compactMap { Self.types[String($0)] }
            let report = try await fixture.scan(Array(try Data(contentsOf: URL(filePath: "\(folder.path)/\(name)"))))
            #expect(report.secondTypes == expected, "\(name), which is \(report.evidence.detectedType ?? "of no type")")
        }
        _ = await fixture.scanners.stop()
    }

    @Test func `no common kind of upload has a second form`() async throws {
        let folder = try folder(of: "samples")
        let fixture = try await ScannerFixture()
        for name in folder.names.sorted() {
            let report = try await fixture.scan(Array(try Data(contentsOf: URL(filePath: "\(folder.path)/\(name)"))))
            #expect(report.secondTypes == [], "\(name)")
        }
        _ = await fixture.scanners.stop()
    }

    @Test func `a second form is found with the type that the worker already knew`() async throws {
        let fixture = try await ScannerFixture()
        let bytes = Array("GIF89a=1;/*".utf8) + [UInt8](repeating: 0, count: 30) + Array("*/alert(1);".utf8)
        let file = Spool(bytes)
        for known in ["image/gif", nil] {
            let report = try await fixture.scanners.scan(
                file.descriptor, size: Int64(bytes.count), limits: ScanLimits(), knownType: known)
            #expect(report.secondTypes == ["text/javascript"])
        }
        _ = await fixture.scanners.stop()
    }
}
