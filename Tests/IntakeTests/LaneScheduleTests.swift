import Support
import Testing

@testable import Intake

/// Which work starts next, and which lane may receive: a value, so nothing here runs or waits.
struct LaneScheduleTests {
    /// A schedule, with the permits of the running work.
    private struct ScheduleFixture {
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

    // MARK: Lanes

    @Test func `a single lane gets all permits in the order of arrival`() {
        var fixture = ScheduleFixture(permits: 3)
        fixture.add("a", "b", "c", "d")
        #expect(fixture.start() == ["a", "b", "c"])
        fixture.end("b")
        #expect(fixture.start() == ["d"])
    }

    @Test(arguments: 1...7) func `while both lanes have work the backfill gets its weight of eight starts`(weight: Int)
    {
        var capacity = Capacity(permits: 8)
        capacity.backfillWeight = weight
        var fixture = ScheduleFixture(capacity)
        fixture.add(100, "live", to: .live)
        fixture.add(100, "back", to: .backfill)
        var order: [String] = []
        for _ in 0..<80 {
            let started = fixture.start(atMost: 1)
            order += started
            for item in started { fixture.end(item) }
        }
        #expect(order.count { $0.hasPrefix("back") } == 10 * weight)
        // Spread evenly, not all at the end.
        for start in stride(from: 0, to: 80, by: 8) {
            #expect(order[start..<start + 8].count { $0.hasPrefix("back") } == weight)
        }
    }

    @Test(arguments: [(8, 1, 1), (16, 1, 2), (16, 4, 8), (3, 1, 1), (2, 7, 1)])
    func `long work of the backfill holds no more than its share of permits`(permits: Int, weight: Int, share: Int) {
        var capacity = Capacity(permits: permits)
        capacity.backfillWeight = weight
        var fixture = ScheduleFixture(capacity)
        fixture.add(500, "live", to: .live)
        fixture.add(500, "back", to: .backfill)
        for _ in 0..<25 {
            fixture.start()
            #expect(fixture.count(of: .backfill) <= share)
            // Live work ends soon, the backfill's does not.
            for (item, permit) in fixture.running where permit.lane == .live { fixture.end(item) }
        }
        #expect(fixture.count(of: .backfill) == share)
    }

    @Test(arguments: [(16, 12), (8, 6), (4, 3), (3, 2), (2, 1), (1, 1)])
    func `the backfill alone leaves permits for uploads`(permits: Int, most: Int) {
        var fixture = ScheduleFixture(permits: permits)
        fixture.add(50, "back", to: .backfill)
        fixture.start()
        #expect(fixture.running.count == most)
        fixture.add("live1", to: .live)
        #expect(fixture.start() == (permits > 1 ? ["live1"] : []))
    }

    @Test func `uploads do not overtake a backfill for ever`() {
        var fixture = ScheduleFixture(permits: 1)
        fixture.add(100, "live", to: .live)
        fixture.add("back", to: .backfill)
        var turns = 0
        while fixture.running["back"] == nil, turns < 100 {
            fixture.endAll()
            fixture.start()
            turns += 1
        }
        #expect(turns <= 8)
    }

    // MARK: Small and large

    @Test(arguments: [(16, 12), (8, 6), (4, 3), (3, 2), (2, 1), (1, 1)])
    func `large work leaves permits for small work`(permits: Int, most: Int) {
        var fixture = ScheduleFixture(permits: permits)
        fixture.add(40, "large", to: .live, isLarge: true)
        fixture.add("small")
        let started = fixture.start()
        #expect(started.count { $0.hasPrefix("large") } == most)
        #expect(started.contains("small") == (permits > 1))
    }

    @Test func `large work that had to wait keeps its turn`() {
        var fixture = ScheduleFixture(permits: 2)
        fixture.add("large1", "large2", isLarge: true)
        fixture.add("small1", "small2")
        #expect(fixture.start() == ["large1", "small1"])
        // Its permit is free now, and it arrived before the other small one.
        fixture.end("large1", "small1")
        #expect(fixture.start() == ["large2", "small2"])
    }

    @Test func `large work of the backfill leaves large permits for uploads`() {
        var fixture = ScheduleFixture(permits: 16)
        fixture.add(40, "back", to: .backfill, isLarge: true)
        fixture.start()
        #expect(fixture.count(of: .backfill) == 9)
        fixture.add(40, "live", to: .live, isLarge: true)
        fixture.start()
        #expect(fixture.count(of: .live) == 3)
    }

    // MARK: Receiving

