/// One mapping in a pipeline file: reads the values of its keys, and reports unknown keys.
struct Section {
    let path: String
    /// The position of the key of this mapping, where missing keys are reported.
    let position: Position
    private let entries: [YAMLNode.Entry]

    /// Reports a problem and returns nil if `node` is not a mapping.
    ///
    /// - Parameter keys: the allowed keys; nil if any key is allowed.
    init?(_ node: YAMLNode, path: String, position: Position, keys: [String]?, problems: inout ProblemList) {
        guard case .mapping(let entries) = node.content else {
            let expected = keys.map { " with \($0.joined(separator: ", "))" } ?? ""
            problems.add(
                node.isNull ? position : node.position, path, "found \(node.summary), expected a mapping\(expected)")
            return nil
        }
        self.path = path
        self.position = position
        self.entries = entries
        guard let keys else { return }
        for entry in entries where !keys.contains(entry.key) {
            problems.add(
                entry.keyPosition, self.path(to: entry.key),
                "unknown key \(quoted(entry.key))\(hint(for: entry.key, among: keys))")
        }
    }

    func path(to key: String) -> String { keyPath(path, key) }

    var all: [YAMLNode.Entry] { entries }

    func entry(_ key: String) -> YAMLNode.Entry? { entries.first { $0.key == key } }

    /// Returns the entry of a required key, and reports a problem if it is missing.
    func required(_ key: String, _ expected: String, problems: inout ProblemList) -> YAMLNode.Entry? {
        if let entry = entry(key) { return entry }
        problems.add(position, path(to: key), "missing; expected \(expected)")
        return nil
    }

    /// Returns the mapping of a key; nil if the key is missing or its value is not a mapping.
    func section(_ key: String, keys: [String]?, problems: inout ProblemList) -> Section? {
        guard let entry = entry(key) else { return nil }
        return Section(
            entry.value, path: path(to: key), position: entry.keyPosition, keys: keys, problems: &problems)
    }

    /// Returns the value of a key; nil if the key is missing or its value can't be parsed.
    func value<Value>(_ key: String, as parser: ScalarParser<Value>, problems: inout ProblemList) -> Value? {
        guard let entry = entry(key) else { return nil }
        return parser.read(entry.value, path: path(to: key), position: entry.keyPosition, problems: &problems)
    }

    /// Returns the values of a list; nil if the key is missing or its value is not a list.
    func list<Value>(_ key: String, of parser: ScalarParser<Value>, problems: inout ProblemList) -> [Value]? {
        guard let entry = entry(key) else { return nil }
        let path = path(to: key)
        guard case .sequence(let elements) = entry.value.content else {
            problems.add(
                entry.value.isNull ? entry.keyPosition : entry.value.position, path,
                "found \(entry.value.summary), expected a list, each \(parser.expected)")
            return nil
        }
        return elements.enumerated().compactMap { index, element in
            parser.read(element, path: "\(path)[\(index)]", position: element.position, problems: &problems)
        }
    }
}
