/// `lazaret completions`: what a shell needs to complete this program's commands and flags.
enum CompletionsCommand {
    enum Shell: String, CaseIterable {
        case bash, zsh, fish
    }

    static let command = Command(
        words: ["completions"], abstract: "Prints a script with which a shell completes commands, flags and values.",
        operands: Shell.allCases.map(\.rawValue).joined(separator: "|"), flags: []
    ) { arguments in
        guard arguments.operands.count == 1, let shell = Shell(rawValue: arguments.operands[0]) else {
            throw CommandFailure(
                .usage,
                "`lazaret completions` needs a shell: \(Shell.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        StandardOutput.write(Array(script(for: shell, Lazaret.commands).utf8))
    }

    static func script(for shell: Shell, _ commands: [Command]) -> String {
        switch shell {
        case .bash: BashCompletions(commands).script
        case .zsh: ZshCompletions(commands).script
        case .fish: FishCompletions(commands).script
        }
    }
}
