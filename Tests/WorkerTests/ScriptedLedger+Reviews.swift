import Domain
import Ledger

extension ScriptedLedger {
    func falsePositives(_ query: FalsePositiveQuery) async throws(LedgerError) -> [FalsePositive] {
        try await inner.falsePositives(query)
    }

    func review(of job: JobID) async throws(LedgerError) -> Review? { try await inner.review(of: job) }

    func changeReview(
        of job: JobID, _ change: ReviewChange, _ entry: AuditEntry
    ) async throws(LedgerError) -> ReviewResult {
        try await inner.changeReview(of: job, change, entry)
    }

    func addNote(to job: JobID, _ entry: AuditEntry) async throws(LedgerError) -> Bool {
        try await inner.addNote(to: job, entry)
    }

    func interruptedReviews(at time: Timestamp, limit: Int) async throws(LedgerError) -> [JobID] {
        try await inner.interruptedReviews(at: time, limit: limit)
    }

    func noteInspection(
        of job: JobID, with databases: [SignatureDatabase], at time: Timestamp
    ) async throws(LedgerError) {
        try await inner.noteInspection(of: job, with: databases, at: time)
    }

    func reviewSummary() async throws(LedgerError) -> ReviewSummary { try await inner.reviewSummary() }

    func precedence(
        of job: JobID, movedTo location: ObjectLocation, now: Timestamp
    ) async throws(LedgerError) -> Precedence {
        try await inner.precedence(of: job, movedTo: location, now: now)
    }

    func revokeFalsePositive(_ number: Int64, _ entry: AuditEntry) async throws(LedgerError) -> Bool {
        try await inner.revokeFalsePositive(number, entry)
    }
}
