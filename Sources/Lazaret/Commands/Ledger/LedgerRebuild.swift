internal import AWS
internal import Domain
internal import Intake
internal import Ledger
internal import Support
internal import Transfer

/// Restores the jobs of quarantined objects in a ledger that does not know them. A job that the ledger has is left as
/// it is, so that it may run any number of times.
final class LedgerRebuild: Sendable {
    private struct Counts {
        var restored = 0
        var known = 0
        /// Objects that Lazaret did not quarantine, or whose metadata contradict each other.
        var foreign = 0
    }

    /// The start of the worker's name of attempts that this command makes.
    static let worker = "rebuild"
    private static let concurrency = 8

    private let s3: S3Client
    private let ledger: any Ledger
    private let actor: String
    private let isDryRun: Bool
    private let counts = Locked(Counts())

    init(s3: S3Client, ledger: any Ledger, actor: String, isDryRun: Bool) {
        self.s3 = s3
        self.ledger = ledger
        self.actor = actor
        self.isDryRun = isDryRun
    }

    var summary: String {
        let counts = counts.withLock { $0 }
        return "\(counts.restored) \(isDryRun ? "would be " : "")restored, \(counts.known) known already, "
            + "\(counts.foreign) not quarantined by Lazaret"
    }

    func run(_ bucket: String, below prefix: String) async throws {
        var continuation: String?
        repeat {
            let page = try await s3.list(bucket: bucket, prefix: prefix, continuation: continuation)
            for start in stride(from: 0, to: page.objects.count, by: Self.concurrency) {
                try Task.checkCancellation()
                try await withThrowingTaskGroup { group in
                    for object in page.objects[start..<min(start + Self.concurrency, page.objects.count)] {
                        let location = ObjectLocation(bucket: bucket, key: object.key)
                        group.addTask { [self] in try await restore(location) }
                    }
                    try await group.waitForAll()
                }
            }
            continuation = page.continuation
        } while continuation != nil
    }

    private func restore(_ location: ObjectLocation) async throws {
        let head: ObjectHead
        do throws(AWSError) {
            head = try await s3.head(
                ObjectVersion(bucket: location.bucket, key: location.key, versionID: nil, etag: nil))
        } catch {
            // It was released or deleted since the listing.
            guard error.kind == .notFound else { throw error }
            return
        }
        guard let record = QuarantineRecord(head), isOfItsJob(record) else {
            counts.withLock { $0.foreign += 1 }
            return
        }
        let isNew = try await isDryRun ? ledger.job(record.job) == nil : restore(record, head, at: location)
        counts.withLock { counts in
            if isNew { counts.restored += 1 } else { counts.known += 1 }
        }
        if isNew { output(printable("\(record.job)  \(record.verdict.rawValue)  \(location)")) }
    }

    /// The id of a job with a version is the hash of what the metadata say. Others also depend on a sequencer, which
    /// the metadata lack.
    private func isOfItsJob(_ record: QuarantineRecord) -> Bool {
        guard record.object.versionID != nil, record.isKeyWhole else { return true }
        return JobID(of: event(of: record, size: nil)) == record.job
    }

    private func event(of record: QuarantineRecord, size: Int64?) -> Event {
        Event(
            object: record.object, size: size, sequencer: nil, time: record.uploadedAt, name: "ObjectCreated:Put")
    }

    /// - Returns: false if the ledger has the job.
    private func restore(_ record: QuarantineRecord, _ head: ObjectHead, at location: ObjectLocation) async throws
        -> Bool
    {
        let now = Timestamp.now()
        let quarantinedAt = head.writtenAt ?? now
        let job = Job(id: record.job, event: event(of: record, size: head.contentLength))
        let worker = "\(Self.worker):\(workerName())"
        let claim = try await ledger.claim(
            job, by: worker, pipeline: nil, receivedAt: quarantinedAt, until: now.advanced(by: .seconds(60)), now: now)
        guard case .granted(let token, _) = claim else { return false }
        // An open job has an attempt of a worker, which knows more: a worker or `lazaret reconcile` finishes it. One
        // that only this command has claimed was interrupted here.
        let attempts = try await ledger.job(record.job)?.attempts ?? []
        guard attempts.allSatisfy({ $0.worker.hasPrefix(Self.worker + ":") }) else {
            try await ledger.release(token, error: "left as it was by ledger rebuild", strands: true, at: now)
            return false
        }
        try await ledger.audit(
            AuditEntry(
                at: now, actor: actor, action: "rebuild", subject: "\(location)", job: record.job,
                reason: "restored from the metadata of the quarantined object"))
        let outcome = Outcome.settled(
            judgement(record, size: head.contentLength ?? 0), .quarantined,
            Destination(location, versionID: head.versionID))
        return try await ledger.finish(token, with: outcome, at: quarantinedAt)
    }

    private func judgement(_ record: QuarantineRecord, size: Int64) -> Judgement {
        let kind: Finding.Kind =
            switch record.verdict {
            case .infected: .signature
            case .unscannable: .limit
            case .rejected: .rule
            case .clean: .note
            }
        var findings = record.findings.map { Finding(kind, $0) }
        findings.append(Finding(.note, "rebuilt", detail: "restored from the metadata of the quarantined object"))
        if !record.isKeyWhole {
            findings.append(Finding(.note, "key-cut", detail: "only the start of the key is known"))
        }
        return Judgement(
            verdict: record.verdict, findings: findings,
            evidence: Evidence(bytesRead: size, sha256: record.sha256, declaredType: record.declaredType))
    }
}
