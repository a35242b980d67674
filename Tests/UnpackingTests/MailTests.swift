import Testing
import Unpacking

/// What is taken out of letters.
@Suite(.timeLimit(.minutes(1))) struct MailTests {
    private static func opened(_ text: String) -> OpenedParts {
        OpenedParts(Array(text.utf8)) { slice throws(UnpackingError) in try MailOpener(slice) }
    }

    private static func letter(
        _ body: String, boundary: String = "cut", kind: String = "mixed", head: String = "From: a@b\nTo: c@d\n"
    ) -> String {
        "\(head)Content-Type: multipart/\(kind); boundary=\(boundary)\n\n\(body)"
    }

    private static let part = "--cut\nContent-Type: image/png; name=a\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n"
    private static let quoted =
        "--cut\nContent-Type: image/png; name=a\nContent-Transfer-Encoding: quoted-printable\n\nh=65llo\n"

    @Test(arguments: ["mixed", "signed", "parallel", "encrypted", "x-unheard-of"])
    func `a part of any multipart is taken once`(kind: String) {
        let parts = Self.opened(Self.letter("--cut\n\ntext\n\(Self.part)--cut--\n", kind: kind))
        #expect(parts.texts == ["text", "hello"])
        #expect(parts.error == nil)
    }

    @Test(arguments: [
        "x; boundary=cut", "cut; boundary=x", "CUT", "\"cut  \"", "cut (a comment)", "x; boundary*0=cu; boundary*1=t",
        "",
        "'cut'", "cu", "cuttt",
    ])
    func `a part is taken whichever boundary holds`(boundary: String) {
        let parts = Self.opened(Self.letter("--cut\n\ntext\n\(Self.quoted)--cut--\n", boundary: boundary))
        #expect(parts.texts.contains("hello"))
    }

    @Test(arguments: [
        "BASE64", "base-64", "\"base64\"", "(a) base64", "7bit\nContent-Transfer-Encoding: base64", "\n base64",
        "base64\nContent-Transfer-Encoding: 7bit",
    ])
    func `an encoding is read however it is written`(encoding: String) {
        let part = Self.part.replacing("Encoding: base64", with: "Encoding: \(encoding)")
        #expect(Self.opened(Self.letter("\(part)--cut--\n")).texts.contains("hello"))
    }

    @Test(arguments: ["\n", "\r\n", "\r"]) func `a line ends in any way`(end: String) {
        let text = Self.letter("--cut\n\ntext\n\(Self.quoted)--cut--\n").replacing("\n", with: end)
        #expect(Self.opened(text).texts.contains("hello"))
    }

    /// Programs that put a letter together end its head's lines in CR LF, and those of what they encoded in LF.
    @Test(arguments: ["aGVsbG9v", "h=65lloo"]) func `the lines of one letter end in different ways`(_ body: String) {
        let part =
            body.contains("=")
            ? Self.quoted.replacing("h=65llo", with: body) : Self.part.replacing("aGVsbG8=", with: body)
        let text = Self.letter("\(part)\(part)--cut--\n").replacing("\n", with: "\r\n").replacing(
            "\(body)\r\n", with: "\(body)\n")
        let parts = Self.opened(text)
        #expect(Set(parts.texts) == ["helloo"])
        #expect(parts.error == nil)
    }

    @Test func `a part without a blank line is taken`() {
        let text = Self.letter(Self.quoted.replacing("printable\n\n", with: "printable\n") + "--cut--\n")
        #expect(Self.opened(text).texts.contains("hello"))
    }

    @Test func `all letters of a mailbox are opened`() {
        let letters = (1...3).map { "From a@b Tue Nov 14 22:13:20 2023\nFrom: a@b\nSubject: x\n\nletter \($0)\n" }
        let texts = Self.opened(letters.joined(separator: "\n")).texts
        #expect(texts.map { $0.prefix(8) } == ["letter 1", "letter 2", "letter 3"])
    }

    @Test func `a letter in letters is one part, whatever the depth`() {
        var text = Self.letter("\(Self.quoted)--cut--\n")
        for _ in 0..<50 { text = "From: a@b\nContent-Type: message/rfc822\n\n\(text)" }
        #expect(Self.opened(text).texts.contains("hello"))
    }

    @Test func `letters quoted in letters are no parts of their own`() {
        var text = "words\n"
        for level in 0..<40 { text = "From: \(level)@b\nSubject: again\n\n\(text)" }
        #expect(Self.opened(text).contents.isEmpty)
    }

    @Test func `one of several parts of a letter is an error`() {
        let text = "From: a@b\nContent-Type: message/partial; id=1; number=1; total=2\n\nSubject: x\n\nhe"
        #expect(Self.opened(text).error?.code == .truncated)
        let whole = text.replacing("total=2", with: "total=1")
        #expect(Self.opened(whole).error == nil)
    }

    static let mail = [
        "Content-Type: text/plain\n\nwords", "From: a@b\nTo: c@d\n\nwords", "junk\n\nMIME-Version: 1.0\n\nwords",
        "\u{FEFF}Subject: a\nDate: today\n\nwords", "content-transfer-encoding : base64\n\n",
    ]

    @Test(arguments: mail) func `a letter is recognised by its fields`(text: String) throws {
        #expect(try Array(text.utf8).sightings().map(\.form) == [.mail])
    }

    static let noMail = [
        "To: be or not to be", "def f():\n    '''From: a@b\n    '''\n", "\"Content-Type: text/plain\\n\"\n",
        "{\"from\": 1}",
        "key: value\nother: value\n",
    ]

    @Test(arguments: noMail) func `a text with a colon is no letter`(text: String) throws {
        #expect(try Array(text.utf8).sightings() == [])
    }

    @Test(arguments: ["\n", "\r\n", "\r"]) func `the engine reads no letter of thousands of boundaries`(end: String) {
        for (count, isBeyond) in [(1999, false), (2001, true)] {
            let file = MemoryFile(Array(String(repeating: "a--b\(end)--x\(end)", count: count).utf8))
            let layer = FileSlice(descriptor: file.descriptor, start: 0, size: file.size)
            #expect(LetterSize.isBeyondEngine(layer) == isBeyond)
        }
    }

    @Test func `a letter of many parts is read in time`() throws {
        let start = ContinuousClock.now
        let parts = Self.opened(Self.letter(String(repeating: "--cut\n\na\n", count: 90_000) + "--cut--\n"))
        #expect(parts.error?.code == .tooLarge)
        let dashes = Self.opened(Self.letter(String(repeating: "--\n", count: 300_000)))
        #expect(dashes.error == nil)
        #expect(ContinuousClock.now - start < .seconds(30))
    }
}
