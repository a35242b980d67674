package import Domain
package import Ledger
package import Support

/// A ledger that is waited for while it can't be reached: a worker's calls are repeated, ever less often, until they
/// succeed, fail for good, or their task is cancelled.
///
/// An answer may be lost on its way though the call was carried out. So it comes right when the call is repeated:
///
/// | call | the repeated call is told | which means |
/// |---|---|---|
/// | `claim` | `held` by this very worker | the claim was made: the attempt that the ledger names is the caller's |
/// | `renew` | true | it is renewed from now |
/// | `record` | as before | the same judgement stands there |
/// | `finish` | true | the first outcome stands, and it is the same |
/// | `release` | `claimLost` | it was given up, by this call or by a successor's: nothing is left to release |
/// | `recordUnreadable` | nothing | the message is one record, with its greatest count |
///
/// In each case a successor may have taken the job between the two; `renew`, `record` and `finish` are told so as ever.
/// Times that a call carries grow with the time that it waited.
package final class RetryingLedger: Ledger {
    private struct State {
        var isDown = false
        var since: Duration = .zero
        /// Calls that failed and are to be repeated.
        var waiting = 0
    }

    /// Nil until it is open.
    private let opened: Locked<(any Ledger)?>
    private let timeline: MonotonicClock
    private let log: Log
    private let backoff = Backoff(base: .milliseconds(200), max: .seconds(5))
    private let state = Locked(State())
    private let handler = Locked<@Sendable () -> Void>({})

    /// - Parameter base: the ledger that is waited for; nil: the one that `open` is to bring.
    package init(_ base: (any Ledger)? = nil, timeline: MonotonicClock = MonotonicClock(ContinuousClock()), log: Log) {
        opened = Locked(base)
        self.timeline = timeline
        self.log = log
    }

    /// Opens the ledger that it was made without. One that can't be reached is waited for, as in any other call; what
    /// will not pass, as an address that names nothing, is thrown at once.
    package func open(_ open: () async throws(LedgerError) -> any Ledger) async throws(LedgerError) {
        let base = try await patiently { (_, _) throws(LedgerError) in try await open() }
        opened.withLock { $0 = base }
    }

    private var base: any Ledger {
        get throws(LedgerError) {
            guard let base = opened.withLock({ $0 }) else {
                throw LedgerError(
                    .closed, operation: "ask it", detail: "the ledger is not open yet", hint: "Open it first.")
            }
            return base
        }
    }

    /// Whether the last that was heard of the ledger is that it can't be reached.
    package var isDown: Bool { state.withLock { $0.isDown } }

    /// Whether work waits for the ledger: more of it would only wait, too. What comes after all the calls were given up
    /// finds out whether the ledger is back.
    package var isAwaited: Bool { state.withLock { $0.isDown && $0.waiting > 0 } }

    /// Calls `handler` when either may have changed.
    package func onChange(_ handler: @escaping @Sendable () -> Void) { self.handler.withLock { $0 = handler } }

    /// - Parameter call: is told for how long it has waited, and whether an earlier try may have been carried out.
    private func patiently<Value>(
        _ call: (_ late: Duration, _ isRepeated: Bool) async throws(LedgerError) -> Value
    ) async throws(LedgerError) -> Value {
        let start = timeline.now
        var failures = 0
        defer { if failures > 0 { changing { $0.waiting -= 1 } } }
        while true {
            do {
                let value = try await call(timeline.now - start, failures > 0)
                answered()
                return value
            } catch {
                guard error.isTransient else {
                    if error.isAnswer { answered() }
                    throw error
                }
                failures += 1
                unanswered(error, isFirst: failures == 1)
                do {
                    try await timeline.sleep(until: timeline.now + backoff.delay(attempt: failures))
                } catch _ {
                    throw error
                }
            }
        }
    }

    private func answered() {
        let now = timeline.now
        guard let downtime: Duration = changing({ $0.isDown ? now - $0.since : nil }, { $0.isDown = false }) else {
            return
        }
        log(.info, "ledger is back") { $0.field("seconds", Int64(downtime / .seconds(1))) }
    }

    private func unanswered(_ error: LedgerError, isFirst: Bool) {
        let now = timeline.now
        let isNews: Bool = changing({ !$0.isDown }) { state in
            if !state.isDown { (state.isDown, state.since) = (true, now) }
            if isFirst { state.waiting += 1 }
        }
        if isNews { log(.error, "ledger unreachable: waiting") { $0.field("error", "\(error)") } }
    }

    private func changing(_ change: (inout State) -> Void) { changing({ _ in }, change) }

    /// Gives what `look` sees before the change, and tells of it if it is one.
    private func changing<Seen: Sendable>(_ look: (State) -> Seen, _ change: (inout State) -> Void) -> Seen {
        let (seen, isChanged) = state.withLock { state in
            let (seen, before) = (look(state), state)
            change(&state)
            return (seen, before.isDown != state.isDown || (before.waiting > 0) != (state.waiting > 0))
        }
        if isChanged { handler.withLock { $0 }() }
        return seen
    }
}

