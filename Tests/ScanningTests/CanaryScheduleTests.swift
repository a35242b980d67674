import Testing

@testable import Scanning

struct CanaryScheduleTests {
    private static let most = CanarySchedule.requestsBetweenTests
    private static let pause = CanarySchedule.millisecondsBetweenTests

    /// Returns the numbers of the requests after which something is tested.
    private func tests(
        of requests: Int, isFiltered: (Int) -> Bool, time: (Int) -> Int64 = { _ in 0 }
    ) -> [(Int, Canary.Extent)] {
        var schedule = CanarySchedule(startingAt: 0)
        return (1...requests).compactMap { number in
            schedule.noteRequest()
            schedule.noteScan(isFiltered: isFiltered(number))
            return schedule.next(at: time(number)).map { (number, $0) }
        }
    }

    @Test func `all engines are tested after as many scans as requests, if each scan uses them`() {
        let found = tests(of: 3 * Self.most) { _ in false }
        #expect(found.map(\.0) == [1, 2, 3].map { $0 * Self.most })
        #expect(found.allSatisfy { $0.1 == .all })
    }

    @Test func `the engine behind the filter is tested after the scans that it took part in`() {
        let found = tests(of: 4 * Self.most) { $0 % 2 == 0 }
        // Every other scan, so that the 64th of them is the 127th.
        #expect(found.map(\.0) == [Self.most, 2 * Self.most - 1, 3 * Self.most - 1, 4 * Self.most - 1])
        #expect(found.map(\.1) == [.main, .all, .main, .all])
        #expect(tests(of: 9 * Self.most) { _ in true }.allSatisfy { $0.1 == .main })
    }

    @Test func `after a while everything is tested`() {
        let found = tests(of: 10, isFiltered: { _ in true }, time: { Int64($0) * Self.pause / 4 })
        #expect(found.map(\.0) == [4, 8] && found.allSatisfy { $0.1 == .all })
    }
}
