import Testing
import Unpacking

/// Files that are encoded as text.
@Suite(.timeLimit(.minutes(1))) struct EncodedTextTests {
    private static let content = Array(
        "A file that was put into a text, long enough for some lines of it; 0123456789 and the like, and more.\n".utf8)

    private static func opened(_ text: String, _ form: ContainerForm) -> OpenedParts {
        OpenedParts(Array(text.utf8)) { slice throws(UnpackingError) in
            try EncodedTextOpener(slice, in: 0..<slice.size, form: form)
        }
    }

    private static func uuencoded(_ bytes: [UInt8], alphabet: [UInt8] = Array(0x20...0x5F)) -> [String] {
        stride(from: 0, to: bytes.count, by: 45).map { start in
            let row = Array(bytes[start..<min(bytes.count, start + 45)])
            var digits = [UInt8(row.count)]
            for index in stride(from: 0, to: row.count, by: 3) {
                let group = (0..<3).map { index + $0 < row.count ? UInt32(row[index + $0]) : 0 }
                let bits = group[0] << 16 | group[1] << 8 | group[2]
                digits += [18, 12, 6, 0].map { UInt8(bits >> $0 & 63) }
            }
            return String(decoding: digits.map { alphabet[Int($0)] }, as: UTF8.self)
        }
    }

    static let prefixes = ["", "> ", "    ", ">> ", "| "]

    @Test(arguments: prefixes, ["\n", "\r\n", "\r"])
    func `uuencode is decoded at any line, with quotes and blanks before it`(prefix: String, end: String) throws {
        let lines =
            ["words", "\(prefix)begin 644 a.bin"] + Self.uuencoded(Self.content).map { prefix + $0 }
            + ["\(prefix)`", "\(prefix)end", "more words"]
        let text = lines.joined(separator: end)
        #expect(try Array(text.utf8).sightings().map(\.form) == [.uuencode])
        let parts = Self.opened(text, .uuencode)
        #expect(parts.names == ["a.bin"])
        #expect(parts.contents == [Self.content])
    }

    @Test func `lines whose blanks were cut off are whole`() {
        let zeros = [UInt8](repeating: 0, count: 60)
        let lines = Self.uuencoded(Self.content + zeros).map { line in
            String(line.reversed().drop { $0 == " " }.reversed())
        }
        #expect(lines.contains { $0.count < 20 })
        let text = (["begin 644 a"] + lines + ["`", "end", ""]).joined(separator: "\n")
        #expect(Self.opened(text, .uuencode).contents == [Self.content + zeros])
    }

    @Test func `an encoded file behind the head of a Git export or an RCS file is found`() throws {
        for head in [["blob", "data 1", "x"], ["head 1.1;", "access;"]] {
            let lines = head + ["begin 644 a"] + Self.uuencoded(Self.content) + ["`", "end", ""]
            let forms = try Array(lines.joined(separator: "\n").utf8).sightings().map(\.form)
            #expect(forms.contains(.uuencode), "\(head)")
        }
    }

    @Test func `xxencode is told from uuencode by its first line`() throws {
        let alphabet = Array("+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        let lines = ["begin 644 a"] + Self.uuencoded(Self.content, alphabet: alphabet) + ["+", "end", ""]
        #expect(Self.opened(lines.joined(separator: "\n"), .uuencode).contents == [Self.content])
    }

    @Test func `a file in two letters is joined, and read with the lines between as well`() {
        let lines = Self.uuencoded(Self.content)
        let text = (["begin 644 a", lines[0], "Subject: the second part", ""] + lines[1...] + ["`", "end", ""])
            .joined(separator: "\n")
        let parts = Self.opened(text, .uuencode)
        #expect(parts.contents.first == Self.content)
        #expect(parts.contents.count == 2)
    }

    @Test func `a file without an end is decoded as far as it goes`() {
        let text = (["begin 644 a"] + Self.uuencoded(Self.content)).joined(separator: "\n")
        #expect(Self.opened(text, .uuencode).contents == [Self.content])
    }

    static let innocents = [
        "begin 644 name\nis the first line of a file in uuencode.\n", "begin 644 name\n",
        "To begin 100 words are enough.\n",
        "=ybegin is the mark of yEnc.\n", "(This file must be converted with BinHex 4.0)\nsays a file: like this\n",
        String(repeating: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n", count: 40),
        String(repeating: "ACGTTGCAACGTTGCAACGTTGCAACGTTGCAACGTTGCAACGTTGCAACGTTGCAACGT\n", count: 40),
        (0..<400).map { "Word\(String(repeating: "s", count: $0 % 9))\n" }.joined(),
        "  begin\n    100 = 3;\n  end\n", "A sentence of words without any punctuation\nand Another one\n",
    ]

    @Test(arguments: innocents) func `a text about encodings holds no file`(text: String) throws {
        #expect(try Array(text.utf8).sightings() == [])
    }

    static let base64 = "QSBmaWxlIHRoYXQgd2FzIHB1dCBpbnRvIGEgdGV4dCwgbG9uZyBlbm91Z2ggZm9yIHNvbWUgbGlu"

    @Test(arguments: ["", "Words.\n\n", "word\n", "> quoted\n"], prefixes)
    func `a block of Base64 is decoded`(before: String, prefix: String) throws {
        let text = "\(before)\(prefix)\(Self.base64)\n\(prefix)ZXM=\n\nwords\n"
        #expect(try Array(text.utf8).sightings().map(\.form) == [.base64])
        let parts = Self.opened(text, .base64)
        #expect(parts.texts == ["A file that was put into a text, long enough for some lines"])
    }

    @Test(arguments: ["\"\"\"", "'", "`", "</data>", ")", "|", "\\n\\", "}, "], ["", "data = \"", "  <b>", "(data |"])
    func `a closing character behind the last line of Base64 ends it`(closing: String, opening: String) throws {
        let text = "words\n\(opening)\(Self.base64)\nZXM=\(closing)\nwords\n"
        #expect(Self.opened(text, .base64).texts == ["A file that was put into a text, long enough for some lines"])
    }

    @Test(arguments: ["Words)", "words,", "(me)", "the end."])
    func `a word behind Base64 is no part of it`(word: String) throws {
        let texts = Self.opened("words\n\(Self.base64)\n\(word)\nwords\n", .base64).texts
        #expect(texts == ["A file that was put into a text, long enough for some lin"])
    }

    @Test func `padding within Base64 is read in both ways`() {
        let texts = Self.opened("\(Self.base64)QQ==\n\(Self.base64)\n", .base64).texts
        #expect(texts.count == 2)
        #expect(texts.contains { $0.contains("linAA file") })
    }

    @Test(arguments: ["line=128 size=5 name=a", "part=1 line=128 size=10 name=a"])
    func `yEnc is decoded, and its parts are joined in their order`(fields: String) throws {
        func encoded(_ text: String) -> [UInt8] { text.utf8.map { $0 &+ 42 } }
        var text = Array("words\r\n".utf8)
        if fields.hasPrefix("part") {
            for (number, begin, data) in [(2, 6, "world"), (1, 1, "hello")] {
                text += Array("=ybegin part=\(number) line=128 size=10 name=a\r\n=ypart begin=\(begin) end=9\r\n".utf8)
                text += encoded(data) + Array("\r\n=yend size=5 part=\(number)\r\n".utf8)
            }
        } else {
            text += Array("=ybegin \(fields)\r\n".utf8) + encoded("hello") + Array("\r\n=yend size=5\r\n".utf8)
        }
        #expect(try text.sightings().map(\.form) == [.yEnc])
        let parts = OpenedParts(text) { slice throws(UnpackingError) in
            try EncodedTextOpener(slice, in: 0..<slice.size, form: .yEnc)
        }
        #expect(parts.texts == [fields.hasPrefix("part") ? "helloworld" : "hello"])
    }

    @Test func `values of calendars and address cards are decoded`() throws {
        let value = "QSBmaWxl"
        let card = """
            BEGIN:VCARD
            PHOTO;ENCODING=b;TYPE=JPEG:\(value)
             IG9m
            LOGO;VALUE=uri:data:image/png;base64,\(value)
            SOUND;BASE64:
              \(value)

            FN:QSBmaWxl
            END:VCARD
            """
        // The picture of the logo stands in an address.
        #expect(try Set(Array(card.utf8).sightings().map(\.form)) == [.base64, .textBase64])
        #expect(Self.opened(card, .base64).texts == ["A file of", "A file", "A file"])
    }

    @Test func `more files than are listed are an error`() {
        let block = "begin 644 a\n#0V%T\n`\nend\n"
        #expect(Self.opened(String(repeating: block, count: 20_001), .uuencode).error?.code == .tooLarge)
    }
}
