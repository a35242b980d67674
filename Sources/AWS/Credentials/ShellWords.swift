/// Splits a command line into words without a shell. Spaces separate words; double or single quotes keep them in a word
/// (AWS SDKs and Tools Reference Guide, "Process credential provider"). A backslash escapes the next character: between
/// double quotes only a quote or a backslash, between single quotes none. Variables, `~` and patterns are not expanded.
enum ShellWords {
    /// Returns nil if a quote is not closed, the line ends with a backslash, or there are no words.
    static func split(_ line: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var rest = line[...]
        while let character = rest.popFirst() {
            if let open = quote {
                if character == open {
                    quote = nil
                } else if open == "\"", character == "\\", let next = rest.first, next == "\"" || next == "\\" {
                    word?.append(rest.removeFirst())
                } else {
                    word?.append(character)
                }
                continue
            }
            switch character {
            case " ", "\t":
                if let complete = word { words.append(complete) }
                word = nil
            case "\"", "'":
                quote = character
                word = word ?? ""
            case "\\":
                guard let next = rest.popFirst() else { return nil }
                word = (word ?? "") + String(next)
            default: word = (word ?? "") + String(character)
            }
        }
        if let complete = word { words.append(complete) }
        return quote == nil && !words.isEmpty ? words : nil
    }
}
