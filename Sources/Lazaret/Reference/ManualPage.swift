/// A manual page of section 1, in mdoc(7).
struct ManualPage {
    /// The page's name, and that of its file without the section: `lazaret-jobs-list`.
    let name: String
    let text: String

    /// The page of one command.
    init(_ command: Command) {
        name = Self.name(of: command)
        var page = Roff(title: name, summary: command.abstract)
        page.section("SYNOPSIS")
        page.line("Nm", "lazaret", command.name)
        if !command.flags.isEmpty { page.macro("Op Ar flags") }
        if let operands = command.operands { page.line("Ar", operands) }
        page.section("DESCRIPTION")
        page.text(command.abstract)
        if !command.flags.isEmpty {
            page.macro("Pp")
            page.text("The flags:")
            page.macro("Bl -tag -width Ds")
            for flag in command.flags { page.item(flag) }
            page.macro("El")
            page.section("ENVIRONMENT")
            page.text("Each flag can also be set by a variable; the flag takes precedence.")
            page.text("The name is")
            page.line("Ev", "LAZARET_")
            page.text("and the flag's in capitals, with an underscore for each hyphen:")
            page.line("Ev", command.flags[0].variable)
            page.text("is that of")
            page.line("Fl", "-\(command.flags[0].name)", after: " .")
        }
        page.exitStatus()
        page.section("SEE ALSO")
        page.macro("Xr lazaret 1")
        text = page.source
    }

    /// The page `lazaret`, which lists the commands.
    init(overviewOf commands: [Command]) {
        name = "lazaret"
        var page = Roff(title: name, summary: "a quarantine station for S3 uploads")
        page.section("SYNOPSIS")
        page.line("Nm", "lazaret")
        page.macro("Ar command")
        page.macro("Op Ar flags")
        page.macro("Op Ar operands")
        page.section("DESCRIPTION")
        page.text("A worker receives the events of uploads from an SQS queue and reads each new object.")
        page.text("It detects the object's type and scans it in a sandbox.")
        page.text(
            "Clean objects move to their permanent place; the others are quarantined or deleted, as the rules say.")
        page.text("Every outcome is recorded with its evidence.")
        page.macro("Pp")
        page.text("The commands, each with a page of its own:")
        page.macro("Bl -tag -width Ds")
        for command in commands {
            page.macro("It Xr \(Self.name(of: command)) 1")
            page.text(command.abstract)
        }
        page.macro("El")
        page.section("ENVIRONMENT")
        page.text("Each flag has a variable, as the page of its command says.")
        page.text("Credentials, region and endpoints are found as by the tools of AWS:")
        for variable in ["AWS_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"] { page.line("Ev", variable) }
        page.text("and others.")
        page.text("Scanners unpack under")
        page.line("Ev", "TMPDIR", after: " .")
        page.section("FILES")
        page.macro("Bl -tag -width Ds")
        for (path, what) in [
            ("/var/lib/clamav", "signatures, unless --signatures names another folder"),
            ("pipelines", "the rules, unless --pipelines names another folder"),
            ("lazaret.db", "the ledger, unless --ledger names another one"),
        ] {
            page.line("It Pa", path)
            page.text("\(what).")
        }
        page.macro("El")
        page.exitStatus()
        text = page.source
    }

    private static func name(of command: Command) -> String {
        (["lazaret"] + command.words).joined(separator: "-")
    }
}

/// The source of a page.
private struct Roff {
    private(set) var source: String

    /// - Parameter summary: its first sentence is the page's in lists of pages.
    init(title: String, summary: String) {
        source = """
            .\\" Made by `lazaret manual`.
            .Dd \(Lazaret.versionDate)
            .Dt \(title.uppercased()) 1
            .Os lazaret \(Lazaret.version)
            .Sh NAME
            .Nm \(title)

            """
        let sentence = summary.firstRange(of: ". ").map { summary[..<$0.lowerBound] } ?? summary[...]
        let start = sentence.prefix(1).lowercased() + sentence.dropFirst()
        line("Nd", start.hasSuffix(".") ? String(start.dropLast()) : start)
    }

    mutating func section(_ name: String) { macro("Sh \(name)") }

    /// - Parameter words: what stands behind the dot, with nothing in it that needs to be escaped.
    mutating func macro(_ words: String) { source += ".\(words)\n" }

    /// A macro with arguments that are text.
    mutating func line(_ name: String, _ arguments: String..., after end: String = "") {
        // A word that is a macro's name would be called.
        let words = arguments.joined(separator: " ").split(separator: " ").map { Self.word(String($0)) }
        macro("\(name) \(words.joined(separator: " "))\(end)")
    }

    mutating func text(_ text: String) {
        for line in Self.lines(text) {
            source += (line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" : "") + line + "\n"
        }
    }

    mutating func item(_ flag: Flag) {
        var words = "It Fl -\(flag.name)"
        if let value = flag.value { words += " Ar \(Self.word(value))" }
        if let optional = flag.optional { words += " Ns Op = Ns Ar \(Self.word(optional))" }
        macro(words)
        let start = flag.help.prefix(1).uppercased() + flag.help.dropFirst()
        text(start.hasSuffix(".") ? start : "\(start).")
        if let fallback = flag.fallback { text("The default is \(fallback).") }
    }

    mutating func exitStatus() {
        section("EXIT STATUS")
        macro("Bl -tag -width Ds")
        macro("It 0")
        text("Done.")
        for status in ExitStatus.allCases {
            macro("It \(status.rawValue)")
            text(status.meaning)
        }
        macro("El")
    }

    /// The longest line of a source, in bytes.
    private static let width = 80

    /// The escaped words, each sentence on a line of its own, and long ones on several.
    private static func lines(_ text: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ").map({ escaped(String($0)) }) {
            if !line.isEmpty, line.utf8.count + word.utf8.count >= width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
            guard word.hasSuffix(".") else { continue }
            lines.append(line)
            line = ""
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// An argument of a macro: not taken for a macro or for punctuation.
    private static func word(_ text: String) -> String {
        let isSpecial = text.utf8.count <= 3 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return (isSpecial ? "\\&" : "") + escaped(text)
    }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\e"
            case "-": "\\-"
            case _ where scalar.isASCII: String(scalar)
            default: "\\[u\(String(scalar.value, radix: 16, uppercase: true).leftPadded(to: 4))]"
            }
        }.joined()
    }
}

extension String {
    fileprivate func leftPadded(to width: Int) -> String { String(repeating: "0", count: max(0, width - count)) + self }
}
