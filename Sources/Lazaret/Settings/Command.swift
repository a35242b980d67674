/// A subcommand of `lazaret`.
struct Command: Sendable {
    /// The words that select it: `["jobs", "list"]`.
    let words: [String]
    let abstract: String
    /// Its operands as the usage line shows them; nil if it takes none.
    let operands: String?
    let flags: [Flag]
    let run: @Sendable (Arguments) async throws -> Void

    var name: String { words.joined(separator: " ") }

    var help: String {
        let width = flags.map { $0.usage.count }.max() ?? 0
        let usage = ["lazaret", name, flags.isEmpty ? nil : "[flags]", operands].compactMap { $0 }
        var lines = [abstract, "", "Usage: " + usage.joined(separator: " ")]
        if !flags.isEmpty { lines += ["", "Flags:"] }
        for flag in flags {
            let fallback = flag.fallback.map { " (default: \($0))" } ?? ""
            lines.append("  \(flag.usage.padded(to: width))  \(flag.help)\(fallback)")
        }
        lines += [
            "",
            "Each flag can also be set by an environment variable: --until-idle by LAZARET_UNTIL_IDLE.",
            "The flag takes precedence.",
        ]
        return lines.joined(separator: "\n")
    }
}

/// A flag of a subcommand, and the environment variable of the same name.
struct Flag: Sendable {
    let name: String
    /// The placeholder for the value in help; nil for a switch.
    let value: String?
    let help: String
    let fallback: String?
    /// The value that a switch may have behind `=`; nil if it takes none.
    let optional: String?
    /// The values that it takes, for shells to complete; empty if there are more than can be listed.
    let choices: [String]

    init(
        _ name: String, _ value: String? = nil, _ help: String, fallback: String? = nil, choices: [String] = []
    ) {
        self.name = name
        self.value = value
        self.help = help
        self.fallback = fallback
        self.choices = choices
        optional = nil
    }

    /// A switch that may have a value behind `=`.
    init(_ name: String, optional: String, _ help: String) {
        self.name = name
        value = nil
        self.help = help
        fallback = nil
        choices = [optional]
        self.optional = optional
    }

    init(_ name: String, _ help: String) { self.init(name, nil, help) }

    var usage: String { "--\(name)" + (value.map { " \($0)" } ?? "") + (optional.map { "[=\($0)]" } ?? "") }
    var variable: String {
        "LAZARET_" + String(name.map { $0 == "-" ? "_" : Character($0.uppercased()) })
    }
}
