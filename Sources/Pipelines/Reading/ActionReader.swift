import Domain

/// Reads the action of one verdict: a word (`delete`, `keep`) or a mapping (`{ move: "s3://…", tags: {…} }`).
struct ActionReader {
    static let expected = "'delete', 'keep', or a mapping with move, quarantine or tag"

    let verdict: Verdict
    /// `then.clean`
    let path: String
    /// The destinations, including those of an action that has other problems.
    private(set) var routes: [PipelineDraft.Route] = []

    init(verdict: Verdict, path: String) {
        self.verdict = verdict
        self.path = path
    }

    mutating func action(_ entry: YAMLNode.Entry, problems: inout ProblemList) -> Action? {
        switch entry.value.content {
        case .scalar(let text, _) where !entry.value.isNull:
            return bareAction(text, at: entry.value.position, problems: &problems)
        case .mapping(let entries):
            let known = problems.problems.count
            let action = action(entries, of: entry, problems: &problems)
            return problems.problems.count == known ? action : nil
        case .scalar, .sequence:
            let position = entry.value.isNull ? entry.keyPosition : entry.value.position
            problems.add(position, path, "found \(entry.value.summary), expected \(Self.expected)")
            return nil
        }
    }

    private func bareAction(_ word: String, at position: Position, problems: inout ProblemList) -> Action? {
        switch word {
        case "delete": return .delete
        case "keep": return .keep(tags: [])
        case "move", "quarantine":
            problems.add(position, path, "\(quoted(word)) needs a destination: { \(word): \"s3://bucket/key/{rest}\" }")
        case "tag", "tags":
            problems.add(position, path, "\(quoted(word)) needs tags: { tag: { verdict: \"{verdict}\" } }")
        default:
            let near = suggestion(for: word, among: PipelineKeys.bareActions)
            let tail = near.map { "; did you mean '\($0)'?" } ?? ", expected \(Self.expected)"
            problems.add(position, path, "found \(quoted(word))\(tail)")
        }
        return nil
    }

    private mutating func action(
        _ entries: [YAMLNode.Entry], of entry: YAMLNode.Entry, problems: inout ProblemList
    ) -> Action? {
        // Reported here with what to write instead; the section is then read without them.
        for bare in entries where PipelineKeys.bareActions.contains(bare.key) {
            let tail = bare.key == "keep" ? "; to tag the object where it is, write { tag: {…} }" : ""
            problems.add(
                bare.keyPosition, keyPath(path, bare.key),
                "'\(bare.key)' takes no value: write '\(verdict.rawValue): \(bare.key)'\(tail)")
        }
        let others = entries.filter { !PipelineKeys.bareActions.contains($0.key) }
        let node = YAMLNode(content: .mapping(others), position: entry.value.position)
        guard
            let section = Section(
                node, path: path, position: entry.keyPosition, keys: PipelineKeys.action, problems: &problems)
        else { return nil }

        let move = destination("move", in: section, problems: &problems)
        let quarantine = destination("quarantine", in: section, problems: &problems)
        let tag = tags("tag", in: section, problems: &problems)
        let tags = tags("tags", in: section, problems: &problems)
        if let entry = section.entry("move"), verdict != .clean {
            problems.add(
                entry.keyPosition, section.path(to: "move"),
                "only clean objects can be moved to a permanent destination; for \(verdict.rawValue) use quarantine, keep or "
                    + "delete"
            )
        }

        let verbs = section.all.filter { ["move", "quarantine", "tag"].contains($0.key) }
        if verbs.count > 1 {
            let words = verbs.map { "'\($0.key)'" }.joined(separator: " and ")
            let tail = section.entry("tag") == nil ? "" : "; to tag the copy, use 'tags'"
            problems.add(verbs[1].keyPosition, path, "\(words) can't be combined; expected one of them\(tail)")
        } else if verbs.isEmpty, let entry = section.entry("tags") {
            problems.add(
                entry.keyPosition, section.path(to: "tags"),
                "'tags' needs move or quarantine; to tag the object where it is, use 'tag'")
        } else if verbs.isEmpty, others.count == entries.count {
            problems.add(entry.keyPosition, path, "no action; expected \(Self.expected)")
        } else if let entry = section.entry("tags"), section.entry("tag") != nil {
            problems.add(
                entry.keyPosition, section.path(to: "tags"), "'tag' and 'tags' can't be combined; expected only 'tag'")
        }

        if let move { return .move(move, tags: tags ?? []) }
        if let quarantine { return .quarantine(quarantine, tags: tags ?? []) }
        return tag.map { .keep(tags: $0) }
    }

    private mutating func destination(
        _ verb: String, in section: Section, problems: inout ProblemList
    ) -> DestinationTemplate? {
        guard let destination = section.value(verb, as: .destination, problems: &problems),
            let position = section.entry(verb)?.value.position
        else { return nil }
        routes.append(
            PipelineDraft.Route(
                destination: destination, isPromotion: verb == "move", position: position,
                path: section.path(to: verb)))
        return destination
    }

    private func tags(_ key: String, in section: Section, problems: inout ProblemList) -> [TagTemplate]? {
        guard let tags = section.section(key, keys: nil, problems: &problems) else { return nil }
        if tags.all.isEmpty || tags.all.count > TagTemplate.maxTags {
            let position = section.entry(key)?.value.position ?? tags.position
            problems.add(position, tags.path, "\(tags.all.count) tags; expected 1 to \(TagTemplate.maxTags)")
        }
        return tags.all.compactMap { entry in
            if let mistake = TagTemplate.mistake(inName: entry.key) {
                problems.add(entry.keyPosition, tags.path(to: entry.key), mistake)
                return nil
            }
            let parser = ScalarParser<TagTemplate>(expected: "the value of the tag, a string") {
                text, _ throws(ScalarError) in
                try TagTemplate(name: entry.key, value: text)
            }
            return parser.read(
                entry.value, path: tags.path(to: entry.key), position: entry.keyPosition, problems: &problems)
        }
    }
}

extension ScalarParser<DestinationTemplate> {
    fileprivate static var destination: ScalarParser {
        ScalarParser(expected: "s3://bucket/key with variables such as {rest} in the key") {
            text, _ throws(ScalarError) in try DestinationTemplate(text)
        }
    }
}
