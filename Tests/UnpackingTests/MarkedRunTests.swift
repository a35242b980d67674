import Foundation
import Testing

@testable import Unpacking

/// Base64 that begins with a magic number, whatever stands around it in a text.
@Suite(.timeLimit(.minutes(1))) struct MarkedRunTests {
    /// A plausible header of gzip, and bytes that make digits of all kinds.
    private static let file = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + noise(230)
    private static let digits = Data(file).base64EncodedString()

    private static func noise(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* $0 &* 31) ^ ($0 &* 197)) }
    }

    private static func parts(_ text: String) -> [[UInt8]] {
        OpenedParts(Array(text.utf8)) { slice throws(UnpackingError) in try CarriedDataOpener(slice) }.contents
    }

    @Test(arguments: [
        "1,", "1\t", "a: {b: ", "a|", "u:", "a;b=", "x^", "BIN*", "UNO+x+", "f(", "[", "[[", "{", "@", "#", "$", "%",
        "&",
        "!", "x.", "x-", "x_", "a/", "\\", "`", "<a>", "\"", "'", "{\"a\": \"b\\n", "a%3D", "\\u0022", "//", "a\r\n ",
    ]) func `a file in base64 is found behind any delimiter`(before: String) {
        for end in [",2\n", " x", "\t", "|", "\"", "'", "`", ")", "]]", "", ",\n", "~", ";x", "&b=2"] {
            #expect(Self.parts("words\n\(before)\(Self.digits)\(end)").contains(Self.file), "\(before) \(end)")
        }
    }

    @Test func `digits may be those of addresses, escaped, and without padding`() throws {
        let url = Self.digits.replacing("+", with: "-").replacing("/", with: "_")
        try #require(url != Self.digits)
        let percent = Self.digits.replacing("+", with: "%2B").replacing("/", with: "%2F").replacing("=", with: "%3D")
        for digits in [
            url, url.replacing("=", with: ""), percent, Self.digits.replacing("/", with: "\\/"),
            Self.digits.replacing("+", with: "\\u002B"), Self.digits.replacing("+", with: "&#43;"),
        ] {
            #expect(Self.parts("{\"raw\": \"\(digits)\"}") == [Self.file], "\(digits)")
            #expect(Self.parts("a=1&file=\(digits)&b=2") == [Self.file], "\(digits)")
        }
        // In a long string the first such digit may stand far behind its start.
        let file = Array(String(repeating: "foo", count: 67).utf8) + [0xFF, 0xFF, 0xFF] + Self.noise(50)
        let long = Data(file).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
        #expect(Self.parts("{\"raw\": \"\(long)\"}") == [file])
    }

    @Test(arguments: [
        (64, "\n//", "//"), (64, "\", \"", "[\""), (64, "' +\n  '", "a = '"), (60, "\\.br\\", "OBX|1|ED|x||^"),
        (4, " ", ""), (10, "\n", "a: "), (10, "\r\n", ""), (8, " ", "x "), (64, "\\n", "\""),
        (64, "\n// ", "// "), (64, "\" + \"", "\""), (16, "\",\n\"", "\""),
    ]) func `pieces of one length are one file`(width: Int, separator: String, before: String) {
        let digits = Array(Self.digits)
        for characters in [digits, digits.filter { $0 != "=" }] {
            let pieces = stride(from: 0, to: characters.count, by: width).map {
                String(characters[$0..<min(characters.count, $0 + width)])
            }
            guard width % 4 == 0 || separator.allSatisfy(\.isNewline) else { continue }
            let text = "words\n\(before)\(pieces.joined(separator: separator))\"\n"
            #expect(Self.parts(text).contains { $0.starts(with: Self.file.dropLast(2)) }, "\(text)")
        }
    }

    @Test func `files of a table are parts of their own`() {
        let row = "1,\(Self.digits),\(Self.digits),x\n"
        #expect(Self.parts("a,b,c,d\n" + row + row) == Array(repeating: Self.file, count: 4))
    }

    @Test func `a stream of zlib may stand behind its length`() {
        let stream: [UInt8] = [0x78, 0xDA] + [0x4B] + Self.noise(60)
        let digits = Data([0, 0, 1, 0x6A] + stream).base64EncodedString()
        #expect(Self.parts("<a b=\"1\" ImageData=\"\(digits)\"/>") == [stream])
    }

    @Test func `other words are none`() {
        let token =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0."
            + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
        for text in [
            "token,\(token),x", "sha512-\(Data(Self.noise(64)).base64EncodedString()) x",
            "See UEsDBBQ and H4sIAAAA here.",
            "magic: TVqQAAMAAAAEAAAA//8AALgAAAA, JVBERi0xLj, UEsDBBQAAAAIA, H4sIAAAAAAAA; N3q8ryccAAQ",
            "{\"mappings\": \"AAAAA,SAASA,CAAC,GAAG;AAAA,QAAM,OAAO\"}",
            "<path d=\"M0 0h24v24H0z/TdQlp0M8e1xUmF\"/>",
            "H4sIAAAAAAAA" + String(repeating: "/\u{E9}", count: 40),
            "TVqQ the next four words make no file of any kind",
            "UEsD word that list ends with more than some four case", "aUEsDBBQ\(Self.digits)",
        ] { #expect(Self.parts(text) == [], "\(text)") }
    }

    @Test func `lines of a letter are left to its reader`() {
        let lines = Data(Self.file + Self.noise(500)).base64EncodedString(options: .lineLength76Characters)
        #expect(Self.parts("words\n\n\(lines)\r\n") == [])
    }
}