    @Test func `a full worker receives nothing`() {
        var fixture = ScheduleFixture(permits: 4)
        #expect(fixture.schedule.receiveLimit(of: .live) == 10)
        fixture.add(14, "a", to: .live)
        #expect(fixture.schedule.receiveLimit(of: .live) == 0)
        fixture.start()
        #expect(fixture.schedule.receiveLimit(of: .live) == 0)
        // Ten wait for a permit; the lane receives more once all of them have one.
        for number in 1...10 {
            fixture.end("a\(number)")
            fixture.start()
        }
        #expect(fixture.running.count == 4 && fixture.schedule.receiveLimit(of: .live) == 10)
    }

    @Test func `small work behind large work is received until too much large work waits`() {
        var fixture = ScheduleFixture(permits: 4)
        fixture.add(4, "large", to: .live, isLarge: true)
        fixture.start()
        #expect(fixture.running.count == 3)
        for held in stride(from: 4, through: 11, by: 1) {
            #expect(fixture.schedule.receiveLimit(of: .live) == 10, "\(held) large ones wait or run")
            fixture.add("more\(held)", isLarge: true)
        }
        #expect(fixture.schedule.receiveLimit(of: .live) == 0)
        fixture.end("large1")
        fixture.start()
        #expect(fixture.schedule.receiveLimit(of: .live) == 10)
    }

    @Test func `the backfill holds one request's worth, and less while uploads wait`() {
        var fixture = ScheduleFixture(permits: 16)
        #expect(fixture.schedule.receiveLimit(of: .backfill) == 10)
        fixture.add(4, "back", to: .backfill)
        #expect(fixture.schedule.receiveLimit(of: .backfill) == 6)
        fixture.add(2, "more", to: .backfill)
        #expect(fixture.schedule.receiveLimit(of: .backfill) == 0)
        fixture.start()
        #expect(fixture.schedule.receiveLimit(of: .backfill) == 10)

        fixture.add(30, "live", to: .live)
        fixture.start()
        #expect(fixture.running.count == 16 && fixture.schedule.receiveLimit(of: .backfill) == 2)
        fixture.add("one", to: .backfill)
        #expect(fixture.schedule.receiveLimit(of: .backfill) == 1)
        fixture.add("two", to: .backfill)
        #expect(fixture.schedule.receiveLimit(of: .backfill) == 0)
    }

    // MARK: Bytes

    private func limited(_ limit: Int64, permits: Int = 8) -> ScheduleFixture {
        var capacity = Capacity(permits: permits)
        capacity.spoolLimit = limit
        return ScheduleFixture(capacity)
    }

    @Test func `work beyond the spool limit waits and nothing more is received`() {
        var fixture = limited(100)
        fixture.add("a", bytes: 60)
        fixture.add("b", bytes: 50)
        #expect(fixture.start() == ["a"])
        #expect(fixture.schedule.status.waitsForBudget && !fixture.schedule.status.waitsForDisk)
        #expect(fixture.schedule.receiveLimit(of: .live) == 0 && fixture.schedule.receiveLimit(of: .backfill) == 0)
        fixture.end("a")
        #expect(fixture.start() == ["b"])
        #expect(fixture.schedule.receiveLimit(of: .live) == 10)
        fixture.end("b")
        #expect(fixture.schedule.reserved == 0)
    }

    @Test func `work without disk overtakes work that waits for bytes`() {
        var fixture = limited(100)
        fixture.add("a", bytes: 100)
        fixture.add("large", bytes: 50, isLarge: true)
        fixture.add("memory", bytes: 0)
        #expect(fixture.start() == ["a", "memory"])
    }

    @Test(arguments: [101, nil] as [Int64?])
    func `work of more than the limit or of unknown size starts alone`(bytes: Int64?) {
        var fixture = limited(100)
        fixture.add("a", bytes: 1)
        fixture.start()
        fixture.add("odd", bytes: bytes, isLarge: true)
        #expect(fixture.start() == [])
        fixture.end("a")
        #expect(fixture.start() == ["odd"])
        fixture.add("b", bytes: 1)
        fixture.add("memory", bytes: 0)
        #expect(fixture.start() == ["memory"])
        fixture.end("odd")
        #expect(fixture.start() == ["b"])
        #expect(fixture.refused.isEmpty)
    }

    @Test func `work that waits for bytes is not overtaken for ever`() {
        var fixture = limited(100)
        fixture.add("a0", bytes: 10)
        fixture.start()
        fixture.add("big", bytes: 100, isLarge: true)
        var turns = 0
        while fixture.running["big"] == nil, turns < 1000 {
            turns += 1
            fixture.add("a\(turns)", bytes: 10)
            fixture.start()
            fixture.end("a\(turns - 1)")
            fixture.start()
        }
        #expect(turns < 100)
        #expect(fixture.running.count == 1)
    }

