import Domain

/// Reads one file into a draft, and tells of all its mistakes.
struct PipelineReader {
    private var problems: ProblemList
    private var draft: Draft

    static func read(_ text: [UInt8], file: String) -> (draft: Draft, problems: [Problem]) {
        var reader = PipelineReader(problems: ProblemList(file: file), draft: Draft(file: file))
        if let root = YAMLDocument.read(text, problems: &reader.problems) { reader.read(root) }
        return (reader.draft, reader.problems.problems)
    }

    private mutating func read(_ root: YAMLNode) {
        guard
            let top = Section(
                root, path: "", position: root.position, keys: FormatKeys.top, problems: &problems)
        else { return }
        let name = name(top)
        let match = match(top)
        let accept = acceptance(top)
        let (limits, scansRejected) = scan(top)
        let decisions = decisions(top)
        guard problems.problems.isEmpty, let name, let match, let decisions else { return }
        draft.pipeline = Pipeline(
            name: name, match: match, accept: accept, limits: limits, scansRejected: scansRejected,
            decisions: decisions)
    }

    private mutating func name(_ top: Section) -> String? {
        guard let entry = top.required("pipeline", "the pipeline's name", problems: &problems),
            let name = top.value("pipeline", as: .pipelineName, problems: &problems)
        else { return nil }
        draft.name = Draft.Placed(value: name, position: entry.value.position)
        return name
    }

    private mutating func match(_ top: Section) -> Match? {
        guard let entry = top.required("match", "a mapping with bucket, prefix, exclude", problems: &problems),
            let section = top.section("match", keys: FormatKeys.match, problems: &problems)
        else { return nil }
        let bucket = section.required("bucket", "a bucket's name", problems: &problems)
            .flatMap { _ in section.value("bucket", as: .bucketName, problems: &problems) }
        let prefix = section.value("prefix", as: .text("the beginning of a key", maxBytes: 1024), problems: &problems)
        let exclude = section.list("exclude", of: .glob, problems: &problems)
        let excludeCount = section.entry("exclude")?.value.elements.count ?? 0
        // What could not be read may mean anything; to take it as nothing would bring false overlaps.
        guard let bucket, prefix != nil || section.entry("prefix") == nil,
            exclude != nil || section.entry("exclude") == nil, exclude?.count ?? 0 == excludeCount
        else { return nil }
        let match = Match(bucket: bucket, prefix: prefix ?? "", exclude: exclude ?? [])
        let position = section.entry("prefix")?.value.position ?? section.entry("bucket")?.value.position
        draft.match = Draft.Placed(value: match, position: position ?? entry.keyPosition)
        return match
    }

    private mutating func acceptance(_ top: Section) -> Acceptance {
        let section = top.section("accept", keys: FormatKeys.accept, problems: &problems)
        let maxSize = section?.value("max-size", as: .size(in: 1...(50 << 40)), problems: &problems)
        let types = section?.list("types", of: .typePattern, problems: &problems)
        if let section, let types, types.isEmpty, let entry = section.entry("types"), entry.value.elements.isEmpty {
            problems.add(
                entry.value.position, section.path(to: "types"),
                "an empty list accepts nothing; leave the key out to accept every type")
        }
        let declaredType = section?.value(
            "declared-type", as: ScalarForm<Acceptance.DeclaredType>.word, problems: &problems)
        let polyglots = section?.value("polyglots", as: ScalarForm<Acceptance.Polyglots>.word, problems: &problems)
        return Acceptance(
            maxSize: maxSize, types: types, declaredType: declaredType ?? .mustAgree, polyglots: polyglots ?? .reject)
    }

    private mutating func scan(_ top: Section) -> (ScanLimits, scansRejected: Bool) {
        var limits = ScanLimits()
        guard let section = top.section("scan", keys: FormatKeys.scan, problems: &problems) else {
            return (limits, false)
        }
        let timeout = ScalarForm.duration(in: .milliseconds(100)...(.seconds(3600)))
        if let value = section.value("timeout", as: timeout, problems: &problems) { limits.timeout = value }
        let maxScanSize = ScalarForm<Int64>.size(in: 1024...(1 << 40))
        if let value = section.value("max-scan-size", as: maxScanSize, problems: &problems) {
            limits.maxScanSize = value
        }
        if let value = section.value("max-files", as: .integer(in: 1...10_000_000), problems: &problems) {
            limits.maxFiles = value
        }
        // libclamav goes 100 levels deep at most.
        if let value = section.value("max-recursion", as: .integer(in: 1...100), problems: &problems) {
            limits.maxRecursion = value
        }
        let encrypted = ScalarForm<ScanLimits.Encrypted>.word
        if let value = section.value("encrypted", as: encrypted, problems: &problems) { limits.encrypted = value }
        let overCeiling = ScalarForm<ScanLimits.OverCeiling>.word
        if let value = section.value("over-ceiling", as: overCeiling, problems: &problems) {
            limits.overCeiling = value
        }
        if let value = section.value("image-hash", as: .boolean, problems: &problems) { limits.hashesImages = value }
        return (limits, section.value("rejected-too", as: .boolean, problems: &problems) ?? false)
    }

    /// All four verdicts have to be there: what becomes of an object is never left to a default.
    private mutating func decisions(_ top: Section) -> Decisions? {
        let words = FormatKeys.then.joined(separator: ", ")
        guard top.required("then", "a mapping with an action for each of \(words)", problems: &problems) != nil,
            let section = top.section("then", keys: FormatKeys.then, problems: &problems)
        else { return nil }
        var actions: [Verdict: Action] = [:]
        for word in FormatKeys.then {
            guard let verdict = Verdict(rawValue: word),
                let entry = section.required(word, ActionReader.expected, problems: &problems)
            else { continue }
            var reader = ActionReader(verdict: verdict, path: section.path(to: word))
            actions[verdict] = reader.action(entry, problems: &problems)
            draft.routes += reader.routes
        }
        guard let clean = actions[.clean], let infected = actions[.infected],
            let unscannable = actions[.unscannable], let rejected = actions[.rejected]
        else { return nil }
        return Decisions(clean: clean, infected: infected, unscannable: unscannable, rejected: rejected)
    }
}

extension ScalarForm<String> {
    fileprivate static var pipelineName: ScalarForm {
        ScalarForm(expected: "a name of 1 to 64 letters a-z, digits and '-'") { text, _ throws(ScalarMistake) in
            let isName = text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
            }
            guard isName, (1...64).contains(text.utf8.count) else { throw .plain }
            return text
        }
    }

    fileprivate static var bucketName: ScalarForm {
        ScalarForm(expected: "a bucket's name, without s3://") { text, _ throws(ScalarMistake) in
            guard isBucketName(text) else { throw .plain }
            return text
        }
    }
}

extension ScalarForm<Glob> {
    fileprivate static var glob: ScalarForm {
        ScalarForm(expected: "a pattern such as \"*.info\"") { text, _ throws(ScalarMistake) in
            guard text.utf8.count <= 256 else { throw .noting("more than 256 bytes") }
            guard let glob = Glob(text) else { throw .plain }
            return glob
        }
    }
}

extension ScalarForm<TypePattern> {
    fileprivate static var typePattern: ScalarForm {
        ScalarForm(expected: "a media type such as image/png, or \"image/*\"") { text, _ throws(ScalarMistake) in
            guard text != "*/*", text != "*" else {
                throw .saying("\(quoted(text)) is every type; leave 'types' out to accept every type")
            }
            guard let pattern = TypePattern(text) else { throw .plain }
            return pattern
        }
    }
}
