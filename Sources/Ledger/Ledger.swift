package import Domain

/// The store of jobs, attempts, outcomes and the audit trail: what a driver must do.
///
/// A job goes `claim` → `record` → `finish`, or `claim` → `release` and again. Whatever is answered is on disk: a call
/// that has returned survives the death of every process and the loss of power. A call that was made is carried out even
/// when its task is cancelled meanwhile. Several workers, in one process or many, may use one store.
package protocol Ledger: Sendable {
    /// Takes the job for one attempt. No attempt is ever given twice, and of callers that come at once, one gets it.
    ///
    /// Until there is a judgement on record, the time of the job's event is that of the latest claim's: the same bytes
    /// that are uploaded again may have the name of a job that was there.
    ///
    /// - Parameters:
    ///   - worker: names the process that will do the work. A worker that claims what it already holds is told `held`.
    ///   - pipeline: the pipeline that takes the object; nil where none does.
    ///   - receivedAt: when the message came. Kept of the first claim alone.
    ///   - until: when the claim expires unless it is renewed; others may claim from then on.
    func claim(
        _ job: Job, by worker: String, pipeline: String?, receivedAt: Timestamp, until: Timestamp, now: Timestamp
    ) async throws(LedgerError) -> Claim

    /// Keeps a claim alive; false where it is not the caller's any more. One that expired and that nobody took is renewed.
    func renew(_ claim: ClaimToken, until: Timestamp) async throws(LedgerError) -> Bool

    /// Puts the judgement on record, before anything is done about it. Throws `claimLost` where the claim is not the
    /// caller's any more.
    ///
    /// - Returns: of a clean one, how other uploads of the key stand to it; otherwise `free`.
    @discardableResult
    func record(
        _ judgement: Judgement, for claim: ClaimToken, at: Timestamp
    ) async throws(LedgerError) -> Precedence

    /// How other uploads of the key stand to a job that was judged clean; `free` for any other, or one not there.
    func precedence(of job: JobID, now: Timestamp) async throws(LedgerError) -> Precedence

    /// Ends the job; false where the claim is not the caller's any more. Said twice by one claim with the same kind of
    /// outcome, the first holds and both are told true.
    func finish(_ claim: ClaimToken, with outcome: Outcome, at: Timestamp) async throws(LedgerError) -> Bool

    /// Ends the attempt and leaves the job open: it may be claimed again at once. Throws `claimLost` where the claim is
    /// not the caller's any more.
    ///
    /// - Parameter strands: the job's message is on its way to the dead-letter queue, so that it may never be claimed
    ///   again by itself.
    func release(_ claim: ClaimToken, error: String, strands: Bool, at: Timestamp) async throws(LedgerError)

    /// Opens a job that has ended, so that a message of it is worked on again, and adds `entry` to the audit trail in the
    /// same step. The job is stranded until it is claimed. One that is open and that nobody holds is marked stranded, too,
    /// and keeps its judgement; for one that is held, or not there, nothing is done.
    ///
    /// - Parameters:
    ///   - known: how the caller knows it to have ended: where it has ended otherwise since, nothing is done.
    ///   - keepingJudgement: whether the next attempt goes on from the judgement on record instead of inspecting anew.
    func reopen(
        _ id: JobID, if condition: ReopenCondition, keepingJudgement: Bool, _ entry: AuditEntry
    ) async throws(LedgerError) -> ReopenResult

    /// One job with its attempts and its history; nil for one that was never claimed.
    func job(_ id: JobID) async throws(LedgerError) -> JobRecord?

    /// The jobs that match, newest first by their first receipt, without their attempts.
    func jobs(_ query: JobQuery) async throws(LedgerError) -> [JobRecord]

    /// The latest job of each of some states of objects, at their places and without attempts; nil where there is none.
    /// A state without a version id is found by its ETag, whatever sequencer its event had: of several uploads of the
    /// same bytes, the one whose event is the latest counts.
    func latestJobs(of objects: [ObjectVersion]) async throws(LedgerError) -> [JobRecord?]

    /// Notes a message whose body can't be read. A message that comes again is one record whose count grows.
    func recordUnreadable(_ message: UnreadableMessage, at: Timestamp) async throws(LedgerError)

    /// The latest first.
    func unreadableMessages(limit: Int) async throws(LedgerError) -> [UnreadableMessageRecord]

    /// Adds to the audit trail, from which nothing is ever changed or removed.
    func audit(_ entry: AuditEntry) async throws(LedgerError)

    /// The audit trail of one job, or of all; the latest first.
    func auditTrail(of job: JobID?, limit: Int) async throws(LedgerError) -> [AuditEntry]

    func summary() async throws(LedgerError) -> LedgerSummary

    /// Carries out what was asked before and lets the store go. Calls that come later throw `closed`.
    func close() async
}

extension Ledger {
    /// Opens a job however it has ended.
    package func reopen(
        _ id: JobID, keepingJudgement: Bool, _ entry: AuditEntry
    ) async throws(LedgerError) -> ReopenResult {
        try await reopen(id, if: .always, keepingJudgement: keepingJudgement, entry)
    }
}
