import Support
import Testing

@testable import Intake

/// How the permits are shared among pipelines and uploaders.
struct ShareTests {
    private let ana = Share(pipeline: "uploads", uploader: "ana")
    private let bob = Share(pipeline: "uploads", uploader: "bob")
    private let images = Share(pipeline: "images", uploader: "")

    private func add(_ fixture: inout ScheduleFixture, _ items: [String], _ share: Share, isLarge: Bool = false) {
        for item in items {
            fixture.schedule.add(item, to: .live, request: ResourceRequest(bytes: 0, isLarge: isLarge, share: share))
        }
    }

    private func numbered(_ name: String, _ count: Int) -> [String] { (1...count).map { "\(name)\($0)" } }

    private func end(_ fixture: inout ScheduleFixture, _ item: String, cost: Duration?) {
        guard let permit = fixture.running.removeValue(forKey: item) else { return }
        fixture.schedule.release(permit, cost: cost)
    }

    @Test func `the only uploader has all permits`() {
        var fixture = ScheduleFixture(permits: 8)
        add(&fixture, numbered("a", 9), ana)
        #expect(fixture.start() == numbered("a", 8))
    }

    @Test func `an uploader leaves a quarter of the permits to others`() {
        var fixture = ScheduleFixture(permits: 8)
        add(&fixture, numbered("a", 9), ana)
        add(&fixture, ["b1"], bob)
        // What is behind it overtakes it.
        #expect(fixture.start() == numbered("a", 6) + ["b1"])
        end(&fixture, "a1", cost: nil)
        #expect(fixture.start() == ["a7"])
    }

    @Test func `a pipeline leaves a quarter of the permits to others`() {
        var fixture = ScheduleFixture(permits: 8)
        for number in 1...9 {
            add(&fixture, ["u\(number)"], Share(pipeline: "uploads", uploader: "\(number)"))
        }
        add(&fixture, ["i1"], images)
        #expect(fixture.start() == numbered("u", 6) + ["i1"])
    }

    @Test func `what is behind an uploader with a full share is received`() {
        var fixture = ScheduleFixture(permits: 8)
        add(&fixture, ["b1"], bob)
        fixture.start()
        end(&fixture, "b1", cost: .milliseconds(1))
        add(&fixture, numbered("a", 60), ana)
        #expect(fixture.start().count == 6)
        #expect(fixture.schedule.receiveLimit(of: .live) == 10)
        // Not without end.
        add(&fixture, numbered("c", 16 * 8), ana)
        #expect(fixture.schedule.receiveLimit(of: .live) == 0)
        add(&fixture, ["b2"], bob)
        #expect(fixture.start() == ["b2"])
    }

    @Test func `a quick uploader may use all permits`() {
        var fixture = ScheduleFixture(permits: 8)
        add(&fixture, ["b"], bob)
        add(&fixture, numbered("a", 8), ana)
        while !fixture.start().isEmpty {
            for item in fixture.running.keys.sorted() { end(&fixture, item, cost: .milliseconds(20)) }
        }
        add(&fixture, numbered("x", 9), ana)
        #expect(fixture.start().count == 8)
    }

    /// Bombs that each take two minutes of a scanner child, then small objects of everybody.
    @Test func `objects of a slow uploader count as large however small they are`() {
        var fixture = ScheduleFixture(permits: 4)
        add(&fixture, ["bomb"], ana)
        fixture.start()
        end(&fixture, "bomb", cost: .seconds(120))
        add(&fixture, numbered("a", 4), ana)
        add(&fixture, numbered("large", 2), bob, isLarge: true)
        // Three permits are for large work.
        #expect(fixture.start() == ["a1", "a2", "a3"])
        add(&fixture, ["b1"], bob)
        #expect(fixture.start() == ["b1"])
        while !fixture.running.isEmpty {
            fixture.endAll()
            fixture.start()
        }
        // One that has become quick again is not slow for ever.
        for number in 1...20 {
            add(&fixture, ["quick\(number)"], ana)
            fixture.start()
            end(&fixture, "quick\(number)", cost: .milliseconds(10))
        }
        add(&fixture, ["z"], ana)
        fixture.start()
        #expect(fixture.running["z"]?.isLarge == false)
    }

    @Test func `costs without an end of a scan change nothing`() {
        var table = ShareTable()
        table.arrived(ana)
        table.started(ana)
        table.ended(ana, cost: nil)
        #expect(!table.isSlow(ana))
        table.started(ana)
        table.ended(ana, cost: .seconds(5))
        #expect(table.isSlow(ana) && !table.isSlow(bob))
    }

    @Test func `the table of uploaders is bounded and keeps what runs`() {
        var table = ShareTable()
        table.arrived(ana)
        table.started(ana)
        for number in 1...(10 * ShareTable.maxUploaders) {
            table.arrived(Share(pipeline: "uploads", uploader: "\(number)"))
        }
        #expect(table.count <= ShareTable.maxUploaders)
        #expect(!table.mayStart(ana, most: 1))
        table.ended(ana, cost: nil)
        #expect(table.mayStart(ana, most: 1))
    }

    @Test func `work of more than the whole disk starts at once without bytes`() {
        var capacity = Capacity(permits: 4)
        capacity.spoolLimit = 600
        var fixture = ScheduleFixture(capacity)
        (fixture.total, fixture.free) = (1000, 1000)
        fixture.add("a", bytes: 500)
        fixture.start()
        fixture.free = 700
        // Its object is not fetched: it waits for nothing, and nothing waits for it.
        fixture.add("huge", bytes: 951)
        #expect(fixture.start() == ["huge"])
        #expect(fixture.running["huge"]?.bytes == 0)
        #expect(fixture.schedule.receiveLimit(of: .live) == 10)
        fixture.add("b", bytes: 10)
        #expect(fixture.start() == ["b"])
    }
}
