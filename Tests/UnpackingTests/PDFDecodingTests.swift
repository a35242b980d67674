import TestKit
import Testing

@testable import Unpacking

/// Dictionaries, filters and predictors of a PDF's streams.
@Suite(.timeLimit(.minutes(1)))
struct PDFDecodingTests {
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
        #expect(read["Title"] == .string(PDFString(bytes: Array("a (nested) >>) one".utf8), isPlain: false)))
        #expect(read["ID"] == .string(PDFString(bytes: Array(">>".utf8), isPlain: false)))
        #expect(read["Huge"] == .other)
        guard case .dictionary(let inner) = read["DecodeParms"] else {
            Issue.record("no parameters")
            return
        }
        #expect(inner["Columns"] == .number(4))
    }

    @Test(arguments: ["<</A<</B 1 > >>\nstream\n", "<</A<</B 1 endobj", "<</A<</B 1/C[ 2 stream"])
    func `a dictionary that is not closed ends where the stream or the object does`(text: String) throws {
        guard case .dictionary(let inner) = try Self.dictionary(text)["A"] else {
            Issue.record("no dictionary")
            return
        }
        #expect(inner["B"] == .number(1))
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

    private static let flate = PDFFilterStep(filter: .flate)

    @Test(
        arguments: [
            ("", [], .bytes), ("/Filter/FlateDecode", [flate], .bytes),
            ("/Filter[/ASCII85Decode/Fl]", [PDFFilterStep(filter: .base85), flate], .bytes),
            ("/Filter/FlateDecode/DecodeParms<</Predictor 1>>", [flate], .bytes), ("/Filter/DCTDecode", [], .picture),
            ("/Filter[/Fl/DCT]", [flate], .picture), ("/F(outside.bin)", [], .bytes), ("/F 5 0 R", [], .bytes),
            ("/Filter null", [], .bytes), ("/Filter/Crypt", [PDFFilterStep(filter: .crypt)], .bytes),
            ("/Filter/LZW", [PDFFilterStep(filter: .lzw)], .bytes),
            ("/F/RL", [PDFFilterStep(filter: .runLength)], .bytes),
            (
                "/Filter[/AHx/RunLengthDecode]", [PDFFilterStep(filter: .hex), PDFFilterStep(filter: .runLength)],
                .bytes
            ),
            ("/Lure/ASCIIHexDecode/Filter/FlateDecode", [flate], .bytes),
            ("/Filter 7 0 R", [flate], .bytes), ("/Filter[7 0 R/Fl]", [flate, flate], .bytes),
            ("/Subtype/Image/Width 2/Height 2/Filter/FlateDecode", [flate], .samples),
            ("/Width 2/Height 2/Filter/JPXDecode", [], .picture),
            ("/Subtype/Image/Width 2/Height 2/Filter[/A85/CCF]", [PDFFilterStep(filter: .base85)], .picture),
            ("/Subtype/Image/Width 2/Height 2/Type/EmbeddedFile/Filter/FlateDecode", [flate], .bytes),
            ("/Subtype/Image/Filter/FlateDecode", [flate], .bytes),
        ] as [(String, [PDFFilterStep], PDFTreatment.Content)])
    func `the dictionary decides how a stream is decoded`(
        entries: String, steps: [PDFFilterStep], content: PDFTreatment.Content
    ) throws {
        let read = try PDFTreatment(try Self.dictionary("<</Length 9\(entries)>>")) { object in
            object == 7 ? .name("FlateDecode") : nil
        }
        #expect(read.steps == steps)
        #expect(read.content == content)
    }

    @Test(arguments: [
        "/Filter 9 0 R", "/Filter[9 0 R]", "/Filter/Fl/DecodeParms 9 0 R", "/Filter/Fl/DecodeParms<</Predictor 9 0 R>>",
        "/Filter/Fl/Filter/LZW", "/Filter/BrotliDecode", "/Filter/JPXDecode", "/Filter[/DCT/Fl]", "/Filter/CCF",
        "/Type/EmbeddedFile/Width 2/Height 2/Filter/CCF",
        "/Filter[\(String(repeating: "/Fl", count: 17))]",
    ])
    func `a stream that cannot be decoded is an error`(entries: String) throws {
        let dictionary = try Self.dictionary("<</Length 9\(entries)>>")
        #expect(throws: UnpackingError.self) { try PDFTreatment(dictionary) }
    }

    @Test func `a stream that is attached is no picture`() throws {
        let samples = try Self.dictionary("<</Subtype/Image/Width 2/Height 2/Filter/FlateDecode>>")
        #expect(try PDFTreatment(samples, isAttached: true).content == .bytes)
        let fax = try Self.dictionary("<</Subtype/Image/Width 2/Height 2/Filter/CCITTFaxDecode>>")
        #expect(throws: UnpackingError.self) { try PDFTreatment(fax, isAttached: true) }
    }

    @Test func `a predictor is read with its parameters`() throws {
        let text = "<</Filter[/A85/Fl]/DP[null<</Predictor 12/Columns 8/Colors 3/BitsPerComponent 16/EarlyChange 0>>]>>"
        var step = PDFFilterStep(filter: .flate)
        step.predictor = PDFPredictor(kind: 12, colours: 3, bits: 16, columns: 8)
        step.isEarly = false
        #expect(try PDFTreatment(try Self.dictionary(text)).steps == [PDFFilterStep(filter: .base85), step])
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
        let packed = LZWEncoder.encode(bytes, isEarly: isEarly)
        #expect(PDFDecoder.lzw(packed, isEarly: isEarly, limit: 1 << 20) == PDFOutput(bytes: bytes))
        #expect(PDFDecoder.lzw(packed, isEarly: !isEarly, limit: 1 << 20).bytes != bytes)
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
        let packed = try Samples.python(
            "import sys, zlib; sys.stdout.buffer.write(zlib.compress(b'words of a page ' * 9000))")
        #expect(PDFDecoder.flate(packed, limit: 1 << 20) == PDFOutput(bytes: words))
        #expect(
            PDFDecoder.flate(packed, limit: 70_000) == PDFOutput(bytes: Array(words.prefix(70_000)), hitLimit: true))
        let cut = PDFDecoder.flate(Array(packed.prefix(packed.count / 2)), limit: 1 << 20)
        #expect(!cut.bytes.isEmpty && words.starts(with: cut.bytes))
        #expect(PDFDecoder.flate(words, limit: 99).isDamaged)
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
}

/// The loop around zlib that all readers share.
@Suite struct ZlibStreamTests {
    /// A stream of zeros without its end holds kilobytes of output in its last bytes.
    @Test(arguments: [65_536, 70_000, 131_072, 200_000, 1_000_000]) func `the last bytes of a cut stream are not lost`(
        size: Int
    ) throws {
        let packed = try Samples.python("out.write(zlib.compress(bytes(\(size)), 9)[:-6])")
        let expected = try Samples.python(
            "out.write(b'%d' % len(zlib.decompressobj().decompress(zlib.compress(bytes(\(size)), 9)[:-6])))")
        var stream = try ZlibStream(.zlib)
        var count = 0
        let (end, position) = try stream.run(
            from: 0,
            reading: { offset throws(UnpackingError) in
                // One byte at a time ends each step with little input left.
                Array(packed.dropFirst(Int(offset)).prefix(offset % 2 == 0 ? 1 : 4096))
            },
            writing: { piece throws(UnpackingError) in
                count += piece.count
                return true
            })
        #expect(end == .cut)
        #expect(position == packed.count)
        #expect(count == Int(String(decoding: expected, as: UTF8.self)))
    }
}
