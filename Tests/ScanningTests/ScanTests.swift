import Domain
import Foundation
import Glibc
import Inspection
import Judging
import ScanProtocol
import ScannerTestKit
import Support
import TestKit
import Testing

/// Scans of real objects by the real scanner.
@Suite(.heavy, .timeLimit(.minutes(1)))
struct ScanTests {
    private static func zip(_ bytes: [UInt8], name: String = "a.txt", method: String = "ZIP_DEFLATED") throws -> [UInt8]
    {
        try python(
            """
            import zipfile
            out = io.BytesIO()
            with zipfile.ZipFile(out, 'w', zipfile.\(method)) as z: z.writestr('\(name)', data)
            sys.stdout.buffer.write(out.getvalue())
            """, input: bytes)
    }

    private static let png: [UInt8] = Array(
        Data(
            base64Encoded:
                "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")!)
    private static let pdf = Array(
        """
        %PDF-1.4
        1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
        2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
        3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj
        trailer<</Root 1 0 R/Size 4>>
        %%EOF

        """.utf8)

    @Test func `the engine reports its version and signatures`() async throws {
        let fixture = try await ScannerFixture()
        #expect(fixture.engine.engine.hasPrefix("ClamAV 1."))
        #expect(fixture.engine.signatures == "test.ndb (1 signature)")
        #expect(fixture.engine.signatureCount == 1)
        let usage = await fixture.scanners.stop()
        #expect(usage.cpu > .zero)
        #expect(usage.maxResidentBytes > 1 << 20)
        #expect(fixture.scratch.names.isEmpty, "the scanner cleans up after itself")
    }

    @Test func `clean objects are clean with complete evidence`() async throws {
        let fixture = try await ScannerFixture()
        let samples: [([UInt8], String)] = [
            (Self.png, "image/png"), (Self.pdf, "application/pdf"), (Array("plain words\n".utf8), "text/plain"),
            ([], "application/x-empty"), (Array("abcde".utf8), "text/plain"),
            (try Self.zip(Array("plain words\n".utf8)), "application/zip"),
            (Array("<html><body>words</body></html>".utf8), "text/html"),
        ]
        for (bytes, type) in samples {
            let report = try await fixture.scan(bytes)
            #expect(report.findings == [], "\(type)")
            #expect(report.evidence.bytesRead == Int64(bytes.count))
            #expect(report.evidence.detectedType == type)
            #expect(report.evidence.engine == fixture.engine.engine)
            #expect(report.evidence.signatures == "test.ndb (1 signature)")
        }
        _ = await fixture.scanners.stop()
    }

