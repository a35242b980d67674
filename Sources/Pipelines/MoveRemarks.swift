internal import Domain

/// What a person should know about the destinations of clean objects.
struct MoveRemarks {
    /// Two objects may get one location, where the later move replaces the earlier one.
    private(set) var warnings: [Problem] = []
    /// Keys that a template can't hold.
    private(set) var notes: [Problem] = []

    init(of drafts: [PipelineDraft]) {
        let moves = drafts.compactMap { draft in draft.routes.first(where: \.isPromotion).map { Move(draft, $0) } }
        for (index, move) in moves.enumerated() {
            if let text = move.sharedNames { warnings.append(move.problem(text)) }
            if let other = moves[..<index].first(where: move.mayMeet) { warnings.append(move.problem(meeting(other))) }
            if let text = move.longestKeyNote { notes.append(move.problem(text)) }
        }
    }

    private func meeting(_ other: Move) -> String {
        "may move an object to the key of one that \(other.draft.file):\(other.route.position.line) moves to "
            + "\(quoted(other.route.destination.description)), and so replace it: objects of two pipelines are not "
            + "ordered; use separate prefixes, or {bucket}, {key} or {job}"
    }
}

/// The destination of a pipeline's clean objects.
private struct Move {
    let draft: PipelineDraft
    let route: PipelineDraft.Route

    init(_ draft: PipelineDraft, _ route: PipelineDraft.Route) {
        self.draft = draft
        self.route = route
    }

    private var template: Template { route.destination.key }

    func problem(_ text: String) -> Problem {
        Problem(
            file: draft.file, line: route.position.line, column: route.position.column, path: route.path, message: text)
    }

    /// Of all variables that differ between objects, only `{name}`: objects of different folders share it.
    var sharedNames: String? {
        let chosen = template.variables.filter(\.identifiesObject)
        guard chosen.allSatisfy({ $0 == .name }) else { return nil }
        return "objects of one name in different folders get the same key, and the later one replaces the other; "
            + "use {rest} or {job}"
    }

    /// Whether a key of this move may be a key of the other. False is certain.
    func mayMeet(_ other: Move) -> Bool {
        guard route.destination.bucket == other.route.destination.bucket,
            !route.destination.isUniquePerJob, !other.route.destination.isUniquePerJob
        else { return false }
        let (head, theirs) = (self.head, other.head)
        let (tail, theirTail) = (self.tail, other.tail)
        return (head.starts(with: theirs) || theirs.starts(with: head))
            && (tail.starts(with: theirTail) || theirTail.starts(with: tail))
    }

    /// The bytes that every key starts with.
    private var head: [UInt8] {
        var head: [UInt8] = []
        for part in template.parts {
            switch part {
            case .literal(let text): head += Array(text.utf8)
            case .variable(.bucket): head += Array((draft.match?.value.bucket ?? "").utf8)
            case .variable(.verdict): head += Array(Verdict.clean.rawValue.utf8)
            case .variable(.finding): head += Array(TemplateValues.noFinding.utf8)
            case .variable(.key): return head + (draft.match?.value.prefixBytes ?? [])
            case .variable: return head
            }
        }
        return head
    }

    /// The bytes that every key ends with, the last one first.
    private var tail: [UInt8] {
        guard case .literal(let text)? = template.parts.last else { return [] }
        return text.utf8.reversed()
    }

    /// S3 has keys of up to 1024 bytes.
    var longestKeyNote: String? {
        let prefix = draft.match?.value.prefixBytes.count ?? 0
        var fixed = 0
        // The bytes of an object's key that its value leaves out.
        var omitted: [Int] = []
        for part in template.parts {
            switch part {
            case .literal(let text): fixed += text.utf8.count
            case .variable(.bucket): fixed += draft.match?.value.bucket.utf8.count ?? 0
            case .variable(.verdict): fixed += Verdict.clean.rawValue.utf8.count
            case .variable(.finding): fixed += TemplateValues.noFinding.utf8.count
            case .variable(.date): fixed += 10
            case .variable(.job): fixed += 32
            case .variable(.key): omitted.append(0)
            case .variable(.rest): omitted.append(prefix)
            // A name has no slash, so it begins after the last one of the prefix.
            case .variable(.name):
                omitted.append(draft.match?.value.prefixBytes.lastIndex(of: 0x2F).map { $0 + 1 } ?? 0)
            }
        }
        guard !omitted.isEmpty else { return nil }
        let longest = (1024 - fixed + omitted.reduce(0, +)) / omitted.count
        guard longest < 1024 else { return nil }
        return "an object whose key has more than \(longest) bytes can't be moved there, and ends as failed"
    }
}
