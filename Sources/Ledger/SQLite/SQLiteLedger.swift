import Domain
import Support

/// The ledger in one file of SQLite, which several processes may use at once.
///
/// What a job came to is synced to the disk before it is answered. Claims are not: one that is lost with the power is
/// made anew when its message comes again.
final class SQLiteLedger: Ledger {
    struct Options: Sendable {
        /// Whether a file that is not there is made.
        var creating = true
        /// How long a call waits for another process's lock.
        var busyTimeout = Duration.seconds(10)
        /// Past this many pages of 4 KiB the file counts as a full disk; nil for no bound.
        var mostPages: Int?
    }

    let writer = GroupCommit()
    private let reader = SQLiteReader()

    init(path: String, options: Options = Options(), log: Log) async throws(LedgerError) {
        let before = try await writer.open { () throws(LedgerError) in
            try Connection(
                path: path, access: options.creating ? .create : .readWrite, busyTimeout: options.busyTimeout)
        } _: { (connection) throws(LedgerError) in
            // The version first: a database that is not ours is not to be touched.
            let before = try connection.migrate()
            try connection.useWriteAheadLog(within: options.busyTimeout)
            if let most = options.mostPages { try connection.script("PRAGMA max_page_count = \(most)") }
            return before
        }
        try await reader.open(path: path, busyTimeout: options.busyTimeout)
        let version = Migration.all.last?.version ?? 0
        if before < version {
            log(.info, before == 0 ? "ledger made" : "ledger brought up to date") { json in
                json.field("path", path)
                json.field("schema", version)
            }
        }
    }

    func claim(
        _ job: Job, by worker: String, pipeline: String?, receivedAt: Timestamp, until: Timestamp, now: Timestamp
    ) async throws(LedgerError) -> Claim {
        try await writer.write("claim a job", sync: .normal) { (connection) throws(LedgerError) in
            try connection.claim(
                job, by: worker, pipeline: pipeline, receivedAt: receivedAt, until: until, now: now)
        }
    }

    func renew(_ claim: ClaimToken, until: Timestamp) async throws(LedgerError) -> Bool {
        try await writer.write("renew a claim", sync: .normal) { (connection) throws(LedgerError) in
            try connection.renew(claim, until: until)
        }
    }

    func record(
        _ judgement: Judgement, for claim: ClaimToken, at: Timestamp
    ) async throws(LedgerError) -> Precedence {
        try await writer.write("record a judgement") { (connection) throws(LedgerError) in
            try connection.record(judgement, for: claim)
            return judgement.verdict == .clean ? try connection.precedence(of: claim.job, now: at) : .free
        }
    }

    func precedence(of job: JobID, now: Timestamp) async throws(LedgerError) -> Precedence {
        try await reader.read("look for other uploads of the key") { (connection) throws(LedgerError) in
            try connection.precedence(of: job, now: now)
        }
    }

    func finish(_ claim: ClaimToken, with outcome: Outcome, at: Timestamp) async throws(LedgerError) -> Bool {
        try await writer.write("finish a job") { (connection) throws(LedgerError) in
            try connection.finish(claim, with: outcome, at: at)
        }
    }

    func release(_ claim: ClaimToken, error: String, strands: Bool, at: Timestamp) async throws(LedgerError) {
        try await writer.write("release a job", sync: strands ? .full : .normal) { (connection) throws(LedgerError) in
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

    func latestJobs(of objects: [ObjectVersion]) async throws(LedgerError) -> [JobRecord?] {
        try await reader.read("look for jobs of objects") { (connection) throws(LedgerError) in
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
        try await reader.read("sum up the ledger") { (connection) throws(LedgerError) in try connection.summary() }
    }

    func close() async {
        await writer.close()
        await reader.close()
    }
}
