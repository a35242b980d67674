package import Domain

/// The clocks that code reads and waits on: the system's in a program, manual ones in a test.
///
/// A type that measures time takes one `Clocks` value in its initializer and keeps it, or the one clock of it that it
/// uses.
package struct Clocks: Sendable {
    /// Measures waits and deadlines. Unaffected by changes of the system time.
    package let monotonic: MonotonicClock
    /// Reads the time of day: for records, for claims that several machines compare, and for signatures.
    package let wall: @Sendable () -> Timestamp

    package init(monotonic: MonotonicClock, wall: @escaping @Sendable () -> Timestamp) {
        self.monotonic = monotonic
        self.wall = wall
    }

    /// - Parameters:
    ///   - clock: what waits and deadlines are measured by.
    ///   - wall: the time of day; by default the system's.
    package init(_ clock: some Clock<Duration>, wall: @escaping @Sendable () -> Timestamp = { .now() }) {
        self.init(monotonic: MonotonicClock(clock), wall: wall)
    }

    /// The system's clocks.
    package static var system: Clocks { Clocks(ContinuousClock()) }
}
