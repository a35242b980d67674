/// Holds those who do something back to so many a second. Time that went by unused is not made up for.
package final class RateLimiter: Sendable {
    /// A second's worth at the most, so that a slow pace does not come in bursts of ten.
    package let batch: Int

    private let interval: Duration
    private let timeline: MonotonicClock
    private let free: Locked<Duration> = Locked(.zero)

    /// - Parameter rate: how many a second; above 0.
    package init(rate: Double, clock: some Clock<Duration> = ContinuousClock()) {
        batch = max(1, Int(min(rate, 1000)))
        interval = .nanoseconds(Int64((1_000_000_000 / rate).rounded()))
        timeline = MonotonicClock(clock)
    }

    /// Returns when the next `count` may be done: the first ones at once, and what comes after them that much later.
    ///
    /// - Throws: `CancellationError` when the task is cancelled first. The turn is lost then.
    package func turn(of count: Int) async throws {
        let now = timeline.now
        let start = free.withLock { free in
            let start = max(free, now)
            free = start + interval * count
            return start
        }
        if start > now { try await timeline.sleep(until: start) }
        try Task.checkCancellation()
    }
}
