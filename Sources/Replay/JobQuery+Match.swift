import Domain
import Ledger

/// The conditions of a query, evaluated in memory for one job with the same result as the ledger's `jobs(_:)`.
extension JobQuery {
    func matches(_ record: JobRecord) -> Bool {
        guard matches(record.job.object), matches(receivedAt: record.firstReceivedAt) else { return false }
        if let outcome, record.outcome?.kind != outcome { return false }
        if openOnly, record.outcome != nil { return false }
        if strandedOnly, record.strandedAt == nil { return false }
        if let unclaimedSince {
            guard record.outcome == nil, let last = record.lastClaim, last < unclaimedSince else { return false }
        }
        if !verdicts.isEmpty, !verdicts.contains(where: { $0 == record.judgement?.verdict }) { return false }
        if let sha256, record.judgement?.evidence.sha256 != sha256 { return false }
        if let finding, record.judgement?.findings.contains(where: { $0.name == finding }) != true { return false }
        if let type, !record.hasType(type) { return false }
        if let uploader, record.job.event.uploader.principal != uploader { return false }
        if !reviews.isEmpty, !reviews.contains(where: { $0 == record.review }) { return false }
        if let disposition, record.disposition != disposition { return false }
        if let pipeline, record.pipeline.map({ $0.utf8.elementsEqual(pipeline.utf8) }) != true { return false }
        if let reason {
            let part = Array(reason.utf8)
            let isFinding = record.judgement?.findings.contains { Array($0.name.utf8).contains(part) } ?? false
            let isOfError = record.error.map { Array($0.utf8).contains(part) } ?? false
            guard isFinding || isOfError else { return false }
        }
        if let signaturesBefore {
            guard signaturesBefore.isAfter(record.judgement?.evidence.databases ?? []) else { return false }
        }
        return true
    }

    func matches(_ object: ObjectVersion) -> Bool {
        if let bucket, !object.bucket.utf8.elementsEqual(bucket.utf8) { return false }
        return prefix.map { object.key.starts(with: $0) } ?? true
    }

    func matches(receivedAt time: Timestamp) -> Bool {
        if let since, time < since { return false }
        return until.map { time < $0 } ?? true
    }

    /// Whether a condition needs the record of a claimed job.
    var needsRecord: Bool {
        outcome != nil || openOnly || strandedOnly || unclaimedSince != nil || !verdicts.isEmpty || disposition != nil
            || reason != nil || sha256 != nil || signaturesBefore != nil || pipeline != nil
            || finding != nil || type != nil || uploader != nil || !reviews.isEmpty
    }
}

extension JobRecord {
    /// - Parameter pattern: `image/png`, or `image/*` for all that start so.
    fileprivate func hasType(_ pattern: String) -> Bool {
        let evidence = judgement?.evidence
        guard let type = evidence?.detectedType ?? evidence?.declaredType else { return false }
        return pattern.hasSuffix("*") ? type.hasPrefix(pattern.dropLast()) : type == pattern
    }

    /// When the latest claim expires, or when its attempt ended.
    fileprivate var lastClaim: Timestamp? { heldUntil ?? attempts.last?.endedAt }
}
