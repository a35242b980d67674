import Domain
import Intake
import TestKit
import Testing

/// What becomes of a message once its records are settled.
@Suite(.timeLimit(.minutes(1))) struct SettlingTests {
    @Test func `a message is acknowledged when all its records are done`() async throws {
        let bench = IntakeBench()
        bench.queue.send(keys: ["a", "b", "c"], id: "m")
        bench.start()
        let works = try await bench.next(3)
        #expect(works.map(\.key) == ["a", "b", "c"])
        await works[1].settle(.done)
        await works[0].settle(.done)
        bench.clock.advance(by: .seconds(1))
        await bench.settleDown()
        #expect(bench.queue.state.deletes.isEmpty)
        await works[2].settle(.done)
        try await bench.stop()
        #expect(bench.queue.state.deleted == ["m"])
        #expect(bench.intake.counters.acknowledged == 1)
    }

    @Test func `one record to retry sends the message back after all are settled`() async throws {
        let bench = IntakeBench()
        bench.queue.send(keys: ["a", "b"], id: "m")
        bench.start()
        let works = try await bench.next(2)
        await works[0].settle(.retry("the scanner died"))
        bench.clock.advance(by: .seconds(1))
        await bench.settleDown()
        #expect(bench.queue.state.changes.isEmpty)
        await works[1].settle(.done)
        bench.clock.advance(by: .seconds(1))
        await bench.queue.until { !$0.changes.isEmpty }
        let delay = try #require(bench.queue.state.visibilities(of: "m").first)
        #expect(delay > .zero && delay <= .seconds(5))
        try await bench.stop()
        #expect(bench.queue.state.deleted.isEmpty)
        #expect(bench.intake.counters.returned == 1)
    }

    @Test func `the delay grows with the receive count`() async throws {
        let bench = IntakeBench { $0.retryBase = .seconds(10) }
        bench.queue.send(keys: ["a"], id: "m")
        bench.start()
        var delays: [Duration] = []
        for count in 1...4 {
            let work = try await bench.next()
            #expect(work.receiveCount == count)
            await work.settle(.retry("again"))
            bench.clock.advance(by: .seconds(1))
            await bench.queue.until { $0.visibilities(of: "m").count == count }
            delays.append(bench.queue.state.visibilities(of: "m")[count - 1])
            bench.clock.advance(by: delays[count - 1])
        }
        for (delay, full) in zip(delays, [10.0, 20, 40, 80]) {
            #expect(delay >= .seconds(full / 2) && delay <= .seconds(full))
        }
        // The fifth delivery is never deleted for its count either.
        await (try await bench.next()).settle(.retry("again"))
        try await bench.stop()
        #expect(bench.queue.state.deletes.isEmpty)
    }

    @Test func `a body that cannot be read is handed out and goes back for longer`() async throws {
        let bench = IntakeBench()
        bench.queue.send("garbage", id: "m")
        bench.start()
        let work = try await bench.next()
        let body = try #require(work.unreadable)
        #expect(body.messageID == "m" && body.bodyPrefix == "garbage" && body.receiveCount == 1 && body.record == nil)
        #expect(body.reason.contains("JSON"))
        await work.settle(.retry("recorded"))
        bench.clock.advance(by: .seconds(1))
        await bench.queue.until { !$0.changes.isEmpty }
        #expect(try #require(bench.queue.state.visibilities(of: "m").first) >= .seconds(30))
        try await bench.stop()
        #expect(bench.queue.state.deletes.isEmpty)
        #expect(bench.intake.counters.unreadable == 1)
    }

    @Test func `one bad record does not keep the good ones from being worked on`() async throws {
        let bench = IntakeBench()
        let records = [recordText(key: "a"), recordText(key: "%zz"), recordText(key: "b")]
        bench.queue.send("{\"Records\":[\(records.joined(separator: ","))]}", id: "m")
        bench.start()
        let works = try await bench.next(3)
        #expect(works.map(\.key) == ["a", nil, "b"])
        #expect(works[1].unreadable?.record == 1)
        // Even `done` for the bad one does not acknowledge the message.
        for work in works { await work.settle(.done) }
        try await bench.stop()
        #expect(bench.queue.state.deletes.isEmpty)
        #expect(try #require(bench.queue.state.visibilities(of: "m").first) >= .seconds(30))
    }

    @Test func `what asks for nothing is acknowledged without a worker`() async throws {
        let bench = IntakeBench()
        bench.queue.send("{\"Event\":\"s3:TestEvent\"}", id: "test")
        bench.queue.send("{\"Records\":[\(recordText(key: "a", event: "ObjectRemoved:Delete"))]}", id: "delete")
        bench.queue.send("{\"Records\":[]}", id: "none")
        bench.start()
        await bench.queue.until { $0.answered == 1 && $0.receives.count == 2 }
        await bench.clock.untilSleepers(3)
        bench.clock.advance(by: .milliseconds(200))
        await bench.queue.until { $0.deleted.count == 3 }
        try await bench.stop()
        #expect(bench.intake.counters.ignored == 2)
        #expect(bench.log.contains { $0.contains("\"debug\"") && $0.contains("ObjectRemoved:Delete") })
    }

    @Test func `an ignored record does not hold its message`() async throws {
        let bench = IntakeBench()
        let records = [recordText(key: "a"), recordText(key: "b", event: "ObjectRemoved:Delete")]
        bench.queue.send("{\"Records\":[\(records.joined(separator: ","))]}", id: "m")
        bench.start()
        await (try await bench.next()).settle(.done)
        try await bench.stop()
        #expect(bench.queue.state.deleted == ["m"])
    }

    @Test func `the same object twice in a message is one piece of work`() async throws {
        let bench = IntakeBench()
        bench.queue.send(keys: ["a", "a", "b"], id: "m")
        bench.start()
        let works = try await bench.next(2)
        #expect(works.map(\.key) == ["a", "b"])
        for work in works { await work.settle(.done) }
        try await bench.stop()
        #expect(bench.queue.state.deleted == ["m"])
    }

    @Test func `an assignment that is forgotten is not acknowledged`() async throws {
        let bench = IntakeBench()
        bench.queue.send(keys: ["a", "b"], id: "m")
        bench.start()
        await (try await bench.next()).settle(.done)
        do { _ = try await bench.next() }
        // `run()` does not wait for it in vain either.
        try await bench.stop()
        #expect(bench.queue.state.deletes.isEmpty)
        #expect(bench.queue.state.visibilities(of: "m").count == 1)
        #expect(bench.log.contains { $0.contains("dropped before it was settled") })
    }

    @Test func `only the first settlement counts`() async throws {
        let bench = IntakeBench()
        bench.queue.send(keys: ["a", "b"], id: "m")
        bench.start()
        let works = try await bench.next(2)
        await works[0].settle(.retry("first"))
        await works[0].settle(.done)
        await works[1].settle(.done)
        try await bench.stop()
        #expect(bench.queue.state.deletes.isEmpty)
    }

    @Test func `an assignment tells where it came from`() async throws {
        let bench = IntakeBench()
        bench.queue.send(keys: ["a"], id: "m")
        bench.start()
        let work = try await bench.next()
        #expect(work.messageID == "m")
        #expect(work.receivedAt.description == "2026-11-21T08:09:10.123Z")
        #expect(work.receiveCount == 1)
        await work.settle(.done)
        try await bench.stop()
    }
}

