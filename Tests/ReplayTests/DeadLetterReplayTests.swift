import AWS
import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing

@testable import Replay

@Suite(.timeLimit(.minutes(1))) struct DeadLetterReplayTests {
    private let failed = Outcome.failed(reason: "denied", nil)
    private let settled = Outcome.settled(judged(), .promoted, destination())

    @discardableResult
    private func replay(
        _ fixture: ReplayFixture, _ dead: MemoryQueue, to queue: MemoryQueue,
        _ selection: ReplaySelection = ReplaySelection(),
        rateLimiter: RateLimiter? = nil, isDryRun: Bool = false
    ) async throws -> Bool {
        try await DeadLetterReplay(
            from: dead, ledger: fixture.ledger, sender: EventSender(to: queue, attempts: 1), rateLimiter: rateLimiter,
            context: fixture.context(isDryRun: isDryRun, clock: dead.clock), report: fixture.report
        ).run(selection)
    }

    private func body(_ events: Event...) -> String {
        let records = events.map { event in
            EventMessage(event).body.dropFirst("{\"Records\":[".count).dropLast("]}".count)
        }
        return "{\"Records\":[\(records.joined(separator: ","))]}"
    }

    @Test func `each message is sent unchanged and then deleted`() async throws {
        let (fixture, dead, queue) = (
            try await ReplayFixture(), MemoryQueue.answeringAtOnce(), MemoryQueue.answeringAtOnce()
        )
        for number in 1...25 { dead.send(event(number)) }
        let bodies = dead.bodies
        #expect(try await replay(fixture, dead, to: queue))
        #expect(queue.bodies == bodies)
        #expect(dead.messages.isEmpty)
        #expect(fixture.steps == (1...25).map { "send \($0)" })
        // Jobs that were never claimed are in the audit trail, too.
        #expect(try await fixture.trail(job(7)).map(\.action) == ["replay"])
    }

    @Test func `messages outside the selection are looked at once and made visible again`() async throws {
        let (fixture, dead, queue) = (
            try await ReplayFixture(), MemoryQueue.answeringAtOnce(), MemoryQueue.answeringAtOnce()
        )
        for number in 1...30 { dead.send(event(number), id: "m\(number)") }
        try await replay(fixture, dead, to: queue, ReplaySelection(filter: JobQuery(prefix: "uploads/3")))
        #expect(queue.jobs == [job(3).id, job(30).id])
        #expect(dead.messages.map(\.receiveCount) == Array(repeating: 1, count: 28))
        #expect(dead.visible.count == 28)
        #expect(fixture.steps == ["send 3", "send 30"])
    }

    /// At a slow rate a message waits for its turn while workers go on.
    @Test func `a job that is settled before its message's turn stays settled`() async throws {
        let (fixture, dead, queue) = (
            try await ReplayFixture(), MemoryQueue.answeringAtOnce(), MemoryQueue.answeringAtOnce()
        )
        for number in 1...3 {
            try await fixture.release(job(number), strands: true)
            dead.send(event(number))
        }
        let clock = ImmediateClock {
            guard try await fixture.ledger.job(job(2).id)?.outcome == nil else { return }
            try await fixture.end(job(2), settled, at: 61)
        }
        try await replay(fixture, dead, to: queue, rateLimiter: RateLimiter(rate: 1, clocks: Clocks(clock)))
        let record = try #require(try await fixture.ledger.job(job(2).id))
        #expect(record.outcome == settled && record.history.isEmpty)
        #expect(fixture.steps == ["send 1", "leave 2 ended meanwhile", "send 3"])
        // Nothing stays behind for a job that has ended.
        #expect(dead.messages.isEmpty)
        #expect(queue.jobs == [job(1).id, job(3).id])
    }

    /// As after `replay --failed` from the ledger, which leaves the messages in the dead-letter queue.
    @Test func `a message whose job has ended is removed whatever was selected`() async throws {
        let (fixture, dead, queue) = (
            try await ReplayFixture(), MemoryQueue.answeringAtOnce(), MemoryQueue.answeringAtOnce()
        )
        try await fixture.end(job(1), settled)
        try await fixture.end(job(2), failed)
        try await fixture.end(job(3, key: "elsewhere/3"), settled)
        for event in [event(1), event(2), event(3, key: "elsewhere/3"), event(4)] { dead.send(event) }
        var filter = JobQuery(prefix: "uploads/")
        filter.verdict = .infected
        let selection = ReplaySelection(filter: filter)
        try await replay(fixture, dead, to: queue, selection, isDryRun: true)
        #expect(fixture.steps == ["acknowledge 1"] && dead.messages.count == 4)
        fixture.forget()
        try await replay(fixture, dead, to: queue, selection)
        // A failed job and one that was never claimed may have to be done, and another prefix was not meant.
        #expect(fixture.steps == ["acknowledge 1"])
        #expect(dead.events.map(JobID.init(of:)) == [job(2).id, job(3, key: "elsewhere/3").id, job(4).id])
        #expect(queue.messages.isEmpty)
        #expect(try await fixture.trail(job(1)).map(\.action) == ["acknowledge"])
    }

    @Test func `unreadable messages are discarded with an audit entry, and nothing else`() async throws {
        let (fixture, dead, queue) = (
            try await ReplayFixture(), MemoryQueue.answeringAtOnce(), MemoryQueue.answeringAtOnce()
        )
        try await fixture.end(job(1), settled)
        dead.send("no event", id: "m1")
        dead.send(event(1), id: "m2")
        dead.send(event(2), id: "m3")
        dead.send("neither", id: "m4")
        let known = UnreadableMessage(messageID: "m1", reason: "not JSON", body: "no event", receiveCount: 5)
        try await fixture.ledger.recordUnreadable(known, at: at(1))
        var selection = ReplaySelection()
        selection.unreadableOnly = true
        try await replay(fixture, dead, to: queue, selection, isDryRun: true)
        #expect(fixture.steps == ["discard m1", "discard m4"] && dead.messages.count == 4)
        #expect(try await fixture.ledger.unreadableMessages(limit: 9).count == 1)
        fixture.forget()
        try await replay(fixture, dead, to: queue, selection)
        #expect(fixture.steps == ["discard m1", "discard m4"])
        #expect(dead.messages.map(\.id) == ["m2", "m3"] && queue.messages.isEmpty)
        #expect(try await fixture.ledger.unreadableMessages(limit: 9).isEmpty)
        let trail = try await fixture.ledger.auditTrail(of: nil, limit: 9)
        #expect(trail.map(\.subject) == ["m4", "m1"] && trail.allSatisfy { $0.action == "discard" })
        #expect(trail[0].reason.hasPrefix("ticket 7 ("))
    }

    @Test func `failed jobs are reopened so that their messages are not duplicates`() async throws {
        let (fixture, dead, queue) = (
            try await ReplayFixture(), MemoryQueue.answeringAtOnce(), MemoryQueue.answeringAtOnce()
        )
        try await fixture.end(job(1), failed)
        try await fixture.end(job(2), .unmatched)
        try await fixture.release(job(3), strands: true)
        for number in 1...3 { dead.send(event(number)) }
        try await replay(fixture, dead, to: queue)
        #expect(fixture.steps == ["reopen 1", "reopen 2", "send 3"])
        for number in 1...3 {
            #expect(try await fixture.claim(job(number), at: 61, until: 70).attempt == 2)
            #expect(try await fixture.trail(job(number)).count == 1)
        }
    }

    @Test func `the leftover message of a finished job is acknowledged with an audit entry`() async throws {
        let (fixture, dead, queue) = (
            try await ReplayFixture(), MemoryQueue.answeringAtOnce(), MemoryQueue.answeringAtOnce()
        )
        try await fixture.end(job(1), settled)
        try await fixture.end(job(2), .superseded)
        try await fixture.end(job(3), failed)
        dead.send(body(event(1), event(2)))
        // One of its records is to be replayed, so the whole message is sent.
        dead.send(body(event(1), event(3)))
        try await replay(fixture, dead, to: queue)
        #expect(fixture.steps == ["reopen 3", "acknowledge 1", "acknowledge 2"])
        #expect(queue.bodies == [body(event(1), event(3))] && dead.messages.isEmpty)
        #expect(try await fixture.trail(job(2)).map(\.action) == ["acknowledge"])
        #expect(try await fixture.ledger.job(job(1).id)?.outcome == settled)
    }

    @Test func `unreadable and held messages are left and reported`() async throws {
        let (fixture, dead, queue) = (
            try await ReplayFixture(), MemoryQueue.answeringAtOnce(), MemoryQueue.answeringAtOnce()
        )
        _ = try await fixture.claim(job(1), at: 55, until: 65)
        try await fixture.end(job(2), settled)
        dead.send("no event", id: "garbage")
        dead.send(event(1), id: "held")
        let half = body(event(2)).dropLast("]}".count) + #",{"eventVersion":"9"}]}"#
        dead.send(String(half), id: "half")
        dead.send(#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#, id: "test")
        try await replay(fixture, dead, to: queue)
        #expect(fixture.steps == ["leave garbage", "leave 1 held", "leave half", "send test"])
        #expect(Set(dead.visible) == ["garbage", "held", "half"])
        #expect(queue.messages.count == 1)
    }

    @Test func `only sent messages are deleted`() async throws {
        let (fixture, dead, queue) = (
            try await ReplayFixture(), MemoryQueue.answeringAtOnce(), MemoryQueue.answeringAtOnce()
        )
        for number in 1...3 { dead.send(event(number), id: "m\(number)") }
        queue.change {
            $0.failSend = { body, _ in
                body.contains("\"e2\"") ? SQSBatchFailure(code: "Refused", message: "", isSenderFault: true) : nil
            }
        }
        let error = await #expect(throws: ReplayFailure.self) { try await replay(fixture, dead, to: queue) }
        guard case .sending = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(fixture.steps == ["send 1", "fail 2", "send 3"])
        #expect(dead.visible == ["m2"])
        #expect(queue.jobs == [job(1).id, job(3).id])
    }

    @Test func `a message that cannot be deleted is reported and not sent twice in one sweep`() async throws {
        let (fixture, dead, queue) = (
            try await ReplayFixture(), MemoryQueue.answeringAtOnce(), MemoryQueue.answeringAtOnce()
        )
        for number in 1...2 { dead.send(event(number), id: "m\(number)") }
        dead.change {
            $0.failDelete = { handle, _ in
                handle.hasPrefix("m1#")
                    ? SQSBatchFailure(code: "InternalError", message: "", isSenderFault: false) : nil
            }
        }
        try await replay(fixture, dead, to: queue)
        #expect(fixture.steps == ["send 1", "send 2", "leave m1"])
        #expect(dead.visible == ["m1"])
        // The next replay sends it again; the ledger recognises its job.
        dead.change { $0.failDelete = nil }
        try await replay(fixture, dead, to: queue)
        #expect(queue.jobs == [job(1).id, job(2).id, job(1).id] && dead.messages.isEmpty)
    }

    @Test func `a dry run reports and makes every message visible again`() async throws {
        let (fixture, dead, queue) = (
            try await ReplayFixture(), MemoryQueue.answeringAtOnce(), MemoryQueue.answeringAtOnce()
        )
        try await fixture.end(job(1), failed)
        try await fixture.end(job(2), settled)
        for number in 1...3 { dead.send(event(number)) }
        try await replay(fixture, dead, to: queue, isDryRun: true)
        #expect(fixture.steps == ["reopen 1", "acknowledge 2", "send 3"])
        #expect(dead.visible.count == 3 && queue.messages.isEmpty)
        #expect(try await fixture.ledger.job(job(1).id)?.outcome == failed)
        #expect(try await fixture.ledger.auditTrail(of: nil, limit: 9).isEmpty)
    }

    @Test func `messages are selected by their jobs in the ledger`() async throws {
        let (fixture, dead, queue) = (
            try await ReplayFixture(), MemoryQueue.answeringAtOnce(), MemoryQueue.answeringAtOnce()
        )
        try await fixture.end(job(1), .failed(reason: "Object Lock", nil))
        try await fixture.end(job(2), failed)
        for number in 1...4 { dead.send(event(number)) }
        try await replay(fixture, dead, to: queue, ReplaySelection(filter: JobQuery(reason: "Lock")))
        #expect(queue.jobs == [job(1).id])
        try await replay(fixture, dead, to: queue, ReplaySelection(jobs: [job(4).id]))
        #expect(queue.jobs == [job(1).id, job(4).id])
        try await replay(fixture, dead, to: queue, ReplaySelection(failed: true))
        #expect(queue.jobs == [job(1).id, job(4).id, job(2).id])
    }

    /// If messages became visible during the sweep, they would be received over and over in place of those behind them.
    @Test func `left messages stay hidden however long the sweep takes`() async throws {
        let (fixture, clock) = (try await ReplayFixture(), ManualClock())
        let (dead, queue) = (MemoryQueue.answeringAtOnce(clock: clock), MemoryQueue.answeringAtOnce())
        for number in 1...60 { dead.send(event(number), id: "m\(number)") }
        // Each request takes a minute and a half.
        dead.change { $0.onReceive = { clock.advance(by: .seconds(90)) } }
        try await replay(fixture, dead, to: queue, ReplaySelection(filter: JobQuery(prefix: "uploads/60")))
        #expect(queue.jobs == [job(60).id])
        #expect(dead.messages.map(\.receiveCount) == Array(repeating: 1, count: 59))
        #expect(dead.visible.count == 59)
    }

    @Test func `the rate limit holds for messages`() async throws {
        let (fixture, clock) = (try await ReplayFixture(), ImmediateClock())
        let (dead, queue) = (MemoryQueue.answeringAtOnce(), MemoryQueue.answeringAtOnce())
        for number in 1...6 { dead.send(event(number)) }
        try await replay(fixture, dead, to: queue, rateLimiter: RateLimiter(rate: 2, clocks: Clocks(clock)))
        #expect(queue.messages.count == 6)
        #expect(clock.now.offset >= .seconds(2))
    }

    @Test func `a stopped replay makes the remaining messages visible at once`() async throws {
        let (fixture, clock) = (try await ReplayFixture(), ManualClock())
        let (dead, queue) = (MemoryQueue.answeringAtOnce(), MemoryQueue.answeringAtOnce())
        for number in 1...3 { dead.send(event(number)) }
        let work = Task {
            try await replay(fixture, dead, to: queue, rateLimiter: RateLimiter(rate: 1, clocks: Clocks(clock)))
        }
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
    @Test func `a replay stopped during a receive makes its messages visible again`() async throws {
        let (fixture, dead, queue) = (
            try await ReplayFixture(), MemoryQueue.answeringAtOnce(), MemoryQueue.answeringAtOnce()
        )
        for number in 1...3 { dead.send(event(number)) }
        let stop = Locked<(@Sendable () -> Void)?>(nil)
        dead.change { $0.onReceive = { stop.withLock { $0 }?() } }
        let begins = Promise<Void>()
        let work = Task {
            await begins.value
            try await replay(fixture, dead, to: queue)
        }
        stop.withLock { $0 = { work.cancel() } }
        begins.keep(())
        await #expect(throws: ReplayFailure.self) { try await work.value }
        #expect(dead.messages.map(\.receiveCount) == [1, 1, 1])
        #expect(dead.visible.count == 3 && queue.messages.isEmpty && fixture.steps.isEmpty)
    }
}

@Suite struct DeadLetterSweepTests {
    private func message(_ id: String, _ handle: String = "r") -> SQSMessage {
        SQSMessage(
            id: id, receiptHandle: handle, body: "", receiveCount: 1, sentAt: nil, firstReceivedAt: nil)
    }

    @Test func `the sweep is over after three requests in a row without a new message`() {
        var sweep = DeadLetterSweep()
        #expect(sweep.take([message("a"), message("b")], now: .zero).map(\.id) == ["a", "b"])
        #expect(sweep.take([], now: .zero).isEmpty && sweep.take([message("a")], now: .zero).isEmpty)
        #expect(!sweep.isOver)
        #expect(sweep.take([message("a"), message("c")], now: .zero).map(\.id) == ["c"])
        for _ in 1...2 { _ = sweep.take([], now: .zero) }
        #expect(!sweep.isOver)
        _ = sweep.take([message("b")], now: .zero)
        #expect(sweep.isOver)
    }

    @Test func `a message is known by its latest receipt until it is deleted`() {
        var sweep = DeadLetterSweep()
        _ = sweep.take([message("a", "a1"), message("b", "b1")], now: .zero)
        _ = sweep.take([message("a", "a2")], now: .seconds(300))
        #expect(Set(sweep.receiptHandles) == ["a2", "b1"])
        sweep.drop(message("a", "a2"))
        #expect(sweep.receiptHandles == ["b1"])
    }

    @Test func `hidden messages are extended after half their time`() {
        var sweep = DeadLetterSweep()
        _ = sweep.take([message("a", "a1")], now: .zero)
        _ = sweep.take([message("b", "b1")], now: .seconds(100))
        #expect(sweep.renewals(now: .seconds(149)).isEmpty)
        #expect(sweep.renewals(now: .seconds(150)) == ["a1"])
        #expect(sweep.renewals(now: .seconds(249)).isEmpty)
        #expect(sweep.renewals(now: .seconds(250)) == ["b1"])
        #expect(sweep.renewals(now: .seconds(300)) == ["a1"])
    }
}
