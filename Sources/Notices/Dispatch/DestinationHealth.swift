internal import Support

/// Whether a destination can be used, by the latest attempts of this worker. A value without I/O; times count from any
/// fixed moment.
///
/// After a failure that concerns every notice, one notice at a time tries the destination, after growing pauses.
struct DestinationHealth: Sendable, Equatable {
    enum Standing: Sendable, Equatable {
        case usable
        /// One notice may try it.
        case probing
        case waiting(until: Duration)
        /// It asked for no more notices, and gets none until the worker is started again.
        case gone
    }

    static let backoff = Backoff(base: .seconds(1), max: .seconds(60))
    /// The longest pause that a destination may ask for.
    static let longestPause = Duration.seconds(3600)

    private(set) var failures = 0
    private var pauseEnd = Duration.zero
    private(set) var isGone = false

    func standing(at now: Duration) -> Standing {
        if isGone { return .gone }
        if now < pauseEnd { return .waiting(until: pauseEnd) }
        return failures > 0 ? .probing : .usable
    }

    /// Returns whether the destination was unusable before.
    mutating func succeeded() -> Bool {
        defer { (failures, pauseEnd) = (0, .zero) }
        return failures > 0
    }

    /// A destination that takes notices asks to wait.
    mutating func pause(_ asked: Duration, at now: Duration) { pauseEnd = now + min(asked, Self.longestPause) }

    /// - Returns: whether this changes what is known of the destination.
    mutating func failed(_ failure: SendFailure, at now: Duration, jitter: Double = .random(in: 0..<1)) -> Bool {
        let isNews = (failures == 0 || failure.kind == .gone) && !isGone
        if failure.kind == .gone { isGone = true }
        failures += 1
        let asked = min(failure.retryAfter ?? .zero, Self.longestPause)
        pauseEnd = now + max(asked, Self.backoff.delay(attempt: failures, jitter: jitter))
        return isNews
    }
}
