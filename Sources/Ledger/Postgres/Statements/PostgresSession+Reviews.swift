import Domain

extension PostgresSession {
    func review(of job: JobID) throws(PostgresFailure) -> Review? {
        guard let (number, record) = try row(of: job) else { return nil }
        var review = try review(number, record)
        review.notes = try all(
            "SELECT \(NoteColumn.selectList) FROM review_notes WHERE job = $1 ORDER BY number", [.integer(number)]
        ) { ReviewEntry(note: $0) }
        return review
    }

    private func review(_ number: Int64, _ record: JobRecord) throws(PostgresFailure) -> Review {
        try first("SELECT \(ReviewColumn.selectList) FROM reviews WHERE job = $1", [.integer(number)]) {
            (row) throws(PostgresFailure) in
            try asPostgresFailure { () throws(LedgerError) in try Review(row, record.review, operation) }
        } ?? Review(state: record.review)
    }

    func changeReview(
        of job: JobID, _ change: ReviewChange, _ entry: AuditEntry
    ) throws(PostgresFailure) -> ReviewResult {
        guard let (number, record) = try lockedRow(of: job) else { return .refused(.unknownJob) }
        guard record.outcome != nil else { return .refused(.isOpen) }
        var review = try review(number, record)
        let result = review.apply(change, to: record, entry)
        if case .refused = result { return result }
        var statements = [
            PostgresStatement(Self.reviewUpsert, Review.bindings.values(of: review) + [.integer(number)])
        ]
        if review.state != record.review {
            statements.append(
                PostgresStatement(
                    "UPDATE jobs SET review = $2 WHERE number = $1",
                    [.integer(number), SQLValue(review.state?.rawValue)]))
        }
        if KnownContentQuery.recalls(result) {
            statements.append(PostgresStatement(KnownContentQuery.recall("$"), [.integer(number)]))
        }
        if !change.notices.isEmpty { statements.append(.insert(change.notices)) }
        _ = try run(statements)
        guard change.isAudited else { return result }
        var rows = try insert(entry) + contents(.reviews, job: job)
        for falsePositive in change.falsePositives {
            rows += try insert(
                into: .falsePositives,
                PostgresStatement(Self.falsePositiveInsert, FalsePositive.bindings.values(of: falsePositive)))
        }
        try append(rows)
        return result
    }

    func addNote(to job: JobID, _ entry: AuditEntry) throws(PostgresFailure) -> Bool {
        guard let (number, _) = try row(of: job) else { return false }
        let note = PostgresStatement(
            "INSERT INTO review_notes (job, at, actor, text) VALUES ($1, $2, $3, $4)",
            [.integer(number), SQLValue(entry.at), .text(entry.actor), .text(entry.reason)])
        try append(insert(into: .notes, of: job, note) + insert(entry))
        return true
    }

    func interruptedReviews(at time: Timestamp, limit: Int) throws(PostgresFailure) -> [JobID] {
        try all(ReviewStatements.interrupted("$1", "$2"), [SQLValue(time), SQLValue(max(0, limit))]) {
            $0.text(0).flatMap { JobID($0) }
        }.compactMap(\.self)
    }

    func falsePositives(_ query: FalsePositiveQuery) throws(PostgresFailure) -> [FalsePositive] {
        let (sql, values) = query.select("$")
        return try all(sql, values) { (row) throws(PostgresFailure) in
            try asPostgresFailure { () throws(LedgerError) in try FalsePositive(row, operation) }
        }
    }

    func revokeFalsePositive(_ number: Int64, _ entry: AuditEntry) throws(PostgresFailure) -> Bool {
        let values = [.integer(number), SQLValue(entry.at), .text(entry.actor), .text(entry.reason)]
        guard try first(ReviewStatements.revocation("$"), values, { _ in true }) != nil else { return false }
        try append(contents(.revocations, number: number) + insert(entry))
        return true
    }

    private static let reviewUpsert = Review.upsert { "$\($0)" }
    private static let falsePositiveInsert = FalsePositive.bindings.insert(into: "false_positives", "$")
}

extension PostgresWrite {
    static func noteInspection(
        of job: JobID, with databases: [SignatureDatabase], at time: Timestamp
    ) -> PostgresWrite {
        PostgresWrite("record an inspection", of: job.text, isDurable: false, databases: databases) { signatureSet in
            PostgresStatement(
                ReviewStatements.inspection("$", set: "$2::bigint"),
                [.text(job.text), SQLValue(signatureSet), SQLValue(time)])
        }
    }
}
