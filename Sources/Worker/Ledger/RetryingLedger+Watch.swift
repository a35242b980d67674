internal import Domain
internal import Ledger
internal import Support

extension RetryingLedger {
    /// How often an idle worker looks at its ledger.
    private static var interval: Duration { .seconds(5) }
    /// Any job: only whether the store answers matters.
    private static var anyJob: JobID { JobID(String(repeating: "0", count: 32))! }

    /// Reads from the ledger every few seconds, so that a worker without a job learns of a loss as well. Runs until its
    /// task is cancelled. A ledger that can't be reached is left to the calls that need it.
    package func watch() async {
        while (try? await clock.sleep(for: Self.interval)) != nil {
            guard isOpen, loss == nil else { continue }
            do {
                _ = try await job(Self.anyJob)
            } catch {
                note(error)
            }
        }
    }
}
