import Domain

extension PostgresLedger {
    func review(of job: JobID) async throws(LedgerError) -> Review? {
        try await pool.transaction("read a review", .reading) { (session) throws(PostgresFailure) in
            try session.review(of: job)
        }
    }

    func changeReview(
        of job: JobID, _ change: ReviewChange, _ entry: AuditEntry
    ) async throws(LedgerError) -> ReviewResult {
        try await pool.transaction("change a review", .writing) { (session) throws(PostgresFailure) in
            try session.changeReview(of: job, change, entry)
        }
    }

    func addNote(to job: JobID, _ entry: AuditEntry) async throws(LedgerError) -> Bool {
        try await pool.transaction("add a note", .writing) { (session) throws(PostgresFailure) in
            try session.addNote(to: job, entry)
        }
    }

    func interruptedReviews(at time: Timestamp, limit: Int) async throws(LedgerError) -> [JobID] {
        try await pool.transaction("find interrupted reviews", .reading) { (session) throws(PostgresFailure) in
            try session.interruptedReviews(at: time, limit: limit)
        }
    }

    func noteInspection(
        of job: JobID, with databases: [SignatureDatabase], at time: Timestamp
    ) async throws(LedgerError) {
        guard !databases.isEmpty else { return }
        _ = try await pool.write(.noteInspection(of: job, with: databases, at: time)) { _ in true }
    }

    func reviewSummary() async throws(LedgerError) -> ReviewSummary {
        try await pool.transaction("count reviews", .reading) { (session) throws(PostgresFailure) in
            try session.reviewSummary()
        }
    }

    func precedence(
        of job: JobID, movedTo location: ObjectLocation, now: Timestamp
    ) async throws(LedgerError) -> Precedence {
        try await pool.write(.precedence(of: job, movedTo: location, now: now)) {
            Precedence(of: job, $0, now: now)
        }
    }

    func falsePositives(_ query: FalsePositiveQuery) async throws(LedgerError) -> [FalsePositive] {
        try await pool.transaction("list false positives", .reading) { (session) throws(PostgresFailure) in
            try session.falsePositives(query)
        }
    }

    func revokeFalsePositive(_ number: Int64, _ entry: AuditEntry) async throws(LedgerError) -> Bool {
        try await pool.transaction("revoke a false positive", .writing) { (session) throws(PostgresFailure) in
            try session.revokeFalsePositive(number, entry)
        }
    }
}
