/// The flags and operands of a command, parsed from the command line and the environment.
struct Arguments: Sendable {
    let operands: [String]
    let environment: [String: String]
    private let values: [String: String]
    /// All values of each flag on the command line, in their order. `values` has the last one.
    private let repeated: [String: [String]]
    /// The flags whose value came from the environment.
    private let variables: Set<String>
    private let command: Command

    init(parsing words: [String], of command: Command, environment: [String: String]) throws {
        var values: [String: String] = [:]
        var repeated: [String: [String]] = [:]
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
            case (nil, 2) where flag.optional != nil: values[name] = String(parts[1])
            case (nil, _): throw CommandFailure(.usage, "--\(name) takes no value")
            case (_, 2):
                values[name] = String(parts[1])
                repeated[name, default: []].append(String(parts[1]))
            case (let placeholder?, _):
                guard let value = rest.popFirst(), !value.hasPrefix("--") else {
                    throw CommandFailure(.usage, "--\(name) needs a value: \(placeholder)")
                }
                values[name] = value
                repeated[name, default: []].append(value)
            }
        }
        guard operands.isEmpty || command.operands != nil else {
            // A URL whose flag was forgotten may contain a password.
            let start = operands[0].firstRange(of: "://").map { "\(operands[0][..<$0.upperBound])…" }
            throw CommandFailure(.usage, "unexpected argument '\(start ?? operands[0])' for `lazaret \(command.name)`")
        }
        var variables: Set<String> = []
        for flag in command.flags where values[flag.name] == nil {
            guard let value = environment[flag.variable], !value.isEmpty else { continue }
            values[flag.name] = value
            variables.insert(flag.name)
        }
        self.variables = variables
        self.values = values
        self.repeated = repeated
        self.operands = operands
        self.environment = environment
        self.command = command
    }

    /// The value of a flag: from the command line, else from its variable, else its default.
    func text(_ name: String) -> String? { values[name] ?? flag(name).fallback }

    /// The values of a flag that may be given more than once; those of its variable are separated by commas.
    func texts(_ name: String) -> [String] {
        repeated[name] ?? values[name].map { $0.split(separator: ",").map(String.init) } ?? []
    }

    /// Whether the flag is on the command line.
    func isGiven(_ name: String) -> Bool { values[name] != nil && !variables.contains(name) }

    /// The flag or the variable that gave the value, for messages: `--limit` or `LAZARET_LIMIT`.
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

    private func flag(_ name: String) -> Flag {
        guard let flag = command.flags.first(where: { $0.name == name }) else {
            preconditionFailure("\(command.name) has no flag \(name)")
        }
        return flag
    }
}
