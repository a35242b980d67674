/// Limits how many things are done each second. Unused time is not saved up.
package final class RateLimiter: Sendable {
    /// The most that one call should acquire: the count of one second, 1 to 1000. At a slow rate things are then done
    /// one by one instead of in bursts.
    package let burst: Int

    private let interval: Duration
    private let clock: MonotonicClock
    private let nextStart: Locked<Duration> = Locked(.zero)

    /// - Parameter rate: how many a second; above 0.
    package init(rate: Double, clocks: Clocks = .system) {
        burst = max(1, Int(min(rate, 1000)))
        interval = .nanoseconds(Int64((1_000_000_000 / rate).rounded()))
        clock = clocks.monotonic
    }

    /// Returns when the next `count` things may be done: at once the first time; each later call waits until the rate
    /// allows what was acquired before it.
    ///
    /// - Throws: `CancellationError` if the task is cancelled first. What it acquired is not returned.
    package func acquire(_ count: Int) async throws {
        let now = clock.now
        let start = nextStart.withLock { next in
            let start = max(next, now)
            next = start + interval * count
            return start
        }
        if start > now { try await clock.sleep(until: start) }
        try Task.checkCancellation()
    }
}
