internal import Domain
internal import Ledger
internal import Notices
internal import Pipelines
internal import Support

/// A request for the claim on a job. If another attempt has the claim, waits until that attempt ends the job or lets
/// the claim expire. The message stays leased meanwhile, so that the wait costs it no receive.
struct JobClaim: Sendable {
    enum Answer: Sendable {
        /// - Parameter since: when the ledger was asked, by the keeper's clock.
        case granted(ClaimToken, earlier: Judgement?, since: Duration)
        case finished(Outcome)
    }

    let job: Job
    let pipeline: Pipeline?
    let receivedAt: Timestamp
    /// Whether to wait even if as many attempts wait as may: the message does not come again.
    let mustWait: Bool
    let context: WorkerContext

    private enum Reply: Sendable {
        case answer(Answer)
        /// Another attempt has the claim.
        case held(until: Timestamp)
    }

    /// - Throws: `CancellationError` if the task is cancelled during the wait; `WaiterLimit.Full`; `LedgerError`.
    func callAsFunction() async throws -> Answer {
        switch try await ask() {
        case .answer(let answer): return answer
        case .held(let until):
            return try await context.waiters.wait(regardless: mustWait) { try await wait(until: until) }
        }
    }

    private func wait(until expiry: Timestamp) async throws -> Answer {
        let clock = context.clocks.monotonic
        var expiry = expiry
        while true {
            try await clock.sleep(until: clock.now + pause(until: expiry))
            switch try await ask() {
            case .answer(let answer): return answer
            case .held(let until): expiry = until
            }
        }
    }

    private func ask() async throws -> Reply {
        let (now, start) = (context.clocks.wall(), context.claims.now)
        let notices = pipeline?.notices(about: job, .received, at: now) ?? []
        let claim = try await context.ledger.claim(
            job, by: context.worker, pipeline: pipeline?.name, receivedAt: receivedAt,
            until: now.advanced(by: context.claims.life), now: now, notices: notices)
        switch claim {
        case .granted(let token, let earlier):
            if !notices.isEmpty, token.attempt == 1 { context.onNotices() }
            return .answer(.granted(token, earlier: earlier, since: start))
        case .finished(let outcome): return .answer(.finished(outcome))
        case .held(_, let until): return .held(until: until)
        }
    }

    /// Until the claim expires, but at most some seconds: it may be renewed, and its job may end before. Random, so
    /// that several waiters do not ask at once.
    private func pause(until expiry: Timestamp) -> Duration {
        let left = expiry.duration(since: context.clocks.wall()) + .milliseconds(10)
        return max(.milliseconds(250), min(left, .seconds(3) * Double.random(in: 0.5..<1)))
    }
}
