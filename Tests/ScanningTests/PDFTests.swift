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
            (
                "lzw, late",
                Self.document(LZWEncoder.encode(eicar, isEarly: false), "/Filter/LZW/DecodeParms<</EarlyChange 0>>")
            ),
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
        let handler = Self.end.replacingOccurrences(
            of: "trailer<<", with: "trailer<</Encrypt<</Filter/Adobe.PubSec/V 4>>/ID[<00><00>]")
        let samples: [([UInt8], ScanGap.Kind?)] = [
            (Self.document(innocent, ""), nil),
            (Self.document(innocent, "/Filter/BrotliDecode"), .method),
            (Self.document(innocent, "/Filter 9 0 R"), .method),
            (Self.document(innocent, "/Filter[9 0 R]"), .method),
            (Self.document(innocent, "/Filter/Fl/Filter/LZW"), .method),
            (Self.document(innocent, "/Filter/Fl"), .malformed),
            (Self.document(innocent, "/Type/EmbeddedFile/Filter/CCITTFaxDecode"), .method),
            (Self.document(innocent, "", tail: handler), .encrypted),
            (Self.document(innocent, "/Filter/LZWDecode/DecodeParms<</Predictor 12/Columns -1>>"), .malformed),
            (Self.document(innocent, "", tail: ""), .truncated),
            (Self.document(innocent, "", tail: "\nendstream endobj\n"), .truncated),
            // Readers go by `endstream` then.
            (Self.document(innocent, "", length: "99999"), nil),
            (Self.document(innocent, "", length: "9223372036854775807"), nil),
            (Self.document(innocent, "", length: "-9223372036854775808"), nil),
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

    // MARK: Encryption

    private static let ciphers = [
        ["40"], ["128", "--use-aes=n"], ["128", "--use-aes=y"], ["128", "--use-aes=y", "--cleartext-metadata"], ["256"],
        ["256", "--force-R5"],
    ]

    private static func encrypt(_ document: [UInt8], password: String = "", _ options: [String]) throws -> [UInt8] {
        let folder = Folder()
        try folder.write("in.pdf", document)
        _ = try Tool.run(
            ["qpdf", "--allow-weak-crypto", "--stream-data=preserve", "--encrypt", password, "owner"] + options + [
                "--", "\(folder.path)/in.pdf", "\(folder.path)/out.pdf",
            ])
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/out.pdf")))
    }

    /// A document whose object 7 is in the file's name tree, so that no tool leaves it out.
    private static func attached(_ stream: [UInt8], _ entries: String) -> [UInt8] {
        let page = "/Names<</EmbeddedFiles<</Names[(a)<</F(a)/EF<</F 7 0 R>>>>]>>>>/Pages 2 0 R"
        let text = String(decoding: document([], "").prefix(while: { $0 != 0x37 }), as: UTF8.self)
            .replacingOccurrences(of: "/Type/Catalog", with: "/Type/Catalog" + page)
        return Array(text.utf8) + Array("2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n".utf8)
            + document(stream, entries).drop { $0 != 0x37 }
    }

    @Test(arguments: ciphers)
    func `a document that opens without a password is inspected`(cipher: [String]) async throws {
        let child = try ScannerChildFixture()
        let flate = try python("import zlib; sys.stdout.buffer.write(zlib.compress(data))", input: eicar)
        for (stream, entries) in [(eicar, ""), (flate, "/Filter/FlateDecode"), (eicar, "/Type/Metadata/Subtype/XML")] {
            let facts = try await child.scan(try Self.encrypt(Self.attached(stream, entries), cipher))
            #expect(facts.alerts.contains(ScannerFixture.signatureName), "\(entries): \(facts.gaps)")
        }
        let words = Array("words that nobody minds".utf8)
        for entries in ["", "/Type/Metadata/Subtype/XML"] {
            let facts = try await child.scan(try Self.encrypt(Self.attached(words, entries), cipher))
            #expect(facts.gaps == [] && facts.alerts == [], "\(entries)")
        }
        let locked = try await child.scan(try Self.encrypt(Self.attached(words, ""), password: "secret", cipher))
        #expect(locked.gaps.map(\.kind).contains(.encrypted))
    }

    @Test func `an earlier revision of an encrypted document is inspected, and what is in none is a gap`() async throws
    {
        let child = try ScannerChildFixture()
        let first = try Self.encrypt(Self.attached(eicar, ""), ["256"])
        let text = String(decoding: first, as: UTF8.self)
        let place = try #require(text.range(of: "startxref\n", options: .backwards)).upperBound
        let table = text[place...].prefix { $0.isNumber }
        let trailer = try #require(text.range(of: "trailer <<", options: .backwards)).upperBound
        let entries = text[trailer..<(try #require(text.range(of: "startxref", options: .backwards)).lowerBound)]
        let number = try #require(text.firstMatch(of: /([0-9]+) 0 obj\n<<[^>]*\/Length/)).1
        let object = "\(number) 0 obj\n<< >>\nendobj\n"
        let update =
            object + "xref\n\(number) 1\n" + String(format: "%010d", first.count) + " 00000 n \n"
            + "trailer << /Prev \(table) " + entries + "startxref\n\(first.count + object.utf8.count)\n%%EOF\n"
        let revised = try await child.scan(first + Array(update.utf8))
        #expect(revised.alerts.contains(ScannerFixture.signatureName), "\(revised.gaps)")
        let stray = "99 0 obj\n<< /Length 5 >>\nstream\nwords\nendstream\nendobj\n"
        let gaps = try await child.scan(Array(stray.utf8) + first).gaps
        #expect(gaps.map(\.kind).contains(.encrypted), "\(gaps)")
    }

    // MARK: Time

    /// Deflate in Deflate, of that many zeros.
    private static func nested(_ levels: Int, megabytes: Int) throws -> [UInt8] {
        try python(
            """
            import zlib
            pack = zlib.compressobj(9)
            out = b''.join(pack.compress(bytes(1 << 20)) for _ in range(\(megabytes))) + pack.flush()
            for _ in range(\(levels) - 1): out = zlib.compress(out, 9)
            sys.stdout.buffer.write(out)
            """)
    }

    @Test func `a small document is given up before it takes long`() async throws {
        let child = try ScannerChildFixture()
        let bomb = try Self.nested(3, megabytes: 600)
        let chain = "/Filter[/Fl/Fl/Fl]"
        let many = (8..<900).map { number in
            Array("\(number) 0 obj<</Length \(bomb.count)\(chain)>>stream\n".utf8) + bomb
                + Array("\nendstream endobj\n".utf8)
        }
        let lengths = (8..<30_000).map { "\($0) 0 obj<</Length \($0 + 1) 0 R>>stream\nx\nendstream endobj\n" }
        let samples: [(String, [UInt8])] = [
            ("filters", Self.document(bomb, chain)), ("names", Self.document(bomb, "/Lure[/Fl/Fl/Fl]")),
            ("two keys", Self.document(bomb, "/Filter/AHx" + chain)),
            ("in a document", Self.document(Self.document(bomb, chain), "")),
            ("encrypted", try Self.encrypt(Self.attached(bomb, chain), ["256"])),
            ("many", Self.document([], "") + Array(many.joined()) + Array(Self.end.utf8)),
            ("1000 filters", Self.document(bomb, "/Filter[\(String(repeating: "/Fl", count: 1000))]")),
            ("lengths in lengths", Self.document([], "", tail: "\nendstream endobj\n" + lengths.joined() + Self.end)),
            ("trailers", Self.document([], "", tail: String(repeating: "trailer<</A(\n", count: 40_000))),
        ]
        for (name, sample) in samples {
            let (facts, time) = try await child.timedScan(sample, limits: ScanLimits(timeout: .seconds(100)))
            #expect(!facts.gaps.isEmpty, "\(name)")
            #expect(!facts.gaps.contains { $0.kind == .outOfTime }, "\(name)")
            #expect(time < .seconds(30), "\(name)")
        }
        // Comments, over which libqpdf would go again and again.
        let comments = "\nendstream endobj\n" + String(repeating: "%\n", count: 300_000)
        let (facts, time) = try await child.timedScan(Self.document([], "", tail: comments + Self.end))
        #expect(facts.gaps == [] && time < .seconds(20))
    }
}
