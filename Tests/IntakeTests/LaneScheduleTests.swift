import Support
import Testing

@testable import Intake

/// Whose turn it is, and who may ask for more: a value, so nothing here runs or waits.
struct LaneScheduleTests {
    /// What began, and what holds a place.
    private struct Bench {
        var schedule: LaneSchedule<String>
        var underWay: [String: Permit] = [:]
        var refused: [String] = []
        /// Free on the disk, none of it reserved; what is under way has not written anything.
        var free: Int64 = .max
        var total: Int64 = 0
        var spooled: Int64 = 0
        var now: Duration = .zero

        init(_ shares: Capacity) { schedule = LaneSchedule(shares) }

        init(places: Int) { self.init(Capacity(places: places)) }

        mutating func add(_ items: String..., to lane: Lane = .live, bytes: Int64? = 0, isLarge: Bool = false) {
            for item in items { schedule.add(item, to: lane, need: ResourceRequest(bytes: bytes, isLarge: isLarge)) }
        }

        mutating func add(_ count: Int, _ name: String, to lane: Lane, bytes: Int64? = 0, isLarge: Bool = false) {
            for number in 1...count { add("\(name)\(number)", to: lane, bytes: bytes, isLarge: isLarge) }
        }

        /// Begins what can begin, and gives it in that order.
        @discardableResult
        mutating func begin(atMost count: Int = .max) -> [String] {
            var begun: [String] = []
            while begun.count < count {
                let space = SpoolSpace(disk: DiskSpace(free: free, total: total), spooled: spooled)
                switch schedule.next(space, now: now) {
                case .begin(let item, let place):
                    underWay[item] = place
                    begun.append(item)
                case .refuse(let item, _, _): refused.append(item)
                case .wait: return begun
                }
            }
            return begun
        }

        mutating func end(_ items: String...) {
            for item in items { if let place = underWay.removeValue(forKey: item) { schedule.end(place) } }
        }

        mutating func endAll() { for item in underWay.keys { end(item) } }

        func count(of lane: Lane) -> Int { underWay.values.count { $0.lane == lane } }
    }

    // MARK: Lanes

    @Test func `a single lane takes all places in the order of arrival`() {
        var bench = Bench(places: 3)
        bench.add("a", "b", "c", "d")
        #expect(bench.begin() == ["a", "b", "c"])
        bench.end("b")
        #expect(bench.begin() == ["d"])
    }

    @Test(arguments: 1...7) func `while both have work the backfill gets its weight of eight turns`(weight: Int) {
        var shares = Capacity(places: 8)
        shares.backfillWeight = weight
        var bench = Bench(shares)
        bench.add(100, "live", to: .live)
        bench.add(100, "back", to: .backfill)
        var order: [String] = []
        for _ in 0..<80 {
            let begun = bench.begin(atMost: 1)
            order += begun
            for item in begun { bench.end(item) }
        }
        #expect(order.count { $0.hasPrefix("back") } == 10 * weight)
        // Spread, and not in a bunch at the end.
        for start in stride(from: 0, to: 80, by: 8) {
            #expect(order[start..<start + 8].count { $0.hasPrefix("back") } == weight)
        }
    }

    @Test(arguments: [(8, 1, 1), (16, 1, 2), (16, 4, 8), (3, 1, 1), (2, 7, 1)])
    func `long work of the backfill takes no more than its share places`(places: Int, weight: Int, share: Int) {
        var shares = Capacity(places: places)
        shares.backfillWeight = weight
        var bench = Bench(shares)
        bench.add(500, "live", to: .live)
        bench.add(500, "back", to: .backfill)
        for _ in 0..<25 {
            bench.begin()
            #expect(bench.count(of: .backfill) <= share)
            // What is live ends soon, the backfill's does not.
            for (item, place) in bench.underWay where place.lane == .live { bench.end(item) }
        }
        #expect(bench.count(of: .backfill) == share)
    }

    @Test(arguments: [(16, 12), (8, 6), (4, 3), (3, 2), (2, 1), (1, 1)])
    func `the backfill alone leaves places for uploads`(places: Int, most: Int) {
        var bench = Bench(places: places)
        bench.add(50, "back", to: .backfill)
        bench.begin()
        #expect(bench.underWay.count == most)
        bench.add("live1", to: .live)
        #expect(bench.begin() == (places > 1 ? ["live1"] : []))
    }

    @Test func `a backfill is not passed for ever by uploads`() {
        var bench = Bench(places: 1)
        bench.add(100, "live", to: .live)
        bench.add("back", to: .backfill)
        var turns = 0
        while bench.underWay["back"] == nil, turns < 100 {
            bench.endAll()
            bench.begin()
            turns += 1
        }
        #expect(turns <= 8)
    }

    // MARK: Small and large

