/// Takes a command line apart without a shell: words stand between spaces; double quotes keep spaces in a word, and so do single ones
/// (AWS SDKs and Tools Reference Guide, "Process credential provider"). A backslash keeps the next character as it is, except
/// between single quotes; between double quotes only a quote or a backslash. Variables, `~` and patterns stay as they stand.
enum CommandWords {
    /// Nil where a quote is not closed, or there is no word.
    static func of(_ line: String) -> [String]? {
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
                if let whole = word { words.append(whole) }
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
        if let whole = word { words.append(whole) }
        return quote == nil && !words.isEmpty ? words : nil
    }
}
