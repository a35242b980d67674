import AWS
import Domain
import Intake
import Support
import TestKit
import Testing

/// Two queues and one worker: which work is dispatched, and which lane receives more.
@Suite(.timeLimit(.minutes(1))) struct WorkDispatcherTests {
    /// The spool's disk: unlimited unless a test sets its space.
    private final class Disk: Sendable {
        private let state = Locked(DiskSpace(free: .max, total: 0))
        var space: DiskSpace {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    /// Two intakes on queues in memory, on a clock that stands still. The key of an object says what it needs:
    /// `large-…`, `bytes-60-…`.
    private final class DispatcherFixture: Sendable {
        let clock = ManualClock()
        let queues: [Lane: MemoryQueue]
        let intakes: [Lane: Intake]
        let dispatcher: WorkDispatcher
        let disk = Disk()
        let lines = LogLines()
        private let running: Task<Void, any Error>

        init(
            _ capacity: Capacity, untilIdle: Duration? = nil, disk space: DiskSpace? = nil, maxReceives: Int? = nil,
            prepare: ([Lane: MemoryQueue]) -> Void
        ) {
            if let space { disk.space = space }
            let (clock, disk) = (clock, disk)
            let log = lines.log(threshold: .debug)
            let queues = [Lane.live: MemoryQueue(clock: clock), .backfill: MemoryQueue(clock: clock)]
            prepare(queues)
            let dispatcher = WorkDispatcher(
                lanes: [.live, .backfill], capacity: capacity, request: Self.request,
                space: { SpoolSpace(disk: disk.space, spooled: 0) },
                clocks: Clocks(clock), log: log)
            var intakes: [Lane: Intake] = [:]
            for (lane, queue) in queues {
                var configuration = IntakeConfiguration(lane, capacity)
                configuration.stopGrace = .zero
                configuration.untilIdle = untilIdle
                configuration.maxReceives = maxReceives
                intakes[lane] = Intake(
                    queue: queue, configuration: configuration, lane: lane, dispatcher: dispatcher,
                    clocks: Clocks(clock), log: log)
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

        private static func request(_ assignment: Assignment) -> ResourceRequest {
            let words = (assignment.key ?? "").split(separator: "-")
            guard let kind = words.first, words.count > 1 else { return .small }
            return ResourceRequest(bytes: kind == "bytes" ? Int64(words[1]) : 0, isLarge: kind == "large")
        }

        /// Returns the next piece of work with its key and its permit.
        func next() async throws -> (key: String, work: Assignment, permit: Permit) {
            let (work, permit) = try #require(await dispatcher.next())
            return (work.key ?? "", work, permit)
        }

        func finish(_ started: (key: String, work: Assignment, permit: Permit)) async {
            started.work.settle(.done)
            dispatcher.release(started.permit)
        }

        func until(_ condition: (WorkDispatcher.Status) -> Bool) async {
            try? await eventually { condition(dispatcher.status) }
        }

        func end() async throws { try await running.value }

        func stop() async throws {
            for intake in intakes.values { intake.stop() }
            try await end()
        }
    }

    @Test func `uploads overtake a backfill that came first`() async throws {
        let fixture = DispatcherFixture(Capacity(permits: 4)) { queues in
            for number in 1...60 { queues[.backfill]!.send(keys: ["back\(number)"], id: "b\(number)") }
        }
        for _ in 0..<20 { await fixture.finish(try await fixture.next()) }
        for number in 1...10 { fixture.queues[.live]!.send(keys: ["live\(number)"], id: "l\(number)") }
        await fixture.until { $0.waiting[.live] == 10 }
        var order: [String] = []
        for _ in 0..<50 {
            let work = try await fixture.next()
            order.append(work.key)
            await fixture.finish(work)
        }
        // Ten uploads, with pieces of the backfill between them by its weight, or started before they came.
        #expect(order.lastIndex { $0.hasPrefix("live") }! < 14, "\(order)")
        #expect(order.count { $0.hasPrefix("back") } == 40)
        try await fixture.stop()
        for (lane, count) in [(Lane.live, 10), (.backfill, 60)] {
            #expect(Set(fixture.queues[lane]!.state.deleted).count == count)
        }
    }

    @Test func `little of a backfill is held unstarted`() async throws {
        let fixture = DispatcherFixture(Capacity(permits: 4)) { queues in
            for number in 1...100 { queues[.backfill]!.send(keys: ["back\(number)"], id: "b\(number)") }
            for number in 1...100 { queues[.live]!.send(keys: ["live\(number)"], id: "l\(number)") }
        }
        await fixture.until { $0.waiting[.live] ?? 0 >= 10 }
        for _ in 0..<60 {
            let work = try await fixture.next()
            await yieldToOthers()
            let waiting = fixture.dispatcher.status.waiting[.backfill] ?? 0
            #expect(waiting <= 10)
            await fixture.finish(work)
        }
        try await fixture.stop()
    }

    @Test func `a worker without a free permit receives from neither queue`() async throws {
        let fixture = DispatcherFixture(Capacity(permits: 2)) { queues in
            for lane in Lane.allCases {
                for number in 1...50 { queues[lane]!.send(keys: ["\(lane)\(number)"], id: "\(lane)\(number)") }
            }
        }
        let works = [try await fixture.next(), try await fixture.next()]
        await yieldToOthers()
        let before = Lane.allCases.map { fixture.queues[$0]!.state.receiveRequests.count }
        fixture.clock.advance(by: .seconds(300))
        await yieldToOthers()
        #expect(Lane.allCases.map { fixture.queues[$0]!.state.receiveRequests.count } == before)
        #expect(Lane.allCases.allSatisfy { fixture.queues[$0]!.state.delivered <= 12 })
        for work in works { await fixture.finish(work) }
        try await fixture.stop()
    }

    @Test func `small objects behind large ones are dispatched`() async throws {
        let fixture = DispatcherFixture(Capacity(permits: 4)) { queues in
            for number in 1...10 { queues[.live]!.send(keys: ["large-\(number)"], id: "x\(number)") }
            for number in 1...5 { queues[.live]!.send(keys: ["small\(number)"], id: "s\(number)") }
        }
        var large: [(key: String, work: Assignment, permit: Permit)] = []
        for _ in 0..<3 { large.append(try await fixture.next()) }
        #expect(large.allSatisfy { $0.key.hasPrefix("large") })
        // They were received by a second request, while seven large ones waited.
        for _ in 0..<5 {
            let work = try await fixture.next()
            #expect(work.key.hasPrefix("small"))
            await fixture.finish(work)
        }
        for _ in 0..<7 {
            await fixture.finish(large.removeFirst())
            large.append(try await fixture.next())
        }
        for work in large { await fixture.finish(work) }
        try await fixture.stop()
        #expect(fixture.queues[.live]!.state.deleted.count == 15)
    }

    @Test func `leases are kept while a large object waits for its permit`() async throws {
        let fixture = DispatcherFixture(Capacity(permits: 2)) { queues in
            for number in 1...2 { queues[.live]!.send(keys: ["large-\(number)"], id: "x\(number)") }
        }
        let first = try await fixture.next()
        // Each of the two leases of a minute is extended every half minute.
        for round in 1...6 {
            await fixture.clock.untilSleepers(1)
            fixture.clock.advance(by: .seconds(31))
            await fixture.queues[.live]!.until { $0.changeRequests.joined().count >= 2 * round }
            try await eventually { fixture.intakes[.live]!.counters.extensions >= 2 * round }
        }
        await fixture.finish(first)
        let second = try await fixture.next()
        #expect(second.key == "large-2" && second.work.lease.isHeld && second.work.receiveCount == 1)
        await fixture.finish(second)
        try await fixture.stop()
    }

    // MARK: Bytes

    @Test func `a worker whose spool limit is used up receives nothing`() async throws {
        var capacity = Capacity(permits: 8)
        capacity.spoolLimit = 100
        let fixture = DispatcherFixture(capacity) { queues in
            for number in 1...30 { queues[.live]!.send(keys: ["bytes-60-\(number)"], id: "m\(number)") }
        }
        let first = try await fixture.next()
        let second = Task { try await fixture.next() }
        await fixture.until { $0.waitsForBudget }
        #expect(fixture.dispatcher.status.taken == 60)
        let receives = fixture.queues[.live]!.state.receiveRequests.count
        fixture.clock.advance(by: .seconds(20))
        await yieldToOthers()
        #expect(
            fixture.queues[.live]!.state.receiveRequests.count == receives
                && fixture.queues[.live]!.state.delivered <= 20)
        await fixture.finish(first)
        await fixture.finish(try await second.value)
        try await fixture.stop()
    }

    @Test func `work waits for a full disk until a recheck finds room`() async throws {
        let fixture = DispatcherFixture(Capacity(permits: 8), disk: DiskSpace(free: 64, total: 100)) { queues in
            for number in 1...30 { queues[.live]!.send(keys: ["bytes-60-\(number)"], id: "m\(number)") }
        }
        let work = Task { try await fixture.next() }
        await fixture.until { $0.waitsForDisk && $0.waiting[.live] ?? 0 >= 10 }
        await yieldToOthers()
        let receives = fixture.queues[.live]!.state.receiveRequests.count
        fixture.clock.advance(by: .seconds(20))
        await yieldToOthers()
        #expect(fixture.queues[.live]!.state.receiveRequests.count == receives && receives <= 2)
        fixture.disk.space.free = 65
        fixture.dispatcher.recheck()
        await fixture.finish(try await work.value)
        #expect(!fixture.dispatcher.status.waitsForDisk)
        try await fixture.stop()
        // Waiting messages were handed back and never tried.
        #expect(fixture.queues[.live]!.state.changeRequests.joined().filter { $0.timeout == .zero }.count >= 9)
    }

    /// It is larger than the spool limit, and the disk has no room for it although it is alone.
    private var limited: Capacity {
        var capacity = Capacity(permits: 8)
        capacity.spoolLimit = 100
        return capacity
    }

    @Test func `an object that does not fit on the disk returns with a delay and is logged`() async throws {
        let fixture = DispatcherFixture(limited, disk: DiskSpace(free: 400, total: 500)) { queues in
            queues[.live]!.send(keys: ["bytes-450-x"], id: "giant")
            queues[.live]!.send(keys: ["bytes-6-x"], id: "small")
        }
        let work = try await fixture.next()
        #expect(work.key == "bytes-6-x")
        await fixture.finish(work)
        try await fixture.stop()
        #expect(fixture.lines.all.contains { $0.contains("does not fit into the spool folder") && $0.contains("450") })
        #expect(fixture.queues[.live]!.state.deleted == ["small"])
        #expect(try #require(fixture.queues[.live]!.state.visibilities(of: "giant").last) > .zero)
    }

    /// Returned to the queue it would go to the dead-letter queue, and the ledger would not know its job.
    @Test func `on its last receive an object that does not fit is dispatched as abandoned`() async throws {
        let fixture = DispatcherFixture(limited, disk: DiskSpace(free: 400, total: 500), maxReceives: 1) {
            queues in
            queues[.live]!.send(keys: ["bytes-450-x"], id: "giant")
        }
        let work = try await fixture.next()
        #expect(work.work.abandonReason?.contains("needs 450 bytes of spool") == true)
        #expect(fixture.dispatcher.status.taken == 0)
        work.work.settle(.retry("given up"))
        fixture.dispatcher.release(work.permit)
        try await fixture.stop()
        #expect(fixture.queues[.live]!.state.visibilities(of: "giant").last == .zero)
        #expect(fixture.queues[.live]!.state.deleted.isEmpty)
    }

    // MARK: Ending

    @Test func `the run ends when both queues are idle`() async throws {
        let fixture = DispatcherFixture(Capacity(permits: 4), untilIdle: .seconds(3)) { queues in
            queues[.backfill]!.send(keys: ["back"], id: "b")
        }
        let work = try await fixture.next()
        // The live queue has long been idle; the backfill's one object is not done.
        for receives in 2...6 {
            fixture.clock.advance(by: .seconds(3))
            await fixture.queues[.live]!.until { $0.receiveRequests.count >= receives }
            await yieldToOthers()
        }
        fixture.queues[.live]!.send(keys: ["live"], id: "l")
        let upload = try await fixture.next()
        #expect(upload.key == "live")
        await fixture.finish(upload)
        await fixture.finish(work)
        let moving = Task {
            while !Task.isCancelled {
                fixture.clock.advance(by: .milliseconds(500))
                await yieldToOthers()
            }
        }
        try await fixture.end()
        moving.cancel()
        #expect(fixture.queues[.live]!.state.deleted == ["l"] && fixture.queues[.backfill]!.state.deleted == ["b"])
        #expect(await fixture.dispatcher.next() == nil)
    }

    @Test(arguments: Lane.allCases) func `an unusable queue ends the run of both`(lane: Lane) async throws {
        let fixture = DispatcherFixture(Capacity(permits: 4)) {
            $0[lane]!.change { $0.receiveErrors = [AWSError.sqs(.notFound, "QueueDoesNotExist")] }
        }
        await #expect(throws: QueueUnusable.self) { try await fixture.end() }
        #expect(await fixture.dispatcher.next() == nil)
    }

    @Test func `stopping hands back what both lanes hold`() async throws {
        let fixture = DispatcherFixture(Capacity(permits: 1)) { queues in
            for lane in Lane.allCases {
                for number in 1...5 { queues[lane]!.send(keys: ["\(lane)\(number)"], id: "\(lane)\(number)") }
            }
        }
        await fixture.until { $0.waiting.values.reduce(0, +) == 10 }
        let work = try await fixture.next()
        for intake in fixture.intakes.values { intake.stop() }
        #expect(await fixture.dispatcher.next() == nil)
        await fixture.finish(work)
        try await fixture.end()
        let handedBack = Lane.allCases.flatMap { fixture.queues[$0]!.state.changeRequests.joined() }
        #expect(handedBack.count == 9 && handedBack.allSatisfy { $0.timeout == .zero })
    }
}
