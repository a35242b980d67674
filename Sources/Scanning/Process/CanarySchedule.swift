/// When a child repeats its self-test: after so many requests, and after a while. That of the engine behind the filter,
/// which takes ten times as long, is repeated after as many objects that it scanned, and after the same while.
struct CanarySchedule {
    static let requestsBetweenTests = 64
    static let millisecondsBetweenTests: Int64 = 180_000

    private struct Progress {
        var count = 0
        var lastTest: Int64

        func isDue(at time: Int64) -> Bool {
            count >= CanarySchedule.requestsBetweenTests || time - lastTest >= CanarySchedule.millisecondsBetweenTests
        }
    }

    private var requests: Progress
    private var unfilteredScans: Progress

    /// - Parameter time: of the test before the child's first request, in milliseconds.
    init(startingAt time: Int64) {
        requests = Progress(lastTest: time)
        unfilteredScans = Progress(lastTest: time)
    }

    mutating func noteRequest() { requests.count += 1 }

    mutating func noteScan(isFiltered: Bool) {
        if !isFiltered { unfilteredScans.count += 1 }
    }

    /// Returns what has to be tested now, or nil, and counts it as done.
    mutating func next(at time: Int64) -> Canary.Extent? {
        if unfilteredScans.isDue(at: time) {
            self = CanarySchedule(startingAt: time)
            return .all
        }
        guard requests.isDue(at: time) else { return nil }
        requests = Progress(lastTest: time)
        return .main
    }
}
