/// How many durations were at most as long as each of some bounds.
package struct Histogram: Sendable {
    /// In milliseconds: from what a small upload takes to the life of a lease.
    static let bounds: [Int64] = [50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 1_800_000]

    /// By bound, each without those of the bounds before it.
    private var counts = [Int64](repeating: 0, count: bounds.count)
    private var all: Int64 = 0
    private var milliseconds: Int64 = 0

    package init() {}

    /// Clocks may differ: a duration counts as between zero and a year.
    package mutating func add(_ duration: Duration) {
        let time = Int64(min(max(duration, .zero), .seconds(31_536_000)) / .milliseconds(1))
        if let index = Self.bounds.firstIndex(where: { time <= $0 }) { counts[index] += 1 }
        all += 1
        milliseconds += time
    }

    /// The samples of a histogram of Prometheus (Prometheus documentation, "Exposition formats"), with times in
    /// seconds.
    ///
    /// - Parameter label: such as `verdict="clean"`.
    func samples(_ name: String, _ label: String) -> String {
        var text = ""
        var sum: Int64 = 0
        for (bound, count) in zip(Self.bounds, counts) {
            sum += count
            text += "\(name)_bucket{\(label),le=\"\(seconds(bound))\"} \(sum)\n"
        }
        text += "\(name)_bucket{\(label),le=\"+Inf\"} \(all)\n"
        return text + "\(name)_sum{\(label)} \(seconds(milliseconds))\n\(name)_count{\(label)} \(all)\n"
    }
}

/// `0.05`, `10`, `1800.5`
private func seconds(_ milliseconds: Int64) -> String {
    let rest = String(1000 + milliseconds % 1000).dropFirst()
    let digits = rest.reversed().drop { $0 == "0" }.reversed()
    return "\(milliseconds / 1000)" + (digits.isEmpty ? "" : "." + String(digits))
}
