/// Durations in whole milliseconds, each kept to within one part in 128: bounded memory for any number of them.
package struct DurationHistogram: Sendable, Equatable {
    /// Bucket `n` below 256 holds `n` ms. From there on each doubling has 128 buckets of the same width.
    private var buckets: [Int64] = []
    package private(set) var count: Int64 = 0
    package private(set) var maximum: Int64 = 0

    package init() {}

    package mutating func add(milliseconds: Int64) {
        let value = max(0, milliseconds)
        let index = Self.bucket(of: value)
        if index >= buckets.count { buckets += Array(repeating: 0, count: index + 1 - buckets.count) }
        buckets[index] += 1
        count += 1
        maximum = max(maximum, value)
    }

    /// The duration that `percent` of all do not exceed, in milliseconds; nil without durations.
    package func percentile(_ percent: Int) -> Int64? {
        guard count > 0 else { return nil }
        let rank = max(1, (count * Int64(percent) + 99) / 100)
        var seen: Int64 = 0
        for (index, number) in buckets.enumerated() {
            seen += number
            if seen >= rank { return min(maximum, Self.greatest(in: index)) }
        }
        return maximum
    }

    /// How many durations are at most `milliseconds`, which must be the greatest of a bucket, such as a number below
    /// 256, to be exact.
    package func count(upTo milliseconds: Int64) -> Int64 {
        buckets.prefix(Self.bucket(of: milliseconds) + 1).reduce(0, +)
    }

    private static func bucket(of value: Int64) -> Int {
        guard value >= 256 else { return Int(value) }
        let shift = 63 - value.leadingZeroBitCount - 7
        return 256 + (shift - 1) * 128 + Int(value >> Int64(shift)) - 128
    }

    private static func greatest(in bucket: Int) -> Int64 {
        guard bucket >= 256 else { return Int64(bucket) }
        let shift = Int64((bucket - 256) / 128 + 1)
        let start = Int64((bucket - 256) % 128 + 128)
        return ((start + 1) << shift) - 1
    }
}
