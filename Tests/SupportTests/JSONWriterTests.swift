import Foundation
import Support
import Testing

struct JSONWriterTests {
    private func text(keepingNulls: Bool = false, _ fill: (inout JSONWriter) -> Void) -> String {
        String(decoding: JSONWriter.object(keepingNulls: keepingNulls, fill), as: UTF8.self)
    }

    @Test func `fields are written in the order given`() {
        let line = text { json in
            json.field("z", "text")
            json.field("a", -7)
            json.field("wide", UInt64.max)
            json.field("half", 0.5)
            json.field("yes", true)
            json.field("list", ["x", "y"])
            json.field("empty", [])
        }
        #expect(
            line
                == #"{"z":"text","a":-7,"wide":18446744073709551615,"half":0.5,"yes":true,"list":["x","y"],"empty":[]}"#
        )
    }

    @Test func `an object without fields is still an object`() { #expect(text { _ in } == "{}") }

    @Test(arguments: [(false, #"{"last":1}"#), (true, #"{"s":null,"i":null,"d":null,"b":null,"last":1}"#)])
    func `a missing value is left out or written as null`(_ isKept: Bool, _ expected: String) {
        let line = text(keepingNulls: isKept) { json in
            json.field("s", nil as String?)
            json.field("i", nil as Int?)
            json.field("d", nil as Double?)
            json.field("b", nil as Bool?)
            json.field("last", 1)
        }
        #expect(line == expected)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func `a number that JSON cannot represent is null`(_ number: Double) {
        #expect(text(keepingNulls: true) { $0.field("n", number) } == #"{"n":null}"#)
        #expect(text { $0.field("n", number) } == "{}")
    }

    @Test func `objects nest, with commas only between fields`() {
        let line = text(keepingNulls: true) { json in
            json.object("none") { _ in }
            json.object("one") { json in
                json.object("two") { $0.field("deep", 1) }
                json.field("after", nil as Int?)
            }
            json.objects("rows", [1, 2]) { number, json in
                json.field("n", number)
                json.field("m", number * 2)
            }
            json.objects("noRows", [Int]()) { _, _ in }
            json.field("end", false)
        }
        #expect(
            line
                == #"{"none":{},"one":{"two":{"deep":1},"after":null},"rows":[{"n":1,"m":2},{"n":2,"m":4}],"noRows":[],"#
                + #""end":false}"#)
    }

    @Test(arguments: [
        ("\"", #"\""#), ("\\", #"\\"#), ("\n", #"\n"#), ("\r", #"\r"#), ("\t", #"\t"#), ("\u{0}", #"\u0000"#),
        ("\u{1B}", #"\u001b"#), ("\u{7F}", #"\u007f"#), ("é🦠/", "é🦠/"), ("e\u{301}中", "e\u{301}中"),
        // What a terminal may obey (CSI in one character), and what hides or turns letters.
        ("\u{9B}", #"\u009b"#), ("\u{202E}", #"\u202e"#), ("\u{2028}", #"\u2028"#), ("\u{200B}", #"\u200b"#),
        ("\u{E000}", #"\ue000"#), ("\u{E0041}", #"\udb40\udc41"#),
    ])
    func `a character is escaped if it must be, or would not be shown`(_ character: String, _ escaped: String) {
        #expect(text { $0.field(character, [character]) } == "{\"\(escaped)\":[\"\(escaped)\"]}")
    }

    @Test func `another JSON decoder reads every character back`() throws {
        let scalars =
            (0...0x7FF).compactMap(Unicode.Scalar.init)
            + ["\u{202E}", "\u{E0041}", "\u{FFFD}", "\u{10FFFF}", "🦠"]
        let original = String(String.UnicodeScalarView(scalars))
        let line = JSONWriter.object { $0.field("text", original) }
        let read = try JSONDecoder().decode([String: String].self, from: Data(line))
        #expect(Array((read["text"] ?? "").utf8) == Array(original.utf8))
    }

    @Test func `a text that a database keeps is written as in every version`() {
        let text = String(decoding: JSONWriter.stored { $0.field("a", "\u{202E}é\u{9B}\u{1B}\"") }, as: UTF8.self)
        #expect(text == "{\"a\":\"\u{202E}é\u{9B}\\u001b\\\"\"}")
    }

    @Test func `a digit is lowercase hexadecimal`() {
        #expect(String(decoding: (0..<16).map(hexadecimalDigit), as: UTF8.self) == "0123456789abcdef")
    }
}
