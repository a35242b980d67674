internal import Support

/// A clock that never advances and on which every sleep returns at once. It records the requested durations.
package final class SleeplessClock: Clock, Sendable {
    package typealias Instant = ManualClock.Instant

    private let recorded = Locked<[Duration]>([])
    private let onSleep: @Sendable () -> Void

    package init(onSleep: @escaping @Sendable () -> Void = {}) { self.onSleep = onSleep }

    /// The durations of all sleeps so far.
    package var sleeps: [Duration] { recorded.withLock { $0 } }

    package var now: Instant { Instant(offset: .zero) }
    package var minimumResolution: Duration { .nanoseconds(1) }

    /// - Throws: `CancellationError` if the task is cancelled.
    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        recorded.withLock { $0.append(deadline.offset) }
        onSleep()
    }
}
