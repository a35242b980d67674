/// Delays that double from one attempt to the next.
package struct Backoff: Sendable {
    package let base: Duration
    package let max: Duration

    package init(base: Duration, max: Duration) {
        self.base = base
        self.max = max
    }

    /// - Parameters:
    ///   - attempt: 1 for the first.
    ///   - spread: 0..<1, random: where in the upper half of the delay it falls.
    package func delay(attempt: Int, spread: Double = .random(in: 0..<1)) -> Duration {
        // 2^30 of the smallest base in use is beyond every maximum.
        let full = Swift.min(max, base * (1 << Swift.min(Swift.max(attempt, 1) - 1, 30)))
        return full * (0.5 + spread / 2)
    }
}
