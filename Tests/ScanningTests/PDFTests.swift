import Domain
import Foundation
import ScanProtocol
import ScannerTestKit
import TestKit
import Testing

@testable import Scanning

/// PDF streams, decoded as a reader does.
@Suite(.heavy, .timeLimit(.minutes(2)))
struct PDFTests {
    private static func dictionary(_ text: String) throws -> PDFDictionary {
        var index = 0
        return try PDFDictionary(Array(text.utf8), at: &index)
    }

    // MARK: Dictionaries

    @Test func `a dictionary is parsed as leniently as readers do`() throws {
        let text = """
            <</Length 12/Fil#74er[/Fl/LZW]%comment >>
            /DecodeParms<</Predictor 15/Columns 4>>/Title(a (nested\\) >>) one)/ID<3E3E>/Next 5 0 R /R true
            /Odd ) } /Real 1.5 /Huge 99999999999999999999999 >> rest
            """
        var index = 0
        let read = try PDFDictionary(Array(text.utf8), at: &index)
        #expect(Array(text.utf8)[index...].elementsEqual(" rest".utf8))
        #expect(read["Length"] == .number(12))
        #expect(read["Filter"] == .array([.name("Fl"), .name("LZW")]))
        #expect(read["Next"] == .reference(5))
        #expect(read["Title"] == .other)
        #expect(read["Huge"] == .other)
        guard case .dictionary(let inner) = read["DecodeParms"] else {
            Issue.record("no parameters")
            return
        }
        #expect(inner["Columns"] == .number(4))
        #expect(read.names.starts(with: ["Length", "Filter", "Fl", "LZW", "DecodeParms", "Predictor"]))
    }

    @Test(arguments: [
        "<<", "<</A", "<</A(", "<</A(\\", "<</A[", "<</A<", "<</A<12", "<</A#", "<</A 1", "<</A 1 >", "<</A<</B 1>>",
        "<<%",
    ])
    func `a truncated dictionary is an error`(text: String) {
        #expect(throws: PDFDictionary.Failure.truncated) { try Self.dictionary(text) }
    }

    @Test(arguments: ["<</A ", "["])
    func `deep nesting is refused`(opening: String) {
        let text = "<</A " + String(repeating: opening, count: 100_000)
        #expect(throws: PDFDictionary.Failure.tooDeep) { try Self.dictionary(text) }
    }

    // MARK: Treatment

    @Test(arguments: [
        ("", PDFStreamTreatment.engineDecodes), ("/Filter/FlateDecode", .engineDecodes),
        ("/Filter[/ASCII85Decode/Fl]", .engineDecodes),
        ("/Filter/FlateDecode/DecodeParms<</Predictor 1>>", .engineDecodes), ("/Filter/DCTDecode", .engineDecodes),
        ("/F(outside.bin)", .engineDecodes), ("/F 5 0 R", .engineDecodes),
        ("/Filter/LZW", .decode([PDFFilterStep(filter: .lzw)])),
        ("/F/RL", .decode([PDFFilterStep(filter: .runLength)])),
        ("/Filter[/AHx/RunLengthDecode]", .decode([PDFFilterStep(filter: .hex), PDFFilterStep(filter: .runLength)])),
        // A name that misleads the engine.
        ("/Lure/ASCIIHexDecode/Filter/FlateDecode", .decode([PDFFilterStep(filter: .flate)])),
        ("/Lure/Image/Filter/FlateDecode", .decode([PDFFilterStep(filter: .flate)])),
        ("/Subtype/Image/Width 2/Height 2/Filter/LZWDecode", .image),
        ("/Subtype/Image/Width 2/Height 2/Filter 9 0 R", .image),
        ("/Subtype/Image/Width 2/Height 2/Type/EmbeddedFile/Filter/LZWDecode", .decode([PDFFilterStep(filter: .lzw)])),
        ("/Subtype/Image/Filter/LZWDecode", .decode([PDFFilterStep(filter: .lzw)])),
        ("/Filter 9 0 R", .unsupported("names its filters by reference")),
        ("/Filter[9 0 R]", .unsupported("names its filters by reference")),
        ("/Filter/Fl/DecodeParms 9 0 R", .unsupported("names its filters' parameters by reference")),
        ("/Filter/Fl/DecodeParms<</Predictor 9 0 R>>", .unsupported("names its filters' parameters by reference")),
        ("/Filter/Fl/Filter/LZW", .unsupported("has more than one /Filter")),
        ("/Filter/BrotliDecode", .unsupported("has the filter /BrotliDecode")),
        ("/Filter/JPXDecode", .unsupported("has the filter /JPXDecode and is not an image")),
    ])
    func `the dictionary decides the treatment of a stream`(entries: String, expected: PDFStreamTreatment) throws {
        #expect(PDFStreamTreatment(try Self.dictionary("<</Length 9\(entries)>>")) == expected)
    }

