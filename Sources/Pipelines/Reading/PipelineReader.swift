import Digest
import Domain

/// Reads one file into a draft, and reports all its mistakes.
struct PipelineReader {
    private var problems: ProblemList
    private var draft: PipelineDraft

    static func read(_ text: [UInt8], file: String) -> (draft: PipelineDraft, problems: [Problem]) {
        var reader = PipelineReader(problems: ProblemList(file: file), draft: PipelineDraft(file: file))
        reader.draft.fingerprint = hexadecimal(SHA256.hash(text))
        if let root = YAMLDocument.read(text, problems: &reader.problems) { reader.read(root) }
        return (reader.draft, reader.problems.problems)
    }

    private mutating func read(_ root: YAMLNode) {
        guard
            let top = Section(
                root, path: "", position: root.position, keys: PipelineKeys.top, problems: &problems)
        else { return }
        let name = name(top)
        let match = match(top)
        let accept = acceptance(top)
        let (limits, scansRejected) = scan(top)
        let unversioned = top.value("unversioned", as: ScalarParser<UnversionedTags>.word, problems: &problems)
        let sidecars = SidecarReader.sidecars(top, match, problems: &problems)
        let storage = top.value("storage", as: ScalarParser<PromotedStorage>.word, problems: &problems)
        let access = BucketAccessReader.access(top, problems: &problems)
        let recheck = top.value("recheck", as: ScalarParser<Recheck>.word, problems: &problems)
        let reuse = top.value("reuse-verdicts", as: .verdictReuse, problems: &problems)
        let needsApproval = top.section("review", keys: PipelineKeys.review, problems: &problems)?
            .value("four-eyes", as: .boolean, problems: &problems)
        draft.notify = NotifyReader.rules(top, problems: &problems)
        let actions = actions(top)
        let buckets = Set(draft.routes.map(\.destination.bucket) + [match?.bucket].compactMap(\.self))
        let owners = match == nil ? [:] : BucketOwnerReader.owners(of: buckets, in: top, problems: &problems)
        if let entry = top.entry(BucketOwnerReader.key) {
            draft.owners = PipelineDraft.Located(value: owners, position: entry.keyPosition)
        }
        guard problems.problems.isEmpty, let name, let match, let actions else { return }
        draft.pipeline = Pipeline(
            name: name, fingerprint: draft.fingerprint, match: match, accept: accept, limits: limits,
            scansRejected: scansRejected,
            unversioned: unversioned ?? .refuse, sidecars: sidecars, storage: storage ?? .destination, access: access,
            needsApproval: needsApproval ?? false, recheck: recheck ?? .quarantine, reuse: reuse ?? .never,
            notify: draft.notify.map(\.value), actions: actions)
    }

    private mutating func name(_ top: Section) -> String? {
        guard let entry = top.required("pipeline", "the pipeline's name", problems: &problems),
            let name = top.value("pipeline", as: .pipelineName, problems: &problems)
        else { return nil }
        draft.name = PipelineDraft.Located(value: name, position: entry.value.position)
        return name
    }

    private mutating func match(_ top: Section) -> Match? {
        guard let entry = top.required("match", "a mapping with bucket, prefix, exclude", problems: &problems),
            let section = top.section("match", keys: PipelineKeys.match, problems: &problems)
        else { return nil }
        let bucket = section.required("bucket", "a bucket name", problems: &problems)
            .flatMap { _ in section.value("bucket", as: .bucketName, problems: &problems) }
        let prefix = section.value("prefix", as: .text("a key prefix", maxBytes: 1024), problems: &problems)
        let exclude = section.list("exclude", of: .glob, problems: &problems)
        let excludeCount = section.entry("exclude")?.value.elements.count ?? 0
        // A value that could not be read may be anything: without it, false overlaps would be reported.
        guard let bucket, prefix != nil || section.entry("prefix") == nil,
            exclude != nil || section.entry("exclude") == nil, exclude?.count ?? 0 == excludeCount
        else { return nil }
        let match = Match(bucket: bucket, prefix: prefix ?? "", exclude: exclude ?? [])
        let position = section.entry("prefix")?.value.position ?? section.entry("bucket")?.value.position
        draft.match = PipelineDraft.Located(value: match, position: position ?? entry.keyPosition)
        return match
    }

