import Support
import Testing

@testable import Intake

/// Which work starts next, and which lane may receive: a value, so nothing here runs or waits.
struct LaneScheduleTests {
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
