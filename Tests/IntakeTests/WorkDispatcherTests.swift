import Domain
import Intake
import Support
import TestKit
import Testing

/// Two queues and one worker: what is handed out, and who asks its queue for more.
@Suite(.timeLimit(.minutes(1))) struct WorkDispatcherTests {
    /// The spool's disk: without a bound, unless a test sets one.
    private final class Disk: Sendable {
        private let state = Locked(DiskSpace(free: .max, total: 0))
        var space: DiskSpace {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    /// Two intakes on queues in memory, on a clock that stands still. What an object takes stands in its key: `large-…`,
    /// `bytes-60-…`.
    private final class Bench: Sendable {
        let clock = ManualClock()
        let queues: [Lane: FakeQueue]
        let intakes: [Lane: Intake]
        let dispatcher: WorkDispatcher
        let disk = Disk()
        let lines = LineBox()
        private let running: Task<Void, any Error>
        private let begun = Locked<[(Assignment, Permit)]>([])

        init(
            _ shares: Capacity, untilIdle: Duration? = nil, disk space: DiskSpace? = nil, maxReceives: Int? = nil,
            prepare: ([Lane: FakeQueue]) -> Void
        ) {
            if let space { disk.space = space }
            let (clock, disk, lines) = (clock, disk, lines)
            let log = Log(threshold: .debug) { lines.append(String(decoding: $0, as: UTF8.self)) }
            let queues = [Lane.live: FakeQueue(clock: clock), .backfill: FakeQueue(clock: clock)]
            prepare(queues)
            let dispatcher = WorkDispatcher(
                lanes: [.live, .backfill], shares: shares, need: Self.need,
                space: { SpoolSpace(disk: disk.space, spooled: 0) },
                clock: clock, log: log)
            var intakes: [Lane: Intake] = [:]
            for (lane, queue) in queues {
                var configuration = IntakeConfiguration(lane, shares)
                configuration.stopGrace = .zero
                configuration.untilIdle = untilIdle
                configuration.maxReceives = maxReceives
                intakes[lane] = Intake(
                    queue: queue, configuration: configuration, lane: lane, dispatcher: dispatcher, clock: clock,
                    log: log)
            }
            (self.queues, self.intakes, self.dispatcher) = (queues, intakes, dispatcher)
            let all = Array(intakes.values)
            running = Task {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for intake in all {
                        group.addTask {
                            defer { for intake in all { intake.stop() } }
                            try await intake.run()
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }

        private static func need(_ assignment: Assignment) -> ResourceRequest {
            let words = (assignment.key ?? "").split(separator: "-")
            guard let kind = words.first, words.count > 1 else { return .nothing }
            return ResourceRequest(bytes: kind == "bytes" ? Int64(words[1]) : 0, isLarge: kind == "large")
        }

        /// The key of the next piece of work, and its place.
        func next() async throws -> (key: String, work: Assignment, place: Permit) {
            let (work, place) = try #require(await dispatcher.next())
            return (work.key ?? "", work, place)
        }

        func finish(_ begun: (key: String, work: Assignment, place: Permit)) async {
            await begun.work.settle(.done)
            dispatcher.giveBack(begun.place)
        }

        func until(_ condition: (WorkDispatcherStatus) -> Bool) async {
            try? await eventually { condition(dispatcher.status) }
        }

        /// Lets what is ready to run do so, without time passing.
        func settleDown() async { for _ in 0..<200 { await Task.yield() } }

        func end() async throws { try await running.value }

        func stop() async throws {
            for intake in intakes.values { intake.stop() }
            try await end()
        }
    }

    @Test func `uploads overtake a backfill that came first`() async throws {
        let bench = Bench(Capacity(places: 4)) { queues in
            for number in 1...60 { queues[.backfill]!.send(keys: ["back\(number)"], id: "b\(number)") }
        }
        for _ in 0..<20 { await bench.finish(try await bench.next()) }
        for number in 1...10 { bench.queues[.live]!.send(keys: ["live\(number)"], id: "l\(number)") }
        await bench.until { $0.waiting[.live] == 10 }
        var order: [String] = []
        for _ in 0..<50 {
            let work = try await bench.next()
            order.append(work.key)
            await bench.finish(work)
        }
        // Ten uploads, and a piece of the backfill between them by its weight, or begun before they came.
        #expect(order.lastIndex { $0.hasPrefix("live") }! < 14, "\(order)")
        #expect(order.count { $0.hasPrefix("back") } == 40)
        try await bench.stop()
        for (lane, count) in [(Lane.live, 10), (.backfill, 60)] {
            #expect(Set(bench.queues[lane]!.state.deleted).count == count)
        }
    }

    @Test func `little of a backfill is held unstarted`() async throws {
        let bench = Bench(Capacity(places: 4)) { queues in
            for number in 1...100 { queues[.backfill]!.send(keys: ["back\(number)"], id: "b\(number)") }
            for number in 1...100 { queues[.live]!.send(keys: ["live\(number)"], id: "l\(number)") }
        }
        await bench.until { $0.waiting[.live] ?? 0 >= 10 }
        for _ in 0..<60 {
            let work = try await bench.next()
            await bench.settleDown()
            let waiting = bench.dispatcher.status.waiting[.backfill] ?? 0
            #expect(waiting <= 10)
            await bench.finish(work)
        }
        try await bench.stop()
    }

    @Test func `a worker without a free place asks neither queue`() async throws {
        let bench = Bench(Capacity(places: 2)) { queues in
            for lane in Lane.allCases {
                for number in 1...50 { queues[lane]!.send(keys: ["\(lane)\(number)"], id: "\(lane)\(number)") }
            }
        }
        let works = [try await bench.next(), try await bench.next()]
        await bench.settleDown()
        let before = Lane.allCases.map { bench.queues[$0]!.state.receives.count }
        bench.clock.advance(by: .seconds(300))
        await bench.settleDown()
        #expect(Lane.allCases.map { bench.queues[$0]!.state.receives.count } == before)
        #expect(Lane.allCases.allSatisfy { bench.queues[$0]!.state.given <= 12 })
        for work in works { await bench.finish(work) }
        try await bench.stop()
    }

    @Test func `small objects behind large ones are handed out`() async throws {
        let bench = Bench(Capacity(places: 4)) { queues in
            for number in 1...10 { queues[.live]!.send(keys: ["large-\(number)"], id: "x\(number)") }
            for number in 1...5 { queues[.live]!.send(keys: ["small\(number)"], id: "s\(number)") }
        }
        var large: [(key: String, work: Assignment, place: Permit)] = []
        for _ in 0..<3 { large.append(try await bench.next()) }
        #expect(large.allSatisfy { $0.key.hasPrefix("large") })
        // They came with a second request, while seven large ones waited.
        for _ in 0..<5 {
            let work = try await bench.next()
            #expect(work.key.hasPrefix("small"))
            await bench.finish(work)
        }
        for _ in 0..<7 {
            await bench.finish(large.removeFirst())
            large.append(try await bench.next())
        }
        for work in large { await bench.finish(work) }
        try await bench.stop()
        #expect(bench.queues[.live]!.state.deleted.count == 15)
    }

    @Test func `leases are kept while a large object waits for its place`() async throws {
        let bench = Bench(Capacity(places: 2)) { queues in
            for number in 1...2 { queues[.live]!.send(keys: ["large-\(number)"], id: "x\(number)") }
        }
        let first = try await bench.next()
        // Each of the two leases of a minute is extended each half of it.
        for round in 1...6 {
            await bench.clock.untilSleepers(1)
            bench.clock.advance(by: .seconds(31))
            await bench.queues[.live]!.until { $0.changes.joined().count >= 2 * round }
            try await eventually { bench.intakes[.live]!.counters.extensions >= 2 * round }
        }
        await bench.finish(first)
        let second = try await bench.next()
        #expect(second.key == "large-2" && second.work.lease.isHeld && second.work.receiveCount == 1)
        await bench.finish(second)
        try await bench.stop()
    }

    // MARK: Bytes

    @Test func `a worker whose spool budget is taken asks for nothing`() async throws {
        var shares = Capacity(places: 8)
        shares.spoolLimit = 100
        let bench = Bench(shares) { queues in
            for number in 1...30 { queues[.live]!.send(keys: ["bytes-60-\(number)"], id: "m\(number)") }
        }
        let first = try await bench.next()
        let second = Task { try await bench.next() }
        await bench.until { $0.waitsForBudget }
        #expect(bench.dispatcher.status.taken == 60)
        let receives = bench.queues[.live]!.state.receives.count
        bench.clock.advance(by: .seconds(20))
        await bench.settleDown()
        #expect(bench.queues[.live]!.state.receives.count == receives && bench.queues[.live]!.state.given <= 20)
        await bench.finish(first)
        await bench.finish(try await second.value)
        try await bench.stop()
    }

    @Test func `a full disk is waited for until somebody looks and finds room`() async throws {
        let bench = Bench(Capacity(places: 8), disk: DiskSpace(free: 64, total: 100)) { queues in
            for number in 1...30 { queues[.live]!.send(keys: ["bytes-60-\(number)"], id: "m\(number)") }
        }
        let work = Task { try await bench.next() }
        await bench.until { $0.waitsForDisk && $0.waiting[.live] ?? 0 >= 10 }
        await bench.settleDown()
        let receives = bench.queues[.live]!.state.receives.count
        bench.clock.advance(by: .seconds(20))
        await bench.settleDown()
        #expect(bench.queues[.live]!.state.receives.count == receives && receives <= 2)
        bench.disk.space.free = 65
        bench.dispatcher.look()
        await bench.finish(try await work.value)
        #expect(!bench.dispatcher.status.waitsForDisk)
        try await bench.stop()
        // What waited was handed back and had at no time been tried.
        #expect(bench.queues[.live]!.state.changes.joined().filter { $0.timeout == .zero }.count >= 9)
    }

    @Test func `an object that fits on no disk goes back with a delay and the log says so`() async throws {
        let bench = Bench(Capacity(places: 8), disk: DiskSpace(free: 400, total: 500)) { queues in
            queues[.live]!.send(keys: ["bytes-600-x"], id: "giant")
            queues[.live]!.send(keys: ["bytes-6-x"], id: "small")
        }
        let work = try await bench.next()
        #expect(work.key == "bytes-6-x")
        await bench.finish(work)
        try await bench.stop()
        #expect(bench.lines.lines.contains { $0.contains("does not fit into the spool folder") && $0.contains("600") })
        #expect(bench.queues[.live]!.state.deleted == ["small"])
        #expect(try #require(bench.queues[.live]!.state.visibilities(of: "giant").last) > .zero)
    }

    /// Given back it would go to the dead-letter queue, and the ledger would not know of its job.
    @Test func `at its last receipt it is handed out as given up instead`() async throws {
        let bench = Bench(Capacity(places: 8), disk: DiskSpace(free: 400, total: 500), maxReceives: 1) { queues in
            queues[.live]!.send(keys: ["bytes-600-x"], id: "giant")
        }
        let work = try await bench.next()
        #expect(work.work.reasonGivenUp?.contains("takes 600 bytes of spool") == true)
        #expect(bench.dispatcher.status.taken == 0)
        await work.work.settle(.retry("given up"))
        bench.dispatcher.giveBack(work.place)
        try await bench.stop()
        #expect(bench.queues[.live]!.state.visibilities(of: "giant").last == .zero)
        #expect(bench.queues[.live]!.state.deleted.isEmpty)
    }

    // MARK: The end

    @Test func `the idle end comes when both queues are idle`() async throws {
        let bench = Bench(Capacity(places: 4), untilIdle: .seconds(3)) { queues in
            queues[.backfill]!.send(keys: ["back"], id: "b")
        }
        let work = try await bench.next()
        // The live queue is idle for long; the backfill's one object is not done.
        for receives in 2...6 {
            bench.clock.advance(by: .seconds(3))
            await bench.queues[.live]!.until { $0.receives.count >= receives }
            await bench.settleDown()
        }
        bench.queues[.live]!.send(keys: ["live"], id: "l")
        let upload = try await bench.next()
        #expect(upload.key == "live")
        await bench.finish(upload)
        await bench.finish(work)
        let moving = Task {
            while !Task.isCancelled {
                bench.clock.advance(by: .milliseconds(500))
                await bench.settleDown()
            }
        }
        try await bench.end()
        moving.cancel()
        #expect(bench.queues[.live]!.state.deleted == ["l"] && bench.queues[.backfill]!.state.deleted == ["b"])
        #expect(await bench.dispatcher.next() == nil)
    }

    @Test(arguments: Lane.allCases) func `either queue that cannot be used ends both`(lane: Lane) async throws {
        let bench = Bench(Capacity(places: 4)) { $0[lane]!.change { $0.receiveErrors = [DeniedError()] } }
        await #expect(throws: QueueUnusable.self) { try await bench.end() }
        #expect(await bench.dispatcher.next() == nil)
    }

    @Test func `stopping hands back what both lanes hold`() async throws {
        let bench = Bench(Capacity(places: 1)) { queues in
            for lane in Lane.allCases {
                for number in 1...5 { queues[lane]!.send(keys: ["\(lane)\(number)"], id: "\(lane)\(number)") }
            }
        }
        await bench.until { $0.waiting.values.reduce(0, +) == 10 }
        let work = try await bench.next()
        for intake in bench.intakes.values { intake.stop() }
        #expect(await bench.dispatcher.next() == nil)
        await bench.finish(work)
        try await bench.end()
        let handedBack = Lane.allCases.flatMap { bench.queues[$0]!.state.changes.joined() }
        #expect(handedBack.count == 9 && handedBack.allSatisfy { $0.timeout == .zero })
    }
}
