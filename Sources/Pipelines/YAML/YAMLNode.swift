/// A value in a YAML text and its position.
struct YAMLNode {
    struct Entry {
        let key: String
        let keyPosition: Position
        let value: YAMLNode
    }

    enum Content {
        /// `isPlain` is true if the text is not quoted and not a block scalar.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        /// In the order of the text, without duplicate keys.
        case mapping([Entry])
    }

    let content: Content
    let position: Position

    /// Whether the value is null: `key:` without a value, `~` or `null`.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// The elements of a list; empty if the value is not a list.
    var elements: [YAMLNode] {
        guard case .sequence(let elements) = content else { return [] }
        return elements
    }

    /// The value as messages name it: `'text'`, `a list`, `a mapping`, `nothing`.
    var summary: String {
        switch content {
        case _ where isNull: "nothing"
        case .scalar(let text, _): quoted(text)
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