    @Test func `a predictor is read with its parameters`() throws {
        let text = "<</Filter[/A85/Fl]/DP[null<</Predictor 12/Columns 8/Colors 3/BitsPerComponent 16/EarlyChange 0>>]>>"
        var step = PDFFilterStep(filter: .flate)
        step.predictor = PDFPredictor(kind: 12, colours: 3, bits: 16, columns: 8)
        step.isEarly = false
        #expect(PDFStreamTreatment(try Self.dictionary(text)) == .decode([PDFFilterStep(filter: .base85), step]))
    }

    // MARK: Filters

    @Test(arguments: [
        ("48 65 6C6c6F>ff", "Hello", false), ("4>", "@", false), ("48xx", "H", true), ("", "", false),
    ])
    func `hex is decoded`(input: String, output: String, isDamaged: Bool) {
        let expected = PDFOutput(bytes: Array(output.utf8), isDamaged: isDamaged)
        #expect(PDFDecoder.hex(Array(input.utf8), limit: 99) == expected)
    }

    @Test(arguments: [
        ("<~87cURD]i,\"Ebo80~>", "Hello World!", false), ("87cUR\nDZ", "Hello", false), ("z~>", "\0\0\0\0", false),
        ("87cUR{", "Hell", true), ("8", "", false),
    ])
    func `base 85 is decoded`(input: String, output: String, isDamaged: Bool) {
        let expected = PDFOutput(bytes: Array(output.utf8), isDamaged: isDamaged)
        #expect(PDFDecoder.base85(Array(input.utf8), limit: 99) == expected)
    }

    @Test(
        arguments: [
            ([1, 65, 66, 254, 67, 128, 9], "ABCCC", false), ([5, 65], "A", true), ([200], "", true), ([], "", false),
        ] as [([UInt8], String, Bool)])
    func `run lengths are decoded`(input: [UInt8], output: String, isDamaged: Bool) {
        let expected = PDFOutput(bytes: Array(output.utf8), isDamaged: isDamaged)
        #expect(PDFDecoder.runLength(input, limit: 99) == expected)
    }

    @Test func `the LZW example of the specification is decoded`() {
        // ISO 32000-1, 7.4.4.2, example 1.
        let input: [UInt8] = [0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01]
        let output: [UInt8] = [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]
        #expect(PDFDecoder.lzw(input, isEarly: true, limit: 99) == PDFOutput(bytes: output))
        #expect(PDFDecoder.lzw(input, isEarly: true, limit: 4).hitLimit)
    }

    @Test(arguments: [true, false])
    func `LZW codes of each width are decoded`(isEarly: Bool) throws {
        let bytes = (0..<40_000).map { UInt8(truncatingIfNeeded: ($0 * $0) >> 7 ^ $0 >> 3) }
        let packed = Self.lzw(bytes, isEarly: isEarly)
        #expect(PDFDecoder.lzw(packed, isEarly: isEarly, limit: 1 << 20) == PDFOutput(bytes: bytes))
        #expect(PDFDecoder.lzw(packed, isEarly: !isEarly, limit: 1 << 20).bytes != bytes)
    }

