package import Domain

/// The clocks that code reads and waits on: the system's in a program, manual ones in a test.
package struct Clocks: Sendable {
    /// Measures waits and deadlines. Unaffected by changes of the system time.
    package let monotonic: MonotonicClock
    /// Reads the time of day: for records, for claims that several machines compare, and for signatures.
    package let wall: @Sendable () -> Timestamp

    package init(monotonic: MonotonicClock, wall: @escaping @Sendable () -> Timestamp) {
        self.monotonic = monotonic
        self.wall = wall
    }

    /// The system's clocks.
    package static var system: Clocks {
        Clocks(monotonic: MonotonicClock(ContinuousClock()), wall: { .now() })
    }
}
