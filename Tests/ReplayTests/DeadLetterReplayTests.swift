import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing

@testable import Replay

@Suite(.timeLimit(.minutes(1))) struct DeadLetterReplayTests {
    private let failed = Outcome.failed(reason: "denied", nil)
    private let settled = Outcome.settled(judged(), .promoted, place())

    @discardableResult
    private func replay(
        _ scene: Scene, _ dead: MemoryQueue, to queue: MemoryQueue, _ selection: ReplaySelection = ReplaySelection(),
        pace: RateLimiter? = nil, dry: Bool = false
    ) async throws -> Bool {
        try await DeadLetterReplay(
            from: dead, ledger: scene.ledger, sender: EventSender(to: queue, attempts: 1), pace: pace,
            order: scene.order(dry: dry), clock: dead.clock, report: scene.report
        ).run(selection)
    }

    private func body(_ events: Event...) -> String {
        let records = events.map { event in
            EventMessage(event).body.dropFirst("{\"Records\":[".count).dropLast("]}".count)
        }
        return "{\"Records\":[\(records.joined(separator: ","))]}"
    }

    @Test func `each message is sent as it is and then deleted`() async throws {
        let (scene, dead, queue) = (try await Scene(), MemoryQueue(), MemoryQueue())
        for number in 1...25 { dead.put(event(number)) }
        let bodies = dead.bodies
        #expect(try await replay(scene, dead, to: queue))
        #expect(queue.bodies == bodies)
        #expect(dead.messages.isEmpty)
        #expect(scene.deeds == (1...25).map { "send \($0)" })
        // Jobs that were never claimed are in the audit trail, too.
        #expect(try await scene.trail(job(7)).map(\.action) == ["replay"])
    }

    @Test func `what does not fit is looked at once and shown again`() async throws {
        let (scene, dead, queue) = (try await Scene(), MemoryQueue(), MemoryQueue())
        for number in 1...30 { dead.put(event(number), id: "m\(number)") }
        try await replay(scene, dead, to: queue, ReplaySelection(filter: JobQuery(prefix: "uploads/3")))
        #expect(queue.jobs == [job(3).id, job(30).id])
        #expect(dead.messages.map(\.receives) == Array(repeating: 1, count: 28))
        #expect(dead.visible.count == 28)
        #expect(scene.deeds == ["send 3", "send 30"])
    }

    /// At a slow pace a message waits for its turn, and others are at work meanwhile.
    @Test func `a job that comes to a good end before its messages turn keeps it`() async throws {
        let (scene, dead, queue) = (try await Scene(), MemoryQueue(), MemoryQueue())
        for number in 1...3 {
            try await scene.giveUp(job(number), strands: true)
            dead.put(event(number))
        }
        let clock = HastyClock {
            guard try await scene.ledger.job(job(2).id)?.outcome == nil else { return }
            try await scene.end(job(2), settled, at: 61)
        }
        try await replay(scene, dead, to: queue, pace: RateLimiter(rate: 1, clock: clock))
        let record = try #require(try await scene.ledger.job(job(2).id))
        #expect(record.outcome == settled && record.history.isEmpty)
        #expect(scene.deeds == ["send 1", "leave 2 ended meanwhile", "send 3"])
        #expect(queue.jobs == [job(1).id, job(3).id])
    }

    @Test func `jobs that ended badly are opened so that their message is no duplicate`() async throws {
        let (scene, dead, queue) = (try await Scene(), MemoryQueue(), MemoryQueue())
        try await scene.end(job(1), failed)
        try await scene.end(job(2), .unmatched)
        try await scene.giveUp(job(3), strands: true)
        for number in 1...3 { dead.put(event(number)) }
        try await replay(scene, dead, to: queue)
        #expect(scene.deeds == ["reopen 1", "reopen 2", "send 3"])
        for number in 1...3 {
            #expect(try await scene.claim(job(number), at: 61, until: 70).attempt == 2)
            #expect(try await scene.trail(job(number)).count == 1)
        }
    }

    @Test func `a leftover of a job that is done is acknowledged with an entry`() async throws {
        let (scene, dead, queue) = (try await Scene(), MemoryQueue(), MemoryQueue())
        try await scene.end(job(1), settled)
        try await scene.end(job(2), .superseded)
        try await scene.end(job(3), failed)
        dead.put(body(event(1), event(2)))
        // One of its records is to be worked on: all of it goes.
        dead.put(body(event(1), event(3)))
        try await replay(scene, dead, to: queue)
        #expect(scene.deeds == ["reopen 3", "acknowledge 1", "acknowledge 2"])
        #expect(queue.bodies == [body(event(1), event(3))] && dead.messages.isEmpty)
        #expect(try await scene.trail(job(2)).map(\.action) == ["acknowledge"])
        #expect(try await scene.ledger.job(job(1).id)?.outcome == settled)
    }

    @Test func `what cannot be read or is held is left and told`() async throws {
        let (scene, dead, queue) = (try await Scene(), MemoryQueue(), MemoryQueue())
        _ = try await scene.claim(job(1), at: 55, until: 65)
        try await scene.end(job(2), settled)
        dead.put("no event", id: "garbage")
        dead.put(event(1), id: "held")
        let half = body(event(2)).dropLast("]}".count) + #",{"eventVersion":"9"}]}"#
        dead.put(String(half), id: "half")
        dead.put(#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#, id: "test")
        try await replay(scene, dead, to: queue)
        #expect(scene.deeds == ["leave garbage", "leave 1 held", "leave half", "send test"])
        #expect(Set(dead.visible) == ["garbage", "held", "half"])
        #expect(queue.messages.count == 1)
    }

    @Test func `nothing is deleted that was not sent`() async throws {
        let (scene, dead, queue) = (try await Scene(), MemoryQueue(), MemoryQueue())
        for number in 1...3 { dead.put(event(number), id: "m\(number)") }
        queue.set {
            $0.failSend = { body in
                body.contains("\"e2\"") ? SendFailure(code: "Refused", message: "", isTransient: false) : nil
            }
        }
        let error = await #expect(throws: ReplayFailure.self) { try await replay(scene, dead, to: queue) }
        guard case .sending = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(scene.deeds == ["send 1", "fail 2", "send 3"])
        #expect(dead.visible == ["m2"])
        #expect(queue.jobs == [job(1).id, job(3).id])
    }

    @Test func `a message that cannot be deleted is told and not sent twice in one round`() async throws {
        let (scene, dead, queue) = (try await Scene(), MemoryQueue(), MemoryQueue())
        for number in 1...2 { dead.put(event(number), id: "m\(number)") }
        dead.set { $0.failDelete = { $0 == "m1" ? QueueFailure(code: "InternalError", message: "") : nil } }
        try await replay(scene, dead, to: queue)
        #expect(scene.deeds == ["send 1", "send 2", "leave m1"])
        #expect(dead.visible == ["m1"])
        // The next time it is sent again; the ledger knows its job.
        dead.set { $0.failDelete = nil }
        try await replay(scene, dead, to: queue)
        #expect(queue.jobs == [job(1).id, job(2).id, job(1).id] && dead.messages.isEmpty)
    }

    @Test func `a dry run tells and shows every message again`() async throws {
        let (scene, dead, queue) = (try await Scene(), MemoryQueue(), MemoryQueue())
        try await scene.end(job(1), failed)
        try await scene.end(job(2), settled)
        for number in 1...3 { dead.put(event(number)) }
        try await replay(scene, dead, to: queue, dry: true)
        #expect(scene.deeds == ["reopen 1", "acknowledge 2", "send 3"])
        #expect(dead.visible.count == 3 && queue.messages.isEmpty)
        #expect(try await scene.ledger.job(job(1).id)?.outcome == failed)
        #expect(try await scene.ledger.auditTrail(of: nil, limit: 9).isEmpty)
    }

    @Test func `by the jobs of the ledger messages are chosen too`() async throws {
        let (scene, dead, queue) = (try await Scene(), MemoryQueue(), MemoryQueue())
        try await scene.end(job(1), .failed(reason: "Object Lock", nil))
        try await scene.end(job(2), failed)
        for number in 1...4 { dead.put(event(number)) }
        try await replay(scene, dead, to: queue, ReplaySelection(filter: JobQuery(reason: "Lock")))
        #expect(queue.jobs == [job(1).id])
        try await replay(scene, dead, to: queue, ReplaySelection(jobs: [job(4).id]))
        #expect(queue.jobs == [job(1).id, job(4).id])
        try await replay(scene, dead, to: queue, ReplaySelection(failed: true))
        #expect(queue.jobs == [job(1).id, job(4).id, job(2).id])
    }

    /// Were messages shown again while the round goes on, they would come up over and over and hide those behind them.
    @Test func `what is left stays hidden however long the round takes`() async throws {
        let (scene, clock) = (try await Scene(), ManualClock())
        let (dead, queue) = (MemoryQueue(clock: clock), MemoryQueue())
        for number in 1...60 { dead.put(event(number), id: "m\(number)") }
        // Each request takes a minute and a half.
        dead.set { $0.onReceive = { clock.advance(by: .seconds(90)) } }
        try await replay(scene, dead, to: queue, ReplaySelection(filter: JobQuery(prefix: "uploads/60")))
        #expect(queue.jobs == [job(60).id])
        #expect(dead.messages.map(\.receives) == Array(repeating: 1, count: 59))
        #expect(dead.visible.count == 59)
    }

    @Test func `the pace holds for messages too`() async throws {
        let (scene, clock) = (try await Scene(), HastyClock())
        let (dead, queue) = (MemoryQueue(), MemoryQueue())
        for number in 1...6 { dead.put(event(number)) }
        try await replay(scene, dead, to: queue, pace: RateLimiter(rate: 2, clock: clock))
        #expect(queue.messages.count == 6)
        #expect(clock.manual.now.offset >= .seconds(2))
    }

    @Test func `who is stopped shows what is left at once`() async throws {
        let (scene, clock) = (try await Scene(), ManualClock())
        let (dead, queue) = (MemoryQueue(), MemoryQueue())
        for number in 1...3 { dead.put(event(number)) }
        let work = Task { try await replay(scene, dead, to: queue, pace: RateLimiter(rate: 1, clock: clock)) }
        await clock.untilSleepers(1)
        work.cancel()
        let error = await #expect(throws: ReplayFailure.self) { try await work.value }
        guard case .stopped = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(queue.jobs == [job(1).id])
        #expect(dead.visible.count == 2 && dead.messages.count == 2)
    }
}

extension DeadLetterReplayTests {
    /// The request is answered, with messages that are hidden from then on.
    @Test func `who is stopped while messages are on their way shows them again`() async throws {
        let (scene, dead, queue) = (try await Scene(), MemoryQueue(), MemoryQueue())
        for number in 1...3 { dead.put(event(number)) }
        let stop = Locked<(@Sendable () -> Void)?>(nil)
        dead.set { $0.onReceive = { stop.withLock { $0 }?() } }
        let begins = Promise<Void>()
        let work = Task {
            await begins.value
            try await replay(scene, dead, to: queue)
        }
        stop.withLock { $0 = { work.cancel() } }
        begins.keep(())
        await #expect(throws: ReplayFailure.self) { try await work.value }
        #expect(dead.messages.map(\.receives) == [1, 1, 1])
        #expect(dead.visible.count == 3 && queue.messages.isEmpty && scene.deeds.isEmpty)
    }
}

@Suite struct DeadLetterRoundTests {
    private func message(_ id: String, _ receipt: String = "r") -> QueuedMessage {
        QueuedMessage(id: id, receipt: receipt, body: "", receiveCount: 1, firstReceivedAt: nil)
    }

    @Test func `the round is over once nothing new came three times in a row`() {
        var round = DeadLetterRound()
        #expect(round.take([message("a"), message("b")], now: .zero).map(\.id) == ["a", "b"])
        #expect(round.take([], now: .zero).isEmpty && round.take([message("a")], now: .zero).isEmpty)
        #expect(!round.isOver)
        #expect(round.take([message("a"), message("c")], now: .zero).map(\.id) == ["c"])
        for _ in 1...2 { _ = round.take([], now: .zero) }
        #expect(!round.isOver)
        _ = round.take([message("b")], now: .zero)
        #expect(round.isOver)
    }

    @Test func `a message is known by its latest receipt until it is deleted`() {
        var round = DeadLetterRound()
        _ = round.take([message("a", "a1"), message("b", "b1")], now: .zero)
        _ = round.take([message("a", "a2")], now: .seconds(300))
        #expect(Set(round.receipts) == ["a2", "b1"])
        round.drop(message("a", "a2"))
        #expect(round.receipts == ["b1"])
    }

    @Test func `they are hidden anew at half their time`() {
        var round = DeadLetterRound()
        _ = round.take([message("a", "a1")], now: .zero)
        _ = round.take([message("b", "b1")], now: .seconds(100))
        #expect(round.renewals(now: .seconds(149)).isEmpty)
        #expect(round.renewals(now: .seconds(150)) == ["a1"])
        #expect(round.renewals(now: .seconds(249)).isEmpty)
        #expect(round.renewals(now: .seconds(250)) == ["b1"])
        #expect(round.renewals(now: .seconds(300)) == ["a1"])
    }
}
