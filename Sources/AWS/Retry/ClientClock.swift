package import Domain
internal import Support

/// Time and chance as the client sees them, so that a test can give its own.
package struct ClientClock: Sendable {
    package let now: @Sendable () -> Timestamp
    /// Throws once the task is cancelled.
    package let sleep: @Sendable (Duration) async throws -> Void
    /// From 0 up to 1, anew each time.
    package let dice: @Sendable () -> Double

    package init(
        now: @escaping @Sendable () -> Timestamp = { Timestamp.now() },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        dice: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.now = now
        self.sleep = sleep
        self.dice = dice
    }
}
