import AWS
import Domain
import Intake
import TestKit
import Testing

/// What happens to a message once its records are settled.
@Suite(.timeLimit(.minutes(1))) struct SettlingTests {
    @Test func `a message is acknowledged when all its records are done`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(keys: ["a", "b", "c"], id: "m")
        fixture.start()
        let works = try await fixture.next(3)
        #expect(works.map(\.key) == ["a", "b", "c"])
        works[1].settle(.done)
        works[0].settle(.done)
        fixture.clock.advance(by: .seconds(1))
        await yieldToOthers()
        #expect(fixture.queue.state.deleteRequests.isEmpty)
        works[2].settle(.done)
        try await fixture.stop()
        #expect(fixture.queue.state.deleted == ["m"])
        #expect(fixture.intake.counters.acknowledged == 1)
    }

    @Test func `one record to retry returns the message once all are settled`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(keys: ["a", "b"], id: "m")
        fixture.start()
        let works = try await fixture.next(2)
        works[0].settle(.retry("the scanner died"))
        fixture.clock.advance(by: .seconds(1))
        await yieldToOthers()
        #expect(fixture.queue.state.changeRequests.isEmpty)
        works[1].settle(.done)
        fixture.clock.advance(by: .seconds(1))
        await fixture.queue.until { !$0.changeRequests.isEmpty }
        let delay = try #require(fixture.queue.state.visibilities(of: "m").first)
        #expect(delay > .zero && delay <= .seconds(5))
        try await fixture.stop()
        #expect(fixture.queue.state.deleted.isEmpty)
        #expect(fixture.intake.counters.returned == 1)
    }

    @Test func `the delay grows with the receive count`() async throws {
        let fixture = IntakeFixture { $0.retryBase = .seconds(10) }
        fixture.queue.send(keys: ["a"], id: "m")
        fixture.start()
        var delays: [Duration] = []
        for count in 1...4 {
            let work = try await fixture.next()
            #expect(work.receiveCount == count)
            work.settle(.retry("again"))
            fixture.clock.advance(by: .seconds(1))
            await fixture.queue.until { $0.visibilities(of: "m").count == count }
            delays.append(fixture.queue.state.visibilities(of: "m")[count - 1])
            fixture.clock.advance(by: delays[count - 1])
        }
        for (delay, full) in zip(delays, [10.0, 20, 40, 80]) {
            #expect(delay >= .seconds(full / 2) && delay <= .seconds(full))
        }
        // A high receive count is no reason to delete a message.
        try await fixture.next().settle(.retry("again"))
        try await fixture.stop()
        #expect(fixture.queue.state.deleteRequests.isEmpty)
    }

    @Test func `an unreadable body is dispatched and returns to the queue with a longer delay`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send("garbage", id: "m")
        fixture.start()
        let work = try await fixture.next()
        let body = try #require(work.unreadable)
        #expect(body.messageID == "m" && body.bodyPrefix == "garbage" && body.receiveCount == 1 && body.record == nil)
        #expect(body.reason.contains("JSON"))
        work.settle(.retry("recorded"))
        fixture.clock.advance(by: .seconds(1))
        await fixture.queue.until { !$0.changeRequests.isEmpty }
        #expect(try #require(fixture.queue.state.visibilities(of: "m").first) >= .seconds(30))
        try await fixture.stop()
        #expect(fixture.queue.state.deleteRequests.isEmpty)
        #expect(fixture.intake.counters.unreadable == 1)
    }

    @Test func `an unreadable record does not stop work on the others`() async throws {
        let fixture = IntakeFixture()
        let records = [recordText(key: "a"), recordText(key: "%zz"), recordText(key: "b")]
        fixture.queue.send("{\"Records\":[\(records.joined(separator: ","))]}", id: "m")
        fixture.start()
        let works = try await fixture.next(3)
        #expect(works.map(\.key) == ["a", nil, "b"])
        #expect(works[1].unreadable?.record == 1)
        // Even if the unreadable record is `done`, the message is not acknowledged.
        for work in works { work.settle(.done) }
        try await fixture.stop()
        #expect(fixture.queue.state.deleteRequests.isEmpty)
        #expect(try #require(fixture.queue.state.visibilities(of: "m").first) >= .seconds(30))
    }

    @Test func `a message without created objects is acknowledged without work`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send("{\"Event\":\"s3:TestEvent\"}", id: "test")
        fixture.queue.send("{\"Records\":[\(recordText(key: "a", event: "ObjectRemoved:Delete"))]}", id: "delete")
        fixture.queue.send("{\"Records\":[]}", id: "none")
        fixture.start()
        await fixture.queue.until { $0.answered == 1 && $0.receiveRequests.count == 2 }
        await fixture.clock.untilSleepers(3)
        fixture.clock.advance(by: .milliseconds(200))
        await fixture.queue.until { $0.deleted.count == 3 }
        try await fixture.stop()
        #expect(fixture.intake.counters.ignored == 2)
        #expect(fixture.log.contains { $0.contains("\"debug\"") && $0.contains("ObjectRemoved:Delete") })
    }

    @Test func `an ignored record does not delay its message`() async throws {
        let fixture = IntakeFixture()
        let records = [recordText(key: "a"), recordText(key: "b", event: "ObjectRemoved:Delete")]
        fixture.queue.send("{\"Records\":[\(records.joined(separator: ","))]}", id: "m")
        fixture.start()
        try await fixture.next().settle(.done)
        try await fixture.stop()
        #expect(fixture.queue.state.deleted == ["m"])
    }

    @Test func `the same object twice in a message is one piece of work`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(keys: ["a", "a", "b"], id: "m")
        fixture.start()
        let works = try await fixture.next(2)
        #expect(works.map(\.key) == ["a", "b"])
        for work in works { work.settle(.done) }
        try await fixture.stop()
        #expect(fixture.queue.state.deleted == ["m"])
    }

    @Test func `a dropped assignment is not acknowledged`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(keys: ["a", "b"], id: "m")
        fixture.start()
        try await fixture.next().settle(.done)
        do { _ = try await fixture.next() }
        // `run()` does not wait for it either.
        try await fixture.stop()
        #expect(fixture.queue.state.deleteRequests.isEmpty)
        #expect(fixture.queue.state.visibilities(of: "m").count == 1)
        #expect(fixture.log.contains { $0.contains("dropped before it was settled") })
    }

    @Test func `only the first settlement counts`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(keys: ["a", "b"], id: "m")
        fixture.start()
        let works = try await fixture.next(2)
        works[0].settle(.retry("first"))
        works[0].settle(.done)
        works[1].settle(.done)
        try await fixture.stop()
        #expect(fixture.queue.state.deleteRequests.isEmpty)
    }

    @Test func `an assignment carries its message's ID and receipt time`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(keys: ["a"], id: "m")
        fixture.start()
        let work = try await fixture.next()
        #expect(work.messageID == "m")
        #expect(work.receivedAt.description == "2026-11-21T08:09:10.123Z")
        #expect(work.receiveCount == 1)
        work.settle(.done)
        try await fixture.stop()
    }
}

