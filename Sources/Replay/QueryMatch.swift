import Domain
import Ledger

/// The conditions of a query, held against one job by hand: what the ledger's `jobs(_:)` does in its own way.
extension JobQuery {
    func takes(_ record: JobRecord) -> Bool {
        guard takes(record.job.object), takes(receivedAt: record.firstReceivedAt) else { return false }
        if let outcome, record.outcome?.kind != outcome { return false }
        if openOnly, record.outcome != nil { return false }
        if strandedOnly, record.strandedAt == nil { return false }
        if let unclaimedSince {
            guard record.outcome == nil, let last = record.lastClaim, last < unclaimedSince else { return false }
        }
        if let verdict, record.judgement?.verdict != verdict { return false }
        if let disposition, record.disposition != disposition { return false }
        if let pipeline, record.pipeline.map({ $0.utf8.elementsEqual(pipeline.utf8) }) != true { return false }
        if let reason {
            let isFinding = record.judgement?.findings.contains { $0.name.utf8.elementsEqual(reason.utf8) } ?? false
            let isOfError = record.error.map { Array($0.utf8).contains(Array(reason.utf8)) } ?? false
            guard isFinding || isOfError else { return false }
        }
        if let signaturesBefore {
            guard signaturesBefore.isAfter(record.judgement?.evidence.databases ?? []) else { return false }
        }
        return true
    }

    func takes(_ object: ObjectVersion) -> Bool {
        if let bucket, !object.bucket.utf8.elementsEqual(bucket.utf8) { return false }
        return prefix.map { object.key.starts(with: $0) } ?? true
    }

    func takes(receivedAt time: Timestamp) -> Bool {
        if let since, time < since { return false }
        return until.map { time < $0 } ?? true
    }

    /// Whether it asks for what only a job that was claimed has.
    var asksForRecord: Bool {
        outcome != nil || openOnly || strandedOnly || unclaimedSince != nil || verdict != nil || disposition != nil
            || reason != nil || signaturesBefore != nil || pipeline != nil
    }
}

extension JobRecord {
    /// When the latest claim expires or expired, or was given up.
    fileprivate var lastClaim: Timestamp? { heldUntil ?? attempts.last?.endedAt }
}
