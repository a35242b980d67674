package import Domain
package import Ledger
package import Support

/// A ledger that waits while it can't be reached: calls are repeated with a growing delay until they succeed, fail for
/// good, or their task is cancelled.
///
/// The answer of a call may be lost although the call was carried out. The repeated call is then answered like this:
///
/// | call | answer to the repeated call | meaning |
/// |---|---|---|
/// | `claim` | `held` by this very worker | the claim was granted: the attempt that the ledger names is the caller's |
/// | `renew` | true | renewed from now |
/// | `record` | the same | the judgement is on record already |
/// | `charge` | `within` | counted already |
/// | `recordCopy` | the same | the destination is on record already |
/// | `finish` | true | the outcome is on record already |
/// | `release` | `claimLost` | released, or taken by another attempt: nothing is left to release |
/// | `recordUnreadable` | none | the message is one record, with its greatest count |
///
/// Another attempt may have taken the job between the two calls; `renew`, `record` and `finish` then fail as usual. The
/// times that a call carries grow by the time that it waited.
package final class RetryingLedger: Ledger {
    private struct State {
        var isDown = false
        var downSince: Duration = .zero
        /// Calls that failed and will be repeated.
        var waiting = 0
        /// Why the store is lost, if it is.
        var loss: LedgerError?
    }

    /// Nil until the ledger is open.
    private let opened: Locked<(any Ledger)?>
    let clock: MonotonicClock
    private let log: Log
    private let backoff = Backoff(base: .milliseconds(200), max: .seconds(5))
    private let state = Locked(State())
    private let changeHandler = Locked<@Sendable () -> Void>({})
    private let lossHandler = Locked<@Sendable (LedgerError) -> Void>({ _ in })

    /// - Parameter base: the ledger; nil if `open` will provide it.
    package init(_ base: (any Ledger)? = nil, clocks: Clocks = .system, log: Log) {
        opened = Locked(base)
        clock = clocks.monotonic
        self.log = log
    }

    /// Opens the ledger. Waits while it can't be reached, as any other call does; throws permanent errors at once, such
    /// as an address without a database.
    package func open(_ open: () async throws(LedgerError) -> any Ledger) async throws(LedgerError) {
        let base = try await retrying { (_, _) throws(LedgerError) in try await open() }
        opened.withLock { $0 = base }
    }

    var base: any Ledger {
        get throws(LedgerError) {
            guard let base = opened.withLock({ $0 }) else {
                throw LedgerError(
                    .closed, operation: "ask it", detail: "the ledger is not open yet", hint: "Open it first.")
            }
            return base
        }
    }

    /// Whether the latest call could not reach the ledger.
    package var isDown: Bool { state.withLock { $0.isDown } }

    /// Whether calls wait for the ledger, so that more work would only wait, too. Once all those calls are cancelled,
    /// this is false: the next call finds out whether the ledger is back.
    package var isAwaited: Bool { state.withLock { $0.isDown && $0.waiting > 0 } }

    /// Whether the ledger has been opened.
    package var isOpen: Bool { opened.withLock { $0 != nil } }

    /// Why the open ledger is lost, if it is: its file was deleted, moved or replaced, or its tables are gone. A worker
    /// without a ledger must not go on: each message that it takes would lose a receive.
    package var loss: LedgerError? { state.withLock { $0.loss } }

    /// Sets a handler that is called once, when the ledger is lost.
    package func onLoss(_ handler: @escaping @Sendable (LedgerError) -> Void) { lossHandler.withLock { $0 = handler } }

    func note(_ error: LedgerError) {
        guard isOpen, error.isLoss else { return }
        let isNews = state.withLock { state in
            defer { if state.loss == nil { state.loss = error } }
            return state.loss == nil
        }
        guard isNews else { return }
        log(.error, "ledger lost: stopping") { $0.field("error", "\(error)") }
        lossHandler.withLock { $0 }(error)
        changeHandler.withLock { $0 }()
    }

    /// Sets a handler that is called when `isDown` or `isAwaited` may have changed.
    package func onChange(_ handler: @escaping @Sendable () -> Void) { changeHandler.withLock { $0 = handler } }

    /// - Parameter call: gets the time that it has waited, and whether an earlier try may have been carried out.
    func retrying<Value>(
        _ call: (_ late: Duration, _ isRepeated: Bool) async throws(LedgerError) -> Value
    ) async throws(LedgerError) -> Value {
        let start = clock.now
        var failures = 0
        defer { if failures > 0 { change { $0.waiting -= 1 } } }
        while true {
            do {
                let value = try await call(clock.now - start, failures > 0)
                answered()
                return value
            } catch {
                guard error.isTransient else {
                    if error.isAnswer { answered() }
                    note(error)
                    throw error
                }
                failures += 1
                unanswered(error, isFirst: failures == 1)
                do {
                    try await clock.sleep(until: clock.now + backoff.delay(attempt: failures))
                } catch _ {
                    throw error
                }
            }
        }
    }

    private func answered() {
        let now = clock.now
        guard let downtime: Duration = change({ $0.isDown ? now - $0.downSince : nil }, { $0.isDown = false }) else {
            return
        }
        log(.info, "ledger is back") { $0.field("seconds", Int64(downtime / .seconds(1))) }
    }

    private func unanswered(_ error: LedgerError, isFirst: Bool) {
        let now = clock.now
        let isNews: Bool = change({ !$0.isDown }) { state in
            if !state.isDown { (state.isDown, state.downSince) = (true, now) }
            if isFirst { state.waiting += 1 }
        }
        if isNews { log(.error, "ledger unreachable: waiting") { $0.field("error", "\(error)") } }
    }

    private func change(_ body: (inout State) -> Void) { change({ _ in }, body) }

    /// Changes the state, calls the change handler if needed, and returns what `look` reads before the change.
    private func change<Seen: Sendable>(_ look: (State) -> Seen, _ body: (inout State) -> Void) -> Seen {
        let (seen, isChanged) = state.withLock { state in
            let (seen, before) = (look(state), state)
            body(&state)
            return (seen, before.isDown != state.isDown || (before.waiting > 0) != (state.waiting > 0))
        }
        if isChanged { changeHandler.withLock { $0 }() }
        return seen
    }
}

