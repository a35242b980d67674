import Domain
import Testing

@testable import Lazaret

struct ArgumentsTests {
    private static let command = Command(
        words: ["try"], abstract: "Tries.", operands: "PATH...",
        flags: [
            Flag("queue", "URL", "the queue"), Flag("until-idle", "SECONDS", "ends"),
            Flag("limit", "N", "at most", fallback: "100"), Flag("verdict", "V", "which"), Flag("json", "as JSON"),
        ]
    ) { _ in }
    private static let bare = Command(words: ["bare"], abstract: "Takes nothing.", operands: nil, flags: []) { _ in }

    private func parse(
        _ words: [String], _ environment: [String: String] = [:], of command: Command = command
    ) throws -> Arguments {
        try Arguments(parsing: words, of: command, environment: environment)
    }

    /// Requires that `body` throws a usage error with these lines.
    private func expectUsage(_ lines: String..., body: () throws -> Void) {
        let failure = #expect(throws: CommandFailure.self) { try body() }
        #expect(failure?.status == .usage)
        #expect(failure?.lines == lines)
    }

    @Test(arguments: [
        ["--queue", "u", "a", "b"], ["--queue=u", "a", "b"], ["a", "--queue", "u", "b"], ["a", "b", "--queue=u"],
        ["--queue", "other", "--queue", "u", "a", "b"], ["--queue", "u", "--", "a", "b"],
    ])
    func `a flag may come before or after the operands in either form`(_ words: [String]) throws {
        let arguments = try parse(words)
        #expect(arguments.text("queue") == "u")
        #expect(arguments.operands == ["a", "b"])
    }

    @Test func `a value may hold equals signs and dashes`() throws {
        #expect(try parse(["--queue=http://h/?a=b"]).text("queue") == "http://h/?a=b")
        #expect(try parse(["--queue=--json"]).text("queue") == "--json")
        #expect(try parse(["--queue", "-"]).text("queue") == "-")
        #expect(try parse(["--queue=--json"]).isSet("json") == false)
    }

    @Test func `after two dashes everything is an operand`() throws {
        let arguments = try parse(["--", "--json", "--nonsense", "--"])
        #expect(arguments.operands == ["--json", "--nonsense", "--"])
        #expect(!arguments.isSet("json"))
    }

