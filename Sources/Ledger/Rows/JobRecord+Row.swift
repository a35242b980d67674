import Domain

extension JobRecord {
    /// Reads a row of `JobColumn.selectList`. A value that is not understood is an error, never left out.
    ///
    /// - Parameter sets: caches the signature set that was read last.
    init(
        _ row: borrowing some LedgerRow & ~Copyable, _ sets: inout SignatureSets, _ operation: String
    ) throws(LedgerError) {
        let reader = JobReader(number: row.integer(JobColumn.number), operation: operation)
        guard let id = JobID(row.text(JobColumn.id) ?? ""), let key = ObjectKey(row.text(JobColumn.key) ?? "") else {
            throw reader.corrupt("names no job or object")
        }
        let object = ObjectVersion(
            bucket: row.text(JobColumn.bucket) ?? "", key: key, versionID: row.text(JobColumn.versionID),
            etag: row.text(JobColumn.etag))
        let event = Event(
            object: object, size: row.optionalInteger(JobColumn.size), sequencer: row.text(JobColumn.sequencer),
            time: row.optionalTime(JobColumn.eventTime), name: row.text(JobColumn.eventName) ?? "",
            uploader: Uploader(
                principal: row.text(JobColumn.principal), sourceIP: row.text(JobColumn.sourceIP),
                requestID: row.text(JobColumn.requestID)))
        let judgement = try reader.judgement(row, &sets)
        let heldUntil = row.optionalTime(JobColumn.claimedUntil)
        self.init(
            job: Job(id: id, event: event), pipeline: row.text(JobColumn.pipeline),
            outcome: try reader.outcome(row, judgement), judgement: judgement,
            attemptCount: Int(row.integer(JobColumn.attempts)),
            heldBy: heldUntil == nil ? nil : row.text(JobColumn.worker), heldUntil: heldUntil,
            strandedAt: row.optionalTime(JobColumn.strandedAt), firstReceivedAt: row.time(JobColumn.firstReceivedAt),
            finishedAt: row.optionalTime(JobColumn.finishedAt), error: row.text(JobColumn.error))
        copiedTo = outcome == nil ? try reader.destination(row) : nil
        judgedAt = row.optionalTime(JobColumn.judgedAt)
        let facts = ObjectFacts(
            userMetadata: row.text(JobColumn.userMetadata), userTags: row.text(JobColumn.userTags),
            contentDisposition: row.text(JobColumn.contentDisposition),
            lastModified: row.optionalTime(JobColumn.lastModified))
        basis = JudgementBasis(
            rules: row.text(JobColumn.rules), destination: try reader.plannedDestination(row),
            taggingSince: row.optionalTime(JobColumn.taggingSince), facts: facts)
        if let word = row.text(JobColumn.review) {
            guard let state = ReviewState(rawValue: word) else {
                throw reader.corrupt("has the unknown review state \"\(word)\"")
            }
            review = state
        }
    }
}

/// Reads the parts of one row of `jobs`, and names the row in errors.
private struct JobReader {
    let number: Int64
    let operation: String

    func corrupt(_ detail: String) -> LedgerError { .corrupt(operation, "row \(number) \(detail)") }

    func judgement(
        _ row: borrowing some LedgerRow & ~Copyable, _ sets: inout SignatureSets
    ) throws(LedgerError) -> Judgement? {
        guard let word = row.text(JobColumn.verdict) else { return nil }
        guard let verdict = Verdict(rawValue: word) else { throw corrupt("has the unknown verdict \"\(word)\"") }
        guard let lists = JudgementLists(text: row.text(JobColumn.lists)) else {
            throw corrupt("has findings that can't be read")
        }
        guard let databases = sets.databases(of: row.text(JobColumn.signatureSet)) else {
            throw corrupt("has a signature set that can't be read")
        }
        let method = row.text(JobColumn.method)
        guard method == nil || method.flatMap(ScanMethod.init) != nil else {
            throw corrupt("has the unknown scan method \"\(method ?? "")\"")
        }
        let evidence = Evidence(
            bytesRead: row.integer(JobColumn.bytesRead), sha256: row.text(JobColumn.sha256),
            declaredType: row.text(JobColumn.declaredType), detectedType: row.text(JobColumn.detectedType),
            engine: row.text(JobColumn.engine), signatures: row.text(JobColumn.signatures), databases: databases,
            scanMilliseconds: row.optionalInteger(JobColumn.scanMillis), limits: lists.limits,
            method: method.flatMap(ScanMethod.init),
            objects: row.optionalInteger(JobColumn.objects).map(Int.init),
            deepest: row.optionalInteger(JobColumn.deepest).map(Int.init),
            extracted: row.optionalInteger(JobColumn.extracted).map(Int.init), forms: lists.forms,
            vouchedBy: lists.vouchedBy)
        return Judgement(verdict: verdict, findings: lists.findings, evidence: evidence)
    }

    func outcome(
        _ row: borrowing some LedgerRow & ~Copyable, _ judgement: Judgement?
    ) throws(LedgerError) -> Outcome? {
        guard let word = row.text(JobColumn.outcome) else { return nil }
        switch Outcome.Kind(rawValue: word) {
        case .gone: return .gone
        case .superseded: return .superseded
        case .unmatched: return .unmatched
        case .marker: return .marker
        case .failed: return .failed(reason: row.text(JobColumn.error) ?? "", judgement)
        case .settled:
            guard let judgement, let disposition = Disposition(rawValue: row.text(JobColumn.disposition) ?? "") else {
                throw corrupt("is settled without a verdict or disposition")
            }
            return .settled(judgement, disposition, try destination(row))
        case nil:
            throw corrupt("has the unknown outcome \"\(word)\"")
        }
    }

    func plannedDestination(
        _ row: borrowing some LedgerRow & ~Copyable
    ) throws(LedgerError) -> ObjectLocation? {
        guard let bucket = row.text(JobColumn.plannedBucket) else { return nil }
        guard let key = ObjectKey(row.text(JobColumn.plannedKey) ?? "") else {
            throw corrupt("has a planned destination without a key")
        }
        return ObjectLocation(bucket: bucket, key: key)
    }

    func destination(_ row: borrowing some LedgerRow & ~Copyable) throws(LedgerError) -> Destination? {
        guard let bucket = row.text(JobColumn.destinationBucket) else { return nil }
        guard let key = ObjectKey(row.text(JobColumn.destinationKey) ?? "") else {
            throw corrupt("has a destination without a key")
        }
        return Destination(
            ObjectLocation(bucket: bucket, key: key), versionID: row.text(JobColumn.destinationVersion))
    }
}
