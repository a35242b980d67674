/// Parses the scalar of one key.
struct ScalarParser<Value> {
    /// What is expected, for messages, with an article: `a size such as 5GiB`.
    let expected: String
    /// Parses the text. `isPlain` is true if it is not quoted.
    let parse: (_ text: String, _ isPlain: Bool) throws(ScalarError) -> Value

    /// - Parameter position: the position of the problem if the value is null.
    func read(_ node: YAMLNode, path: String, position: Position, problems: inout ProblemList) -> Value? {
        guard case .scalar(let text, let isPlain) = node.content, !node.isNull else {
            problems.add(
                node.isNull ? position : node.position, path, "found \(node.summary), expected \(expected)")
            return nil
        }
        do throws(ScalarError) {
            return try parse(text, isPlain)
        } catch {
            problems.add(
                node.position, path, error.message ?? "found \(quoted(text))\(error.hint), expected \(expected)")
            return nil
        }
    }
}

/// The reason why a scalar could not be parsed.
struct ScalarError: Error {
    /// The whole message; nil for the message "found …, expected …".
    var message: String?
    /// Is inserted after the found text.
    var hint = ""

    static let unexpected = ScalarError()
    static func message(_ message: String) -> ScalarError { ScalarError(message: message) }
    static func note(_ hint: String) -> ScalarError { ScalarError(hint: " (\(hint))") }
}

extension ScalarParser<String> {
    /// A text of at most `maxBytes`.
    static func text(_ expected: String, maxBytes: Int) -> ScalarParser {
        ScalarParser(expected: expected) { text, _ throws(ScalarError) in
            guard text.utf8.count <= maxBytes else { throw .note("\(text.utf8.count) bytes, more than \(maxBytes)") }
            return text
        }
    }
}

extension ScalarParser<Bool> {
    static var boolean: ScalarParser {
        ScalarParser(expected: "true or false") { text, isPlain throws(ScalarError) in
            switch text {
            case "true" where isPlain: return true
            case "false" where isPlain: return false
            case "true", "false": throw .note("a quoted string; remove the quotation marks")
            default: throw .unexpected
            }
        }
    }
}

extension ScalarParser<Int> {
    static func integer(in range: ClosedRange<Int>) -> ScalarParser {
        ScalarParser(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
            text, isPlain throws(ScalarError) in
            guard isPlain else { throw .note("a quoted string; remove the quotation marks") }
            guard let (number, unit) = numberAndUnit(text), unit.isEmpty, let value = Int(exactly: number),
                range.contains(value)
            else { throw .unexpected }
            return value
        }
    }
}

extension ScalarParser where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// A raw value of an enumeration.
    static var word: ScalarParser {
        let words = Value.allCases.map(\.rawValue)
        return ScalarParser(expected: words.joined(separator: " or ")) { text, _ throws(ScalarError) in
            if let value = Value(rawValue: text) { return value }
            throw .message("found \(quoted(text))\(hint(for: text, among: words))")
        }
    }
}
