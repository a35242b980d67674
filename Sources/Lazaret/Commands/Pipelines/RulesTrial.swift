internal import Domain
internal import Ledger
internal import Pipelines

/// What other rules would have made of a job on record: by the size, the declared type and the detected type that the
/// ledger holds, without the object.
struct RulesTrial: Equatable {
    /// What becomes of the job under the other rules.
    enum Result: Hashable {
        case verdict(Verdict)
        /// Its bytes were not inspected under the old rules, and would be.
        case inspected
        /// No pipeline takes the object.
        case unmatched

        var name: String {
            switch self {
            case .verdict(let verdict): verdict.rawValue
            case .inspected: "inspected"
            case .unmatched: "unmatched"
            }
        }
    }

    let before: Result
    let after: Result
    /// The other pipeline that takes the object.
    let pipeline: String?
    /// The rules that it breaks there.
    let breaches: [Finding]

    var isChanged: Bool { before != after }

    /// The rules that need nothing but what the ledger holds.
    private static let knownRules: Set<String> = ["too-large", "type-not-accepted", "declared-type"]

    /// - Returns: nil for a job without a judgement that is not unmatched: it failed, or has not been inspected yet.
    init?(_ record: JobRecord, under set: PipelineSet) {
        if let judgement = record.judgement {
            before = .verdict(judgement.verdict)
        } else if record.outcome == .unmatched {
            before = .unmatched
        } else {
            return nil
        }
        let object = record.job.object
        guard let pipeline = set.pipeline(for: object.bucket, key: object.key) else {
            (after, pipeline, breaches) = (.unmatched, nil, [])
            return
        }
        self.pipeline = pipeline.name
        guard let judgement = record.judgement else {
            (after, breaches) = (.inspected, [])
            return
        }
        let evidence = judgement.evidence
        var breaches = record.job.event.size.map { pipeline.breaches(size: $0) } ?? []
        if let detected = evidence.detectedType {
            breaches += pipeline.breaches(declared: evidence.declaredType, detected: detected)
        }
        self.breaches = breaches.filter { $0.kind == .rule }
        // An engine in the evidence means that the whole object was scanned.
        let isInspected = evidence.engine != nil
        let kept = judgement.findings.filter { !Self.knownRules.contains($0.name) }
        after =
            self.breaches.isEmpty && !isInspected && kept.allSatisfy { $0.kind == .note }
            ? .inspected : .verdict(Verdict(of: kept + self.breaches))
    }
}
