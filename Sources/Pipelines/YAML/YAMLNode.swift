/// A value of a YAML text, with its place.
struct YAMLNode {
    struct Entry {
        let key: String
        let keyPosition: Position
        let value: YAMLNode
    }

    enum Content {
        /// `isPlain` where no quotation marks and no block sign stand around it.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        /// In the order of the text; each key once.
        case mapping([Entry])
    }

    let content: Content
    let position: Position

    /// Whether nothing is there: `key:` alone, `~` or `null`.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// Those of a list; none where it is no list.
    var elements: [YAMLNode] {
        guard case .sequence(let elements) = content else { return [] }
        return elements
    }

    /// What is there, for a message: `'text'`, `a list`, `a mapping`, `nothing`.
    var shown: String {
        switch content {
        case _ where isNull: "nothing"
        case .scalar(let text, _): quoted(text)
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