extension RetryingLedger {
    package func claim(
        _ job: Job, by worker: String, pipeline: String?, receivedAt: Timestamp, until: Timestamp, now: Timestamp,
        notices: [NewNotice]
    ) async throws(LedgerError) -> Claim {
        try await retrying { (late, isRepeated) throws(LedgerError) in
            let claim = try await base.claim(
                job, by: worker, pipeline: pipeline, receivedAt: receivedAt, until: until.advanced(by: late),
                now: now.advanced(by: late), notices: notices)
            // A worker has at most one claim request for a job under way.
            guard isRepeated, case .held(worker, _) = claim, let record = try await base.job(job.id),
                record.heldBy == worker, record.outcome == nil
            else { return claim }
            let token = ClaimToken(job: job.id, attempt: record.attemptCount, worker: worker)
            return .granted(token, earlier: record.judgement)
        }
    }

    package func renew(_ claim: ClaimToken, until: Timestamp) async throws(LedgerError) -> Bool {
        try await retrying { (late, _) throws(LedgerError) in
            try await base.renew(claim, until: until.advanced(by: late))
        }
    }

    package func record(
        _ judgement: Judgement, for claim: ClaimToken, under basis: JudgementBasis?, at time: Timestamp
    ) async throws(LedgerError) -> Precedence {
        try await retrying { (late, _) throws(LedgerError) in
            try await base.record(judgement, for: claim, under: basis, at: time.advanced(by: late))
        }
    }

    package func charge(_ charge: QuotaCharge, for claim: ClaimToken) async throws(LedgerError) -> QuotaAnswer {
        try await retrying { (_, _) throws(LedgerError) in try await base.charge(charge, for: claim) }
    }

    package func recordCopy(_ copy: Destination, for claim: ClaimToken) async throws(LedgerError) {
        try await retrying { (_, _) throws(LedgerError) in try await base.recordCopy(copy, for: claim) }
    }

    package func precedence(of job: JobID, now: Timestamp) async throws(LedgerError) -> Precedence {
        try await retrying { (late, _) throws(LedgerError) in
            try await base.precedence(of: job, now: now.advanced(by: late))
        }
    }

    package func finish(
        _ claim: ClaimToken, with outcome: Outcome, at time: Timestamp, notices: [NewNotice]
    ) async throws(LedgerError) -> Bool {
        try await retrying { (late, _) throws(LedgerError) in
            try await base.finish(claim, with: outcome, at: time.advanced(by: late), notices: notices)
        }
    }

    package func release(
        _ claim: ClaimToken, error: String, strands: Bool, at time: Timestamp
    ) async throws(LedgerError) {
        try await retrying { (late, isRepeated) throws(LedgerError) in
            do throws(LedgerError) {
                try await base.release(claim, error: error, strands: strands, at: time.advanced(by: late))
            } catch {
                guard isRepeated, error.code == .claimLost else { throw error }
            }
        }
    }

    package func recordUnreadable(_ message: UnreadableMessage, at time: Timestamp) async throws(LedgerError) {
        try await retrying { (late, _) throws(LedgerError) in
            try await base.recordUnreadable(message, at: time.advanced(by: late))
        }
    }

    // MARK: Calls that are not repeated

    package func reopen(
        _ id: JobID, if condition: ReopenCondition, keepingJudgement: Bool, _ entry: AuditEntry
    ) async throws(LedgerError) -> ReopenResult {
        try await base.reopen(id, if: condition, keepingJudgement: keepingJudgement, entry)
    }

    package func job(_ id: JobID) async throws(LedgerError) -> JobRecord? { try await base.job(id) }

    package func jobs(_ query: JobQuery) async throws(LedgerError) -> [JobRecord] { try await base.jobs(query) }

    package func latestJobs(of objects: [ObjectVersion]) async throws(LedgerError) -> [JobRecord?] {
        try await base.latestJobs(of: objects)
    }

    package func unreadableMessages(limit: Int) async throws(LedgerError) -> [UnreadableMessageRecord] {
        try await base.unreadableMessages(limit: limit)
    }

    package func discardUnreadable(_ messageID: String, _ entry: AuditEntry) async throws(LedgerError) -> Bool {
        try await base.discardUnreadable(messageID, entry)
    }

    package func prune(_ scope: PruneScope, from position: PrunePosition?) async throws(LedgerError) -> PruneBatch {
        try await base.prune(scope, from: position)
    }

    package func audit(_ entry: AuditEntry) async throws(LedgerError) { try await base.audit(entry) }

    package func auditTrail(of job: JobID?, limit: Int) async throws(LedgerError) -> [AuditEntry] {
        try await base.auditTrail(of: job, limit: limit)
    }

    package func summary() async throws(LedgerError) -> LedgerSummary { try await base.summary() }

    package func close() async { await opened.withLock { $0 }?.close() }
}

extension LedgerError {
    /// Whether the ledger itself refused the call, which shows that it can be reached.
    fileprivate var isAnswer: Bool { code == .claimLost || code == .unknownJob }
}
