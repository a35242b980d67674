/// A kind of single value: what it looks like, and how it is read.
struct ScalarForm<Value> {
    /// For messages, with its article: `a size such as 5GiB`.
    let expected: String
    /// Gets the text and whether it stands without quotation marks; throws what is wrong with it, where `expected` is
    /// not enough of an answer.
    let parse: (_ text: String, _ isPlain: Bool) throws(ScalarMistake) -> Value

    /// - Parameter position: where to point when nothing is there.
    func read(_ node: YAMLNode, path: String, position: Position, problems: inout ProblemList) -> Value? {
        guard case .scalar(let text, let isPlain) = node.content, !node.isNull else {
            problems.add(
                node.isNull ? position : node.position, path, "found \(node.shown), expected \(expected)")
            return nil
        }
        do throws(ScalarMistake) {
            return try parse(text, isPlain)
        } catch {
            problems.add(
                node.position, path, error.message ?? "found \(quoted(text))\(error.hint), expected \(expected)")
            return nil
        }
    }
}

/// Why a single value is not of its form.
struct ScalarMistake: Error {
    /// The whole message; nil where "found …, expected …" says it.
    var message: String?
    /// What to add after the text that was found.
    var hint = ""

    static let plain = ScalarMistake()
    static func saying(_ message: String) -> ScalarMistake { ScalarMistake(message: message) }
    static func noting(_ hint: String) -> ScalarMistake { ScalarMistake(hint: " (\(hint))") }
}

extension ScalarForm<String> {
    /// Some text of at most `maxBytes`.
    static func text(_ expected: String, maxBytes: Int) -> ScalarForm {
        ScalarForm(expected: expected) { text, _ throws(ScalarMistake) in
            guard text.utf8.count <= maxBytes else { throw .noting("\(text.utf8.count) bytes, more than \(maxBytes)") }
            return text
        }
    }
}

extension ScalarForm<Bool> {
    static var boolean: ScalarForm {
        ScalarForm(expected: "true or false") { text, isPlain throws(ScalarMistake) in
            switch text {
            case "true" where isPlain: return true
            case "false" where isPlain: return false
            case "true", "false": throw .noting("a text; leave the quotation marks out")
            default: throw .plain
            }
        }
    }
}

extension ScalarForm<Int> {
    static func integer(in range: ClosedRange<Int>) -> ScalarForm {
        ScalarForm(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
            text, isPlain throws(ScalarMistake) in
            guard isPlain else { throw .noting("a text; leave the quotation marks out") }
            guard let (number, unit) = numberAndUnit(text), unit.isEmpty, let value = Int(exactly: number),
                range.contains(value)
            else { throw .plain }
            return value
        }
    }
}

extension ScalarForm where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the words of an enumeration.
    static var word: ScalarForm {
        let words = Value.allCases.map(\.rawValue)
        return ScalarForm(expected: words.joined(separator: " or ")) { text, _ throws(ScalarMistake) in
            if let value = Value(rawValue: text) { return value }
            throw .saying("found \(quoted(text))\(hint(for: text, among: words))")
        }
    }
}
