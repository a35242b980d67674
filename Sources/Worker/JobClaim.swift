internal import Domain
internal import Intake
internal import Ledger
internal import Pipelines

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

    /// - Throws: `CancellationError` where the task is cancelled while it waits; `WaitingRoom.Full`; `LedgerError`.
    func callAsFunction() async throws -> Answer {
        let (answer, until) = try await ask()
        if let answer { return answer }
        return try await parts.waitingRoom.waiting(regardless: mustWait) {
            var until = until
            while true {
                try await parts.timeline.sleep(until: parts.timeline.now + pause(until: until))
                let (answer, expiry) = try await ask()
                if let answer { return answer }
                until = expiry
            }
        }
    }

    /// The answer, or else when the claim of who has the job expires.
    private func ask() async throws(LedgerError) -> (Answer?, until: Timestamp) {
        let (now, start) = (parts.wallClock(), parts.claims.now)
        let claim = try await parts.ledger.claim(
            job, by: parts.worker, pipeline: pipeline?.name, receivedAt: receivedAt,
            until: now.advanced(by: parts.claims.life), now: now)
        switch claim {
        case .granted(let token, let earlier): return (.granted(token, earlier: earlier, since: start), now)
        case .finished(let outcome): return (.finished(outcome), now)
        case .held(_, let until): return (nil, until)
        }
    }

    /// Until the claim expires, but no longer than some seconds: it may be renewed, and its job may end before. Those who
    /// wait for the same don't ask at once.
    private func pause(until expiry: Timestamp) -> Duration {
        let left = expiry.duration(since: parts.wallClock()) + .milliseconds(10)
        return max(.milliseconds(250), min(left, .seconds(3) * Double.random(in: 0.5..<1)))
    }
}
