internal import Domain
internal import Ledger
internal import Support

/// The claim on a review's work, renewed while the work goes on.
final class ReviewClaim: Sendable {
    struct Lost: Error, CustomStringConvertible {
        var description: String { "another process has taken it over" }
    }

    let token: ReviewToken
    private let record: JobRecord
    private let request: ReviewRequest
    private let context: ReviewContext
    private let until: Locked<Timestamp>

    init(
        _ token: ReviewToken, of record: JobRecord, _ request: ReviewRequest, until: Timestamp,
        _ context: ReviewContext
    ) {
        self.token = token
        self.record = record
        self.request = request
        self.context = context
        self.until = Locked(until)
    }

    /// Throws `Lost` unless this process holds the work for at least half a claim from now.
    func confirm() async throws {
        let now = context.clocks.wall()
        let life = ReviewContext.claimLife
        guard until.withLock({ $0 }) < now.advanced(by: life / 2) else { return }
        let next = now.advanced(by: life)
        try await change(.renew(token, until: next), "renew", at: now)
        until.withLock { $0 = next }
    }

    /// Renews the claim until it is cancelled: a copy of a large object takes minutes. A failed renewal is tried again,
    /// and `confirm` throws if it was too late.
    func keep() async {
        let clock = context.clocks.monotonic
        while !Task.isCancelled {
            do { try await clock.sleep(until: clock.now + ReviewContext.claimLife / 4) } catch { return }
            try? await confirm()
        }
    }

    /// Gives the work up for others to go on with at once.
    func handBack() async {
        let now = context.clocks.wall()
        try? await change(.renew(token, until: now), "renew", at: now)
    }

    func end(_ change: ReviewChange, _ action: String) async throws {
        try await self.change(change, action, at: context.clocks.wall())
    }

    private func change(_ change: ReviewChange, _ action: String, at now: Timestamp) async throws {
        let entry = request.entry(action, of: record, at: now)
        if case .refused = try await context.ledger.changeReview(of: record.job.id, change, entry) { throw Lost() }
    }
}
