/// Reads one YAML document into a tree, and reports features that pipelines don't support.
///
/// The text may be hostile. Its size, its depth and its number of values are bounded. Anchors, aliases and tags are
/// refused, so that no value is larger than its text. A second document in the file is a problem.
struct YAMLDocument: ~Copyable {
    static let maxBytes = 1 << 20
    static let maxDepth = 16
    static let maxValues = 10_000

    private var events: YAMLEvents
    private var values = 0

    /// Returns the document's top value; nil if it can't be read, which is reported as a problem.
    static func read(_ bytes: [UInt8], problems: inout ProblemList) -> YAMLNode? {
        guard bytes.count <= maxBytes else {
            problems.add(.start, "", "more than \(maxBytes) bytes, the limit of a pipeline file")
            return nil
        }
        do throws(YAMLSyntaxError) {
            var document = YAMLDocument(events: try YAMLEvents(bytes))
            return try document.root(&problems)
        } catch {
            problems.add(error.position, "", "invalid YAML: \(error.message)")
            return nil
        }
    }

    private init(events: consuming YAMLEvents) { self.events = events }

    private mutating func root(_ problems: inout ProblemList) throws(YAMLSyntaxError) -> YAMLNode? {
        _ = try events.next()
        guard case .documentStart = try events.next().kind else {
            problems.add(.start, "", "the file is empty; expected a pipeline")
            return nil
        }
        let root = try node(try events.next(), path: "", depth: 1, &problems)
        _ = try events.next()
        let after = try events.next()
        if case .documentStart = after.kind {
            problems.add(after.position, "", "a second document; each pipeline needs a file of its own")
        }
        return root
    }

    private mutating func node(
        _ event: YAMLEvent, path: String, depth: Int, _ problems: inout ProblemList
    ) throws(YAMLSyntaxError) -> YAMLNode {
        values += 1
        guard values <= Self.maxValues else {
            throw YAMLSyntaxError(position: event.position, message: "more than \(Self.maxValues) values")
        }
        guard depth <= Self.maxDepth else {
            throw YAMLSyntaxError(position: event.position, message: "nested more than \(Self.maxDepth) levels deep")
        }
        if event.hasAnchor {
            problems.add(event.position, path, "an anchor (&); anchors and aliases are not supported, repeat the value")
        }
        if event.hasTag { problems.add(event.position, path, "a tag (!); YAML tags are not supported, remove it") }

        switch event.kind {
        case .scalar(let text, let isPlain):
            return YAMLNode(content: .scalar(text, isPlain: isPlain), position: event.position)
        case .sequenceStart:
            return try sequence(event, path: path, depth: depth, &problems)
        case .mappingStart:
            return try mapping(event, path: path, depth: depth, &problems)
        case .alias:
            problems.add(event.position, path, "an alias (*); anchors and aliases are not supported, repeat the value")
            return YAMLNode(content: .scalar("*", isPlain: false), position: event.position)
        case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
            throw YAMLSyntaxError(position: event.position, message: "expected a value")
        }
    }

    private mutating func sequence(
        _ start: YAMLEvent, path: String, depth: Int, _ problems: inout ProblemList
    ) throws(YAMLSyntaxError) -> YAMLNode {
        var elements: [YAMLNode] = []
        while true {
            let event = try events.next()
            if case .sequenceEnd = event.kind { break }
            elements.append(try node(event, path: "\(path)[\(elements.count)]", depth: depth + 1, &problems))
        }
        return YAMLNode(content: .sequence(elements), position: start.position)
    }

    private mutating func mapping(
        _ start: YAMLEvent, path: String, depth: Int, _ problems: inout ProblemList
    ) throws(YAMLSyntaxError) -> YAMLNode {
        var entries: [YAMLNode.Entry] = []
        var lines: [String: Int] = [:]
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind { break }
            let key = try node(event, path: path, depth: depth + 1, &problems)
            let name: String? = if case .scalar(let text, _) = key.content { text } else { nil }
            let child = keyPath(path, name ?? "?")
            let value = try node(try events.next(), path: child, depth: depth + 1, &problems)
            guard let name else {
                problems.add(key.position, path, "found \(key.summary) as a key, expected a word")
                continue
            }
            if let first = lines[name] {
                problems.add(key.position, child, "duplicate key; it was first used on line \(first)")
                continue
            }
            lines[name] = key.position.line
            entries.append(YAMLNode.Entry(key: name, keyPosition: key.position, value: value))
        }
        return YAMLNode(content: .mapping(entries), position: start.position)
    }
}

/// Joins `then` and `clean` to `then.clean`. A key that may be long or unprintable is quoted and truncated.
func keyPath(_ path: String, _ key: String) -> String {
    let isWord = key.utf8.count <= 64 && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    let shown = isWord ? key : quoted(key)
    return path.isEmpty ? shown : "\(path).\(shown)"
}
