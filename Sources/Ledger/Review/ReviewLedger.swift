package import Domain

/// The part of a ledger that holds reviews of quarantined objects, and false positives.
///
/// A job that quarantines its object makes the review pending in the same transaction. Every change is made in one
/// transaction with its audit entry, and survives a loss of power. Of two that exclude each other one is refused.
package protocol ReviewLedger: Sendable {
    /// Returns the review of a job's object, with its notes; nil for an unknown job.
    func review(of job: JobID) async throws(LedgerError) -> Review?

    /// Changes a review, and adds `entry` to the audit trail. A refused change has no effect and no entry; nor has the
    /// renewal of a work an entry.
    func changeReview(
        of job: JobID, _ change: ReviewChange, _ entry: AuditEntry
    ) async throws(LedgerError) -> ReviewResult

    /// Adds a note to the thread of a job's object, and the same to the audit trail.
    ///
    /// - Returns: false for an unknown job.
    func addNote(to job: JobID, _ entry: AuditEntry) async throws(LedgerError) -> Bool

    /// Returns the jobs whose review's work no process holds any more, the longest first.
    func interruptedReviews(at time: Timestamp, limit: Int) async throws(LedgerError) -> [JobID]

    /// Records with which signatures a job's object was inspected again. The job's judgement stays as it is. A loss of
    /// power costs another inspection. Does nothing for an unknown job, or without signatures.
    func noteInspection(of job: JobID, with: [SignatureDatabase], at: Timestamp) async throws(LedgerError)

    func reviewSummary() async throws(LedgerError) -> ReviewSummary

    /// Returns the precedence of an object among the uploads of its key, if it is moved to a location.
    func precedence(
        of job: JobID, movedTo location: ObjectLocation, now: Timestamp
    ) async throws(LedgerError) -> Precedence

    /// Returns the latest first.
    func falsePositives(_ query: FalsePositiveQuery) async throws(LedgerError) -> [FalsePositive]

    /// Ends a false positive, and adds `entry` to the audit trail in the same transaction.
    ///
    /// - Returns: false, with nothing changed, if there is none of that number or it was revoked before.
    func revokeFalsePositive(_ number: Int64, _ entry: AuditEntry) async throws(LedgerError) -> Bool
}