/// How acknowledgements reach the queue.
@Suite(.timeLimit(.minutes(1))) struct AcknowledgementTests {
    @Test func `ten go in one request at once`() async throws {
        let bench = IntakeBench(concurrency: 10)
        bench.queue.send(count: 10)
        bench.start()
        for work in try await bench.next(10) { await work.settle(.done) }
        // No time passes: the clock stands still.
        await bench.queue.until { $0.deleted.count == 10 }
        #expect(bench.queue.state.deletes.count == 1)
        try await bench.stop()
    }

    @Test func `fewer wait for the linger together`() async throws {
        let bench = IntakeBench()
        bench.queue.send(count: 3)
        bench.start()
        let works = try await bench.next(3)
        await works[0].settle(.done)
        bench.clock.advance(by: .milliseconds(150))
        await works[1].settle(.done)
        await works[2].settle(.done)
        await bench.settleDown()
        #expect(bench.queue.state.deletes.isEmpty)
        bench.clock.advance(by: .milliseconds(50))
        await bench.queue.until { $0.deleted.count == 3 }
        #expect(bench.queue.state.deletes.count == 1)
        try await bench.stop()
    }

    @Test func `they are flushed at shutdown`() async throws {
        let bench = IntakeBench { $0.ackLinger = .seconds(15) }
        bench.queue.send(count: 2)
        bench.start()
        for work in try await bench.next(2) { await work.settle(.done) }
        try await bench.stop()
        #expect(Set(bench.queue.state.deleted) == ["m1", "m2"])
    }

    @Test func `only the entries that failed are sent again`() async throws {
        let bench = IntakeBench(concurrency: 10)
        bench.queue.send(count: 10)
        bench.queue.change {
            $0.failDelete = { receipt, request in
                request == 1 && ["m3#1", "m8#1"].contains(receipt)
                    ? QueueFailure(code: "InternalError", message: "try again") : nil
            }
        }
        bench.start()
        for work in try await bench.next(10) { await work.settle(.done) }
        await bench.queue.until { $0.deleted.count == 8 }
        while bench.queue.state.deleted.count < 10 {
            bench.clock.advance(by: .milliseconds(100))
            await bench.settleDown()
        }
        let requests = bench.queue.state.deletes
        #expect(requests[0].count == 10)
        #expect(Set(requests.dropFirst().joined()) == ["m3#1", "m8#1"])
        #expect(bench.intake.counters.acknowledged == 10)
        try await bench.stop()
    }

    @Test func `a request that failed as a whole is repeated`() async throws {
        let bench = IntakeBench(concurrency: 10)
        bench.queue.send(count: 10)
        bench.queue.change { $0.failDelete = { _, request in if request < 3 { throw OutageError() } else { nil } } }
        bench.start()
        for work in try await bench.next(10) { await work.settle(.done) }
        while bench.queue.state.deleted.count < 10 {
            bench.clock.advance(by: .milliseconds(100))
            await bench.settleDown()
        }
        #expect(bench.queue.state.deletes.map(\.count) == [10, 10, 10])
        try await bench.stop()
    }

    @Test func `it is given up after some tries and the message comes again`() async throws {
        let bench = IntakeBench { $0.ackAttempts = 3 }
        bench.queue.send(count: 1)
        bench.queue.change { $0.failDelete = { _, _ in QueueFailure(code: "InternalError", message: "no") } }
        bench.start()
        await (try await bench.next()).settle(.done)
        while !bench.log.contains(where: { $0.contains("not acknowledged") }) {
            bench.clock.advance(by: .milliseconds(100))
            await bench.settleDown()
        }
        #expect(bench.queue.state.deletes.count == 3)
        #expect(bench.intake.counters.acknowledged == 0)
        bench.clock.advance(by: .seconds(60))
        let again = try await bench.next()
        #expect(again.receiveCount == 2)
        bench.queue.change { $0.failDelete = nil }
        await again.settle(.done)
        try await bench.stop()
        #expect(bench.queue.state.deleted == ["m1"])
    }
}
