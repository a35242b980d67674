import Domain

/// A row of `jobs` as a record.
enum JobRow {
    static let columns = columns(endedIn: "jobs")

    /// In the order of `Column`.
    ///
    /// - Parameter table: which one tells how the job stood: `jobs` itself, or `past_outcomes` joined to it.
    static func columns(endedIn table: String) -> String {
        let judged = endColumns.dropFirst().dropLast().map { "\(table).\($0)" }
        return """
            jobs.number, id, bucket, key, version_id, etag, size, sequencer, event_name, event_time, pipeline, \
            first_received_at, worker, claimed_until, stranded_at, \(table).attempts, \
            \(judged.joined(separator: ", ")), \
            (SELECT databases FROM signature_sets WHERE signature_sets.number = \(table).signature_set)
            """
    }

    /// How a job came to its end: what `jobs` holds of it now, and `past_outcomes` of the times before.
    static let endColumns = ["attempts"] + endingColumns + judgementColumns

    /// What ends a job.
    static let endingColumns = [
        "finished_at", "error", "outcome", "disposition", "destination_bucket", "destination_key",
        "destination_version",
    ]

    /// What a judgement is kept in.
    static let judgementColumns = [
        "verdict", "lists", "bytes_read", "sha256", "declared_type", "detected_type", "engine", "signatures",
        "scan_millis", "method", "objects", "deepest", "recovered", "signature_set",
    ]

    /// The assignments that open a job that had ended.
    ///
    /// - Parameter time: the parameter that gives the time.
    static func opening(keepingJudgement: Bool, at time: String) -> String {
        let forgotten = endingColumns + (keepingJudgement ? [] : judgementColumns)
        return (forgotten.map { "\($0) = NULL" } + ["stranded_at = \(time)"]).joined(separator: ", ")
    }

    static var columnCount: Int32 { Column.databases.rawValue + 1 }

    private enum Column: Int32 {
        case number, id, bucket, key, versionID, etag, size, sequencer, eventName, eventTime, pipeline, firstReceivedAt
        case worker, claimedUntil, strandedAt, attempts
        case finishedAt, error, outcome, disposition, destinationBucket, destinationKey, destinationVersion
        case verdict, lists, bytesRead, sha256, declaredType, detectedType, engine, signatures
        case scanMillis, method, objects, deepest, recovered, databases
    }

    static func number(_ row: borrowing some LedgerRow & ~Copyable) -> Int64 { integer(row, .number) }

    /// Reads a row of `columns`. What is not understood is an error, never left out.
    ///
    /// - Parameter sets: remembers the signature set that was read last.
    static func record(
        _ row: borrowing some LedgerRow & ~Copyable, _ sets: inout SignatureSets, _ operation: String
    ) throws(LedgerError) -> JobRecord {
        let name = text(row, .id) ?? ""
        guard let id = JobID(name), let key = ObjectKey(text(row, .key) ?? "") else {
            throw .corrupt(operation, "row \(number(row)) names no job or object")
        }
        let object = ObjectVersion(
            bucket: text(row, .bucket) ?? "", key: key, versionID: text(row, .versionID), etag: text(row, .etag))
        let event = Event(
            object: object, size: optionalInteger(row, .size), sequencer: text(row, .sequencer),
            time: time(row, .eventTime), name: text(row, .eventName) ?? "")
        let judgement = try judgement(row, &sets, operation)
        let heldUntil = time(row, .claimedUntil)
        return JobRecord(
            job: Job(id: id, event: event), pipeline: text(row, .pipeline),
            outcome: try outcome(row, judgement, operation), judgement: judgement,
            attemptCount: Int(integer(row, .attempts)), heldBy: heldUntil == nil ? nil : text(row, .worker),
            heldUntil: heldUntil, strandedAt: time(row, .strandedAt),
            firstReceivedAt: Timestamp(milliseconds: integer(row, .firstReceivedAt)),
            finishedAt: time(row, .finishedAt), error: text(row, .error))
    }

    private static func judgement(
        _ row: borrowing some LedgerRow & ~Copyable, _ sets: inout SignatureSets, _ operation: String
    ) throws(LedgerError) -> Judgement? {
        guard let word = text(row, .verdict) else { return nil }
        guard let verdict = Verdict(rawValue: word) else {
            throw .corrupt(operation, "row \(number(row)) has the unknown verdict \"\(word)\"")
        }
        guard let lists = JudgementLists(text: text(row, .lists)) else {
            throw .corrupt(operation, "row \(number(row)) has findings that can't be read")
        }
        guard let databases = sets.databases(of: text(row, .databases)) else {
            throw .corrupt(operation, "row \(number(row)) has a signature set that can't be read")
        }
        let method = text(row, .method)
        guard method == nil || method.flatMap(ScanMethod.init) != nil else {
            throw .corrupt(operation, "row \(number(row)) was scanned by the unknown method \"\(method ?? "")\"")
        }
        let evidence = Evidence(
            bytesRead: integer(row, .bytesRead), sha256: text(row, .sha256), declaredType: text(row, .declaredType),
            detectedType: text(row, .detectedType), engine: text(row, .engine), signatures: text(row, .signatures),
            databases: databases, scanMilliseconds: optionalInteger(row, .scanMillis), limits: lists.limits,
            method: method.flatMap(ScanMethod.init), objects: optionalInteger(row, .objects).map(Int.init),
            deepest: optionalInteger(row, .deepest).map(Int.init),
            extracted: optionalInteger(row, .recovered).map(Int.init))
        return Judgement(verdict: verdict, findings: lists.findings, evidence: evidence)
    }

    private static func outcome(
        _ row: borrowing some LedgerRow & ~Copyable, _ judgement: Judgement?, _ operation: String
    ) throws(LedgerError) -> Outcome? {
        guard let word = text(row, .outcome) else { return nil }
        switch Outcome.Kind(rawValue: word) {
        case .gone: return .gone
        case .superseded: return .superseded
        case .unmatched: return .unmatched
        case .failed: return .failed(reason: text(row, .error) ?? "", judgement)
        case .settled:
            guard let judgement, let disposition = Disposition(rawValue: text(row, .disposition) ?? "") else {
                throw .corrupt(operation, "row \(number(row)) is settled without a verdict or disposition")
            }
            return .settled(judgement, disposition, try destination(row, operation))
        case nil:
            throw .corrupt(operation, "row \(number(row)) has the unknown outcome \"\(word)\"")
        }
    }

    private static func destination(
        _ row: borrowing some LedgerRow & ~Copyable, _ operation: String
    ) throws(LedgerError) -> Destination? {
        guard let bucket = text(row, .destinationBucket) else { return nil }
        guard let key = ObjectKey(text(row, .destinationKey) ?? "") else {
            throw .corrupt(operation, "row \(number(row)) has a destination without a key")
        }
        return Destination(ObjectLocation(bucket: bucket, key: key), versionID: text(row, .destinationVersion))
    }

    private static func text(_ row: borrowing some LedgerRow & ~Copyable, _ column: Column) -> String? {
        row.text(column.rawValue)
    }

    private static func integer(_ row: borrowing some LedgerRow & ~Copyable, _ column: Column) -> Int64 {
        row.integer(column.rawValue)
    }

    private static func optionalInteger(_ row: borrowing some LedgerRow & ~Copyable, _ column: Column) -> Int64? {
        row.optionalInteger(column.rawValue)
    }

    private static func time(_ row: borrowing some LedgerRow & ~Copyable, _ column: Column) -> Timestamp? {
        optionalInteger(row, column).map { Timestamp(milliseconds: $0) }
    }
}
