import Foundation
import Testing

@testable import Unpacking

/// Files in texts that readers find although something is damaged, or other bytes stand around.
@Suite(.timeLimit(.minutes(1))) struct CarriedTextTests {
    private static let payload = (0..<40).map { "line \($0) of what is hidden\n" }.joined()
    private static let noise = (0..<3000).map { UInt8(truncatingIfNeeded: $0 &* 197 &+ ($0 >> 3)) }

    private static func base64(_ text: String = payload, width: Int = 76) -> [String] {
        let digits = Array(Samples64.encode(Array(text.utf8)))
        return stride(from: 0, to: digits.count, by: width).map {
            String(decoding: digits[$0..<min(digits.count, $0 + width)], as: UTF8.self)
        }
    }

    private static func decoded(_ bytes: [UInt8]) throws -> [String] {
        try bytes.sightings().filter { $0.form.leavesRest }.flatMap { sighting in
            let part = Array(bytes[Int(sighting.range.lowerBound)..<Int(sighting.range.upperBound)])
            switch sighting.form {
            case .mail: return OpenedParts(part) { slice throws(UnpackingError) in try MailOpener(slice) }.texts
            case .textBase64:
                return OpenedParts(part) { slice throws(UnpackingError) in try CarriedDataOpener(slice) }.texts
            case .markupText:
                return OpenedParts(part) { slice throws(UnpackingError) in try MarkupTextOpener(slice) }.texts
            case .compressedRTF:
                return OpenedParts(part) { slice throws(UnpackingError) in CompressedRTFOpener(slice) }.texts
            case .wideText: return OpenedParts(part) { slice throws(UnpackingError) in try WideTextOpener(slice) }.texts
            default:
                return OpenedParts(part) { slice throws(UnpackingError) in
                    try EncodedTextOpener(slice, in: 0..<slice.size, form: sighting.form)
                }.texts
            }
        }
    }

    // MARK: Addresses

    /// What each character of an address is written as.
    private static func written(_ address: String, as reference: (UInt8) -> String) -> String {
        address.utf8.map(reference).joined()
    }

    @Test(arguments: [
        "data:a/b;base64&comma;DATA", "dat&#97;:a/b&semi;base64,DATA", "d\ta\nta:a/b;base64,DATA",
        "  \u{1}data:a/b;base64,DATA",
        "DATA&colon;;base64,DATA", "&#x64&#97ta&#58a/b&#59base64&#44DATA", "d&Tab;ata:,%41&#37;41DATA",
        "&#x0000000000064;ata:a/b;base64,DATA",
    ]) func `an address is read as programs read an attribute`(address: String) throws {
        let digits = Self.base64(width: 1 << 20)[0]
        let value = address.replacingOccurrences(of: ",DATA", with: ",\(digits)")
            .replacingOccurrences(of: ";DATA", with: ";\(digits)").replacingOccurrences(
                of: "44DATA", with: "44\(digits)")
        for quote in ["\"", "'"] {
            let page = "<html><a href = \(quote)\(value)\(quote) title='&#100;'>a</a></html>"
            #expect(
                try Self.decoded(Array(page.utf8)).contains { $0.hasSuffix(Self.payload) || $0.hasPrefix("AA") },
                "\(page)")
        }
    }

    @Test func `an address may be made of references alone, without quotation marks`() throws {
        let address = "data:a/b;base64,\(Self.base64(width: 1 << 20)[0])"
        for page in [
            "<html><img src=\(Self.written(address) { "&#\($0);" })></html>",
            "<html><img src='\(Self.written(address) { "&#x\(String($0, radix: 16));" })'></html>",
        ] { #expect(try Self.decoded(Array(page.utf8)) == [Self.payload]) }
    }

    @Test func `other attributes carry nothing`() throws {
        let page = "<html><a title='d&amp;d' href='&#100;efault.html' data='dates: a, b &amp; c'>data: a, b</a></html>"
        #expect(try Self.decoded(Array(page.utf8)) == [])
    }

    @Test func `a page in a character set with shifts is read as its letters`() throws {
        let digits = Self.base64(width: 40)
        func page(_ encoding: String, _ data: String) -> [UInt8] {
            Array("<?xml version='1.0' encoding='\(encoding)'?><a b='data:a/b;base64,\(data)'/>".utf8)
        }
        let wide = String(digits.joined().flatMap { ["\0", $0] })
        for text in [
            page("ISO-2022-JP", digits.joined(separator: "\u{1B}(B")),
            page("iso-2022-kr", digits.joined(separator: "\u{1B}$)C\u{F}")),
            page("HZ-GB-2312", digits.joined(separator: "~\n")),
            page("UTF-7", "+\(Self.base64(wide, width: 1 << 20)[0].filter { $0 != "=" })-"),
        ] {
            let decoded = try #require(try Self.decoded(text).first { $0.hasPrefix("<?xml") })
            #expect(try Self.decoded(Array(decoded.utf8)) == [Self.payload])
        }
        #expect(try Self.decoded(Array("<?xml version='1.0' encoding='utf-8'?><a>+AAA- ~{</a>".utf8)) == [])
    }

    @Test func `entities of a document are replaced`() throws {
        let digits = Self.base64(width: 1 << 20)[0]
        let (first, second) = (digits.prefix(100), digits.dropFirst(100))
        let text = """
            <!DOCTYPE a [<!ENTITY x "\(first)"> <!ENTITY y '&z;'><!ENTITY z "\(second)"><!ENTITY x "other">]>
            <a b="data:a/b;base64,&x;&y;">&none; &amp;</a>
            """
        let decoded = try #require(try Self.decoded(Array(text.utf8)).first { $0.hasPrefix("<!DOCTYPE") })
        #expect(decoded.contains("&none; &amp;"))
        #expect(try Self.decoded(Array(decoded.utf8)) == [Self.payload])
    }

    @Test func `entities that no reader replaces end`() {
        func end(_ count: Int, _ value: (Int) -> String) -> OpenedParts {
            let names = (0..<count).map { "<!ENTITY e\($0) \"\(value($0))\">" }
            let text = Array("<!DOCTYPE a [\(names.joined())]><a>&e0;</a>".utf8)
            return OpenedParts(text) { slice throws(UnpackingError) in try MarkupTextOpener(slice) }
        }
        #expect(end(20) { $0 < 19 ? String(repeating: "&e\($0 + 1);", count: 50) : "" }.error == nil)
        #expect(end(2) { "&e\(1 - $0);" }.error == nil)
        #expect(end(60) { $0 < 59 ? "&e\($0 + 1);" : "what is last" }.texts[0].contains("<a>what is last</a>"))
        #expect(end(100) { "&e\($0 + 1);" }.error?.code == .tooLarge)
    }

    @Test func `an entity of very many marks is replaced in time`() {
        let text = Array("<!DOCTYPE a [<!ENTITY e \"\(String(repeating: "&", count: 500_000));\">]><a>&e;</a>".utf8)
        let opened = OpenedParts(text) { slice throws(UnpackingError) in try MarkupTextOpener(slice) }
        #expect(opened.error == nil)
    }

    @Test func `the body of a message of Outlook is decoded`() throws {
        let text = Array(Self.payload.utf8)
        let runs = stride(from: 0, to: text.count, by: 8).flatMap { [0] + text[$0..<min(text.count, $0 + 8)] }
        #expect(
            try Self.decoded([UInt8](repeating: 7, count: 8) + Array("LZFu".utf8) + [0, 0, 0, 0] + runs) == [
                Self.payload
            ])
    }

    // MARK: Properties

    @Test func `parameters of a property may be folded, and hold a colon between quotation marks`() throws {
        let digits = Self.base64(width: 60).joined(separator: "\r\n ")
        for name in [
            "ATTACH;ENCODING=BAS\r\n E64;VALUE=BINARY:", "ATTACH;X-A=\"x:y\";ENCODING=BASE64:",
            "PHOTO;ENCODING\r\n\t=B:",
            "PHOTO:data:image/png\\;base64\\,", "PHOTO:data:image/png;bas\r\n e64,", "PHOTO;A=\"b;ENCODING=b:",
        ] {
            let card = Array("BEGIN:VCARD\r\nNOTE:a:b\r\n c\r\n\(name)\(digits)\r\nEND:VCARD\r\n".utf8)
            #expect(try Self.decoded(card).contains(Self.payload), "\(name)")
        }
    }

    @Test func `binary values of LDIF are decoded whatever their lines`() throws {
        for width in [7, 38, 1000] {
            let value = Self.base64(width: width).joined(separator: "\n ")
            let text =
                "# a\nversion: 1\n\ndn: cn=a\njpegPhoto:: \(value)\nsn: b\nobjectGUID:: AAECAwQFBgcICQoLDA0ODw==\n"
            let decoded = try Self.decoded(Array(text.utf8))
            #expect(decoded.contains(Self.payload), "\(width)")
            #expect(!decoded.contains { $0.utf8.count == 16 })
        }
    }

    @Test func `a string of JSON whose name is a media type is a file`() throws {
        let data = String(Self.payload.prefix(57))
        let digits = Self.base64(data)[0]
        #expect(try Self.decoded(Array("{\"data\": {\"image/png\" : \"\(digits)\\n\"}}".utf8)) == [data])
        #expect(try Self.decoded(Array("{\"image\": \"\(digits)\", \"text/plain\": \"a b c\"}".utf8)) == [])
    }

    // MARK: Base64

    @Test func `lines of base64 are found among other bytes`() throws {
        let text = Self.noise + [0, 0x0A] + Array(Self.base64().joined(separator: "\n").utf8) + [0x0A] + Self.noise
        #expect(try Self.decoded(text).contains(Self.payload))
    }

    @Test func `base64 begins behind a key in its first line`() throws {
        let text = "dn: cn=a\njpegPhoto:: " + Self.base64().joined(separator: "\n ") + "\nsn: b\n"
        #expect(try Self.decoded(Array(text.utf8)).contains(Self.payload))
        #expect(try Self.decoded(Array("data: \(Self.base64(width: 4096)[0])".utf8)).contains(Self.payload))
    }

    @Test(arguments: [UInt8(0x20), 0, 0xA8]) func `a damaged line of base64 leaves the next ones alone`(byte: UInt8)
        throws
    {
        var lines = Self.base64().map { Array($0.utf8) }
        lines[1][30] = byte
        let letter = Array("From: a@b\nTo: c@d\nContent-Type: a/b; name=x\nContent-Transfer-Encoding: base64\n\n".utf8)
        let body = Array(lines.joined(separator: [0x0A]))
        for text in [letter + body, Array("begin-base64 644 x\n".utf8) + body + Array("\n====\n".utf8)] {
            #expect(try Self.decoded(text).contains { $0.contains("line 20 of what is hidden\n") })
        }
    }

    @Test func `a long string of base64 is decoded`() throws {
        let digits = Self.base64(width: 1 << 20)[0]
        for text in [
            "{\"encoding\": \"base64\", \"text\": \"\(digits)\"}",
            "{\"a\": \"\(Self.base64().joined(separator: "\\n"))\\n\"}", "eval(atob('\(digits)'))",
            "{\"a\": \"\(digits.replacing("/", with: "\\/"))\"}",
            "{\"a\": \"\(digits.replacing("Z", with: "\\u005a").replacing("=", with: "\\u003D"))\"}",
            "{\"a\": \"data:a/b;base64,\(digits.replacing("Z", with: "\\u005A"))\"}",
            "{\"a\": \"<img src=\\\"data:a/b;base64,\(digits)\\\" alt=\\\"words\\\">\"}",
            "{\"a\": \"<img src=\\u0022data:a/b;base64,\(digits)\\u0022\\u003Ewords\"}",
        ] {
            #expect(try Self.decoded(Array(text.utf8)).contains(Self.payload), "\(text.prefix(60))")
        }
        let hash = String(repeating: "0123456789abcdef", count: 32)
        #expect(try Self.decoded(Array("{\"sum\": \"\(hash)\"}".utf8)) == [])
    }

    // MARK: uuencode

    private static let lines = "M5&AI<R!I<R!A('1E>'0@;V8@9F]R='DM9FEV92!L971T97)S(&%N9\"!M;W)E"

    @Test(arguments: ["begin 6\u{14}4 p", "begin 644?p.bin", "begin 644 p"])
    func `a begin line with a damaged mode is one`(head: String) throws {
        let text = "\(head)\n\(Self.lines)\n`\nend\n"
        #expect(try Array(text.utf8).sightings().map(\.form) == [.uuencode])
    }

    @Test func `prose that begins with begin is no file`() throws {
        for text in ["begin at 10 o'clock\nand end at noon\n", "begin 10th of May\nHello to all\nend\n"] {
            #expect(try Array(text.utf8).sightings() == [])
        }
    }

    @Test func `a damaged first line of uuencode is decoded`() throws {
        var text = Array("begin 644 p\n\(Self.lines)\n\(Self.lines)\n`\nend\n".utf8)
        text[16] = 0
        let parts = OpenedParts(text) { slice throws(UnpackingError) in
            try EncodedTextOpener(slice, in: 0..<slice.size, form: .uuencode)
        }
        #expect(parts.contents.map(\.count).max() == 90)
    }

    // MARK: Letters

    @Test func `a part that names its encoding is found far behind other bytes`() throws {
        let part =
            "Content-Type: a/b; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + Self.base64().joined(separator: "\r\n") + "\r\n"
        #expect(try Self.decoded(Self.noise + [0x0A] + Array(part.utf8)).contains(Self.payload))
        let quoted = "content-transfer-encoding: quoted-printable\n\nh=65llo=\n, all\n"
        #expect(try Self.decoded(Self.noise + [0x0A] + Array(quoted.utf8)).contains { $0.hasPrefix("hello, all") })
    }

    @Test func `a piece of a letter behind other bytes is no letter that is cut`() throws {
        let text = "Content-Type: message/partial; id=a; number=1\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n"
        let parts = OpenedParts(Array(text.utf8)) { slice throws(UnpackingError) in
            try MailOpener(slice, isFound: true)
        }
        #expect(parts.error == nil)
        let alone = OpenedParts(Array(text.utf8)) { slice throws(UnpackingError) in try MailOpener(slice) }
        #expect(alone.error?.code == .truncated)
    }

    @Test func `an attachment of lines is taken with either kind of line ends`() throws {
        func parts(_ encoding: String, _ end: String, name: String = "; name=a.sh") -> [String] {
            let text =
                "From: a@b\nContent-Type: application/x-sh\(name)\nContent-Transfer-Encoding: \(encoding)\n\none\ntwo\n"
            return OpenedParts(Array(text.replacing("\n", with: end).utf8)) { slice throws(UnpackingError) in
                try MailOpener(slice)
            }.texts
        }
        for encoding in ["quoted-printable", "7bit"] {
            for end in ["\n", "\r\n"] {
                for name in ["; name=a.sh", ""] {
                    #expect(parts(encoding, end, name: name).contains { $0.hasPrefix("one\ntwo") })
                    #expect(parts(encoding, end, name: name).contains { $0.hasPrefix("one\r\ntwo") })
                }
            }
        }
    }

    @Test func `a last boundary that is cut ends a part`() throws {
        let text =
            "Content-Type: multipart/mixed; boundary=cut\n\n--cut\nContent-Type: a/b; name=x\n"
            + "Content-Transfer-Encoding: quoted-printable\n\nhello\n--cut-"
        let parts = OpenedParts(Array(text.utf8)) { slice throws(UnpackingError) in try MailOpener(slice) }
        #expect(parts.texts.contains("hello"))
    }

    // MARK: Wide letters

    @Test func `a text of wide letters is a text`() throws {
        let text = Self.base64().joined(separator: "\r\n")
        func wide(_ count: Int, isBig: Bool, mark: Bool) -> [UInt8] {
            let mark: [UInt8] = mark ? (isBig ? [0xFE, 0xFF] : [0xFF, 0xFE]) : []
            let zeros = [UInt8](repeating: 0, count: count - 1)
            let head = count == 4 && !mark.isEmpty ? (isBig ? [0, 0] + mark : mark + [0, 0]) : mark
            return head + text.utf8.flatMap { isBig ? zeros + [$0] : [$0] + zeros }
        }
        for (count, isBig, mark) in [
            (2, true, true), (2, false, false), (2, false, true), (4, true, true), (4, false, false),
        ] {
            #expect(try Self.decoded(wide(count, isBig: isBig, mark: mark)) == [text], "\(count) \(isBig) \(mark)")
        }
        #expect(try Self.noise.sightings() == [])
    }
}

/// Base64 for tests.
private enum Samples64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        stride(from: 0, to: bytes.count, by: 3).flatMap { start -> [UInt8] in
            let group = bytes[start..<min(bytes.count, start + 3)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            let all = [18, 12, 6, 0].map { digits[Int(bits >> UInt32($0)) & 63] }
            return Array(all.prefix(group.count + 1)) + [UInt8](repeating: 0x3D, count: 3 - group.count)
        }
    }
}
