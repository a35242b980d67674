import Domain
import Support

/// A ledger in one SQLite file, which several processes may use at once.
///
/// Judgements, outcomes and audit entries are synced to the disk before the call returns. Claims are not: a claim that
/// is lost with the power is made again when its message is delivered again.
final class SQLiteLedger: Ledger {
    struct Options: Sendable {
        /// Whether a missing file is created.
        var creating = true
        /// How long a call waits for another process's lock before it fails as busy.
        var busyTimeout = Duration.seconds(10)
        /// The most pages of 4 KiB that the file may have before writes fail as on a full disk; nil if unlimited.
        var maxPages: Int?
    }

    let writer = GroupCommit()
    let reader = SQLiteReader()

    init(path: String, options: Options = Options(), log: Log) async throws(LedgerError) {
        let before = try await writer.open { () throws(LedgerError) in
            try SQLiteConnection(
                path: path, access: options.creating ? .create : .readWrite, busyTimeout: options.busyTimeout)
        } _: { (connection) throws(LedgerError) in
            // The version is checked first: another program's database must not be changed.
            let before = try connection.migrate()
            try connection.useWriteAheadLog(within: options.busyTimeout)
            if let maxPages = options.maxPages { try connection.script("PRAGMA max_page_count = \(maxPages)") }
            return before
        }
        try await reader.open(path: path, busyTimeout: options.busyTimeout)
        let version = SQLiteMigration.all.last?.version ?? 0
        if before < version {
            log(.info, before == 0 ? "ledger created" : "ledger schema migrated") { json in
                json.field("path", path)
                json.field("schema", version)
            }
        }
    }

    func claim(
        _ job: Job, by worker: String, pipeline: String?, receivedAt: Timestamp, until: Timestamp, now: Timestamp,
        notices: [NewNotice]
    ) async throws(LedgerError) -> Claim {
        try await writer.write("claim a job", of: job.id, sync: .normal) { (connection) throws(LedgerError) in
            let new = NewJob(
                job: job, worker: worker, pipeline: pipeline, receivedAt: receivedAt, claimedUntil: until)
            return try connection.claim(new, now: now, notices)
        }
    }

    func renew(_ claim: ClaimToken, until: Timestamp) async throws(LedgerError) -> Bool {
        try await writer.write("renew a claim", of: claim.job, sync: .normal) { (connection) throws(LedgerError) in
            try connection.renew(claim, until: until)
        }
    }

    func record(
        _ judgement: Judgement, for claim: ClaimToken, under basis: JudgementBasis?, at: Timestamp
    ) async throws(LedgerError) -> Precedence {
        try await writer.write("record a judgement", of: claim.job) { (connection) throws(LedgerError) in
            try connection.record(judgement, for: claim, under: basis, at: at)
            return judgement.verdict == .clean ? try connection.precedence(of: claim.job, now: at) : .free
        }
    }

    func charge(_ charge: QuotaCharge, for claim: ClaimToken) async throws(LedgerError) -> QuotaAnswer {
        try await writer.write("count a job against its quota", of: claim.job, sync: .normal) {
            (connection) throws(LedgerError) in
            try connection.charge(charge, for: claim)
        }
    }

    func recordCopy(_ copy: Destination, for claim: ClaimToken) async throws(LedgerError) {
        try await writer.write("record a copy", of: claim.job, sync: .normal) { (connection) throws(LedgerError) in
            try connection.recordCopy(copy, for: claim)
        }
    }

    func precedence(of job: JobID, now: Timestamp) async throws(LedgerError) -> Precedence {
        try await reader.read("find other uploads of the key") { (connection) throws(LedgerError) in
            try connection.precedence(of: job, now: now)
        }
    }

    func finish(
        _ claim: ClaimToken, with outcome: Outcome, at: Timestamp, notices: [NewNotice]
    ) async throws(LedgerError) -> Bool {
        try await writer.write("finish a job", of: claim.job) { (connection) throws(LedgerError) in
            try connection.finish(claim, with: outcome, at: at, notices)
        }
    }

    func release(_ claim: ClaimToken, error: String, strands: Bool, at: Timestamp) async throws(LedgerError) {
        try await writer.write("release a job", of: claim.job, sync: strands ? .full : .normal) {
            (connection) throws(LedgerError) in
            try connection.release(claim, error: error, strands: strands, at: at)
        }
    }

    func reopen(
        _ id: JobID, if condition: ReopenCondition, keepingJudgement: Bool, _ entry: AuditEntry
    ) async throws(LedgerError) -> ReopenResult {
        try await writer.write("reopen a job") { (connection) throws(LedgerError) in
            try connection.reopen(id, if: condition, keepingJudgement: keepingJudgement, entry)
        }
    }

    func job(_ id: JobID) async throws(LedgerError) -> JobRecord? {
        try await reader.read("read a job") { (connection) throws(LedgerError) in try connection.job(id) }
    }

    func jobs(_ query: JobQuery) async throws(LedgerError) -> [JobRecord] {
        try await reader.read("list jobs") { (connection) throws(LedgerError) in try connection.jobs(query) }
    }

    func vouchingJob(_ query: KnownContentQuery) async throws(LedgerError) -> JobRecord? {
        try await reader.read("find known content") { (connection) throws(LedgerError) in
            try connection.vouchingJob(query)
        }
    }

    func latestJobs(of objects: [ObjectVersion]) async throws(LedgerError) -> [JobRecord?] {
        try await reader.read("find the jobs of objects") { (connection) throws(LedgerError) in
            try connection.latestJobs(of: objects)
        }
    }

    func recordUnreadable(_ message: UnreadableMessage, at: Timestamp) async throws(LedgerError) {
        try await writer.write("record an unreadable message") { (connection) throws(LedgerError) in
            try connection.recordUnreadable(message, at: at)
        }
    }

    func unreadableMessages(limit: Int) async throws(LedgerError) -> [UnreadableMessageRecord] {
        try await reader.read("list unreadable messages") { (connection) throws(LedgerError) in
            try connection.unreadableMessages(limit: limit)
        }
    }

    func discardUnreadable(_ messageID: String, _ entry: AuditEntry) async throws(LedgerError) -> Bool {
        try await writer.write("discard an unreadable message") { (connection) throws(LedgerError) in
            try connection.discardUnreadable(messageID, entry)
        }
    }

    func prune(_ scope: PruneScope, from position: PrunePosition?) async throws(LedgerError) -> PruneBatch {
        try await writer.write("prune the ledger") { (connection) throws(LedgerError) in
            try connection.prune(scope, from: position)
        }
    }

    func audit(_ entry: AuditEntry) async throws(LedgerError) {
        try await writer.write("add to the audit trail") { (connection) throws(LedgerError) in
            try connection.audit(entry)
        }
    }

    func auditTrail(of job: JobID?, limit: Int) async throws(LedgerError) -> [AuditEntry] {
        try await reader.read("read the audit trail") { (connection) throws(LedgerError) in
            try connection.auditTrail(of: job, limit: limit)
        }
    }

    func summary() async throws(LedgerError) -> LedgerSummary {
        try await reader.read("summarise the ledger") { (connection) throws(LedgerError) in try connection.summary() }
    }

    func close() async {
        await writer.close()
        await reader.close()
    }
}
