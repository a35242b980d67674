internal import Domain
package import Ledger
package import Support

/// Renews the ledger's claims of the jobs that run, all in one round at half a claim's life.
package final class ClaimKeeper: Sendable {
    /// How long a claim holds without being renewed.
    package let life: Duration
    private let ledger: any Ledger
    private let log: Log
    private let held = Locked<[JobID: ClaimToken]>([:])

    package init(ledger: any Ledger, life: Duration, log: Log) {
        self.ledger = ledger
        self.life = life
        self.log = log
    }

    package func keep(_ claim: ClaimToken) { held.withLock { $0[claim.job] = claim } }

    package func drop(_ claim: ClaimToken) { held.withLock { $0[claim.job] = nil } }

    /// Renews until its task is cancelled.
    package func run() async {
        while true {
            do { try await Task.sleep(for: life / 2) } catch { return }
            let until = Timestamp.now().advanced(by: life)
            for claim in held.withLock({ Array($0.values) }) {
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
