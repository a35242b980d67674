import Domain

extension SQLiteConnection {
    func review(of job: JobID) throws(LedgerError) -> Review? {
        guard let (number, record) = try row(of: job) else { return nil }
        var review = try review(number, record)
        review.notes = try all(
            "SELECT \(NoteColumn.selectList) FROM review_notes WHERE job = ?1 ORDER BY number", [.integer(number)]
        ) { ReviewEntry(note: $0) }
        return review
    }

    private func review(_ number: Int64, _ record: JobRecord) throws(LedgerError) -> Review {
        try first("SELECT \(ReviewColumn.selectList) FROM reviews WHERE job = ?1", [.integer(number)]) {
            (row) throws(LedgerError) in try Review(row, record.review, operation)
        } ?? Review(state: record.review)
    }

    func changeReview(
        of job: JobID, _ change: ReviewChange, _ entry: AuditEntry
    ) throws(LedgerError) -> ReviewResult {
        guard let (number, record) = try row(of: job) else { return .refused(.unknownJob) }
        guard record.outcome != nil else { return .refused(.isOpen) }
        var review = try review(number, record)
        let result = review.apply(change, to: record, entry)
        if case .refused = result { return result }
        if change.isAudited { try audit(entry) }
        try run(Self.reviewUpsert, Review.bindings.values(of: review) + [.integer(number)])
        if review.state != record.review {
            try run(
                "UPDATE jobs SET review = ?2 WHERE number = ?1", [.integer(number), SQLValue(review.state?.rawValue)])
        }
        if KnownContentQuery.recalls(result) { try run(KnownContentQuery.recall("?"), [.integer(number)]) }
        if change.isAudited { try append(contents(.reviews, job: job)) }
        for falsePositive in change.falsePositives {
            try insert(
                into: .falsePositives, Self.falsePositiveInsert, FalsePositive.bindings.values(of: falsePositive))
        }
        try add(change.notices)
        return result
    }

    func addNote(to job: JobID, _ entry: AuditEntry) throws(LedgerError) -> Bool {
        guard let (number, _) = try row(of: job) else { return false }
        try audit(entry)
        try insert(
            into: .notes, of: job,
            "INSERT INTO review_notes (job, at, actor, text) VALUES (?1, ?2, ?3, ?4)",
            [.integer(number), SQLValue(entry.at), .text(entry.actor), .text(entry.reason)])
        return true
    }

    func noteInspection(
        of job: JobID, with databases: [SignatureDatabase], at time: Timestamp
    ) throws(LedgerError) {
        guard let set = try insert(databases) else { return }
        try run(
            ReviewStatements.inspection("?", set: "(SELECT number FROM signature_sets WHERE databases = ?2)"),
            [.text(job.text), .text(set), SQLValue(time)])
    }

    func interruptedReviews(at time: Timestamp, limit: Int) throws(LedgerError) -> [JobID] {
        try all(ReviewStatements.interrupted("?1", "?2"), [SQLValue(time), SQLValue(max(0, limit))]) {
            $0.text(0).flatMap { JobID($0) }
        }.compactMap(\.self)
    }

    func falsePositives(_ query: FalsePositiveQuery) throws(LedgerError) -> [FalsePositive] {
        let (sql, values) = query.select("?")
        return try all(sql, values) { (row) throws(LedgerError) in try FalsePositive(row, operation) }
    }

    func revokeFalsePositive(_ number: Int64, _ entry: AuditEntry) throws(LedgerError) -> Bool {
        let values = [.integer(number), SQLValue(entry.at), .text(entry.actor), .text(entry.reason)]
        guard try first(ReviewStatements.revocation("?"), values, { _ in true }) != nil else { return false }
        try append(contents(.revocations, number: number))
        try audit(entry)
        return true
    }

    private static let reviewUpsert = Review.upsert { "?\($0)" }
    private static let falsePositiveInsert = FalsePositive.bindings.insert(into: "false_positives", "?")
}

/// Statements about reviews that both drivers share.
enum ReviewStatements {
    static func interrupted(_ time: String, _ limit: String) -> String {
        """
        SELECT jobs.id FROM reviews JOIN jobs ON jobs.number = reviews.job
        WHERE reviews.work IS NOT NULL AND reviews.claimed_until <= \(time)
        ORDER BY reviews.claimed_until, reviews.job LIMIT \(limit)
        """
    }

    static func revocation(_ sign: Character) -> String {
        """
        UPDATE false_positives SET revoked_at = \(sign)2, revoked_by = \(sign)3, revocation_reason = \(sign)4
        WHERE number = \(sign)1 AND revoked_at IS NULL RETURNING number
        """
    }

    /// - Parameter set: the number of the signature set.
    static func inspection(_ sign: Character, set: String) -> String {
        """
        INSERT INTO inspections (job, signature_set, at)
        SELECT number, \(set), \(sign)3 FROM jobs WHERE id = \(sign)1
        ON CONFLICT (job) DO UPDATE SET signature_set = excluded.signature_set, at = excluded.at
        """
    }

    /// The state after a job has quarantined its object.
    static let quarantined = "review = CASE review WHEN 'held' THEN 'held' ELSE 'pending' END"

    /// The releases to the place of `own`, made or under way, of the same key.
    ///
    /// - Parameter now: the parameter that holds the time.
    static func releases(_ now: String) -> String {
        """
        SELECT other.number FROM own JOIN reviews ON reviews.target_key = own.planned_key
            AND reviews.target_bucket = own.planned_bucket AND reviews.work = 'release'
            AND reviews.claimed_until > \(now)
        JOIN jobs AS other ON other.number = reviews.job AND other.key = own.key AND other.bucket = own.bucket
        UNION SELECT other.number FROM own JOIN reviews ON reviews.place_key = own.planned_key
            AND reviews.place_bucket = own.planned_bucket
        JOIN jobs AS other ON other.number = reviews.job AND other.key = own.key AND other.bucket = own.bucket
            AND other.review = 'released'
        """
    }

    /// When the claim on another upload expires: its job's, or that of its release.
    static func claim(on table: String) -> String {
        """
        coalesce(\(table).claimed_until, (SELECT reviews.claimed_until FROM reviews
            WHERE reviews.job = \(table).number AND reviews.work = 'release'))
        """
    }
}

extension ReviewChange {
    /// Whether the change is in the audit trail.
    var isAudited: Bool {
        switch self {
        case .hold, .unhold, .approve, .begin, .finish, .abandon: true
        case .renew: false
        }
    }
}
