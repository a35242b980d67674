import Domain

/// A column of `jobs`.
enum JobColumn: String, TableColumn {
    case number
    case id
    case bucket
    case key
    case versionID = "version_id"
    case etag
    case size
    case sequencer
    case eventName = "event_name"
    case eventTime = "event_time"
    case pipeline
    case firstReceivedAt = "first_received_at"
    case worker
    case claimedUntil = "claimed_until"
    case strandedAt = "stranded_at"
    case attempts
    case finishedAt = "finished_at"
    case error
    case outcome
    case disposition
    case destinationBucket = "destination_bucket"
    case destinationKey = "destination_key"
    case destinationVersion = "destination_version"
    case verdict
    case lists
    case bytesRead = "bytes_read"
    case sha256
    case declaredType = "declared_type"
    case detectedType = "detected_type"
    case engine
    case signatures
    case scanMillis = "scan_millis"
    case method
    case objects
    case deepest
    case extracted = "recovered"
    /// Refers to `signature_sets`. A select list has the set itself in its place.
    case signatureSet = "signature_set"
    case judgedAt = "judged_at"
    case rules
    case plannedBucket = "planned_bucket"
    case plannedKey = "planned_key"
    case taggingSince = "tagging_since"
    case principal
    case sourceIP = "source_ip"
    case requestID = "request_id"
    case userMetadata = "user_metadata"
    case userTags = "user_tags"
    case contentDisposition = "content_disposition"
    case lastModified = "last_modified"
    case review

    static let selected = allCases

    static let selectList = selectList(outcomeFrom: "jobs")

    /// The columns that a job's record is read from.
    ///
    /// - Parameter table: holds how the job ended: `jobs`, or `past_outcomes` joined to it.
    static func selectList(outcomeFrom table: String) -> String { selectList(of: selected, outcomeFrom: table) }

    static func selectList(of columns: [JobColumn], outcomeFrom table: String) -> String {
        columns.map { column in
            if column == .signatureSet {
                return "(SELECT databases FROM signature_sets WHERE signature_sets.number = \(table).signature_set)"
            }
            return "\(past.contains(column) ? table : "jobs").\(column.rawValue)"
        }.joined(separator: ", ")
    }

    /// The columns that `past_outcomes` has too: all that a later attempt may change.
    static let past =
        [.attempts, .worker, .pipeline, .sequencer, .eventTime] + JobEnd.bindings.columns
        + StoredJudgement.bindings.columns + StoredBasis.bindings.columns

    /// The assignments that open a job that has ended. Which bytes were recalled or infected stays known,
    /// even if the job ends without a look at them.
    ///
    /// - Parameter time: the parameter that holds the time.
    static func reopening(keepingJudgement: Bool, at time: String) -> String {
        let cleared = JobEnd.bindings.columns + (keepingJudgement ? [] : StoredJudgement.bindings.columns)
        let assignments = cleared.map { column in
            "\(column.rawValue) = \(column == .sha256 ? KnownContentQuery.sha256IfMarked : "NULL")"
        }
        return (assignments + ["stranded_at = \(time)", "review = NULL"]).joined(separator: ", ")
    }
}

/// The row of a job that is claimed for the first time.
struct NewJob: Sendable {
    let job: Job
    let worker: String
    let pipeline: String?
    let receivedAt: Timestamp
    let claimedUntil: Timestamp

    static let bindings = ColumnBindings<JobColumn, NewJob>([
        (.id, { .text($0.job.id.text) }),
        (.bucket, { .text($0.job.object.bucket) }),
        (.key, { SQLValue($0.job.object.key) }),
        (.versionID, { SQLValue($0.job.object.versionID) }),
        (.etag, { SQLValue($0.job.object.etag) }),
        (.size, { SQLValue($0.job.event.size) }),
        (.sequencer, { SQLValue($0.job.event.sequencer) }),
        (.eventName, { .text($0.job.event.name) }),
        (.eventTime, { SQLValue($0.job.event.time) }),
        (.pipeline, { SQLValue($0.pipeline) }),
        (.firstReceivedAt, { SQLValue($0.receivedAt) }),
        (.attempts, { _ in .integer(1) }),
        (.worker, { .text($0.worker) }),
        (.claimedUntil, { SQLValue($0.claimedUntil) }),
        (.principal, { SQLValue($0.job.event.uploader.principal) }),
        (.sourceIP, { SQLValue($0.job.event.uploader.sourceIP) }),
        (.requestID, { SQLValue($0.job.event.uploader.requestID) }),
    ])
}

/// The end of a job, without its judgement.
struct JobEnd: Sendable {
    let outcome: Outcome
    let time: Timestamp

