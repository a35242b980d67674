package import Domain
package import Ledger

extension RetryingLedger {
    /// Repeated while the ledger can't be reached: a worker asks before it quarantines.
    package func falsePositives(_ query: FalsePositiveQuery) async throws(LedgerError) -> [FalsePositive] {
        try await retrying { (_, _) throws(LedgerError) in try await base.falsePositives(query) }
    }

    /// Repeated while the ledger can't be reached: a worker asks before it scans.
    package func vouchingJob(_ query: KnownContentQuery) async throws(LedgerError) -> JobRecord? {
        try await retrying { (_, _) throws(LedgerError) in try await base.vouchingJob(query) }
    }

    package func review(of job: JobID) async throws(LedgerError) -> Review? { try await base.review(of: job) }

    package func changeReview(
        of job: JobID, _ change: ReviewChange, _ entry: AuditEntry
    ) async throws(LedgerError) -> ReviewResult {
        try await base.changeReview(of: job, change, entry)
    }

    package func addNote(to job: JobID, _ entry: AuditEntry) async throws(LedgerError) -> Bool {
        try await base.addNote(to: job, entry)
    }

    package func interruptedReviews(at time: Timestamp, limit: Int) async throws(LedgerError) -> [JobID] {
        try await base.interruptedReviews(at: time, limit: limit)
    }

    package func noteInspection(
        of job: JobID, with databases: [SignatureDatabase], at time: Timestamp
    ) async throws(LedgerError) {
        try await base.noteInspection(of: job, with: databases, at: time)
    }

    package func reviewSummary() async throws(LedgerError) -> ReviewSummary { try await base.reviewSummary() }

    package func precedence(
        of job: JobID, movedTo location: ObjectLocation, now: Timestamp
    ) async throws(LedgerError) -> Precedence {
        try await base.precedence(of: job, movedTo: location, now: now)
    }

    package func revokeFalsePositive(_ number: Int64, _ entry: AuditEntry) async throws(LedgerError) -> Bool {
        try await base.revokeFalsePositive(number, entry)
    }
}
