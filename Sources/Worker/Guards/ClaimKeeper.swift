internal import Domain
package import Ledger
package import Support

/// Keeps the claims of running jobs: renews each at half its life, and confirms it before a change that can't be
/// undone.
///
/// A claim is proven for its life, counted on the monotonic clock from before the ledger was asked. After that another
/// worker may have it: only the ledger knows.
package final class ClaimKeeper: Sendable {
    private struct Held {
        let token: ClaimToken
        let onLost: @Sendable () -> Void
        var provenUntil: Duration
        /// Since when it has been proven without a gap.
        var unbrokenSince: Duration
        var isBeingRenewed = false
        var renewal: Task<Void, Never>?
    }

    /// How long a claim lasts without renewal.
    package let life: Duration
    private let ledger: any Ledger
    private let clocks: Clocks
    private let log: Log
    private let held = Locked<[JobID: Held]>([:])

    package init(ledger: any Ledger, life: Duration, clocks: Clocks = .system, log: Log) {
        self.ledger = ledger
        self.life = life
        self.clocks = clocks
        self.log = log
    }

    /// The time for `keep` and `isProven`. Read it before asking the ledger.
    package var now: Duration { clocks.monotonic.now }

    /// - Parameters:
    ///   - start: when the ledger was asked for the claim; nil for now.
    ///   - onLost: called at most once, when the ledger reports that another attempt has the job.
    package func keep(_ claim: ClaimToken, since start: Duration? = nil, onLost: @escaping @Sendable () -> Void = {}) {
        let start = start ?? now
        held.withLock {
            $0[claim.job] = Held(token: claim, onLost: onLost, provenUntil: start + life, unbrokenSince: start)
        }
    }

    /// Stops keeping the claim. A renewal that waits for the ledger is cancelled: it would hold a job that nobody works
    /// on.
    package func drop(_ claim: ClaimToken) { remove(claim)?.renewal?.cancel() }

    private func remove(_ claim: ClaimToken) -> Held? {
        held.withLock { $0[claim.job]?.token == claim ? $0.removeValue(forKey: claim.job) : nil }
    }

    /// Whether the claim certainly lasts for another quarter of its life: long enough for a request.
    ///
    /// - Parameter time: by `now`. Returns false if the claim was unproven at any moment since then: another job may
    ///   have passed it meanwhile, even if nobody took this one.
    package func isProven(_ claim: ClaimToken, since time: Duration? = nil) -> Bool {
        guard let known = held.withLock({ $0[claim.job] }), known.token == claim else { return false }
        if let time, known.unbrokenSince > time { return false }
        return known.provenUntil - now >= life / 4
    }

    /// Confirms that the claim is held. Asks the ledger unless it is proven.
    ///
    /// - Throws: `Interruption.claimLost`; `LedgerError` if the ledger can't answer.
    package func confirm(_ claim: ClaimToken) async throws {
        if isProven(claim) { return }
        guard try await renew(claim) else { throw Interruption.claimLost }
    }

    /// Renews claims until its task is cancelled. A slow renewal does not delay others.
    package func run() async {
        while (try? await clocks.monotonic.sleep(until: now + life / 8)) != nil {
            for claim in due(now) { startRenewal(of: claim) }
        }
        for renewal in held.withLock({ $0.values.compactMap(\.renewal) }) { renewal.cancel() }
    }

    private func startRenewal(of claim: ClaimToken) {
        let renewal = Task { await keepAlive(claim) }
        let isHeld = held.withLock { held in
            guard held[claim.job]?.token == claim else { return false }
            held[claim.job]?.renewal = renewal
            return true
        }
        if !isHeld { renewal.cancel() }
    }

    private func due(_ now: Duration) -> [ClaimToken] {
        held.withLock { held in
            let due = held.values.filter { !$0.isBeingRenewed && $0.provenUntil - now <= life / 2 }.map(\.token)
            for claim in due { held[claim.job]?.isBeingRenewed = true }
            return due
        }
    }

    private func keepAlive(_ claim: ClaimToken) async {
        do {
            if try await renew(claim) { return }
            // A claim that was dropped meanwhile is not a loss.
            guard let lost = remove(claim) else { return }
            log(.warning, "claim lost") { $0.field("job", claim.job.text) }
            lost.onLost()
        } catch {
            let isHeld = held.withLock { held in
                guard held[claim.job]?.token == claim else { return false }
                held[claim.job]?.isBeingRenewed = false
                return true
            }
            guard isHeld else { return }
            log(.warning, "claim not renewed") { json in
                json.field("job", claim.job.text)
                json.field("error", "\(error)")
            }
        }
    }

    private func renew(_ claim: ClaimToken) async throws(LedgerError) -> Bool {
        let start = now
        guard try await ledger.renew(claim, until: clocks.wall().advanced(by: life)) else { return false }
        let end = now
        held.withLock { held in
            guard let known = held[claim.job], known.token == claim else { return }
            if end > known.provenUntil { held[claim.job]?.unbrokenSince = end }
            held[claim.job]?.provenUntil = max(known.provenUntil, start + life)
            held[claim.job]?.isBeingRenewed = false
        }
        return true
    }
}