    @Test func `the backfill takes no bytes that an upload waits for`() {
        var fixture = limited(100)
        fixture.add("a", bytes: 60)
        fixture.start()
        fixture.add("live", bytes: 50)
        fixture.add("back", to: .backfill, bytes: 10)
        #expect(fixture.start() == [])
        fixture.end("a")
        #expect(fixture.start() == ["live", "back"])
    }

    @Test func `an upload is received while the backfill waits for bytes`() {
        var fixture = limited(100)
        fixture.add("a", bytes: 60)
        fixture.start()
        fixture.add("back", to: .backfill, bytes: 50)
        fixture.start()
        #expect(fixture.schedule.receiveLimit(of: .backfill) == 0 && fixture.schedule.receiveLimit(of: .live) == 10)
    }

    // MARK: The disk

    @Test func `a full disk is waited for and nothing more is received`() {
        var fixture = ScheduleFixture(permits: 4)
        (fixture.total, fixture.free) = (1000, 50)
        fixture.add("a", bytes: 10)
        #expect(fixture.start() == [])
        #expect(fixture.schedule.status.waitsForDisk && fixture.schedule.receiveLimit(of: .live) == 0)
        // A full disk is waited for without limit: nothing else could start either.
        fixture.now = .seconds(100_000)
        #expect(fixture.start() == [] && fixture.refused.isEmpty)
        fixture.free = 60
        #expect(fixture.start() == ["a"])
        #expect(!fixture.schedule.status.waitsForDisk && fixture.schedule.receiveLimit(of: .live) == 10)
    }

    @Test func `bytes that running work will still write are taken into account`() {
        var fixture = ScheduleFixture(permits: 4)
        fixture.free = 100
        fixture.add("a", bytes: 60)
        fixture.add("b", bytes: 60)
        #expect(fixture.start() == ["a"])
        // It has written half of its bytes: the disk has less free, and the rest is still to come.
        (fixture.free, fixture.spooled) = (70, 30)
        #expect(fixture.start() == [])
        (fixture.free, fixture.spooled) = (90, 30)
        #expect(fixture.start() == ["b"])
    }

    @Test func `an object of more than the limit is refused if the disk has no room for it`() {
        var fixture = limited(100)
        (fixture.total, fixture.free) = (1000, 150)
        fixture.add("a", bytes: 20)
        fixture.start()
        fixture.add("odd", bytes: 120, isLarge: true)
        #expect(fixture.start() == [] && fixture.refused.isEmpty)
        fixture.end("a")
        fixture.start()
        #expect(fixture.refused == ["odd"])
        fixture.free = 170
        fixture.add("odd", bytes: 120, isLarge: true)
        #expect(fixture.start() == ["odd"])
    }

    @Test func `an object larger than the disk is refused at once`() {
        var fixture = ScheduleFixture(permits: 4)
        (fixture.total, fixture.free) = (1000, 40)
        fixture.add("giant", bytes: 951, isLarge: true)
        fixture.start()
        #expect(fixture.refused == ["giant"])
    }

    @Test func `an object that does not fit although it is alone is refused after ten minutes`() {
        var fixture = ScheduleFixture(permits: 4)
        (fixture.total, fixture.free) = (1000, 500)
        fixture.add("big", bytes: 600, isLarge: true)
        fixture.add("small", bytes: 10)
        #expect(fixture.start() == ["small"])
        fixture.end("small")
        fixture.now = .seconds(599)
        fixture.start()
        #expect(fixture.refused.isEmpty)
        fixture.now = .seconds(600)
        fixture.start()
        #expect(fixture.refused == ["big"])
    }

    @Test func `nothing that needs disk starts unless the disk was looked at`() {
        var schedule = LaneSchedule<String>(Capacity(permits: 4))
        schedule.add("a", to: .live, request: ResourceRequest(bytes: 1, isLarge: false))
        schedule.add("b", to: .live, request: .small)
        #expect(schedule.needsDisk)
        guard case .start("b", _) = schedule.next(nil, now: .zero), case .wait = schedule.next(nil, now: .zero) else {
            Issue.record("started although the disk was not looked at")
            return
        }
    }

    @Test func `removing one lane's work leaves the other's`() {
        var fixture = ScheduleFixture(permits: 1)
        fixture.add("a", "b")
        fixture.add("large", isLarge: true)
        fixture.add("back", to: .backfill)
        fixture.start()
        #expect(fixture.schedule.removeAll(of: .live) == ["b", "large"])
        fixture.end("a")
        #expect(fixture.start() == ["back"])
    }
}
