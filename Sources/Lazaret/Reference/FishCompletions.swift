/// The completion script for fish.
struct FishCompletions {
    private let tree: CommandTree

    init(_ commands: [Command]) { tree = CommandTree(commands) }

    var script: String {
        """
        # Completion of lazaret for fish, made by `lazaret completions fish`.

        function __lazaret_begins --description 'whether the command line begins with these words'
            set -l words (commandline -opc)
            set -l length (count $argv)
            set -e words[1]
            test $length -eq 0; and return 0
            test (count $words) -ge $length; and test "$words[1..$length]" = "$argv"
        end

        function __lazaret_ends --description 'whether the command line has these words and no more'
            __lazaret_begins $argv; and test (count (commandline -opc)) -eq (math (count $argv) + 1)
        end

        complete -c lazaret -f
        complete -c lazaret -n __lazaret_ends -l version -d 'Prints the version'
        complete -c lazaret -l help -d 'Prints help'
        \((branches + flags).joined(separator: "\n"))

        """
    }

    private var branches: [String] {
        tree.stems.flatMap { stem in
            tree.branches(behind: stem).map { branch in
                "complete -c lazaret -n '\(condition("__lazaret_ends", stem))' -a \(branch.word) -d \(quoted(branch.abstract))"
            }
        }
    }

    private var flags: [String] {
        tree.commands.flatMap { command in
            let start = "complete -c lazaret -n '\(condition("__lazaret_begins", command.words))'"
            let operand = command.operandCompletion.flatMap { $0 == .nothing ? nil : "\(start) \(values($0))" }
            return command.flags.map { flag in
                let value = flag.completion.map { "-r \(values($0)) " } ?? ""
                return "\(start) -l \(flag.name) \(value)-d \(quoted(flag.help))"
            } + [operand].compactMap(\.self)
        }
    }

    private func condition(_ function: String, _ words: [String]) -> String {
        ([function] + words).joined(separator: " ")
    }

    private func values(_ completion: Completion) -> String {
        switch completion {
        case .nothing: "-f"
        case .files: "-F"
        case .folders: "-f -a '(__fish_complete_directories)'"
        case .words(let words): "-f -a '\(words.joined(separator: " "))'"
        }
    }

    private func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
