import Domain
import Foundation
import Inspection
import ScanProtocol
import ScannerTestKit
import TestKit
import Testing
import Unpacking

/// Objects with a `Content-Encoding`: a browser decodes them first, so they are matched as stored and decoded, and
/// their type is that of the decoded content.
@Suite(.timeLimit(.minutes(1)))
struct ContentEncodingTests {
    /// `body { color: red }` twenty times, and the test file, by `brotli -c`.
    private static let css = bytes("H48B+I3UXrOJLqwaREFHbpOV7fVJQTbhrUaoguRs5uIA")
    private static let infected = bytes(
        "H0MA4GXYtrWJ1kdco3o9U5ZVTIrccJgeDCQIh1s/w3UYzYdPuDgW7sdpGYeTzwHnh91Stsr4SzovvjgMwIUqJA==")

    private static func bytes(_ base64: String) -> [UInt8] { Array(Data(base64Encoded: base64)!) }

    private static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        try python("import gzip\nsys.stdout.buffer.write(gzip.compress(data))", input: bytes)
    }

    @Test(
        arguments: [
            ("gzip", .gzip), ("GZIP", .gzip), ("x-gzip", .gzip), ("br", .brotli), ("zstd", .zstd),
            ("aws-chunked,gzip", .gzip),
            (" identity , br ", .brotli), ("gzip, br", nil), ("deflate", nil), ("", nil), (nil, nil),
            ("aws-chunked", nil),
        ] as [(String?, ContentEncoding?)]) func `the field names one encoding, or none`(
            field: String?, expected: ContentEncoding?
        )
    {
        #expect(ContentEncoding(field: field) == expected)
    }

    @Test func `the content of a Brotli stream is matched`() async throws {
        let child = try ScannerChildFixture()
        #expect(try await child.scan(Self.infected, encoding: .brotli).alerts.contains(ScannerFixture.signatureName))
        #expect(try await child.scan(Self.infected).alerts.isEmpty, "nothing tells of the encoding")
        #expect(try await child.scan(Self.css, encoding: .brotli).gaps.isEmpty)
        let cut = try await child.scan(Array(Self.css.dropLast(5)) + [0xFF, 0xFF], encoding: .brotli)
        #expect(cut.gaps.contains { $0.kind == .malformed || $0.kind == .truncated }, "\(cut.gaps)")
        #expect(try await child.scan(Array("no stream at all, but words".utf8), encoding: .brotli).gaps.isEmpty)
    }

    @Test func `a Brotli bomb hits the limit`() async throws {
        // 16 MiB of zeros: RFC 7932 lets a block repeat what it has.
        let bomb = Self.bytes(
            "z///f/gnAOKxQCD3/n8=")
        let child = try ScannerChildFixture()
        let facts = try await child.scan(bomb, limits: ScanLimits(maxScanSize: 1 << 20), encoding: .brotli)
        #expect(!facts.gaps.isEmpty)
    }

    @Test func `the type is that of the decoded content`() async throws {
        let fixture = try await ScannerFixture()
        let page = try Self.gzip(Array("<html><p>words</p></html>".utf8))
        for (bytes, encoding, type) in [
            (Self.css, ContentEncoding.brotli, "text/plain"), (page, .gzip, "text/html"),
            (page, .brotli, "application/gzip"), (Array("words".utf8), .gzip, "text/plain"),
        ] {
            let file = Spool(bytes)
            let found = try await fixture.scanners.identify(
                file.descriptor, size: Int64(bytes.count), encoding: encoding)
            #expect(found == type)
        }
        // By a first range that ends within the stream.
        let long = try python(
            "import gzip, random\nrandom.seed(1)\nwords = ' '.join(random.choices(['red', 'green', 'blue'], k=90000))\n"
                + "sys.stdout.buffer.write(gzip.compress(words.encode()))")
        let file = Spool(long)
        #expect(try await fixture.scanners.identify(file.descriptor, size: 9000, encoding: .gzip) == "text/plain")
        _ = await fixture.scanners.stop()
    }
}
