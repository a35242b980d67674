/// A clock that goes faster than real time.
package struct ScaledClock: Clock {
    package typealias Instant = ManualClock.Instant

    private let clock = ContinuousClock()
    private let start = ContinuousClock.now
    private let factor: Int

    /// - Parameter factor: how many seconds pass in one real second.
    package init(factor: Int) { self.factor = factor }

    package var now: Instant { Instant(offset: start.duration(to: clock.now) * factor) }
    package var minimumResolution: Duration { .microseconds(100) }

    /// - Throws: `CancellationError` if the task is cancelled.
    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try await clock.sleep(until: start.advanced(by: deadline.offset / factor), tolerance: tolerance)
    }
}
