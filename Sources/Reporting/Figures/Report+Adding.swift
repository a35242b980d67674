internal import Domain
package import Ledger

extension Report {
    /// Adds a job; one that was received outside of the period is left out. Jobs are added newest first, as the ledger
    /// lists them.
    package mutating func add(_ record: JobRecord) {
        guard period.contains(record.firstReceivedAt) else { return }
        let addition = Addition(record)
        all.add(addition)
        outcomes[record.outcome?.kind.rawValue ?? "open", default: Count()].add(addition)
        slots[period.slot(of: addition.time), default: [:]][record.judgement?.verdict, default: 0] += 1
        pipelines.add(record.pipeline ?? "none", addition)
        let uploader = record.job.event.uploader.principal ?? "not known"
        uploaders.add(uploader, addition)
        if let judgement = record.judgement {
            add(judgement, addition)
            if judgement.verdict != .clean { badUploaders.add(uploader, addition) }
            let time = record.judgedAt ?? record.finishedAt
            if let time { add(judgement.evidence, judgedAt: time, of: record) }
        }
        if let verdict = record.judgement?.verdict, let disposition = record.disposition {
            dispositions[VerdictAndDisposition(verdict: verdict, disposition: disposition), default: Count()]
                .add(addition)
        }
        let reasons = record.reasonsLetThrough
        for reason in reasons { letThrough.add(reason, addition) }
        if !reasons.isEmpty { letThroughJobs.add(record) }
        if let review = record.review { reviews[review, default: Count()].add(addition) }
        if record.outcome?.kind == .failed { failed.add(record) }
        if record.strandedAt != nil { stranded.add(record) }
    }

    /// Adds an entry of the audit trail; one from outside of the period is left out.
    package mutating func add(_ entry: AuditEntry) {
        if period.contains(entry.at) { actions.add(entry) }
    }

    private mutating func add(_ judgement: Judgement, _ addition: Addition) {
        verdicts[judgement.verdict, default: Count()].add(addition)
        types.add(judgement.evidence.detectedType ?? "not detected", addition)
        // A job counts once for each name, however often it has the finding.
        for name in judgement.names(of: .signature) { signatures.add(name, addition) }
        for name in judgement.names(of: .rule) { rules.add(name, addition) }
        if judgement.verdict == .unscannable {
            for name in judgement.names(of: .limit) { refusedUnscanned.add(name, addition) }
        }
        if let engine = judgement.evidence.engine { engines.add(engine, addition) }
    }

    private mutating func add(_ evidence: Evidence, judgedAt time: Timestamp, of record: JobRecord) {
        timeToVerdict.add(milliseconds: time.age(of: record.firstReceivedAt))
        for database in evidence.databases {
            let name = database.name
            guard signatureAges[name] != nil || signatureAges.count < Self.maximumDatabases else { continue }
            signatureAges[name, default: SignatureAge()].add(database, usedAt: time)
        }
        guard let newest = evidence.databases.filter({ $0.version != nil }).map(\.built).max() else { return }
        let (slot, age) = (period.slot(of: record.firstReceivedAt), time.age(of: newest))
        greatestAges[slot] = max(greatestAges[slot] ?? 0, age)
    }

    /// A set has some dozens of databases.
    private static let maximumDatabases = 1000
}

extension Count {
    mutating func add(_ addition: Addition) { add(bytes: addition.bytes, at: addition.time) }
}

extension Judgement {
    /// The different names of the findings of a kind, in their order.
    func names(of kind: Finding.Kind) -> [String] {
        var seen: Set<String> = []
        return findings.filter { $0.kind == kind && seen.insert($0.name).inserted }.map(\.name)
    }
}

extension JobRecord {
    /// Why the object is where others may read it although nobody vouches for all of its bytes; empty if it is not.
    package var reasonsLetThrough: [String] {
        switch outcome {
        case .unmatched: return ["no pipeline takes it"]
        case .failed: return ["the job failed, and the object stayed where it was"]
        case .settled(let judgement, .promoted, _), .settled(let judgement, .kept, _):
            guard judgement.verdict == .clean else {
                return ["\(judgement.verdict.rawValue), and the pipeline lets it pass"]
            }
            // The pipeline allows encrypted content, and nobody can look into it.
            return judgement.names(of: .note).filter { $0 == "encrypted" }
        default: return []
        }
    }
}
