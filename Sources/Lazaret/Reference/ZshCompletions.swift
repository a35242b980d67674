/// The completion script for zsh: as a file `_lazaret` in `fpath`, or sourced.
struct ZshCompletions {
    private let tree: CommandTree

    init(_ commands: [Command]) { tree = CommandTree(commands) }

    var script: String {
        """
        #compdef lazaret
        # Completion of lazaret for zsh, made by `lazaret completions zsh`.

        # Sets `next` to the words that may follow the words of a command, with their descriptions.
        _lazaret_next() {
            case "$1" in
        \(nextWords)
                (*) next=() ;;
            esac
        }

        _lazaret() {
            local command="" word
            local -a next
            integer index=2
            while true; do
                _lazaret_next "$command"
                (( ${#next} )) || break
                if (( index == CURRENT )); then
                    _describe -t commands 'lazaret command' next
                    return
                fi
                word="${words[index]}"
                [[ -n "${next[(r)${(b)word}:*]}" ]] || return 1
                command="${command:+$command }$word"
                (( index += 1 ))
            done
            # What is left is the last word of the command, its flags and its operands.
            words=("${(@)words[index-1,-1]}")
            (( CURRENT -= index - 2 ))
            case "$command" in
        \(arguments)
            esac
        }

        if [[ "${funcstack[1]}" == _lazaret ]]; then
            _lazaret "$@"
        else
            compdef _lazaret lazaret
        fi

        """
    }

    private var nextWords: String {
        tree.stems.map { stem in
            let branches = tree.branches(behind: stem).map { quoted("\($0.word):\($0.abstract)") }
            return "        (\"\(stem.joined(separator: " "))\") next=(\(branches.joined(separator: " "))) ;;"
        }.joined(separator: "\n")
    }

    private var arguments: String {
        tree.commands.map { command in
            let operand = command.operandCompletion.map {
                quoted("*:\(escaped(command.operands ?? "")):\(action($0))")
            }
            let specs = command.flags.map(spec) + [quoted("--help[print help]"), operand].compactMap(\.self)
            return
                "        (\"\(command.name)\")\n            _arguments \(specs.joined(separator: " \\\n                ")) ;;"
        }.joined(separator: "\n")
    }

    /// A flag as `_arguments` takes it. `=` allows the value behind a space or `=`, `=-` only behind `=`.
    private func spec(_ flag: Flag) -> String {
        let help = "[\(escaped(flag.help))]"
        if let optional = flag.optional { return quoted("--\(flag.name)=-\(help)::value:(\(optional))") }
        guard let value = flag.value, let completion = flag.completion else { return quoted("--\(flag.name)\(help)") }
        return quoted("*--\(flag.name)=\(help):\(escaped(value)):\(action(completion))")
    }

    private func action(_ completion: Completion) -> String {
        switch completion {
        case .nothing: " "
        case .files: "_files"
        case .folders: "_files -/"
        case .words(let words): "(\(words.joined(separator: " ")))"
        }
    }

    /// Within the text of a spec, brackets end it and colons divide it.
    private func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            if "[]:\\".contains(character) { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped
    }

    private func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
