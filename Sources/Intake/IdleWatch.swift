/// Tells when a queue has been quiet for long enough to end, and how long to wait on it meanwhile. Times count from any
/// one moment.
struct IdleWatch: Sendable {
    private let limit: Duration?
    private let longestWait: Duration
    private var quietSince: Duration

    /// - Parameter limit: nil: never.
    init(limit: Duration?, longestWait: Duration, now: Duration) {
        self.limit = limit
        self.longestWait = longestWait
        quietSince = now
    }

    /// The queue gave something, or could not be asked: that is no quiet.
    mutating func stir(now: Duration) { quietSince = now }

    /// How long the next request may wait: not past the end of the quiet time by more than the second that SQS counts
    /// in, and never not at all, since a request that does not wait asks only some of the queue's servers.
    func wait(now: Duration) -> Duration {
        guard let limit else { return longestWait }
        return min(longestWait, max(.seconds(1), (quietSince + limit - now).roundedUpToSeconds))
    }

    /// Ask after a request that brought nothing, while nothing is held.
    func isOver(now: Duration) -> Bool { limit.map { now - quietSince >= $0 } ?? false }
}
