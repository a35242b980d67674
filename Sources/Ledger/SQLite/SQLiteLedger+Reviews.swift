import Domain

extension SQLiteLedger {
    func review(of job: JobID) async throws(LedgerError) -> Review? {
        try await reader.read("read a review") { (connection) throws(LedgerError) in
            try connection.review(of: job)
        }
    }

    func changeReview(
        of job: JobID, _ change: ReviewChange, _ entry: AuditEntry
    ) async throws(LedgerError) -> ReviewResult {
        try await writer.write("change a review") { (connection) throws(LedgerError) in
            try connection.changeReview(of: job, change, entry)
        }
    }

    func addNote(to job: JobID, _ entry: AuditEntry) async throws(LedgerError) -> Bool {
        try await writer.write("add a note") { (connection) throws(LedgerError) in
            try connection.addNote(to: job, entry)
        }
    }

    func interruptedReviews(at time: Timestamp, limit: Int) async throws(LedgerError) -> [JobID] {
        try await reader.read("find interrupted reviews") { (connection) throws(LedgerError) in
            try connection.interruptedReviews(at: time, limit: limit)
        }
    }

    func noteInspection(
        of job: JobID, with databases: [SignatureDatabase], at time: Timestamp
    ) async throws(LedgerError) {
        try await writer.write("record an inspection", sync: .normal) { (connection) throws(LedgerError) in
            try connection.noteInspection(of: job, with: databases, at: time)
        }
    }

    func reviewSummary() async throws(LedgerError) -> ReviewSummary {
        try await reader.read("count reviews") { (connection) throws(LedgerError) in try connection.reviewSummary() }
    }

    func precedence(
        of job: JobID, movedTo location: ObjectLocation, now: Timestamp
    ) async throws(LedgerError) -> Precedence {
        try await reader.read("find other uploads of the key") { (connection) throws(LedgerError) in
            try connection.precedence(of: job, movedTo: location, now: now)
        }
    }

    func falsePositives(_ query: FalsePositiveQuery) async throws(LedgerError) -> [FalsePositive] {
        try await reader.read("list false positives") { (connection) throws(LedgerError) in
            try connection.falsePositives(query)
        }
    }

    func revokeFalsePositive(_ number: Int64, _ entry: AuditEntry) async throws(LedgerError) -> Bool {
        try await writer.write("revoke a false positive") { (connection) throws(LedgerError) in
            try connection.revokeFalsePositive(number, entry)
        }
    }
}
