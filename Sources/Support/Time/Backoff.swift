/// Delays that double from one attempt to the next.
package struct Backoff: Sendable {
    package let base: Duration
    package let max: Duration

    package init(base: Duration, max: Duration) {
        self.base = base
        self.max = max
    }

    /// Returns the delay after a failed attempt: between half of the full delay and all of it.
    ///
    /// - Parameters:
    ///   - attempt: 1 for the first.
    ///   - jitter: random, 0..<1: the position within the upper half of the delay.
    package func delay(attempt: Int, jitter: Double = .random(in: 0..<1)) -> Duration {
        // 2^30 times the smallest base in use exceeds every maximum.
        let full = Swift.min(max, base * (1 << Swift.min(Swift.max(attempt, 1) - 1, 30)))
        return full * (0.5 + jitter / 2)
    }
}
