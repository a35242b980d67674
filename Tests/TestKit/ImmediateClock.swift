/// A clock on which every sleep ends at once, and moves the time on by its length.
package struct ImmediateClock: Clock {
    package let manual = ManualClock()
    private let duringSleep: @Sendable () async throws -> Void

    /// - Parameter duringSleep: called in each sleep, before the time moves on.
    package init(duringSleep: @escaping @Sendable () async throws -> Void = {}) { self.duringSleep = duringSleep }

    package var now: ManualClock.Instant { manual.now }
    package var minimumResolution: Duration { .nanoseconds(1) }

    package func sleep(until deadline: ManualClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        try await duringSleep()
        if deadline > now { manual.advance(by: now.duration(to: deadline)) }
    }
}
