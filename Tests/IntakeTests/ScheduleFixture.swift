import Support

@testable import Intake

/// A schedule, with the permits of the running work.
struct ScheduleFixture {
    var schedule: LaneSchedule<String>
    var running: [String: Permit] = [:]
    var refused: [String] = []
    /// Free bytes on the disk, none of them reserved; running work has not written anything.
    var free: Int64 = .max
    var total: Int64 = 0
    var spooled: Int64 = 0
    var now: Duration = .zero

    init(_ capacity: Capacity) { schedule = LaneSchedule(capacity) }

    init(permits: Int) { self.init(Capacity(permits: permits)) }

    mutating func add(_ items: String..., to lane: Lane = .live, bytes: Int64? = 0, isLarge: Bool = false) {
        for item in items { schedule.add(item, to: lane, request: ResourceRequest(bytes: bytes, isLarge: isLarge)) }
    }

    mutating func add(_ count: Int, _ name: String, to lane: Lane, bytes: Int64? = 0, isLarge: Bool = false) {
        for number in 1...count { add("\(name)\(number)", to: lane, bytes: bytes, isLarge: isLarge) }
    }

    /// Starts all work that can start, and returns it in that order.
    @discardableResult
    mutating func start(atMost count: Int = .max) -> [String] {
        var started: [String] = []
        while started.count < count {
            let space = SpoolSpace(disk: DiskSpace(free: free, total: total), spooled: spooled)
            switch schedule.next(space, now: now) {
            case .start(let item, let permit):
                running[item] = permit
                started.append(item)
            case .refuse(let item, _, _): refused.append(item)
            case .wait: return started
            }
        }
        return started
    }

    mutating func end(_ items: String...) {
        for item in items { if let permit = running.removeValue(forKey: item) { schedule.release(permit) } }
    }

    mutating func endAll() { for item in running.keys { end(item) } }

    func count(of lane: Lane) -> Int { running.values.count { $0.lane == lane } }
}