extension RetryingLedger {
    package func claim(
        _ job: Job, by worker: String, pipeline: String?, receivedAt: Timestamp, until: Timestamp, now: Timestamp
    ) async throws(LedgerError) -> Claim {
        try await patiently { (late, isRepeated) throws(LedgerError) in
            let claim = try await base.claim(
                job, by: worker, pipeline: pipeline, receivedAt: receivedAt, until: until.advanced(by: late),
                now: now.advanced(by: late))
            // A worker asks for one claim on a job at a time.
            guard isRepeated, case .held(worker, _) = claim, let record = try await base.job(job.id),
                record.heldBy == worker, record.outcome == nil
            else { return claim }
            let token = ClaimToken(job: job.id, attempt: record.attemptCount, worker: worker)
            return .granted(token, earlier: record.judgement)
        }
    }

    package func renew(_ claim: ClaimToken, until: Timestamp) async throws(LedgerError) -> Bool {
        try await patiently { (late, _) throws(LedgerError) in
            try await base.renew(claim, until: until.advanced(by: late))
        }
    }

    package func record(
        _ judgement: Judgement, for claim: ClaimToken, at time: Timestamp
    ) async throws(LedgerError) -> Precedence {
        try await patiently { (late, _) throws(LedgerError) in
            try await base.record(judgement, for: claim, at: time.advanced(by: late))
        }
    }

    package func precedence(of job: JobID, now: Timestamp) async throws(LedgerError) -> Precedence {
        try await patiently { (late, _) throws(LedgerError) in
            try await base.precedence(of: job, now: now.advanced(by: late))
        }
    }

    package func finish(
        _ claim: ClaimToken, with outcome: Outcome, at time: Timestamp
    ) async throws(LedgerError) -> Bool {
        try await patiently { (late, _) throws(LedgerError) in
            try await base.finish(claim, with: outcome, at: time.advanced(by: late))
        }
    }

    package func release(
        _ claim: ClaimToken, error: String, strands: Bool, at time: Timestamp
    ) async throws(LedgerError) {
        try await patiently { (late, isRepeated) throws(LedgerError) in
            do throws(LedgerError) {
                try await base.release(claim, error: error, strands: strands, at: time.advanced(by: late))
            } catch {
                guard isRepeated, error.code == .claimLost else { throw error }
            }
        }
    }

    package func recordUnreadable(_ message: UnreadableMessage, at time: Timestamp) async throws(LedgerError) {
        try await patiently { (late, _) throws(LedgerError) in
            try await base.recordUnreadable(message, at: time.advanced(by: late))
        }
    }

    // MARK: What no job waits for

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

    package func audit(_ entry: AuditEntry) async throws(LedgerError) { try await base.audit(entry) }

    package func auditTrail(of job: JobID?, limit: Int) async throws(LedgerError) -> [AuditEntry] {
        try await base.auditTrail(of: job, limit: limit)
    }

    package func summary() async throws(LedgerError) -> LedgerSummary { try await base.summary() }

    package func close() async { await opened.withLock { $0 }?.close() }
}

extension LedgerError {
    /// Whether the ledger itself said no, so that it is there.
    fileprivate var isAnswer: Bool { code == .claimLost || code == .unknownJob }
}