    /// An LZW encoder that clears its table when it is full.
    private static func lzw(_ bytes: [UInt8], isEarly: Bool) -> [UInt8] {
        var (output, buffer, bits): ([UInt8], UInt64, Int) = ([], 0, 0)
        var (table, next, width): ([[UInt8]: Int], Int, Int) = ([:], 258, 9)
        func emit(_ code: Int) {
            buffer = buffer << UInt64(width) | UInt64(code)
            bits += width
            while bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: buffer >> UInt64(bits)))
            }
        }
        func code(_ string: [UInt8]) -> Int { string.count == 1 ? Int(string[0]) : table[string]! }
        emit(256)
        var string: [UInt8] = []
        for byte in bytes {
            if string.isEmpty || table[string + [byte]] != nil {
                string.append(byte)
                continue
            }
            emit(code(string))
            table[string + [byte]] = next
            next += 1
            // The decoder's table is one entry behind.
            let edge = next - 1 + (isEarly ? 1 : 0)
            width = edge >= 2048 ? 12 : edge >= 1024 ? 11 : edge >= 512 ? 10 : 9
            if next == 4094 {
                emit(256)
                (table, next, width) = ([:], 258, 9)
            }
            string = [byte]
        }
        emit(code(string))
        let edge = next + (isEarly ? 1 : 0)
        width = edge >= 2048 ? 12 : edge >= 1024 ? 11 : edge >= 512 ? 10 : 9
        emit(257)
        if bits > 0 { output.append(UInt8(truncatingIfNeeded: buffer << UInt64(8 - bits))) }
        return output
    }

    @Test func `an LZW code beyond the table ends the stream`() {
        // Clear, 65, and a code without an entry.
        let codes = [256, 65, 300].reduce("") {
            $0 + String(repeating: "0", count: 9 - String($1, radix: 2).count) + String($1, radix: 2)
        }
        let bytes = stride(from: 0, to: 24, by: 8).map { UInt8(codes.dropFirst($0).prefix(8), radix: 2)! }
        let rest = UInt8(codes.dropFirst(24) + "00000", radix: 2)!
        #expect(
            PDFDecoder.lzw(bytes + [rest], isEarly: true, limit: 99) == PDFOutput(bytes: [65], isDamaged: true))
    }

    @Test func `Deflate is decoded as far as possible`() throws {
        let words = Array(String(repeating: "words of a page ", count: 9_000).utf8)
        let packed = try python("import zlib; sys.stdout.buffer.write(zlib.compress(data))", input: words)
        #expect(PDFDecoder.flate(packed, limit: 1 << 20) == PDFOutput(bytes: words))
        #expect(
            PDFDecoder.flate(packed, limit: 70_000) == PDFOutput(bytes: Array(words.prefix(70_000)), hitLimit: true))
        let cut = PDFDecoder.flate(Array(packed.prefix(packed.count / 2)), limit: 1 << 20)
        #expect(!cut.bytes.isEmpty && words.starts(with: cut.bytes))
        #expect(PDFDecoder.flate(words, limit: 99) == PDFOutput(isDamaged: true))
        #expect(PDFDecoder.flate([], limit: 99) == PDFOutput())
    }

    @Test func `predictors are decoded`() {
        let png = PDFPredictor(kind: 15, colours: 1, bits: 8, columns: 3)
        let rows: [UInt8] = [0, 1, 2, 3, 1, 1, 1, 1, 2, 1, 1, 1, 3, 1, 1, 1, 4, 1, 1, 1, 0, 7]
        #expect(
            png.decode(rows) == PDFOutput(bytes: [1, 2, 3, 1, 2, 3, 2, 3, 4, 2, 3, 4, 3, 4, 5, 7]))
        #expect(png.decode([9, 1, 2, 3]).isDamaged)
        let tiff = PDFPredictor(kind: 2, colours: 2, bits: 8, columns: 2)
        #expect(tiff.decode([1, 2, 3, 4, 9, 9, 1]) == PDFOutput(bytes: [1, 2, 4, 6, 9, 9, 10]))
        let wide = PDFPredictor(kind: 2, colours: 1, bits: 16, columns: 2)
        #expect(wide.decode([0, 255, 0, 1]) == PDFOutput(bytes: [0, 255, 1, 0]))
    }

    @Test(arguments: [0, -1, Int64.min, Int64.max, 1 << 40])
    func `invalid predictor parameters are refused`(number: Int64) {
        for kind in [2, 12] as [Int64] {
            for predictor in [
                PDFPredictor(kind: kind, columns: number), PDFPredictor(kind: kind, colours: number),
                PDFPredictor(kind: kind, bits: number),
            ] {
                #expect(predictor.decode([1, 2, 3]) == PDFOutput(isDamaged: true))
            }
        }
    }

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
            ("lzw", Self.document(Self.lzw(eicar, isEarly: true), "/Filter/LZWDecode")),
            ("lzw, late", Self.document(Self.lzw(eicar, isEarly: false), "/Filter/LZW/DecodeParms<</EarlyChange 0>>")),
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
