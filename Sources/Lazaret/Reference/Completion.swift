/// What a shell offers for a value or an operand.
enum Completion: Hashable {
    case nothing, files, folders
    case words([String])

    /// By the placeholder in help.
    init(placeholder: String) {
        switch placeholder {
        case "DIR": self = .folders
        case "FILE", "PATH...": self = .files
        case _ where placeholder.contains("|"): self = .words(placeholder.split(separator: "|").map(String.init))
        default: self = .nothing
        }
    }
}

extension Flag {
    /// What its value may be; nil if it takes none behind a space.
    var completion: Completion? {
        value.map { choices.isEmpty ? Completion(placeholder: $0) : .words(choices) }
    }
}

extension Command {
    /// What its operands may be; nil if it takes none.
    var operandCompletion: Completion? { operands.map(Completion.init(placeholder:)) }
}

/// The commands as a tree of words.
struct CommandTree {
    /// A word that may stand behind others, and what it stands for.
    struct Branch {
        let word: String
        let abstract: String
    }

    let commands: [Command]

    init(_ commands: [Command]) { self.commands = commands }

    /// The words that commands have behind the given ones, in the order of the overview.
    func branches(behind words: [String]) -> [Branch] {
        var branches: [Branch] = []
        for command in commands where command.words.count > words.count && command.words.starts(with: words) {
            let word = command.words[words.count]
            guard !branches.contains(where: { $0.word == word }) else { continue }
            let isWhole = command.words.count == words.count + 1
            branches.append(
                Branch(word: word, abstract: isWhole ? command.abstract : "commands: \(followers(of: words + [word]))"))
        }
        return branches
    }

    private func followers(of words: [String]) -> String {
        branches(behind: words).map(\.word).joined(separator: ", ")
    }

    /// The beginnings of commands behind which another word must follow; the first one is empty.
    var stems: [[String]] {
        var stems: [[String]] = [[]]
        for command in commands {
            for count in 1..<max(1, command.words.count) where !stems.contains(Array(command.words.prefix(count))) {
                stems.append(Array(command.words.prefix(count)))
            }
        }
        return stems
    }
}
