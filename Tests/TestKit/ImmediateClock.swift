/// A clock on which every sleep returns at once and advances the time by its length.
package struct ImmediateClock: Clock {
    package let manual = ManualClock()
    private let duringSleep: @Sendable () async throws -> Void

    /// - Parameter duringSleep: called in each sleep, before the time advances.
    package init(duringSleep: @escaping @Sendable () async throws -> Void = {}) { self.duringSleep = duringSleep }

    package var now: ManualClock.Instant { manual.now }
    package var minimumResolution: Duration { .nanoseconds(1) }

    package func sleep(until deadline: ManualClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        try await duringSleep()
        if deadline > now { manual.advance(by: now.duration(to: deadline)) }
    }
}
