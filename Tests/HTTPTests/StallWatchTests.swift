import Testing

@testable import HTTP

@Suite struct StallWatchTests {
    private func judge(_ floor: ThroughputFloor, _ looks: [(after: Duration, bytes: Int64)]) -> [Bool] {
        let start = ContinuousClock.now
        var watch = StallWatch(floor, now: start)
        return looks.map { look in watch.fellBelow(bytesMoved: { look.bytes }, now: start + look.after) }
    }

    @Test func `only whole stretches are judged`() {
        let floor = ThroughputFloor(bytesPerSecond: 100, over: .seconds(2))
        let looks: [(Duration, Int64)] = [
            (.milliseconds(1999), 0), (.seconds(2), 200), (.seconds(3), 201), (.seconds(4), 399),
        ]
        #expect(judge(floor, looks) == [false, false, false, true])
    }

    @Test func `a floor of nothing still asks for a byte`() {
        #expect(judge(ThroughputFloor(bytesPerSecond: 0, over: .seconds(1)), [(.seconds(1), 0)]) == [true])
    }
}
