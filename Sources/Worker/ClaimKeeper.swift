package import Domain
package import Ledger
package import Support

/// Renews the ledger's claims of the jobs that run at half a claim's life, and vouches for them before something is done
/// that can't be taken back.
///
/// A claim is proven for as long as the ledger was sure to hold it, counted on a clock that nobody sets from before the
/// question on. One that could not be renewed for longer may be another worker's by now: only the ledger knows.
package final class ClaimKeeper: Sendable {
    private struct Held {
        let token: ClaimToken
        let onLost: @Sendable () -> Void
        var provenUntil: Duration
        /// Since when it was proven at every moment.
        var unbrokenSince: Duration
        var isBeingRenewed = false
        var renewal: Task<Void, Never>?
    }

    /// How long a claim holds without being renewed.
    package let life: Duration
    private let ledger: any Ledger
    private let timeline: MonotonicClock
    private let wallClock: @Sendable () -> Timestamp
    private let log: Log
    private let held = Locked<[JobID: Held]>([:])

    package init(
        ledger: any Ledger, life: Duration, timeline: MonotonicClock = MonotonicClock(ContinuousClock()),
        wallClock: @escaping @Sendable () -> Timestamp = { .now() }, log: Log
    ) {
        self.ledger = ledger
        self.life = life
        self.timeline = timeline
        self.wallClock = wallClock
        self.log = log
    }

    /// For `keep` and `isProven`, to be asked before the ledger is.
    package var now: Duration { timeline.now }

    /// - Parameters:
    ///   - start: when the ledger was asked for the claim; nil: just now.
    ///   - onLost: called at most once, when the ledger says that another attempt has the job.
    package func keep(_ claim: ClaimToken, since start: Duration? = nil, onLost: @escaping @Sendable () -> Void = {}) {
        let start = start ?? timeline.now
        held.withLock {
            $0[claim.job] = Held(token: claim, onLost: onLost, provenUntil: start + life, unbrokenSince: start)
        }
    }

    /// A renewal that waits for the ledger is given up, lest it holds the job once nobody is at it.
    package func drop(_ claim: ClaimToken) { remove(claim)?.renewal?.cancel() }

    private func remove(_ claim: ClaimToken) -> Held? {
        held.withLock { $0[claim.job]?.token == claim ? $0.removeValue(forKey: claim.job) : nil }
    }

    /// Whether the job is sure to be nobody else's for a quarter of a claim's life yet: time enough for a request.
    ///
    /// - Parameter time: by `now`; false as well where the claim was not proven at every moment since then. Others may have
    ///   gone by it meanwhile, even where nobody took the job.
    package func isProven(_ claim: ClaimToken, since time: Duration? = nil) -> Bool {
        guard let known = held.withLock({ $0[claim.job] }), known.token == claim else { return false }
        if let time, known.unbrokenSince > time { return false }
        return known.provenUntil - timeline.now >= life / 4
    }

    /// Makes sure of it: from what is known, or else from the ledger.
    ///
    /// - Throws: `Interruption.claimLost`; `LedgerError` where the ledger can't tell.
    package func confirm(_ claim: ClaimToken) async throws {
        if isProven(claim) { return }
        guard try await renew(claim) else { throw Interruption.claimLost }
    }

    /// Renews until its task is cancelled. A renewal that takes long keeps no other from being made.
    package func run() async {
        while (try? await timeline.sleep(until: timeline.now + life / 8)) != nil {
            for claim in due(timeline.now) { beginRenewal(of: claim) }
        }
        for renewal in held.withLock({ $0.values.compactMap(\.renewal) }) { renewal.cancel() }
    }

    private func beginRenewal(of claim: ClaimToken) {
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
            // One that was let go while the ledger was asked is nobody's loss.
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
        let start = timeline.now
        guard try await ledger.renew(claim, until: wallClock().advanced(by: life)) else { return false }
        let end = timeline.now
        held.withLock { held in
            guard let known = held[claim.job], known.token == claim else { return }
            if end > known.provenUntil { held[claim.job]?.unbrokenSince = end }
            held[claim.job]?.provenUntil = max(known.provenUntil, start + life)
            held[claim.job]?.isBeingRenewed = false
        }
        return true
    }
}
