/// Whether a transfer keeps above its floor, seen stretch by stretch. A value without a clock of its own.
struct StallWatch {
    let floor: ThroughputFloor
    private(set) var deadline: ContinuousClock.Instant
    private var bytesAtStart: Int64 = 0

    init(_ floor: ThroughputFloor, now: ContinuousClock.Instant) {
        self.floor = floor
        deadline = now + floor.over
    }

    /// - Parameter bytesMoved: all bytes of the transfer so far; asked for only where a stretch is over.
    mutating func fellBelow(bytesMoved: () -> Int64, now: ContinuousClock.Instant) -> Bool {
        guard now >= deadline else { return false }
        let bytes = bytesMoved()
        if bytes - bytesAtStart < floor.bytesPerStretch { return true }
        bytesAtStart = bytes
        deadline = now + floor.over
        return false
    }
}
