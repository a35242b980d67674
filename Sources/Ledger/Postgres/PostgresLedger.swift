import Domain
import Support

/// A ledger on a PostgreSQL server, for a fleet of workers, in the schema `lazaret` of one database.
///
/// Judgements, outcomes and audit entries are on the server's disk before the call returns, as far as the server's
/// `synchronous_commit` guarantees. Claims are not: a claim that is lost with the server is made again when its message
/// is delivered again.
final class PostgresLedger: Ledger {
    struct Options: Sendable {
        /// Whether missing tables are created.
        var creating = true
        /// The most connections. Each is opened when it is first needed.
        var connections = 4
    }

    let pool: PostgresPool

    init(address: Secret, options: Options = Options(), log: Log) async throws(LedgerError) {
        let pool = PostgresPool(address: address, size: options.connections, log: log)
        self.pool = pool
        let before: Int64
        do throws(LedgerError) {
            before = try await pool.session("open the ledger") { (session) throws(PostgresFailure) in
                try session.migrate(creating: options.creating)
            }
        } catch {
            await pool.close()
            throw error
        }
        let version = PostgresMigration.all.last?.version ?? 0
        if before < version {
            log(.info, before == 0 ? "ledger created" : "ledger schema migrated") { json in
                json.field("schema", version)
            }
        }
    }

    func claim(
        _ job: Job, by worker: String, pipeline: String?, receivedAt: Timestamp, until: Timestamp, now: Timestamp,
        notices: [NewNotice]
    ) async throws(LedgerError) -> Claim {
        let new = NewJob(job: job, worker: worker, pipeline: pipeline, receivedAt: receivedAt, claimedUntil: until)
        // Nearly every job is new.
        return try await pool.write(.claim(new, now: now, notices)) { inserted in
            inserted.count == 0 ? nil : .granted(ClaimToken(job: job.id, attempt: 1, worker: worker), earlier: nil)
        } otherwise: { (session) throws(PostgresFailure) in
            try session.claimAgain(new, now: now)
        }
    }

    func renew(_ claim: ClaimToken, until: Timestamp) async throws(LedgerError) -> Bool {
        try await pool.write(.renew(claim, until: until)) { $0.count > 0 }
    }

    func record(
        _ judgement: Judgement, for claim: ClaimToken, under basis: JudgementBasis?, at: Timestamp
    ) async throws(LedgerError) -> Precedence {
        let isHeld = try await pool.write(.record(judgement, for: claim, under: basis, at: at)) { $0.count > 0 }
        if !isHeld { throw .claimLost(claim, "record a judgement") }
        // Read after the judgement is committed: of two workers that do this at the same time, one sees the other's.
        return judgement.verdict == .clean ? try await precedence(of: claim.job, now: at) : .free
    }

    func charge(_ charge: QuotaCharge, for claim: ClaimToken) async throws(LedgerError) -> QuotaAnswer {
        try await pool.transaction("count a job against its quota", .writing) { (session) throws(PostgresFailure) in
            try session.charge(charge, for: claim)
        }
    }

    func recordCopy(_ copy: Destination, for claim: ClaimToken) async throws(LedgerError) {
        let isHeld = try await pool.write(.recordCopy(copy, for: claim)) { $0.count > 0 }
        if !isHeld { throw .claimLost(claim, "record a copy") }
    }

    func precedence(of job: JobID, now: Timestamp) async throws(LedgerError) -> Precedence {
        try await pool.write(.precedence(of: job, now: now)) { Precedence(of: job, $0, now: now) }
    }

    func finish(
        _ claim: ClaimToken, with outcome: Outcome, at: Timestamp, notices: [NewNotice]
    ) async throws(LedgerError) -> Bool {
        // If the claim was not held, the job is read again: an earlier call of this claim may have ended it.
        try await pool.write(.finish(claim, with: outcome, at: at, notices)) {
            $0.count > 0 ? true : nil
        } otherwise: { (session) throws(PostgresFailure) in
            try session.hasEnded(claim, with: outcome.kind)
        }
    }

    func release(_ claim: ClaimToken, error: String, strands: Bool, at: Timestamp) async throws(LedgerError) {
        let isHeld = try await pool.write(.release(claim, error: error, strands: strands, at: at)) { $0.count > 0 }
        if !isHeld { throw .claimLost(claim, "release a job") }
    }

    func reopen(
        _ id: JobID, if condition: ReopenCondition, keepingJudgement: Bool, _ entry: AuditEntry
    ) async throws(LedgerError) -> ReopenResult {
        try await pool.transaction("reopen a job", .writing) { (session) throws(PostgresFailure) in
            try session.reopen(id, if: condition, keepingJudgement: keepingJudgement, entry)
        }
    }

    func job(_ id: JobID) async throws(LedgerError) -> JobRecord? {
        try await pool.transaction("read a job", .reading) { (session) throws(PostgresFailure) in try session.job(id) }
    }

    func jobs(_ query: JobQuery) async throws(LedgerError) -> [JobRecord] {
        try await pool.transaction("list jobs", .reading) { (session) throws(PostgresFailure) in
            try session.jobs(query)
        }
    }

    func vouchingJob(_ query: KnownContentQuery) async throws(LedgerError) -> JobRecord? {
        try await pool.session("find known content") { (session) throws(PostgresFailure) in
            try session.vouchingJob(query)
        }
    }

    func latestJobs(of objects: [ObjectVersion]) async throws(LedgerError) -> [JobRecord?] {
        try await pool.session("find the jobs of objects") { (session) throws(PostgresFailure) in
            try session.latestJobs(of: objects)
        }
    }

    func recordUnreadable(_ message: UnreadableMessage, at: Timestamp) async throws(LedgerError) {
        _ = try await pool.write(.recordUnreadable(message, at: at)) { _ in true }
    }

    func unreadableMessages(limit: Int) async throws(LedgerError) -> [UnreadableMessageRecord] {
        try await pool.session("list unreadable messages") { (session) throws(PostgresFailure) in
            try session.unreadableMessages(limit: limit)
        }
    }

    func discardUnreadable(_ messageID: String, _ entry: AuditEntry) async throws(LedgerError) -> Bool {
        try await pool.transaction("discard an unreadable message", .writing) { (session) throws(PostgresFailure) in
            try session.discardUnreadable(messageID, entry)
        }
    }

    func prune(_ scope: PruneScope, from position: PrunePosition?) async throws(LedgerError) -> PruneBatch {
        try await pool.transaction("prune the ledger", .writing) { (session) throws(PostgresFailure) in
            try session.prune(scope, from: position)
        }
    }

    func audit(_ entry: AuditEntry) async throws(LedgerError) {
        _ = try await pool.write(.audit(entry)) { _ in true }
    }

    func auditTrail(of job: JobID?, limit: Int) async throws(LedgerError) -> [AuditEntry] {
        try await pool.session("read the audit trail") { (session) throws(PostgresFailure) in
            try session.auditTrail(of: job, limit: limit)
        }
    }

    func summary() async throws(LedgerError) -> LedgerSummary {
        try await pool.transaction("summarise the ledger", .reading) { (session) throws(PostgresFailure) in
            try session.summary()
        }
    }

    func close() async { await pool.close() }
}
