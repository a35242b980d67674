internal import Domain
internal import Intake
internal import Ledger
internal import Support

/// The order of a clean upload among the uploads of its key, which go to the same location.
///
/// Events come in any order, and uploads of one key are worked on concurrently: without this, an older upload that is
/// copied last would replace the newer one. The ledger's answer holds while the claim is proven: newer uploads do not
/// wait for a claim that has expired.
final class PromotionOrder: Sendable {
    /// A later upload of the key goes, or went, to the destination.
    struct Overtaken: Error {}

    /// The ledger's answer, and when the ledger was asked, by the keeper's clock.
    typealias Answer = (precedence: Precedence, askedAt: Duration)

    private let claim: ClaimToken
    private let context: WorkerContext
    /// When the ledger was asked for the answer that no upload is in the way.
    private let freeSince = Locked<Duration?>(nil)

    init(_ claim: ClaimToken, _ context: WorkerContext) {
        self.claim = claim
        self.context = context
    }

    /// Whether no other upload is in the way, and none can have come since the ledger was asked.
    var isConfirmed: Bool {
        freeSince.withLock { $0 }.map { context.claims.isProven(claim, since: $0) } ?? false
    }

    /// Waits for an earlier upload that is on its way.
    ///
    /// - Parameter known: an answer that the ledger has given already.
    /// - Throws: `Overtaken`; `LedgerError`; `CancellationError` if the task is cancelled during the wait.
    func wait(_ known: Answer? = nil) async throws {
        let clock = context.clocks.monotonic
        var known = known
        while true {
            let now = context.clocks.wall()
            let answer: Answer
            if let known { answer = known } else { answer = try await ask(at: now) }
            switch answer.precedence {
            case .free: return freeSince.withLock { $0 = answer.askedAt }
            case .overtaken: throw Overtaken()
            case .behind(_, let until):
                // The earlier upload may end at any moment, or its claim may expire.
                let pause = min(max(until.duration(since: now), .milliseconds(50)), .milliseconds(500))
                try await clock.sleep(until: clock.now + pause)
            }
            known = nil
        }
    }

    private func ask(at now: Timestamp) async throws -> Answer {
        let askedAt = context.claims.now
        return (try await context.ledger.precedence(of: claim.job, now: now), askedAt)
    }
}
