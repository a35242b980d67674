import Domain
import Ledger
import Support

/// A ledger whose calls fail by script: before they are carried out, or so that only the answer is lost.
final class ScriptedLedger: Ledger {
    enum Fault: CaseIterable { case before, after }

    enum Call: String, CaseIterable { case claim, renew, record, charge, recordCopy, finish, release, recordUnreadable }

    /// The fault of a call, by its count among calls of its kind, from 1. The script may do something first.
    typealias Script = @Sendable (_ call: Call, _ count: Int) async -> Fault?

    /// The ledger itself, for a test to read, or to act as another worker.
    let inner: any Ledger
    private let script = Locked<Script?>(nil)
    private let counts = Locked<[Call: Int]>([:])
    private let opening = Locked<@Sendable () async throws -> Void>({})

    init(_ inner: any Ledger) { self.inner = inner }

    func play(_ script: @escaping Script) {
        counts.withLock { $0 = [:] }
        self.script.withLock { $0 = script }
    }

    /// Runs `body` before a job is opened again.
    func beforeReopening(_ body: @escaping @Sendable () async throws -> Void) { opening.withLock { $0 = body } }

    func count(_ call: Call) -> Int { counts.withLock { $0[call] ?? 0 } }

    private func scripted<Value>(
        _ call: Call, _ body: () async throws(LedgerError) -> Value
    ) async throws(LedgerError) -> Value {
        let count = counts.withLock { counts in
            counts[call, default: 0] += 1
            return counts[call] ?? 0
        }
        let fault = await script.withLock { $0 }?(call, count)
        if fault == .before { throw Self.outage }
        let value = try await body()
        if fault == .after { throw Self.outage }
        return value
    }

    static let outage = LedgerError(.busy, operation: "reach it", detail: "nobody answers", hint: "Wait.")

    func claim(
        _ job: Job, by worker: String, pipeline: String?, receivedAt: Timestamp, until: Timestamp, now: Timestamp,
        notices: [NewNotice]
    ) async throws(LedgerError) -> Claim {
        try await scripted(.claim) { () throws(LedgerError) in
            try await inner.claim(
                job, by: worker, pipeline: pipeline, receivedAt: receivedAt, until: until, now: now,
                notices: notices)
        }
    }

    func renew(_ claim: ClaimToken, until: Timestamp) async throws(LedgerError) -> Bool {
        try await scripted(.renew) { () throws(LedgerError) in try await inner.renew(claim, until: until) }
    }

    func record(
        _ judgement: Judgement, for claim: ClaimToken, under basis: JudgementBasis?, at: Timestamp
    ) async throws(LedgerError) -> Precedence {
        try await scripted(.record) { () throws(LedgerError) in
            try await inner.record(judgement, for: claim, under: basis, at: at)
        }
    }

    func charge(_ charge: QuotaCharge, for claim: ClaimToken) async throws(LedgerError) -> QuotaAnswer {
        try await scripted(.charge) { () throws(LedgerError) in try await inner.charge(charge, for: claim) }
    }

    func recordCopy(_ copy: Destination, for claim: ClaimToken) async throws(LedgerError) {
        try await scripted(.recordCopy) { () throws(LedgerError) in try await inner.recordCopy(copy, for: claim) }
    }

    func finish(
        _ claim: ClaimToken, with outcome: Outcome, at: Timestamp, notices: [NewNotice]
    ) async throws(LedgerError) -> Bool {
        try await scripted(.finish) { () throws(LedgerError) in
            try await inner.finish(claim, with: outcome, at: at, notices: notices)
        }
    }

    func release(_ claim: ClaimToken, error: String, strands: Bool, at: Timestamp) async throws(LedgerError) {
        try await scripted(.release) { () throws(LedgerError) in
            try await inner.release(claim, error: error, strands: strands, at: at)
        }
    }

    func recordUnreadable(_ message: UnreadableMessage, at: Timestamp) async throws(LedgerError) {
        try await scripted(.recordUnreadable) { () throws(LedgerError) in
            try await inner.recordUnreadable(message, at: at)
        }
    }

    func precedence(of job: JobID, now: Timestamp) async throws(LedgerError) -> Precedence {
        try await inner.precedence(of: job, now: now)
    }

    func reopen(
        _ id: JobID, if condition: ReopenCondition, keepingJudgement: Bool, _ entry: AuditEntry
    ) async throws(LedgerError) -> ReopenResult {
        do { try await opening.withLock { $0 }() } catch { throw Self.outage }
        return try await inner.reopen(id, if: condition, keepingJudgement: keepingJudgement, entry)
    }

    func job(_ id: JobID) async throws(LedgerError) -> JobRecord? { try await inner.job(id) }
    func jobs(_ query: JobQuery) async throws(LedgerError) -> [JobRecord] { try await inner.jobs(query) }
    func vouchingJob(_ query: KnownContentQuery) async throws(LedgerError) -> JobRecord? {
        try await inner.vouchingJob(query)
    }
    func latestJobs(of objects: [ObjectVersion]) async throws(LedgerError) -> [JobRecord?] {
        try await inner.latestJobs(of: objects)
    }
    func unreadableMessages(limit: Int) async throws(LedgerError) -> [UnreadableMessageRecord] {
        try await inner.unreadableMessages(limit: limit)
    }
    func discardUnreadable(_ messageID: String, _ entry: AuditEntry) async throws(LedgerError) -> Bool {
        try await inner.discardUnreadable(messageID, entry)
    }
    func prune(_ scope: PruneScope, from position: PrunePosition?) async throws(LedgerError) -> PruneBatch {
        try await inner.prune(scope, from: position)
    }
    func audit(_ entry: AuditEntry) async throws(LedgerError) { try await inner.audit(entry) }
    func auditTrail(of job: JobID?, limit: Int) async throws(LedgerError) -> [AuditEntry] {
        try await inner.auditTrail(of: job, limit: limit)
    }
    func summary() async throws(LedgerError) -> LedgerSummary { try await inner.summary() }
    func close() async { await inner.close() }
}
