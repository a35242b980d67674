import Domain
import Foundation
import ScanProtocol
import ScannerTestKit
import TestKit
import Testing

/// PDF streams, decoded as a reader does.
@Suite(.heavy, .timeLimit(.minutes(2)))
struct PDFTests {
    // MARK: Whole documents

    private static func document(_ stream: [UInt8], _ entries: String, length: String? = nil, tail: String = end)
        -> [UInt8]
    {
        Array(
            "%PDF-1.5\n1 0 obj<</Type/Catalog>>endobj\n7 0 obj<</Length \(length ?? String(stream.count))\(entries)>>stream\n"
                .utf8)
            + stream + Array(tail.utf8)
    }

    private static let end = "\nendstream endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"

    @Test func `streams that the engine does not decode are matched`() async throws {
        let child = try ScannerChildFixture()
        let runs = [UInt8(eicar.count - 1)] + eicar + [128]
        let hex = Array(runs.map { String(format: "%02x", $0) }.joined().utf8)
        let rows = Array(eicar.map { [0, $0] }.joined())
        let packed = try python("import zlib; sys.stdout.buffer.write(zlib.compress(data))", input: rows)
        let flate = try python("import zlib; sys.stdout.buffer.write(zlib.compress(data))", input: eicar)
        let samples: [(String, [UInt8])] = [
            ("runs", Self.document(runs, "/Filter/RunLengthDecode")),
            ("runs, escaped", Self.document(runs, "/Filter/Run#4cengthDecode")),
            ("runs in hex", Self.document(hex, "/Filter[/AHx/RL]")),
            ("lzw", Self.document(LZWEncoder.encode(eicar, isEarly: true), "/Filter/LZWDecode")),
            ("lzw, late", Self.document(LZWEncoder.encode(eicar, isEarly: false), "/Filter/LZW/DecodeParms<</EarlyChange 0>>")),
            ("predictor", Self.document(packed, "/Filter/FlateDecode/DecodeParms<</Predictor 12>>")),
            (
                "a false cross-reference stream",
                Self.document(packed, "/Type/XRef/Filter/Fl/DecodeParms[<</Predictor 12>>]")
            ),
            ("a misleading name", Self.document(flate, "/Lure/ASCIIHexDecode/Filter/FlateDecode")),
            ("a false image", Self.document(flate, "/Lure/Image/Filter/FlateDecode")),
            ("length by reference", Self.document(runs, "/Filter/RL", length: "9 0 R")),
        ]
        for (name, bytes) in samples {
            let facts = try await child.scan(bytes)
            #expect(facts.alerts.contains(ScannerFixture.signatureName), "\(name): \(facts.gaps)")
        }
        let zip = try await child.scan(try ContainerSamples.zip(samples[0].1))
        #expect(zip.alerts.contains(ScannerFixture.signatureName))
    }

    @Test func `streams that cannot be inspected are gaps`() async throws {
        let child = try ScannerChildFixture()
        let innocent = Array("words that nobody minds".utf8)
        let encrypted = Self.end.replacingOccurrences(of: "/Root", with: "/Encrypt 5 0 R/Root")
        let plain = "\nendstream endobj 5 0 obj<</Filter/Standard/EncryptMetadata false>>endobj"
        let again = "\n5 0 obj<</Filter/Standard/EncryptMetadata true>>endobj"
        let samples: [([UInt8], ScanGap.Kind?)] = [
            (Self.document(innocent, ""), nil),
            (Self.document(innocent, "/Filter/BrotliDecode"), .method),
            (Self.document(innocent, "/Filter 9 0 R"), .method),
            (Self.document(innocent, "/Filter/LZWDecode/DecodeParms<</Predictor 12/Columns -1>>"), .malformed),
            (Self.document(innocent, "", tail: encrypted), .encrypted),
            (Self.document(innocent, "/Type/XRef", tail: encrypted), nil),
            (Self.document(innocent, "/Type/Metadata", tail: encrypted), .encrypted),
            (Self.document(innocent, "/Type/Metadata", tail: plain + encrypted), nil),
            (Self.document(innocent, "/Type/Metadata", tail: plain + again + encrypted), .encrypted),
            (Self.document(innocent, "/Filter/RL", tail: encrypted), .encrypted),
            (Self.document(innocent, "", tail: ""), .truncated),
            (Self.document(innocent, "", tail: "\nendstream endobj\n"), .truncated),
            (Self.document(innocent, "", length: "99999"), .truncated),
            (Self.document(innocent, "", length: "9223372036854775807"), .truncated),
            (Self.document(innocent, "/A" + String(repeating: "[", count: 99_999)), .malformed),
        ]
        for (index, sample) in samples.enumerated() {
            let kinds = Set(try await child.scan(sample.0).gaps.map(\.kind))
            #expect(sample.1.map { kinds.contains($0) } ?? kinds.isEmpty, "sample \(index): \(kinds)")
        }
    }

    @Test func `many small objects are accepted, and overlapping dictionaries are malformed`() async throws {
        let child = try ScannerChildFixture()
        let objects = (8..<60_000).map { "\($0) 0 obj<</A 1>>endobj\n" }.joined()
        let facts = try await child.scan(Self.document([], "", tail: "\nendstream endobj\n" + objects + Self.end))
        #expect(facts.gaps == [])
        let overlapping = String(repeating: "1 0 obj<<(", count: 100_000)
        let hostile = try await child.scan(Self.document([], "", tail: "\nendstream endobj\n" + overlapping + Self.end))
        #expect(hostile.gaps.map(\.kind).contains(.malformed))
    }

    /// `LAZARET_PDFS` is a folder of valid PDFs.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["LAZARET_PDFS"] != nil))
    func `ordinary documents have no gaps`() async throws {
        let child = try ScannerChildFixture()
        let folder = ProcessInfo.processInfo.environment["LAZARET_PDFS"]!
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        for name in names where name.hasSuffix(".pdf") {
            let facts = try await child.scan([UInt8](Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))))
            #expect(facts.gaps == [], "\(name)")
        }
    }
}