/// How acknowledgements reach the queue.
@Suite(.timeLimit(.minutes(1))) struct AcknowledgementTests {
    @Test func `ten messages are deleted in one request at once`() async throws {
        let fixture = IntakeFixture(concurrency: 10)
        fixture.queue.send(count: 10)
        fixture.start()
        for work in try await fixture.next(10) { work.settle(.done) }
        // No time passes: the clock stands still.
        await fixture.queue.until { $0.deleted.count == 10 }
        #expect(fixture.queue.state.deleteRequests.count == 1)
        try await fixture.stop()
    }

    @Test func `fewer than ten are deleted together after the linger`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(count: 3)
        fixture.start()
        let works = try await fixture.next(3)
        works[0].settle(.done)
        fixture.clock.advance(by: .milliseconds(150))
        works[1].settle(.done)
        works[2].settle(.done)
        await yieldToOthers()
        #expect(fixture.queue.state.deleteRequests.isEmpty)
        fixture.clock.advance(by: .milliseconds(50))
        await fixture.queue.until { $0.deleted.count == 3 }
        #expect(fixture.queue.state.deleteRequests.count == 1)
        try await fixture.stop()
    }

    @Test func `acknowledgements are flushed at shutdown`() async throws {
        let fixture = IntakeFixture { $0.ackLinger = .seconds(15) }
        fixture.queue.send(count: 2)
        fixture.start()
        for work in try await fixture.next(2) { work.settle(.done) }
        try await fixture.stop()
        #expect(Set(fixture.queue.state.deleted) == ["m1", "m2"])
    }

    @Test func `only failed entries are deleted again`() async throws {
        let fixture = IntakeFixture(concurrency: 10)
        fixture.queue.send(count: 10)
        fixture.queue.change {
            $0.failDelete = { receipt, request in
                request == 1 && ["m3#1", "m8#1"].contains(receipt)
                    ? SQSBatchFailure(code: "InternalError", message: "try again", isSenderFault: false) : nil
            }
        }
        fixture.start()
        for work in try await fixture.next(10) { work.settle(.done) }
        await fixture.queue.until { $0.deleted.count == 8 }
        while fixture.queue.state.deleted.count < 10 {
            fixture.clock.advance(by: .milliseconds(100))
            await yieldToOthers()
        }
        let requests = fixture.queue.state.deleteRequests
        #expect(requests[0].count == 10)
        #expect(Set(requests.dropFirst().joined()) == ["m3#1", "m8#1"])
        #expect(fixture.intake.counters.acknowledged == 10)
        try await fixture.stop()
    }

    @Test func `a request that failed as a whole is retried`() async throws {
        let fixture = IntakeFixture(concurrency: 10)
        fixture.queue.send(count: 10)
        fixture.queue.change {
            $0.failDelete = { (_, request) throws(AWSError) in
                if request < 3 { throw .sqs(.transient, "ServiceUnavailable") }
                return nil
            }
        }
        fixture.start()
        for work in try await fixture.next(10) { work.settle(.done) }
        while fixture.queue.state.deleted.count < 10 {
            fixture.clock.advance(by: .milliseconds(100))
            await yieldToOthers()
        }
        #expect(fixture.queue.state.deleteRequests.map(\.count) == [10, 10, 10])
        try await fixture.stop()
    }

    @Test func `after the last try the message is delivered again`() async throws {
        let fixture = IntakeFixture { $0.ackAttempts = 3 }
        fixture.queue.send(count: 1)
        fixture.queue.change {
            $0.failDelete = { _, _ in SQSBatchFailure(code: "InternalError", message: "no", isSenderFault: false) }
        }
        fixture.start()
        try await fixture.next().settle(.done)
        while !fixture.log.contains(where: { $0.contains("not acknowledged") }) {
            fixture.clock.advance(by: .milliseconds(100))
            await yieldToOthers()
        }
        #expect(fixture.queue.state.deleteRequests.count == 3)
        #expect(fixture.intake.counters.acknowledged == 0)
        fixture.clock.advance(by: .seconds(60))
        let again = try await fixture.next()
        #expect(again.receiveCount == 2)
        fixture.queue.change { $0.failDelete = nil }
        again.settle(.done)
        try await fixture.stop()
        #expect(fixture.queue.state.deleted == ["m1"])
    }
}
