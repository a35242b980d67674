/// A clock whose time counts from the moment when it was made. It hides the type of the clock behind it.
package struct MonotonicClock: Sendable {
    private let elapsed: @Sendable () -> Duration
    private let sleep: @Sendable (Duration) async throws -> Void

    package init<C: Clock>(_ clock: C) where C.Duration == Duration {
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(until: start.advanced(by: $0), tolerance: nil) }
    }

    package var now: Duration { elapsed() }

    /// - Throws: `CancellationError` if the task is cancelled first.
    package func sleep(until time: Duration) async throws { try await sleep(time) }

    /// - Throws: `CancellationError` if the task is cancelled first.
    package func sleep(for duration: Duration) async throws { try await sleep(until: now + duration) }
}