    private mutating func acceptance(_ top: Section) -> Acceptance {
        let section = top.section("accept", keys: PipelineKeys.accept, problems: &problems)
        let maxSize = section?.value("max-size", as: .size(in: 1...(50 << 40)), problems: &problems)
        let types = section?.list("types", of: .typePattern, problems: &problems)
        if let section, let types, types.isEmpty, let entry = section.entry("types"), entry.value.elements.isEmpty {
            problems.add(
                entry.value.position, section.path(to: "types"),
                "an empty list accepts no type; omit the key to accept every type")
        }
        let declaredType = section?.value(
            "declared-type", as: ScalarParser<Acceptance.DeclaredType>.word, problems: &problems)
        let polyglots = section?.value("polyglots", as: ScalarParser<Acceptance.Polyglots>.word, problems: &problems)
        let quota = section.flatMap { QuotaReader.quota($0, problems: &problems) }
        return Acceptance(
            maxSize: maxSize, types: types, declaredType: declaredType ?? .mustAgree, polyglots: polyglots ?? .reject,
            quota: quota)
    }

    private mutating func scan(_ top: Section) -> (ScanLimits, scansRejected: Bool) {
        var limits = ScanLimits()
        guard let section = top.section("scan", keys: PipelineKeys.scan, problems: &problems) else {
            return (limits, false)
        }
        let timeout = ScalarParser.duration(in: .milliseconds(100)...(.seconds(3600)))
        if let value = section.value("timeout", as: timeout, problems: &problems) { limits.timeout = value }
        let maxScanSize = ScalarParser<Int64>.size(in: 1024...(1 << 40))
        if let value = section.value("max-scan-size", as: maxScanSize, problems: &problems) {
            limits.maxScanSize = value
        }
        if let value = section.value("max-files", as: .integer(in: 1...10_000_000), problems: &problems) {
            limits.maxFiles = value
        }
        // The limit of libclamav.
        if let value = section.value("max-recursion", as: .integer(in: 1...100), problems: &problems) {
            limits.maxRecursion = value
        }
        let encrypted = ScalarParser<ScanLimits.Encrypted>.word
        if let value = section.value("encrypted", as: encrypted, problems: &problems) { limits.encrypted = value }
        let overCeiling = ScalarParser<ScanLimits.OverCeiling>.word
        if let value = section.value("over-ceiling", as: overCeiling, problems: &problems) {
            limits.overCeiling = value
        }
        if let value = section.value("image-hash", as: .boolean, problems: &problems) { limits.hashesImages = value }
        let unknown = ScalarParser<ScanLimits.Unknown>.word
        if let value = section.value("unknown", as: unknown, problems: &problems) { limits.unknown = value }
        return (limits, section.value("rejected-too", as: .boolean, problems: &problems) ?? false)
    }

    /// All four verdicts are required: no action is left to a default.
    private mutating func actions(_ top: Section) -> VerdictActions? {
        let words = PipelineKeys.then.joined(separator: ", ")
        guard top.required("then", "a mapping with an action for each of \(words)", problems: &problems) != nil,
            let section = top.section("then", keys: PipelineKeys.then, problems: &problems)
        else { return nil }
        var actions: [Verdict: Action] = [:]
        for word in PipelineKeys.then {
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
        return VerdictActions(clean: clean, infected: infected, unscannable: unscannable, rejected: rejected)
    }
}

extension ScalarParser<String> {
    fileprivate static var pipelineName: ScalarParser {
        ScalarParser(expected: "a name of 1 to 64 letters a-z, digits and '-'") { text, _ throws(ScalarError) in
            let isName = text.utf8.allSatisfy { isLowercaseOrDigit($0) || $0 == UInt8(ascii: "-") }
            guard isName, (1...64).contains(text.utf8.count) else { throw .unexpected }
            return text
        }
    }

    fileprivate static var bucketName: ScalarParser {
        ScalarParser(expected: "a bucket name without s3://") { text, _ throws(ScalarError) in
            guard isBucketName(text) else { throw .unexpected }
            return text
        }
    }
}

extension ScalarParser<Glob> {
    fileprivate static var glob: ScalarParser {
        ScalarParser(expected: "a pattern such as \"*.info\"") { text, _ throws(ScalarError) in
            guard text.utf8.count <= 256 else { throw .note("more than 256 bytes") }
            guard let glob = Glob(text) else { throw .unexpected }
            return glob
        }
    }
}

extension ScalarParser<TypePattern> {
    fileprivate static var typePattern: ScalarParser {
        ScalarParser(expected: "a media type such as image/png, or \"image/*\"") { text, _ throws(ScalarError) in
            guard text != "*/*", text != "*" else {
                throw .message("\(quoted(text)) matches every type; omit 'types' to accept every type")
            }
            guard let pattern = TypePattern(text) else { throw .unexpected }
            return pattern
        }
    }
}