    @Test(arguments: [(16, 12), (8, 6), (4, 3), (3, 2), (2, 1), (1, 1)])
    func `large work leaves places for small`(places: Int, most: Int) {
        var bench = Bench(places: places)
        bench.add(40, "large", to: .live, isLarge: true)
        bench.add("small")
        let begun = bench.begin()
        #expect(begun.count { $0.hasPrefix("large") } == most)
        #expect(begun.contains("small") == (places > 1))
    }

    @Test func `a large one that waited keeps its turn`() {
        var bench = Bench(places: 2)
        bench.add("large1", "large2", isLarge: true)
        bench.add("small1", "small2")
        #expect(bench.begin() == ["large1", "small1"])
        // Its place is free now, and it came before the other small one.
        bench.end("large1", "small1")
        #expect(bench.begin() == ["large2", "small2"])
    }

    @Test func `large work of the backfill leaves large places for uploads`() {
        var bench = Bench(places: 16)
        bench.add(40, "back", to: .backfill, isLarge: true)
        bench.begin()
        #expect(bench.count(of: .backfill) == 9)
        bench.add(40, "live", to: .live, isLarge: true)
        bench.begin()
        #expect(bench.count(of: .live) == 3)
    }

    // MARK: Room for more

    @Test func `a full worker asks for nothing`() {
        var bench = Bench(places: 4)
        #expect(bench.schedule.room(for: .live) == 10)
        bench.add(14, "a", to: .live)
        #expect(bench.schedule.room(for: .live) == 0)
        bench.begin()
        #expect(bench.schedule.room(for: .live) == 0)
        // Ten wait for a place; more is asked for once all that wait have one.
        for number in 1...10 {
            bench.end("a\(number)")
            bench.begin()
        }
        #expect(bench.underWay.count == 4 && bench.schedule.room(for: .live) == 10)
    }

    @Test func `small ones behind large ones are asked for until so many large ones wait`() {
        var bench = Bench(places: 4)
        bench.add(4, "large", to: .live, isLarge: true)
        bench.begin()
        #expect(bench.underWay.count == 3)
        for held in stride(from: 4, through: 11, by: 1) {
            #expect(bench.schedule.room(for: .live) == 10, "\(held) large ones are held")
            bench.add("more\(held)", isLarge: true)
        }
        #expect(bench.schedule.room(for: .live) == 0)
        bench.end("large1")
        bench.begin()
        #expect(bench.schedule.room(for: .live) == 10)
    }

    @Test func `the backfill holds one requests worth and less while uploads wait`() {
        var bench = Bench(places: 16)
        #expect(bench.schedule.room(for: .backfill) == 10)
        bench.add(4, "back", to: .backfill)
        #expect(bench.schedule.room(for: .backfill) == 6)
        bench.add(2, "more", to: .backfill)
        #expect(bench.schedule.room(for: .backfill) == 0)
        bench.begin()
        #expect(bench.schedule.room(for: .backfill) == 10)

        bench.add(30, "live", to: .live)
        bench.begin()
        #expect(bench.underWay.count == 16 && bench.schedule.room(for: .backfill) == 2)
        bench.add("one", to: .backfill)
        #expect(bench.schedule.room(for: .backfill) == 1)
        bench.add("two", to: .backfill)
        #expect(bench.schedule.room(for: .backfill) == 0)
    }

    // MARK: Bytes

    private func limited(_ limit: Int64, places: Int = 8) -> Bench {
        var shares = Capacity(places: places)
        shares.spoolLimit = limit
        return Bench(shares)
    }

    @Test func `what does not fit into the budget waits and nothing more is asked for`() {
        var bench = limited(100)
        bench.add("a", bytes: 60)
        bench.add("b", bytes: 50)
        #expect(bench.begin() == ["a"])
        #expect(bench.schedule.status.waitsForBudget && !bench.schedule.status.waitsForDisk)
        #expect(bench.schedule.room(for: .live) == 0 && bench.schedule.room(for: .backfill) == 0)
        bench.end("a")
        #expect(bench.begin() == ["b"])
        #expect(bench.schedule.room(for: .live) == 10)
        bench.end("b")
        #expect(bench.schedule.taken == 0)
    }

    @Test func `what takes no disk passes what waits for bytes`() {
        var bench = limited(100)
        bench.add("a", bytes: 100)
        bench.add("large", bytes: 50, isLarge: true)
        bench.add("memory", bytes: 0)
        #expect(bench.begin() == ["a", "memory"])
    }

    @Test(arguments: [101, nil] as [Int64?])
    func `what is beyond the budget or of unknown size begins alone`(bytes: Int64?) {
        var bench = limited(100)
        bench.add("a", bytes: 1)
        bench.begin()
        bench.add("odd", bytes: bytes, isLarge: true)
        #expect(bench.begin() == [])
        bench.end("a")
        #expect(bench.begin() == ["odd"])
        bench.add("b", bytes: 1)
        bench.add("memory", bytes: 0)
        #expect(bench.begin() == ["memory"])
        bench.end("odd")
        #expect(bench.begin() == ["b"])
        #expect(bench.refused.isEmpty)
    }

