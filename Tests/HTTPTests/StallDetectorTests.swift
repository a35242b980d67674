import Testing

@testable import HTTP

@Suite struct StallDetectorTests {
    private func isStalled(_ floor: ThroughputFloor, _ checks: [(after: Duration, bytes: Int64)]) -> [Bool] {
        let start = ContinuousClock.now
        var detector = StallDetector(floor, now: start)
        return checks.map { check in detector.isStalled(bytesTransferred: { check.bytes }, now: start + check.after) }
    }

    @Test func `only complete intervals are checked`() {
        let floor = ThroughputFloor(bytesPerSecond: 100, over: .seconds(2))
        let checks: [(Duration, Int64)] = [
            (.milliseconds(1999), 0), (.seconds(2), 200), (.seconds(3), 201), (.seconds(4), 399),
        ]
        #expect(isStalled(floor, checks) == [false, false, false, true])
    }

    @Test func `a floor of zero still requires a byte`() {
        #expect(isStalled(ThroughputFloor(bytesPerSecond: 0, over: .seconds(1)), [(.seconds(1), 0)]) == [true])
    }
}
