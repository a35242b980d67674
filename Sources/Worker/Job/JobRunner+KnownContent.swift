internal import AWS
internal import Domain
internal import Judging
internal import Ledger
internal import Pipelines
internal import Support
internal import Transfer

// Bytes that another job has found clean, under the same rules and signatures, need no second scan.
extension JobRunner {
    /// Looks an object up by the SHA-256 that its store has of it, where that spares several requests.
    ///
    /// - Returns: nil if the object is to be fetched.
    func knownObject(_ attempt: inout Attempt) async throws -> FetchedState? {
        guard let pipeline, reusesVerdicts(attempt), job.event.size ?? 0 > context.fetch.firstRange,
            context.mover.copier.hasTrustedChecksums(job.object.bucket)
        else { return nil }
        let head = try await scope.run { try await context.mover.reader.headWithSHA256(of: job.object) }
        guard head.isState(job.object), let size = head.contentLength, let sha256 = head.fullObjectSHA256,
            let vouching = try await vouching(sha256, head, attempt)
        else { return nil }
        let judge = Judge(size: size, declaredType: head.contentType, pipeline: pipeline)
        guard
            let judgement = judge.judgement(
                reusing: vouching.judgement, of: vouching.job, sha256: sha256, bytesRead: 0)
        else { return nil }
        attempt.known = judgement
        return FetchedState(version: job.object.pinned(by: head), head: head, size: size)
    }

    /// What a first look at an object found.
    struct FetchedState {
        let version: ObjectVersion
        let head: ObjectHead
        let size: Int64
    }

    /// Returns the clean judgement of another job on bytes with this SHA-256; nil if the object is to be scanned.
    func vouching(
        _ sha256: String, _ head: ObjectHead, _ attempt: Attempt
    ) async throws -> ObjectInspection.Vouching? {
        guard let pipeline, reusesVerdicts(attempt), ContentEncoding(field: head.contentEncoding) == nil else {
            return nil
        }
        let keys = context.inspection.reuseKeys(rules: pipeline.fingerprint)
        guard !keys.isEmpty else { return nil }
        let query = KnownContentQuery(
            sha256: sha256, reuseKeys: keys, judged: pipeline.reuse.judged(before: context.clocks.wall()))
        let found = try await scope.run { try await context.ledger.vouchingJob(query) }
        // The key is only what the ledger searches by; the columns that it stands for are chained.
        guard let record = found, let judgement = record.judgement, record.basis.rules == pipeline.fingerprint,
            let key = context.inspection.reuseKey(
                rules: pipeline.fingerprint, engine: judgement.evidence.engine,
                databases: judgement.evidence.databases),
            keys.contains(key)
        else { return nil }
        return ObjectInspection.Vouching(job: record.job.id, judgement: judgement)
    }

    /// A job that is tried again, or was reopened, is inspected for itself.
    func reusesVerdicts(_ attempt: Attempt) -> Bool {
        pipeline.map { $0.reuse != .never } ?? false && attempt.claim?.attempt == 1
    }

    /// Under what the judgement may be reused for the same bytes, or the mark that keeps others from being; nil if
    /// neither.
    func reuseKey(of judgement: Judgement, _ head: ObjectHead?) -> String? {
        if judgement.verdict == .infected { return KnownContentQuery.infected }
        // Under an encoding, the decoded bytes are inspected as well.
        guard let pipeline, pipeline.reuse != .never, judgement.mayVouch, let head,
            ContentEncoding(field: head.contentEncoding) == nil
        else { return nil }
        let evidence = judgement.evidence
        return context.inspection.reuseKey(
            rules: pipeline.fingerprint, engine: evidence.engine, databases: evidence.databases)
    }
}

extension VerdictReuse {
    /// When a judgement was made that may be reused now. A worker whose clock is fast makes none that lasts longer.
    fileprivate func judged(before now: Timestamp) -> ClosedRange<Timestamp> {
        switch self {
        case .never: now...now
        case .always: Timestamp(milliseconds: 0)...Timestamp(milliseconds: .max)
        case .within(let age): now.advanced(by: .zero - age)...now.advanced(by: age)
        }
    }
}

extension ObjectHead {
    /// Whether the answer is about this state: a store may ignore versions and conditions.
    fileprivate func isState(_ object: ObjectVersion) -> Bool {
        guard let version = object.versionID else { return etag != nil && (object.etag == nil || object.etag == etag) }
        return versionID == version
    }
}
