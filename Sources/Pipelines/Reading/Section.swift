/// One mapping of a pipeline's file, as it is read: hands out the values of known keys and tells of all others.
struct Section {
    let path: String
    /// Where to point when a key is missing: the key that holds this mapping.
    let position: Position
    private let entries: [YAMLNode.Entry]

    /// Nil, and a problem, where `node` is no mapping.
    ///
    /// - Parameter keys: all that may stand in it; nil where its keys are free.
    init?(_ node: YAMLNode, path: String, position: Position, keys: [String]?, problems: inout ProblemList) {
        guard case .mapping(let entries) = node.content else {
            let what = keys.map { " with \($0.joined(separator: ", "))" } ?? ""
            problems.add(
                node.isNull ? position : node.position, path, "found \(node.shown), expected a mapping\(what)")
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

    /// The entry of a key that has to be there.
    func required(_ key: String, _ expected: String, problems: inout ProblemList) -> YAMLNode.Entry? {
        if let entry = entry(key) { return entry }
        problems.add(position, path(to: key), "missing; expected \(expected)")
        return nil
    }

    /// The mapping under `key`; nil where it is not there, and where it is no mapping.
    func section(_ key: String, keys: [String]?, problems: inout ProblemList) -> Section? {
        guard let entry = entry(key) else { return nil }
        return Section(
            entry.value, path: path(to: key), position: entry.keyPosition, keys: keys, problems: &problems)
    }

    /// The value under `key`, read as `form`; nil where it is not there, and where it is something else.
    func value<Value>(_ key: String, as form: ScalarForm<Value>, problems: inout ProblemList) -> Value? {
        guard let entry = entry(key) else { return nil }
        return form.read(entry.value, path: path(to: key), position: entry.keyPosition, problems: &problems)
    }

    /// The values of the list under `key`, each read as `form`; nil where the list is not there, and where it is no list.
    func list<Value>(_ key: String, of form: ScalarForm<Value>, problems: inout ProblemList) -> [Value]? {
        guard let entry = entry(key) else { return nil }
        let path = path(to: key)
        guard case .sequence(let elements) = entry.value.content else {
            problems.add(
                entry.value.isNull ? entry.keyPosition : entry.value.position, path,
                "found \(entry.value.shown), expected a list, each \(form.expected)")
            return nil
        }
        return elements.enumerated().compactMap { index, element in
            form.read(element, path: "\(path)[\(index)]", position: element.position, problems: &problems)
        }
    }
}
