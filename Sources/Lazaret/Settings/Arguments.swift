/// One thing that `lazaret` can be told to do.
struct Command: Sendable {
    /// What it is called by: `["jobs", "list"]`.
    let words: [String]
    let abstract: String
    /// What it takes besides flags, as usage lines show it; nil for nothing.
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
        lines += ["", "Each flag can be given as a variable: --until-idle as LAZARET_UNTIL_IDLE. A flag wins."]
        return lines.joined(separator: "\n")
    }
}

struct Flag: Sendable {
    let name: String
    /// Stands for the value in help; nil for a switch.
    let value: String?
    let help: String
    let fallback: String?

    init(_ name: String, _ value: String? = nil, _ help: String, fallback: String? = nil) {
        self.name = name
        self.value = value
        self.help = help
        self.fallback = fallback
    }

    var usage: String { "--\(name)" + (value.map { " \($0)" } ?? "") }
    var variable: String {
        "LAZARET_" + String(name.map { $0 == "-" ? "_" : Character($0.uppercased()) })
    }
}

/// A command's flags and operands, from its words and the environment.
struct Arguments: Sendable {
    let operands: [String]
    let environment: [String: String]
    private let values: [String: String]
    /// Flags whose value came from the environment.
    private let variables: Set<String>
    private let command: Command

    init(parsing words: [String], of command: Command, environment: [String: String]) throws {
        var values: [String: String] = [:]
        var operands: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                operands.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0].dropFirst(2))
            guard word.hasPrefix("--"), let flag = command.flags.first(where: { $0.name == name }) else {
                throw CommandFailure(
                    .usage,
                    "`lazaret \(command.name)` has no flag '\(parts[0])'; `lazaret \(command.name) --help` lists them"
                )
            }
            switch (flag.value, parts.count) {
            case (nil, 1): values[name] = "true"
            case (nil, _): throw CommandFailure(.usage, "--\(name) takes no value")
            case (_, 2): values[name] = String(parts[1])
            case (let placeholder?, _):
                guard let value = rest.popFirst(), !value.hasPrefix("--") else {
                    throw CommandFailure(.usage, "--\(name) needs a value: \(placeholder)")
                }
                values[name] = value
            }
        }
        guard operands.isEmpty || command.operands != nil else {
            // An address whose flag was forgotten may hold a password.
            let start = operands[0].firstRange(of: "://").map { "\(operands[0][..<$0.upperBound])…" }
            throw CommandFailure(.usage, "`lazaret \(command.name)` takes no '\(start ?? operands[0])'")
        }
        var variables: Set<String> = []
        for flag in command.flags where values[flag.name] == nil {
            guard let value = environment[flag.variable], !value.isEmpty else { continue }
            values[flag.name] = value
            variables.insert(flag.name)
        }
        self.variables = variables
        self.values = values
        self.operands = operands
        self.environment = environment
        self.command = command
    }

    /// The value of a flag: as given, else from its variable, else its default.
    func text(_ name: String) -> String? { values[name] ?? flag(name).fallback }

    /// What the flag's value was given by, for messages: `--limit`, or `LAZARET_LIMIT`.
    func origin(of name: String) -> String { variables.contains(name) ? flag(name).variable : "--\(name)" }

    func required(_ name: String) throws -> String {
        if let text = text(name), !text.isEmpty { return text }
        let flag = flag(name)
        throw CommandFailure(
            .usage, "`lazaret \(command.name)` needs \(flag.usage) (or \(flag.variable)): \(flag.help)")
    }

    func isSet(_ name: String) -> Bool {
        guard let text = values[name] else { return false }
        return !["", "0", "false", "no"].contains(text.lowercased())
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = text(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw CommandFailure(
                .usage,
                "\(origin(of: name)) takes a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'"
            )
        }
        return number
    }

    /// Seconds, whole or with a fraction, with or without an `s`.
    func seconds(_ name: String) throws -> Duration? {
        guard let text = text(name) else { return nil }
        let digits = text.hasSuffix("s") ? String(text.dropLast()) : text
        guard let number = Double(digits), number.isFinite, number > 0, number <= 86_400 * 365 else {
            throw CommandFailure(.usage, "\(origin(of: name)) takes seconds above 0, not '\(text)'")
        }
        return .seconds(number)
    }

    /// One of an enumeration's words.
    func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, of: Choice.Type) throws -> Choice?
    where Choice.RawValue == String {
        guard let text = text(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure(.usage, "\(origin(of: name)) takes one of \(known), not '\(text)'")
        }
        return choice
    }

    private func flag(_ name: String) -> Flag {
        guard let flag = command.flags.first(where: { $0.name == name }) else {
            preconditionFailure("\(command.name) has no flag \(name)")
        }
        return flag
    }
}
