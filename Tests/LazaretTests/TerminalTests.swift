import Domain
import Intake
import Support
import Testing
import Worker

@testable import Lazaret

struct PrintableTests {
    @Test(arguments: [
        ("a\nb", #"a\u{a}b"#), ("a\r\nb", #"a\u{d}\u{a}b"#), ("\u{1B}[31mred", #"\u{1b}[31mred"#),
        ("bell\u{7}", #"bell\u{7}"#), ("del\u{7F}", #"del\u{7f}"#), ("c1\u{9B}", #"c1\u{9b}"#),
        ("\u{202E}gnp.exe", #"\u{202e}gnp.exe"#), ("a\u{2066}b", #"a\u{2066}b"#), ("a\u{200B}b", #"a\u{200b}b"#),
        ("line\u{2028}end", #"line\u{2028}end"#), ("own\u{E000}", #"own\u{e000}"#), ("tab\t", #"tab\u{9}"#),
    ])
    func `a character that is unsafe on a terminal is escaped`(_ text: String, _ safe: String) {
        #expect(printable(text) == safe)
    }

    @Test(arguments: ["", "plain", "a b", "Grüße/naïve.pdf", "e\u{301}", "日本語", "שלום", "😀👍🏽", #"back\slash "quoted""#])
    func `ordinary text is unchanged`(_ text: String) {
        #expect(printable(text).unicodeScalars.elementsEqual(text.unicodeScalars))
    }
}

struct TableTests {
    @Test func `a column is as wide as its widest cell`() {
        var table = Table("JOB", "VERDICT", "OBJECT")
        table.add("1", "unscannable", "s3://b/k")
        table.add("22222", "-", "")
        let text = table.takeText()
        #expect(
            text == """
                JOB    VERDICT      OBJECT
                1      unscannable  s3://b/k
                22222  -
                """)
    }

    @Test func `a line break in a cell does not break its row`() {
        var table = Table("A", "B")
        table.add("x\ny", "z")
        let text = table.takeText()
        #expect(text == "A        B\n" + #"x\u{a}y  z"#)
    }

    @Test func `a table without rows has only its headings`() {
        var table = Table("A", "B")
        let text = table.takeText()
        #expect(text == "A  B")
    }

    @Test func `a table taken in parts has its headings once and columns that only grow`() {
        var table = Table("A", "B")
        table.add("one", "1")
        var parts = [table.takeText()]
        for name in ["2", "longer"] {
            table.add(name, "3")
            parts.append(table.takeText())
        }
        #expect(parts == ["A    B\none  1", "2    3", "longer  3"])
    }
}

struct StatusLineTests {
    @Test func `the line of a worker without work has only zeros`() {
        let text = StatusLine.text(Progress().counts, elapsed: .zero)
        #expect(text == "0 running  0 done  0/s  0 B")
    }

    @Test func `the line shows only the counts above zero`() {
        var counts = Progress().counts
        counts.runningIn = [.live: 3]
        counts.settled = 40
        counts.bytes = 5 << 20
        counts.verdicts = [.infected: 1, .clean: 39]
        counts.otherOutcomes = [.gone: 2]
        counts.retries = 4
        counts.unreadable = 1
        #expect(
            StatusLine.text(counts, elapsed: .seconds(4))
                == "3 running  42 done  clean 39  infected 1  gone 2  retries 4  unreadable 1  11/s  5.0 MiB")
    }

    @Test(arguments: [
        (40, "12 running  42 done  infected 1  gone 23"), (39, "12 running  42 done  infected 1"),
        (31, "12 running  42 done  infected 1"), (30, "12 running  42 done"),
        (19, "12 running  42 done"), (18, "12 running"), (4, "12 r"),
    ])
    func `a narrow terminal shows whole parts only`(width: Int, expected: String) {
        #expect(StatusLine.fitted("12 running  42 done  infected 1  gone 23", width: width) == expected)
    }

    @Test func `a terminal without a type and a dumb one are not supported`() {
        // Whether the tests' own standard error is a terminal does not matter.
        for environment in [[:], ["TERM": ""], ["TERM": "dumb"]] {
            #expect(!StatusLine.isSupported(environment: environment))
        }
    }
}

struct HumanBytesTests {
    @Test(
        arguments: [
            (0, "0 B"), (1, "1 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (1 << 20, "1.0 MiB"),
            (3_565_158, "3.4 MiB"), (1 << 30, "1.0 GiB"), (5 << 40, "5.0 TiB"), (5000 << 40, "5000.0 TiB"),
        ] as [(Int64, String)])
    func `a number of bytes has one decimal`(_ bytes: Int64, _ text: String) {
        #expect(humanBytes(bytes) == text)
    }

    @Test(arguments: [(0, "0.0"), (0.04, "0.0"), (0.05, "0.1"), (1.96, "2.0"), (12.34, "12.3")] as [(Double, String)])
    func `tenths are rounded`(_ value: Double, _ text: String) { #expect(tenths(value) == text) }
}

/// Log lines as plain text for a terminal.
struct TerminalLogTests {
    private func plain(_ message: String, _ fields: @escaping (inout JSONWriter) -> Void = { _ in }) -> String {
        let written = Locked<[UInt8]>([])
        Log { line in written.withLock { $0 = line } }(.warning, message, fields)
        return String(plainText(ofLogLine: written.withLock { $0 }).dropFirst("08:09:10 ".count))
    }

    @Test func `a line has time, level, message and fields`() {
        let line = Array(
            #"{"timestamp":"2026-11-21T08:09:10.123Z","level":"error","message":"it failed","n":1,"is":true}"#.utf8)
        #expect(plainText(ofLogLine: line + [0x0A]) == "08:09:10 error: it failed  n=1 is=true")
    }

    @Test func `a line without fields ends after the message`() { #expect(plain("alone") == "warning: alone") }

    @Test func `punctuation in a value starts no field`() {
        let text = plain("odd") { json in
            json.field("key", #"a",b:{c}]\"#)
            json.field("findings", ["signature:X", "limit:Y, Z"])
            json.object("place") { $0.field("bucket", "b") }
        }
        #expect(
            text == #"warning: odd  key="a\",b:{c}]\\" findings=["signature:X","limit:Y, Z"] place={"bucket":"b"}"#)
    }

    @Test func `a character that is unsafe on a terminal is escaped`() {
        let text = plain("odd") { $0.field("key", "\u{1B}[2J\u{202E}x") }
        #expect(!text.unicodeScalars.contains("\u{1B}") && !text.unicodeScalars.contains("\u{202E}"))
        #expect(text.contains(#"\u202ex"#))
    }
}