    @Test func `a single dash is an operand`() throws { #expect(try parse(["-"]).operands == ["-"]) }

    @Test(arguments: ["--frobnicate", "-q", "-queue", "---queue", "--frobnicate=1", "--QUEUE"])
    func `an unknown flag is reported by name`(_ word: String) {
        let name = word.split(separator: "=")[0]
        expectUsage("`lazaret try` has no flag '\(name)'; `lazaret try --help` lists them") { _ = try parse([word]) }
    }

    @Test(arguments: [["--queue"], ["a", "--queue"], ["--queue", "--json"], ["--queue", "--"]])
    func `a missing value is reported with its placeholder`(_ words: [String]) {
        expectUsage("--queue needs a value: URL") { _ = try parse(words) }
    }

    @Test func `a switch takes no value`() throws {
        expectUsage("--json takes no value") { _ = try parse(["--json=true"]) }
        let arguments = try parse(["--json", "true"])
        #expect(arguments.isSet("json") && arguments.operands == ["true"])
    }

    @Test func `an unexpected operand is reported without the secrets of a URL`() throws {
        expectUsage("unexpected argument 'x' for `lazaret bare`") { _ = try parse(["x"], of: Self.bare) }
        expectUsage("unexpected argument '--y' for `lazaret bare`") { _ = try parse(["--", "--y"], of: Self.bare) }
        expectUsage("unexpected argument 'postgres://…' for `lazaret bare`") {
            _ = try parse(["postgres://u:p@h/d"], of: Self.bare)
        }
    }

    @Test func `a flag can be set by its environment variable`() throws {
        let environment = ["LAZARET_UNTIL_IDLE": "5", "LAZARET_LIMIT": "7", "LAZARET_NONSENSE": "1", "QUEUE": "no"]
        let arguments = try parse([], environment)
        #expect(try arguments.seconds("until-idle") == .seconds(5))
        #expect(try arguments.integer("limit", in: 1...10) == 7)
        #expect(arguments.text("queue") == nil)
    }

    @Test func `a flag takes precedence over its variable`() throws {
        let arguments = try parse(["--until-idle", "2"], ["LAZARET_UNTIL_IDLE": "5"])
        #expect(try arguments.seconds("until-idle") == .seconds(2))
    }

    @Test func `an empty variable counts as unset`() throws {
        #expect(try parse([], ["LAZARET_LIMIT": ""]).integer("limit", in: 1...200) == 100)
    }

    @Test(arguments: [("1", true), ("true", true), ("yes", true), ("0", false), ("FALSE", false), ("no", false)])
    func `a switch can be set by its variable`(_ value: String, _ isSet: Bool) throws {
        #expect(try parse([], ["LAZARET_JSON": value]).isSet("json") == isSet)
    }

    @Test(arguments: [[], ["--queue="]])
    func `a missing required flag is reported with its variable`(_ words: [String]) {
        expectUsage("`lazaret try` needs --queue URL (or LAZARET_QUEUE): the queue") {
            _ = try parse(words).required("queue")
        }
    }

    @Test(arguments: ["0", "-1", "201", "ten", "1.5", "", " 1", "99999999999999999999"])
    func `a number out of range is refused with the range`(_ text: String) {
        expectUsage("--limit takes a whole number from 1 to 200, not '\(text)'") {
            _ = try parse(["--limit=\(text)"]).integer("limit", in: 1...200)
        }
    }

    @Test(arguments: [1, 200]) func `both ends of a range are accepted`(_ number: Int) throws {
        #expect(try parse(["--limit=\(number)"]).integer("limit", in: 1...200) == number)
    }

    @Test func `a wrong value of a variable is reported with the variable's name`() {
        let environment = ["LAZARET_LIMIT": "many", "LAZARET_UNTIL_IDLE": "soon", "LAZARET_VERDICT": "fine"]
        expectUsage("LAZARET_LIMIT takes a whole number from 1 to 9, not 'many'") {
            _ = try parse([], environment).integer("limit", in: 1...9)
        }
        expectUsage("LAZARET_UNTIL_IDLE takes seconds above 0, not 'soon'") {
            _ = try parse([], environment).seconds("until-idle")
        }
        expectUsage("LAZARET_VERDICT takes one of clean, rejected, unscannable, infected, not 'fine'") {
            _ = try parse([], environment).choice("verdict", of: Verdict.self)
        }
        expectUsage("--limit takes a whole number from 1 to 9, not 'x'") {
            _ = try parse(["--limit", "x"], environment).integer("limit", in: 1...9)
        }
    }

    @Test(arguments: [
        ("5", Duration.seconds(5)), ("2.5", .milliseconds(2500)), ("30s", .seconds(30)), ("1e1", .seconds(10)),
    ])
    func `seconds are accepted with and without the unit`(_ text: String, _ duration: Duration) throws {
        #expect(try parse(["--until-idle", text]).seconds("until-idle") == duration)
    }

    @Test(arguments: ["0", "-1", "s", "5m", "inf", "nan", "1e300", ""])
    func `seconds out of range are refused`(_ text: String) {
        expectUsage("--until-idle takes seconds above 0, not '\(text)'") {
            _ = try parse(["--until-idle=\(text)"]).seconds("until-idle")
        }
    }

    @Test(arguments: Verdict.allCases) func `every choice is accepted`(_ verdict: Verdict) throws {
        #expect(try parse(["--verdict", verdict.rawValue]).choice("verdict", of: Verdict.self) == verdict)
    }

    @Test func `an unknown choice is refused with the known ones`() {
        expectUsage("--verdict takes one of clean, rejected, unscannable, infected, not 'Clean'") {
            _ = try parse(["--verdict", "Clean"]).choice("verdict", of: Verdict.self)
        }
    }

    @Test(arguments: ["", "Filtered", "both", "verified", "whole,filtered"])
    func `an unknown way of matching is refused with the known ones`(_ mode: String) {
        expectUsage("--matching takes whole or filtered, not '\(mode)'") {
            _ = try parse(["--matching=\(mode)"], of: ScanCommand.command).patternMatching()
        }
    }

    @Test(arguments: ["%", "-1", "100.1%", "101", "nan", "inf", "1 %", "half"])
    func `a share that is no percentage is refused`(_ share: String) {
        expectUsage("--verify-matching takes a percentage from 0 to 100, not '\(share)'") {
            _ = try parse(["--verify-matching=\(share)"], of: ScanCommand.command).share("verify-matching")
        }
    }

    @Test(arguments: [("0", 0.0), ("0%", 0.0), ("12.5", 0.125), ("50%", 0.5), ("100%", 1.0)])
    func `a share is accepted with and without the sign`(_ text: String, _ share: Double) throws {
        let words = ["--matching", "filtered", "--verify-matching", text]
        #expect(try parse(words, of: ScanCommand.command).verifiedShare() == share)
    }

    @Test func `without a filter there is nothing to verify`() throws {
        #expect(try parse([], of: ScanCommand.command).verifiedShare() == 0)
        expectUsage("--verify-matching needs --matching filtered") {
            _ = try parse(["--verify-matching", "1%"], of: ScanCommand.command).verifiedShare()
        }
    }
}
