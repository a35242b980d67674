internal import Domain
internal import Ledger
internal import Pipelines
internal import Support

/// How an attempt comes to its claim: where another attempt has the job, it waits in place until that has ended it or lets
/// its claim expire. The message stays leased meanwhile, so that waiting costs it no receipt.
struct JobClaim: Sendable {
    enum Answer: Sendable {
        /// - Parameter since: when the ledger was asked, by the keeper's clock.
        case granted(ClaimToken, earlier: Judgement?, since: Duration)
        case finished(Outcome)
    }

    let job: Job
    let pipeline: Pipeline?
    let receivedAt: Timestamp
    /// Whether it waits even where others do: its message would not come again.
    let mustWait: Bool
    let parts: JobRun.Parts

    /// What the ledger says when it is asked.
    private enum Word: Sendable {
        case answer(Answer)
        /// Another attempt has the job, and a claim until then.
        case held(until: Timestamp)
    }

    /// - Throws: `CancellationError` where the task is cancelled while it waits; `WaitingRoom.Full`; `LedgerError`.
    func callAsFunction() async throws -> Answer {
        switch try await ask() {
        case .answer(let answer): return answer
        case .held(let until):
            return try await parts.waitingRoom.waiting(regardless: mustWait) { try await wait(until: until) }
        }
    }

    private func wait(until expiry: Timestamp) async throws -> Answer {
        var expiry = expiry
        while true {
            try await parts.timeline.sleep(until: parts.timeline.now + pause(until: expiry))
            switch try await ask() {
            case .answer(let answer): return answer
            case .held(let until): expiry = until
            }
        }
    }

    private func ask() async throws -> Word {
        let (now, start) = (parts.wallClock(), parts.claims.now)
        let claim = try await parts.ledger.claim(
            job, by: parts.worker, pipeline: pipeline?.name, receivedAt: receivedAt,
            until: now.advanced(by: parts.claims.life), now: now)
        switch claim {
        case .granted(let token, let earlier): return .answer(.granted(token, earlier: earlier, since: start))
        case .finished(let outcome): return .answer(.finished(outcome))
        case .held(_, let until): return .held(until: until)
        }
    }

    /// Until the claim expires, but no longer than some seconds: it may be renewed, and its job may end before. Those who
    /// wait for the same don't ask at once.
    private func pause(until expiry: Timestamp) -> Duration {
        let left = expiry.duration(since: parts.wallClock()) + .milliseconds(10)
        return max(.milliseconds(250), min(left, .seconds(3) * Double.random(in: 0.5..<1)))
    }
}
