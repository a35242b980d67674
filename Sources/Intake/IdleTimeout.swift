/// Decides when a queue has been idle for long enough to end, and how long each request may wait meanwhile. Times count
/// from any fixed moment.
struct IdleTimeout: Sendable {
    private let limit: Duration?
    private let longestWait: Duration
    private var idleSince: Duration

    /// - Parameter limit: nil if the timeout never expires.
    init(limit: Duration?, longestWait: Duration, now: Duration) {
        self.limit = limit
        self.longestWait = longestWait
        idleSince = now
    }

    /// Starts the idle time again: the queue had messages, or could not be asked.
    mutating func reset(now: Duration) { idleSince = now }

    /// How long the next request may wait. It ends at most the one second that SQS counts in after the timeout expires,
    /// and is never zero: a request without a wait asks only some of the queue's servers.
    func wait(now: Duration) -> Duration {
        guard let limit else { return longestWait }
        return min(longestWait, max(.seconds(1), (idleSince + limit - now).roundedUpToSeconds))
    }

    /// Call after a request without messages, while no message is held.
    func isExpired(now: Duration) -> Bool { limit.map { now - idleSince >= $0 } ?? false }
}
