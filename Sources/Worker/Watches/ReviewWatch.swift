internal import Domain
package import Ledger
package import Support

/// Counts once a minute how many quarantined objects wait for a person, for the metrics.
package final class ReviewWatch: Sendable {
    private let ledger: any ReviewLedger
    private let clock: MonotonicClock
    /// Nil until the ledger was asked.
    private let latest = Locked<ReviewSummary?>(nil)

    private static let interval = Duration.seconds(60)

    package init(ledger: any ReviewLedger, clocks: Clocks = .system) {
        self.ledger = ledger
        clock = clocks.monotonic
    }

    /// Runs until its task is cancelled. While the ledger can't be asked, the last counts stay: another metric reports
    /// that.
    package func run() async {
        repeat {
            if let summary = try? await ledger.reviewSummary() { latest.withLock { $0 = summary } }
        } while (try? await clock.sleep(for: Self.interval)) != nil
    }

    /// In Prometheus' text format.
    package var metrics: String {
        let summary = latest.withLock { $0 }
        var page = MetricsPage()
        page.family(
            "lazaret_reviews", "gauge", "Quarantined objects that nobody has settled, by the state of their review.",
            summary.map { [("{state=\"pending\"}", $0.pending), ("{state=\"held\"}", $0.held)] } ?? [])
        page.value(
            "lazaret_oldest_pending_seconds", "gauge",
            "When the oldest pending object was received, in seconds since 1970.",
            summary?.oldestPending.map { $0.milliseconds / 1000 })
        return page.text
    }
}
