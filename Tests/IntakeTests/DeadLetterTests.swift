import Intake
import TestKit
import Testing

/// What is told of a message at the last receipt that the queue grants it.
@Suite(.timeLimit(.minutes(1))) struct DeadLetterTests {
    /// Receives one message so often, and gives it back each time but the last.
    private func receive(_ times: Int, of bench: IntakeBench) async throws -> Assignment {
        bench.start()
        for _ in 1..<times {
            let work = try await bench.next()
            #expect(!work.isLastReceive)
            await work.settle(.handBack)
            await bench.clock.untilSleepers(1)
            bench.clock.advance(by: .seconds(1))
        }
        return try await bench.next()
    }

    @Test func `the last receipt is known as such and none without a dead letter queue`() async throws {
        let bench = IntakeBench { $0.maxReceives = 3 }
        bench.queue.send(count: 1)
        let work = try await receive(3, of: bench)
        #expect(work.isLastReceive && work.receiveCount == 3)
        await work.settle(.done)
        try await bench.stop()
        #expect(bench.queue.state.deleted == ["m1"])
        #expect(bench.intake.counters.deadLetters == 0)
    }

    @Test(arguments: [Settlement.retry("no luck"), .handBack])
    func `what is not settled then goes to the dead letter queue without delay and with an alarm`(
        settlement: Settlement
    ) async throws {
        let bench = IntakeBench { $0.maxReceives = 2 }
        bench.queue.send(count: 1)
        let work = try await receive(2, of: bench)
        await work.settle(settlement)
        try await bench.stop()
        #expect(bench.queue.state.visibilities(of: "m1").allSatisfy { $0 == .zero })
        #expect(bench.intake.counters.deadLetters == 1)
        let lines = bench.log.filter { $0.contains("message goes to the dead-letter queue") }
        #expect(lines.count == 1 && lines[0].contains("\"error\"") && lines[0].contains("m1"))
        if case .retry(let reason) = settlement { #expect(lines[0].contains(reason)) }
    }

    @Test func `an unreadable message goes there without delay too`() async throws {
        let bench = IntakeBench { $0.maxReceives = 1 }
        bench.queue.send("garbage", id: "m1")
        let work = try await receive(1, of: bench)
        #expect(work.isLastReceive)
        await work.settle(.retry("unreadable"))
        try await bench.stop()
        #expect(bench.queue.state.visibilities(of: "m1") == [.zero])
        #expect(bench.intake.counters.deadLetters == 1)
    }

    @Test func `before that a message waits and nobody is alarmed`() async throws {
        let bench = IntakeBench { $0.maxReceives = 2 }
        bench.queue.send(count: 1)
        let work = try await receive(1, of: bench)
        await work.settle(.retry("no luck"))
        try await bench.stop()
        #expect(try #require(bench.queue.state.visibilities(of: "m1").first) > .zero)
        #expect(bench.intake.counters.deadLetters == 0)
    }

    /// Given back, they would go to the dead-letter queue for no more than a restart.
    @Test func `unstarted messages at their last receipt are handed out after the stop too`() async throws {
        let bench = IntakeBench(concurrency: 1) { $0.maxReceives = 1 }
        bench.queue.send(count: 3)
        bench.start()
        let work = try await bench.next()
        bench.intake.stop()
        await work.settle(.done)
        for _ in 1...2 {
            let work = try await bench.next()
            #expect(work.isLastReceive && work.reasonGivenUp == nil)
            await work.settle(.done)
        }
        #expect(await bench.intake.next() == nil)
        try await bench.end()
        #expect(Set(bench.queue.state.deleted) == ["m1", "m2", "m3"])
        #expect(bench.intake.counters.deadLetters == 0)
    }

    @Test func `what a request brings after the stop for the last time is handed out too`() async throws {
        let bench = IntakeBench {
            $0.stopGrace = .seconds(1)
            $0.maxReceives = 1
        }
        bench.start()
        await bench.queue.until { $0.receives.count == 1 }
        bench.intake.stop()
        bench.queue.send(count: 2)
        for _ in 1...2 { await (try await bench.next()).settle(.done) }
        #expect(await bench.intake.next() == nil)
        try await bench.end()
        #expect(Set(bench.queue.state.deleted) == ["m1", "m2"])
    }

    @Test func `a job that is done but whose lease was lost leaves a dead letter`() async throws {
        let bench = IntakeBench { $0.maxReceives = 1 }
        bench.queue.send(count: 1)
        bench.queue.change {
            $0.failChange = { _, _ in QueueFailure(code: "ReceiptHandleIsInvalid", message: "") }
        }
        let work = try await receive(1, of: bench)
        bench.clock.advance(by: .seconds(30))
        try await eventually { !work.lease.isHeld }
        await work.settle(.done)
        try await bench.stop()
        #expect(bench.intake.counters.deadLetters == 1)
    }
}