    @Test func `EICAR is found in every container`() async throws {
        let fixture = try await ScannerFixture()
        let html = Array("<html><body>words ".utf8) + eicar + Array("</body></html>".utf8)
        let ignored = Array("ID3".utf8) + [3, 0, 0, 0, 0, 0, 0]
        let samples: [(String, [UInt8])] = [
            ("plain", eicar),
            ("zip", try Self.zip(eicar)),
            ("stored zip", try Self.zip(eicar, method: "ZIP_STORED")),
            (
                "tar.gz",
                try python(
                    """
                    import tarfile
                    out = io.BytesIO()
                    with tarfile.open(fileobj=out, mode='w:gz') as t:
                        entry = tarfile.TarInfo('a.txt'); entry.size = len(data); t.addfile(entry, io.BytesIO(data))
                    sys.stdout.buffer.write(out.getvalue())
                    """, input: eicar)
            ),
            ("zip in zip", try Self.zip(Self.zip(eicar), name: "b.zip")),
            ("html", html),
            ("html in zip", try Self.zip(html, name: "a.html")),
            ("after an ID3 tag", ignored + eicar),
            ("zip after an Ogg magic number", Array("OggS".utf8) + (try Self.zip(eicar))),
            ("audio in zip", try Self.zip(ignored + Array(repeating: 0x78, count: 500) + eicar, name: "a.mp3")),
        ]
        for (name, bytes) in samples {
            let report = try await fixture.scan(bytes)
            #expect(
                report.findings.contains { $0.kind == .signature && $0.name == ScannerFixture.signatureName },
                "\(name): \(report.findings)")
        }
        _ = await fixture.scanners.stop()
    }

    @Test func `every limit that is hit is reported`() async throws {
        let fixture = try await ScannerFixture()
        let zeros = [UInt8](repeating: 0, count: 300_000)
        let many = try python(
            """
            import zipfile
            out = io.BytesIO()
            with zipfile.ZipFile(out, 'w') as z:
                for i in range(30): z.writestr(f'{i}.txt', f'words of file {i}')
            sys.stdout.buffer.write(out.getvalue())
            """)
        var deep = Array("words of the innermost".utf8)
        for level in 0..<6 { deep = try Self.zip(deep, name: "\(level).zip", method: "ZIP_STORED") }
        let encrypted = try Self.encryptedZip()

        func names(_ bytes: [UInt8], _ limits: ScanLimits = ScanLimits()) async throws -> [String] {
            let report = try await fixture.scan(bytes, limits: limits)
            #expect(Verdict(of: report.findings) == .unscannable, "\(report.findings)")
            return report.evidence.limits
        }
        #expect(try await names(zeros, ScanLimits(maxScanSize: 100_000)).contains("max-file-size"))
        #expect(try await names(Self.zip(zeros), ScanLimits(maxScanSize: 100_000)).contains("max-file-size"))
        #expect(try await names(many, ScanLimits(maxFiles: 10)).contains("max-files"))
        #expect(try await names(deep, ScanLimits(maxRecursion: 3)).contains("max-recursion"))
        #expect(try await names(encrypted) == ["encrypted"])
        let broken = Array("Rar!".utf8) + [0x1A, 7, 1, 0] + [UInt8](repeating: 1, count: 60)
        #expect(try await names(broken).contains("unsupported-container"))
        // A frame that needs a dictionary.
        let frame = [0x28, 0xB5, 0x2F, 0xFD] + [UInt8](repeating: 1, count: 60)
        let reasons = try await names(frame)
        #expect(reasons.contains("unsupported-method") || reasons.contains("malformed"), "\(reasons)")
        _ = await fixture.scanners.stop()
    }

    private static func encryptedZip() throws -> [UInt8] {
        // The encryption flag is set, but the data is not encrypted.
        try python(
            """
            import zipfile
            out = io.BytesIO()
            with zipfile.ZipFile(out, 'w') as z: z.writestr('secret.txt', bytes(range(256)))
            b = bytearray(out.getvalue())
            b[6] |= 1
            b[b.find(b'PK\\x01\\x02') + 8] |= 1
            sys.stdout.buffer.write(bytes(b))
            """)
    }

    @Test func `encrypted content is only a note if it is allowed`() async throws {
        let fixture = try await ScannerFixture()
        let report = try await fixture.scan(Self.encryptedZip(), limits: ScanLimits(encrypted: .allow))
        #expect(!report.findings.isEmpty)
        #expect(report.findings.allSatisfy { $0.kind == .note && $0.name == "encrypted" })
        _ = await fixture.scanners.stop()
    }

    @Test func `a scan that runs out of time reports it`() async throws {
        let fixture = try await ScannerFixture()
        var words: [UInt8] = []
        for number in 0..<3_000_000 { words.append(UInt8(truncatingIfNeeded: number &* number >> 3)) }
        let report = try await fixture.scan(words, limits: ScanLimits(timeout: .milliseconds(1)))
        #expect(report.evidence.limits.contains("max-scan-time"), "\(report.findings)")
        _ = await fixture.scanners.stop()
    }

    @Test func `an object beyond the engine's ceiling is not scanned`() async throws {
        let fixture = try await ScannerFixture()
        let file = Spool([])
        let report = try await fixture.scanners.scan(file.descriptor, size: 2_147_483_646, limits: ScanLimits())
        #expect(report.evidence.limits == ["over-engine-ceiling"])
        #expect(report.evidence.bytesRead == 0)
        _ = await fixture.scanners.stop()
    }

    @Test func `a file of another length than the request's is refused`() async throws {
        let fixture = try await ScannerFixture()
        let file = Spool(eicar)
        let error = await #expect(throws: ScannerError.self) {
            try await fixture.scanners.scan(file.descriptor, size: 67, limits: ScanLimits())
        }
        #expect(error?.code == .refused)
        _ = await fixture.scanners.stop()
    }

    @Test(arguments: Spool.Kind.allCases) func `every kind of spool can be scanned`(kind: Spool.Kind) async throws {
        let fixture = try await ScannerFixture()
        let file = Spool(eicar, kind)
        #expect(lseek(file.descriptor, 5, SEEK_SET) == 5)
        #expect(try await fixture.scanners.identify(file.descriptor, size: 68) == "text/plain")
        let report = try await fixture.scanners.scan(file.descriptor, size: 68, limits: ScanLimits())
        #expect(Verdict(of: report.findings) == .infected)
        #expect(lseek(file.descriptor, 0, SEEK_CUR) == 5, "the caller's file offset is left alone")
        _ = await fixture.scanners.stop()
    }

    @Test func `the type of a longer file is detected from its first bytes`() async throws {
        let fixture = try await ScannerFixture()
        let file = Spool(Self.png + Array(repeating: 0, count: 100_000), .openMemory)
        #expect(try await fixture.scanners.identify(file.descriptor, size: 64) == "image/png")
        #expect(try await fixture.scanners.identify(file.descriptor, size: 0) == "application/x-empty")
        _ = await fixture.scanners.stop()
    }

    @Test func `two hundred scans leak no descriptor`() async throws {
        let fixture = try await ScannerFixture(children: 2) { $0.requestsPerChild = 1000 }
        let child = try await fixture.children(2)[0]
        func open(_ process: String) -> [String] {
            let folder = "/proc/\(process)/fd"
            return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
            }
        }
        let before = open("\(child)").count
        for _ in 0..<200 {
            let file = Spool(eicar, name: "counted-spool")
            let report = try await fixture.scanners.scan(file.descriptor, size: 68, limits: ScanLimits())
            #expect(Verdict(of: report.findings) == .infected)
        }
        #expect(open("self").filter { $0.contains("counted-spool") } == [])
        #expect(open("\(child)").count == before)
        _ = await fixture.scanners.stop()
    }
}