    static let bindings = ColumnBindings<JobColumn, JobEnd>([
        (.finishedAt, { SQLValue($0.time) }),
        (.error, { SQLValue($0.error) }),
        (.outcome, { .text($0.outcome.kind.rawValue) }),
        (.disposition, { SQLValue($0.disposition?.rawValue) }),
        (.destinationBucket, { SQLValue($0.destination?.location.bucket) }),
        (.destinationKey, { SQLValue($0.destination?.location.key) }),
        (.destinationVersion, { SQLValue($0.destination?.versionID) }),
    ])

    /// The reason of a failed job.
    var error: String? {
        guard case .failed(let reason, _) = outcome else { return nil }
        return reason
    }

    private var disposition: Disposition? {
        guard case .settled(_, let disposition, _) = outcome else { return nil }
        return disposition
    }

    private var destination: Destination? {
        guard case .settled(_, _, let destination) = outcome else { return nil }
        return destination
    }
}

/// A judgement as a row holds it.
struct StoredJudgement: Sendable {
    let judgement: Judgement
    /// Identifies the row of `signature_sets` that is on record: by its number, or by its text.
    let signatureSet: SQLValue

    private var evidence: Evidence { judgement.evidence }

    static let bindings = ColumnBindings<JobColumn, StoredJudgement>([
        (.verdict, { .text($0.judgement.verdict.rawValue) }),
        (.lists, { SQLValue(JudgementLists(of: $0.judgement).text) }),
        (.bytesRead, { .integer($0.evidence.bytesRead) }),
        (.sha256, { SQLValue($0.evidence.sha256) }),
        (.declaredType, { SQLValue($0.evidence.declaredType) }),
        (.detectedType, { SQLValue($0.evidence.detectedType) }),
        (.engine, { SQLValue($0.evidence.engine) }),
        (.signatures, { SQLValue($0.evidence.signatures) }),
        (.scanMillis, { SQLValue($0.evidence.scanMilliseconds) }),
        (.method, { SQLValue($0.evidence.method?.rawValue) }),
        (.objects, { SQLValue($0.evidence.objects) }),
        (.deepest, { SQLValue($0.evidence.deepest) }),
        (.extracted, { SQLValue($0.evidence.extracted) }),
        (.signatureSet, { $0.signatureSet }),
    ])
}

/// Where the object of an open job was copied to, in the columns that hold the destination once the job has ended.
enum StoredCopy {
    static let bindings = ColumnBindings<JobColumn, Destination>([
        (.destinationBucket, { .text($0.location.bucket) }),
        (.destinationKey, { SQLValue($0.location.key) }),
        (.destinationVersion, { SQLValue($0.versionID) }),
    ])

    /// The assignments that remove it.
    static let none = bindings.columns.map { "\($0.rawValue) = NULL" }.joined(separator: ", ")
}

/// What a judgement was made under, as a row holds it.
struct StoredBasis: Sendable {
    let basis: JudgementBasis
    let time: Timestamp

    static let bindings = ColumnBindings<JobColumn, StoredBasis>([
        (.judgedAt, { SQLValue($0.time) }),
        (.rules, { SQLValue($0.basis.rules) }),
        (.plannedBucket, { SQLValue($0.basis.destination?.bucket) }),
        (.plannedKey, { SQLValue($0.basis.destination?.key) }),
        (.taggingSince, { SQLValue($0.basis.taggingSince) }),
        (.userMetadata, { SQLValue($0.basis.facts.userMetadata) }),
        (.userTags, { SQLValue($0.basis.facts.userTags) }),
        (.contentDisposition, { SQLValue($0.basis.facts.contentDisposition) }),
        (.lastModified, { SQLValue($0.basis.facts.lastModified) }),
    ])

    /// The assignments of a basis. Bytes that were recalled stay so.
    ///
    /// - Parameter parameter: returns the name of the parameter at an index of `values`.
    static func assignments(_ parameter: (_ index: Int) -> String) -> String {
        let key = parameter(bindings.columns.count)
        return bindings.assignments { index, _ in parameter(index) }
            + ", reuse_key = CASE reuse_key WHEN '\(KnownContentQuery.recalled)' THEN reuse_key ELSE \(key) END"
    }

    /// The values for `assignments`; the time alone if there is no basis.
    static func values(_ basis: JudgementBasis?, at time: Timestamp) -> [SQLValue] {
        guard let basis else { return [SQLValue(time)] }
        return bindings.values(of: StoredBasis(basis: basis, time: time)) + [SQLValue(basis.reuseKey)]
    }
}
