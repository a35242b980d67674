/// The completion script for bash.
struct BashCompletions {
    private let tree: CommandTree

    init(_ commands: [Command]) { tree = CommandTree(commands) }

    var script: String {
        """
        # Completion of lazaret for bash, made by `lazaret completions bash`.

        # Sets `next` to the words that may follow the words of a command.
        _lazaret_next() {
            case "$1" in
        \(nextWords)
                *) next="" ;;
            esac
        }

        # Completes the value of a flag. Fails if the flag takes none.
        _lazaret_value() {
            case "$1" in
        \(values)
                *) return 1 ;;
            esac
        }

        _lazaret_operand() {
            case "$1" in
        \(operands)
            esac
        }

        _lazaret_flags() {
            case "$1" in
        \(flags)
                *) flags="--help --version" ;;
            esac
        }

        _lazaret_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
        _lazaret_paths() {
            mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
            compopt -o filenames 2>/dev/null
        }

        _lazaret() {
            local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
            local command="" next flags index word
            COMPREPLY=()
            # `--flag=value` is three words for bash.
            if [[ $current == = ]]; then
                current=""
            elif [[ $previous == = ]]; then
                previous="${COMP_WORDS[COMP_CWORD-2]}"
            fi
            for ((index = 1; index <= COMP_CWORD; index++)); do
                _lazaret_next "$command"
                [[ -n $next ]] || break
                if ((index == COMP_CWORD)); then
                    [[ $current == -* ]] && next="--help --version"
                    _lazaret_words "$next"
                    return
                fi
                word="${COMP_WORDS[index]}"
                [[ " $next " == *" $word "* ]] || return 0
                command="${command:+$command }$word"
            done
            if [[ $previous == --* ]] && _lazaret_value "$command $previous"; then return 0; fi
            if [[ $current == -* ]]; then
                _lazaret_flags "$command"
                _lazaret_words "$flags"
            else
                _lazaret_operand "$command"
            fi
        }

        complete -F _lazaret lazaret

        """
    }

    private var nextWords: String {
        tree.stems.map { stem in
            "        \"\(stem.joined(separator: " "))\") next=\"\(tree.branches(behind: stem).map(\.word).joined(separator: " "))\" ;;"
        }.joined(separator: "\n")
    }

    private var flags: String {
        tree.commands.map { command in
            let names = command.flags.flatMap { flag in
                ["--\(flag.name)"] + (flag.optional.map { ["--\(flag.name)=\($0)"] } ?? [])
            }
            return "        \"\(command.name)\") flags=\"\((names + ["--help"]).joined(separator: " "))\" ;;"
        }.joined(separator: "\n")
    }

    /// The flags with values, those that are completed alike together.
    private var values: String {
        var patterns: [Completion: [String]] = [:]
        for command in tree.commands {
            for flag in command.flags {
                guard let completion = flag.completion else { continue }
                patterns[completion, default: []].append("\"\(command.name) --\(flag.name)\"")
            }
        }
        return patterns.map { "        \($1.joined(separator: " | "))) \(action($0)) ;;" }.sorted().joined(
            separator: "\n")
    }

    private var operands: String {
        tree.commands.compactMap { command in
            command.operandCompletion.flatMap { completion in
                completion == .nothing ? nil : "        \"\(command.name)\") \(action(completion)) ;;"
            }
        }.joined(separator: "\n")
    }

    private func action(_ completion: Completion) -> String {
        switch completion {
        case .nothing: "return 0"
        case .files: "_lazaret_paths -f"
        case .folders: "_lazaret_paths -d"
        case .words(let words): "_lazaret_words \"\(words.joined(separator: " "))\""
        }
    }
}
