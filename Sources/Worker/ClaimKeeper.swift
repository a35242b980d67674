package import Domain
package import Ledger
package import Support

/// Renews the ledger's claims of the jobs that run, all in one round at half a claim's life.
package final class ClaimKeeper: Sendable {
    /// How long a claim holds without being renewed.
    package let life: Duration
    private let ledger: any Ledger
    private let log: Log
    private let held = Locked<[JobID: Held]>([:])

    private struct Held {
        let claim: ClaimToken
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    package init(ledger: any Ledger, life: Duration, log: Log) {
        self.ledger = ledger
        self.life = life
        self.log = log
    }

    /// Where an attempt of this worker whose claim ran out is still at the job, who waits goes on waiting for this one.
    package func keep(_ claim: ClaimToken) {
        held.withLock { held in
            held[claim.job] = Held(claim: claim, waiters: held[claim.job]?.waiters ?? [])
        }
    }

    /// Does nothing for a claim that a later one of the same job has replaced.
    package func drop(_ claim: ClaimToken) {
        let waiters = held.withLock { held in
            held[claim.job]?.claim == claim ? held.removeValue(forKey: claim.job)?.waiters ?? [] : []
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until this worker does not run the job any more: at once where it does not.
    package func waitUntilDropped(_ job: JobID) async {
        await withCheckedContinuation { waiter in
            let isHeld = held.withLock { held in
                held[job]?.waiters.append(waiter) != nil
            }
            if !isHeld { waiter.resume() }
        }
    }

    /// Renews until its task is cancelled.
    package func run() async {
        while true {
            do { try await Task.sleep(for: life / 2) } catch { return }
            let until = Timestamp.now().advanced(by: life)
            for claim in held.withLock({ $0.values.map(\.claim) }) {
                do {
                    guard try await ledger.renew(claim, until: until) else {
                        // The ledger refuses what this attempt would still write; its lease guards the source.
                        log(.warning, "claim lost") { $0.field("job", claim.job.text) }
                        drop(claim)
                        continue
                    }
                } catch {
                    log(.warning, "claim not renewed") { json in
                        json.field("job", claim.job.text)
                        json.field("error", "\(error)")
                    }
                }
            }
        }
    }
}
