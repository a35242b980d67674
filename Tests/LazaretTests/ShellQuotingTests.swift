import Support
import TestKit
import Testing

@testable import Lazaret

struct ShellQuotingTests {
    private static let texts = [
        "uploads/a.txt", "", " ", "a b", "a'b", "$HOME", "`id`", "a\"b", "a\\b", "!!", "*", "~", "-x", "a;b", "#", "ü",
        "日本", "a\nb", "\u{1}", "\u{7F}", "it's\u{1B}[31m\\", "\u{202E}evil", "a\tb'c\\d",
    ]

    @Test(arguments: texts)
    func `bash reads the text back and the quoted form is safe on a terminal`(text: String) throws {
        let word = shellQuoted(text)
        #expect(printable(word) == word)
        #expect(try Tool.run(["bash", "-c", "printf %s \(word)"]).output == Array(text.utf8))
    }

    @Test func `a plain text is not quoted`() {
        #expect(shellQuoted("uploads/2026-11-21/a_b.txt") == "uploads/2026-11-21/a_b.txt")
    }
}
