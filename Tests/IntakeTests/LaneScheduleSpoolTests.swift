import Support
import Testing

@testable import Intake

/// Which work starts next under a spool limit and on a disk of limited size.
struct LaneScheduleSpoolTests {
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

    @Test func `an object larger than the disk starts at once since it is not fetched`() {
        var fixture = ScheduleFixture(permits: 4)
        (fixture.total, fixture.free) = (1000, 40)
        fixture.add("giant", bytes: 951, isLarge: true)
        #expect(fixture.start() == ["giant"] && fixture.refused.isEmpty)
        // One that the disk could hold waits.
        fixture.add("big", bytes: 950, isLarge: true)
        #expect(fixture.start() == [] && fixture.refused.isEmpty)
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
}