    @Test func `what waits for bytes is not passed for ever`() {
        var bench = limited(100)
        bench.add("a0", bytes: 10)
        bench.begin()
        bench.add("big", bytes: 100, isLarge: true)
        var turns = 0
        while bench.underWay["big"] == nil, turns < 1000 {
            turns += 1
            bench.add("a\(turns)", bytes: 10)
            bench.begin()
            bench.end("a\(turns - 1)")
            bench.begin()
        }
        #expect(turns < 100)
        #expect(bench.underWay.count == 1)
    }

    @Test func `the backfill takes no bytes that an upload waits for`() {
        var bench = limited(100)
        bench.add("a", bytes: 60)
        bench.begin()
        bench.add("live", bytes: 50)
        bench.add("back", to: .backfill, bytes: 10)
        #expect(bench.begin() == [])
        bench.end("a")
        #expect(bench.begin() == ["live", "back"])
    }

    @Test func `an upload is received while the backfill waits for bytes`() {
        var bench = limited(100)
        bench.add("a", bytes: 60)
        bench.begin()
        bench.add("back", to: .backfill, bytes: 50)
        bench.begin()
        #expect(bench.schedule.room(for: .backfill) == 0 && bench.schedule.room(for: .live) == 10)
    }

    // MARK: The disk

    @Test func `a full disk is waited for and nothing more is asked for`() {
        var bench = Bench(places: 4)
        (bench.total, bench.free) = (1000, 50)
        bench.add("a", bytes: 10)
        #expect(bench.begin() == [])
        #expect(bench.schedule.status.waitsForDisk && bench.schedule.room(for: .live) == 0)
        // A full disk is waited for without an end: nothing else could go ahead either.
        bench.now = .seconds(100_000)
        #expect(bench.begin() == [] && bench.refused.isEmpty)
        bench.free = 60
        #expect(bench.begin() == ["a"])
        #expect(!bench.schedule.status.waitsForDisk && bench.schedule.room(for: .live) == 10)
    }

    @Test func `what others are about to write is taken into account`() {
        var bench = Bench(places: 4)
        bench.free = 100
        bench.add("a", bytes: 60)
        bench.add("b", bytes: 60)
        #expect(bench.begin() == ["a"])
        // It has written half of it: the disk is fuller, and the rest is still to come.
        (bench.free, bench.spooled) = (70, 30)
        #expect(bench.begin() == [])
        (bench.free, bench.spooled) = (90, 30)
        #expect(bench.begin() == ["b"])
    }

    @Test func `an object beyond the budget that the disk has no room for goes back`() {
        var bench = limited(100)
        (bench.total, bench.free) = (1000, 150)
        bench.add("a", bytes: 20)
        bench.begin()
        bench.add("odd", bytes: 120, isLarge: true)
        #expect(bench.begin() == [] && bench.refused.isEmpty)
        bench.end("a")
        bench.begin()
        #expect(bench.refused == ["odd"])
        bench.free = 170
        bench.add("odd", bytes: 120, isLarge: true)
        #expect(bench.begin() == ["odd"])
    }

    @Test func `an object that is larger than the disk goes back at once`() {
        var bench = Bench(places: 4)
        (bench.total, bench.free) = (1000, 40)
        bench.add("giant", bytes: 951, isLarge: true)
        bench.begin()
        #expect(bench.refused == ["giant"])
    }

    @Test func `an object that alone finds no room goes back after ten minutes`() {
        var bench = Bench(places: 4)
        (bench.total, bench.free) = (1000, 500)
        bench.add("big", bytes: 600, isLarge: true)
        bench.add("small", bytes: 10)
        #expect(bench.begin() == ["small"])
        bench.end("small")
        bench.now = .seconds(599)
        bench.begin()
        #expect(bench.refused.isEmpty)
        bench.now = .seconds(600)
        bench.begin()
        #expect(bench.refused == ["big"])
    }

    @Test func `nothing that takes bytes begins unless the disk was looked at`() {
        var schedule = LaneSchedule<String>(Capacity(places: 4))
        schedule.add("a", to: .live, need: ResourceRequest(bytes: 1, isLarge: false))
        schedule.add("b", to: .live, need: .nothing)
        #expect(schedule.asksForBytes)
        guard case .begin("b", _) = schedule.next(nil, now: .zero), case .wait = schedule.next(nil, now: .zero) else {
            Issue.record("begun without a look")
            return
        }
    }

    @Test func `a lane that is closed leaves the other`() {
        var bench = Bench(places: 1)
        bench.add("a", "b")
        bench.add("large", isLarge: true)
        bench.add("back", to: .backfill)
        bench.begin()
        #expect(bench.schedule.removeAll(of: .live) == ["b", "large"])
        bench.end("a")
        #expect(bench.begin() == ["back"])
    }
}
