package import Domain

/// The store of jobs, attempts, outcomes and the audit trail, as each driver implements it.
///
/// A job goes `claim` → `record` → `finish`, or `claim` → `release` and again. Several workers, in one process or many,
/// may use one store. After a call has returned, all workers see its effect. A call is carried out even if its task is
/// cancelled.
///
/// A call that throws has changed nothing, except that one that throws `unavailable` may have been carried out. The
/// table shows what survives and what the same call does when it is made again.
///
/// | call | survives | made again |
/// |---|---|---|
/// | `claim` | a crash of the worker | returns `held`, also to the same worker |
/// | `renew` | a crash of the worker | renews the claim |
/// | `record` | a loss of power | replaces the judgement |
/// | `charge` | a crash of the worker | returns `within`, and counts the job once |
/// | `recordCopy` | a crash of the worker | replaces the destination |
/// | `finish` | a loss of power | returns true for the same kind of outcome; the first outcome stays |
/// | `release` | a crash of the worker; if it strands the job, a loss of power | throws `claimLost` |
/// | `reopen` | a loss of power | returns `open` |
/// | `recordUnreadable` | a loss of power | keeps one record, with the greatest receive count |
/// | `audit` | a loss of power | adds the entry again |
/// | `sealChain` | a loss of power | finds nothing to chain |
/// | `prune`, `discardUnreadable` | a loss of power | finds nothing to remove |
///
/// What survives a loss of power survives a crash of the database server too.
///
/// A claim, renewal or release that is lost costs a repeated attempt: its message is delivered again.
package protocol Ledger: ReviewLedger, ChainLedger, NoticeLedger {
    /// Claims the job for one attempt. Of several callers at the same time, one is granted the job. No attempt is
    /// granted twice.
    ///
    /// While no judgement is on record, the time of the job's event is that of the latest claim: when the same bytes
    /// are uploaded again, the job may be the one that is on record.
    ///
    /// - Parameters:
    ///   - worker: the name of the calling process. A worker that claims a job again that it holds gets `held`.
    ///   - pipeline: the name of the pipeline that takes the object; nil if none does.
    ///   - receivedAt: when the message was received. Only that of the first claim is stored.
    ///   - until: when the claim expires unless it is renewed. Other workers may claim the job from then on.
    ///   - notices: are written if the job is new to the ledger.
    func claim(
        _ job: Job, by worker: String, pipeline: String?, receivedAt: Timestamp, until: Timestamp, now: Timestamp,
        notices: [NewNotice]
    ) async throws(LedgerError) -> Claim

    /// Extends a claim. A claim that has expired can be renewed while no other worker has claimed the job.
    ///
    /// - Returns: false if the caller no longer holds the claim.
    func renew(_ claim: ClaimToken, until: Timestamp) async throws(LedgerError) -> Bool

    /// Records the judgement, before anything is done to the object. Throws `claimLost` if the caller no longer holds
    /// the claim.
    ///
    /// - Parameter basis: what the judgement was made under; nil keeps what is on record, and when it was made.
    /// - Returns: the precedence among the uploads of the key if the judgement is clean; otherwise `free`.
    @discardableResult
    func record(
        _ judgement: Judgement, for claim: ClaimToken, under basis: JudgementBasis?, at: Timestamp
    ) async throws(LedgerError) -> Precedence

    /// Counts the job against a quota, unless it would exceed the quota. A job that has been counted, by this or an
    /// earlier attempt, is not counted again. Throws `claimLost` if the caller no longer holds the claim.
    func charge(_ charge: QuotaCharge, for claim: ClaimToken) async throws(LedgerError) -> QuotaAnswer

    /// Records where the object was copied to, before its source is deleted. A new judgement removes that. Throws
    /// `claimLost` if the caller no longer holds the claim.
    func recordCopy(_ copy: Destination, for claim: ClaimToken) async throws(LedgerError)

    /// Returns the precedence of a clean job among the uploads of its key; `free` for any other job, or an unknown one.
    func precedence(of job: JobID, now: Timestamp) async throws(LedgerError) -> Precedence

    /// Ends the job.
    ///
    /// - Parameter notices: are written with the outcome.
    /// - Returns: false if the caller no longer holds the claim. A claim that has ended the job with the same kind of
    ///   outcome gets true again, and the first outcome stays.
    func finish(
        _ claim: ClaimToken, with outcome: Outcome, at: Timestamp, notices: [NewNotice]
    ) async throws(LedgerError) -> Bool

    /// Ends the attempt and leaves the job open: it may be claimed again at once. Throws `claimLost` if the caller no
    /// longer holds the claim.
    ///
    /// - Parameter strands: whether the job's message is about to go to the dead-letter queue, so that no message may
    ///   cause another attempt.
    func release(_ claim: ClaimToken, error: String, strands: Bool, at: Timestamp) async throws(LedgerError)

    /// Reopens a job that has ended, so that a new message causes another attempt, and adds `entry` to the audit trail
    /// in the same transaction. The job is stranded until it is claimed.
    ///
    /// An open job that no worker holds is marked as stranded and keeps its judgement. A job that is held or unknown is
    /// left unchanged.
    ///
    /// - Parameters:
    ///   - condition: must hold for an ended job to be reopened.
    ///   - keepingJudgement: whether the next attempt continues from the judgement on record; otherwise it inspects the
    ///     object again.
    func reopen(
        _ id: JobID, if condition: ReopenCondition, keepingJudgement: Bool, _ entry: AuditEntry
    ) async throws(LedgerError) -> ReopenResult

    /// Returns a job with its attempts and its history; nil if it was never claimed.
    func job(_ id: JobID) async throws(LedgerError) -> JobRecord?

    /// Returns the jobs that match, without their attempts, sorted by their first receipt, newest first.
    func jobs(_ query: JobQuery) async throws(LedgerError) -> [JobRecord]

    /// Returns the job that was judged last among those that inspected the same bytes for themselves and found them
    /// clean under the same conditions, without its attempts. Returns nil if there is none, if an object with these
    /// bytes was ever recalled, or if a finding in them was ever called a false positive.
    func vouchingJob(_ query: KnownContentQuery) async throws(LedgerError) -> JobRecord?

    /// Returns the latest job of each object, in the order of the objects and without attempts; nil for an object
    /// without a job.
    ///
    /// An object without a version id is found by its ETag, whatever its event's sequencer was. If the same bytes were
    /// uploaded several times, the job with the latest event counts.
    func latestJobs(of objects: [ObjectVersion]) async throws(LedgerError) -> [JobRecord?]

    /// Records a message whose body can't be read. Each message has one record; its receive count grows.
    func recordUnreadable(_ message: UnreadableMessage, at: Timestamp) async throws(LedgerError)

    /// Returns the latest messages first.
    func unreadableMessages(limit: Int) async throws(LedgerError) -> [UnreadableMessageRecord]

    /// Removes the record of an unreadable message, and adds `entry` to the audit trail in the same transaction.
    ///
    /// - Returns: false, with nothing changed, if there is no such record.
    func discardUnreadable(_ messageID: String, _ entry: AuditEntry) async throws(LedgerError) -> Bool

    /// Removes some of the jobs that ended before a time, with all that belongs to them, records of unreadable messages
    /// that were last seen before it, notices that were sent before it, and counters of quotas whose period ended
    /// before it. Open jobs, pending notices, the audit trail and signature sets stay.
    ///
    /// - Parameter position: of the batch before; nil for the first one.
    func prune(_ scope: PruneScope, from position: PrunePosition?) async throws(LedgerError) -> PruneBatch

    /// Adds an entry to the audit trail. Entries are never changed or removed.
    func audit(_ entry: AuditEntry) async throws(LedgerError)

    /// Returns the audit trail of one job, or the whole trail if `job` is nil; the latest entries first.
    func auditTrail(of job: JobID?, limit: Int) async throws(LedgerError) -> [AuditEntry]

    func summary() async throws(LedgerError) -> LedgerSummary

    /// Chains rows that programs of a version without the chain have written since it began, some at a time. Its
    /// findings are the rows.
    ///
    /// - Parameter position: `ChainStep.next` of the step before; `.firstRow` for the first one.
    func sealChain(from position: ChainPosition, isDryRun: Bool, at: Timestamp) async throws(LedgerError) -> ChainStep

    /// Carries out pending calls and closes the store. Later calls throw `closed`.
    func close() async
}

extension Ledger {
    /// Claims a job of which nobody is notified.
    package func claim(
        _ job: Job, by worker: String, pipeline: String?, receivedAt: Timestamp, until: Timestamp, now: Timestamp
    ) async throws(LedgerError) -> Claim {
        try await claim(
            job, by: worker, pipeline: pipeline, receivedAt: receivedAt, until: until, now: now, notices: [])
    }

    /// Ends a job of which nobody is notified.
    package func finish(
        _ claim: ClaimToken, with outcome: Outcome, at time: Timestamp
    ) async throws(LedgerError) -> Bool {
        try await finish(claim, with: outcome, at: time, notices: [])
    }

    /// Records a judgement, and keeps what is on record of its basis.
    @discardableResult
    package func record(
        _ judgement: Judgement, for claim: ClaimToken, at time: Timestamp
    ) async throws(LedgerError) -> Precedence {
        try await record(judgement, for: claim, under: nil, at: time)
    }

    /// Reopens a job whatever its outcome.
    package func reopen(
        _ id: JobID, keepingJudgement: Bool, _ entry: AuditEntry
    ) async throws(LedgerError) -> ReopenResult {
        try await reopen(id, if: .always, keepingJudgement: keepingJudgement, entry)
    }
}
