import AWS
import Intake
import TestKit
import Testing

/// Messages on their last receive.
@Suite(.timeLimit(.minutes(1))) struct DeadLetterTests {
    /// Receives one message so many times, and hands it back each time but the last.
    private func receive(_ times: Int, of fixture: IntakeFixture) async throws -> Assignment {
        fixture.start()
        for _ in 1..<times {
            let work = try await fixture.next()
            #expect(!work.isLastReceive)
            work.settle(.handBack)
            await fixture.clock.untilSleepers(1)
            fixture.clock.advance(by: .seconds(1))
        }
        return try await fixture.next()
    }

    @Test func `a message received maxReceives times is on its last receive`() async throws {
        let fixture = IntakeFixture { $0.maxReceives = 3 }
        fixture.queue.send(count: 1)
        let work = try await receive(3, of: fixture)
        #expect(work.isLastReceive && work.receiveCount == 3)
        work.settle(.done)
        try await fixture.stop()
        #expect(fixture.queue.state.deleted == ["m1"])
        #expect(fixture.intake.counters.deadLetters == 0)
    }

    @Test(arguments: [Settlement.retry("no luck"), .handBack])
    func `a message not acknowledged on its last receive goes to the dead-letter queue at once and is logged`(
        settlement: Settlement
    ) async throws {
        let fixture = IntakeFixture { $0.maxReceives = 2 }
        fixture.queue.send(count: 1)
        let work = try await receive(2, of: fixture)
        work.settle(settlement)
        try await fixture.stop()
        #expect(fixture.queue.state.visibilities(of: "m1").allSatisfy { $0 == .zero })
        #expect(fixture.intake.counters.deadLetters == 1)
        let lines = fixture.log.filter { $0.contains("message goes to the dead-letter queue") }
        #expect(lines.count == 1 && lines[0].contains("\"error\"") && lines[0].contains("m1"))
        if case .retry(let reason) = settlement { #expect(lines[0].contains(reason)) }
    }

    @Test func `an unreadable message goes to the dead-letter queue at once on its last receive`() async throws {
        let fixture = IntakeFixture { $0.maxReceives = 1 }
        fixture.queue.send("garbage", id: "m1")
        let work = try await receive(1, of: fixture)
        #expect(work.isLastReceive)
        work.settle(.retry("unreadable"))
        try await fixture.stop()
        #expect(fixture.queue.state.visibilities(of: "m1") == [.zero])
        #expect(fixture.intake.counters.deadLetters == 1)
    }

    @Test func `before its last receive a message is delayed and not logged as a dead letter`() async throws {
        let fixture = IntakeFixture { $0.maxReceives = 2 }
        fixture.queue.send(count: 1)
        let work = try await receive(1, of: fixture)
        work.settle(.retry("no luck"))
        try await fixture.stop()
        #expect(try #require(fixture.queue.state.visibilities(of: "m1").first) > .zero)
        #expect(fixture.intake.counters.deadLetters == 0)
    }

    /// Returned to the queue, they would go to the dead-letter queue just because of a restart.
    @Test func `unstarted messages on their last receive are still dispatched after a stop`() async throws {
        let fixture = IntakeFixture(concurrency: 1) { $0.maxReceives = 1 }
        fixture.queue.send(count: 3)
        fixture.start()
        let work = try await fixture.next()
        fixture.intake.stop()
        work.settle(.done)
        for _ in 1...2 {
            let work = try await fixture.next()
            #expect(work.isLastReceive && work.abandonReason == nil)
            work.settle(.done)
        }
        #expect(await fixture.nextOrEnd() == nil)
        try await fixture.end()
        #expect(Set(fixture.queue.state.deleted) == ["m1", "m2", "m3"])
        #expect(fixture.intake.counters.deadLetters == 0)
    }

    @Test func `messages on their last receive that arrive after a stop are still dispatched`() async throws {
        let fixture = IntakeFixture {
            $0.stopGrace = .seconds(1)
            $0.maxReceives = 1
        }
        fixture.start()
        await fixture.queue.until { $0.receiveRequests.count == 1 }
        fixture.intake.stop()
        fixture.queue.send(count: 2)
        for _ in 1...2 { try await fixture.next().settle(.done) }
        #expect(await fixture.nextOrEnd() == nil)
        try await fixture.end()
        #expect(Set(fixture.queue.state.deleted) == ["m1", "m2"])
    }

    @Test func `a finished job whose lease was lost leaves a dead letter`() async throws {
        let fixture = IntakeFixture { $0.maxReceives = 1 }
        fixture.queue.send(count: 1)
        fixture.queue.change {
            $0.failChange = { _, _ in SQSBatchFailure(code: "ReceiptHandleIsInvalid", message: "", isSenderFault: false)
            }
        }
        let work = try await receive(1, of: fixture)
        fixture.clock.advance(by: .seconds(30))
        try await eventually { !work.lease.isHeld }
        work.settle(.done)
        try await fixture.stop()
        #expect(fixture.intake.counters.deadLetters == 1)
    }
}
