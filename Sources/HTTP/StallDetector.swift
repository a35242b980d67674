/// Checks, interval by interval, that a request keeps above its throughput floor. Pure: the time is passed in.
struct StallDetector {
    let floor: ThroughputFloor
    private(set) var deadline: ContinuousClock.Instant
    private var bytesAtStart: Int64 = 0

    init(_ floor: ThroughputFloor, now: ContinuousClock.Instant) {
        self.floor = floor
        deadline = now + floor.over
    }

    /// Returns whether the interval that has just ended was below the floor.
    ///
    /// - Parameter bytesTransferred: all bytes of the request so far; called only if an interval has ended.
    mutating func isStalled(bytesTransferred: () -> Int64, now: ContinuousClock.Instant) -> Bool {
        guard now >= deadline else { return false }
        let bytes = bytesTransferred()
        if bytes - bytesAtStart < floor.bytesPerInterval { return true }
        bytesAtStart = bytes
        deadline = now + floor.over
        return false
    }
}
