internal import Domain
internal import Intake
internal import Ledger
internal import Support

/// The turn of a clean upload among those of its key, which go to the same place.
///
/// Events come in any order and uploads of a key are worked on side by side: without this an older one that is copied
/// last would replace the newer one's bytes. What the ledger says of it is good for as long as the claim is proven: for
/// one that has lapsed the newer ones do not wait.
final class PromotionOrder: Sendable {
    /// A later upload of the key goes, or went, to the place where this one would go.
    struct Overtaken: Error {}

    /// The ledger's word, and when it was asked, by the keeper's clock.
    typealias Told = (precedence: Precedence, askedAt: Duration)

    private let token: ClaimToken
    private let parts: JobRun.Parts
    /// When the ledger was asked that nothing was in the way.
    private let freeSince = Locked<Duration?>(nil)

    init(_ token: ClaimToken, _ parts: JobRun.Parts) {
        self.token = token
        self.parts = parts
    }

    /// Whether nothing is in the way, and nothing can have come meanwhile.
    var isHere: Bool {
        freeSince.withLock { $0 }.map { parts.claims.isProven(token, since: $0) } ?? false
    }

    /// Waits for an earlier upload that is on its way.
    ///
    /// - Parameter told: what is known already.
    /// - Throws: `Overtaken`; `LedgerError`; `CancellationError` where the task is cancelled while it waits.
    func come(_ told: Told? = nil) async throws {
        var known = told
        while true {
            let (now, askedAt) = (parts.wallClock(), parts.claims.now)
            let told =
                if let known {
                    known
                } else { (try await parts.ledger.precedence(of: token.job, now: now), askedAt) as Told }
            switch told.precedence {
            case .free: return freeSince.withLock { $0 = told.askedAt }
            case .overtaken: throw Overtaken()
            case .behind(_, let until):
                // It ends any moment, or its claim does.
                let wait = min(max(until.duration(since: now), .milliseconds(50)), .milliseconds(500))
                try await parts.timeline.sleep(until: parts.timeline.now + wait)
            }
            known = nil
        }
    }
}
