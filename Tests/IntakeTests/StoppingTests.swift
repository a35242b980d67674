import Intake
import TestKit
import Testing

/// How an intake stops.
@Suite(.timeLimit(.minutes(1))) struct StoppingTests {
    @Test func `unstarted messages are handed back at once and started ones finished`() async throws {
        let fixture = IntakeFixture(concurrency: 2)
        fixture.queue.send(count: 10)
        fixture.start()
        let started = try await fixture.next(2)
        fixture.intake.stop()
        #expect(await fixture.nextOrEnd() == nil)
        await fixture.queue.until { $0.changeRequests.joined().count == 8 }
        #expect(fixture.queue.state.changeRequests.joined().allSatisfy { $0.timeout == .zero })
        #expect(fixture.queue.state.deleteRequests.isEmpty)
        for work in started {
            #expect(work.lease.isHeld)
            work.settle(.done)
        }
        try await fixture.end()
        #expect(Set(fixture.queue.state.deleted) == ["m1", "m2"])
        #expect(fixture.queue.state.receiveRequests.count == 1)
        #expect(fixture.intake.counters.returned == 8)
    }

    @Test func `leases are kept until running work is finished`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(count: 1)
        fixture.start()
        let work = try await fixture.next()
        fixture.intake.stop()
        for round in 1...3 {
            fixture.clock.advance(by: .seconds(30))
            await fixture.untilExtensions(round)
        }
        #expect(work.lease.isHeld)
        work.settle(.done)
        try await fixture.end()
        #expect(fixture.queue.state.deleted == ["m1"])
    }

    @Test func `a partly started message returns at once when its started records are done`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(keys: ["a", "b", "c"], id: "m")
        fixture.start()
        let work = try await fixture.next()
        fixture.intake.stop()
        await yieldToOthers()
        #expect(fixture.queue.state.changeRequests.isEmpty)
        work.settle(.done)
        try await fixture.end()
        #expect(fixture.queue.state.visibilities(of: "m") == [.zero])
        #expect(fixture.queue.state.deleteRequests.isEmpty)
    }

    @Test func `a second stop does nothing`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(count: 3)
        fixture.start()
        let work = try await fixture.next()
        fixture.intake.stop()
        fixture.intake.stop()
        work.settle(.done)
        fixture.intake.stop()
        try await fixture.end()
        fixture.intake.stop()
        #expect(fixture.queue.state.deleted == ["m1"])
        #expect(fixture.queue.state.changeRequests.joined().count == 2)
    }

    @Test func `an intake stopped before its run receives nothing`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(count: 1)
        fixture.intake.stop()
        fixture.start()
        try await fixture.end()
        #expect(await fixture.nextOrEnd() == nil)
        #expect(fixture.queue.state.receiveRequests.isEmpty)
    }

    @Test func `a pending request is cancelled after the stop grace`() async throws {
        let fixture = IntakeFixture { $0.stopGrace = .seconds(1) }
        fixture.start()
        await fixture.queue.until { $0.receiveRequests.count == 1 }
        await fixture.clock.untilSleepers(2)
        fixture.intake.stop()
        await fixture.clock.untilSleepers(3)
        await yieldToOthers()
        #expect(fixture.queue.state.answered == 0)
        fixture.clock.advance(by: .seconds(1))
        try await fixture.end()
        #expect(fixture.queue.state.answered == 1)
    }

    @Test func `messages that arrive after the stop are handed back`() async throws {
        let fixture = IntakeFixture { $0.stopGrace = .seconds(1) }
        fixture.start()
        await fixture.queue.until { $0.receiveRequests.count == 1 }
        fixture.intake.stop()
        fixture.queue.send(count: 3)
        try await fixture.end()
        #expect(fixture.queue.state.changeRequests.joined().map(\.timeout) == [.zero, .zero, .zero])
        #expect(fixture.queue.state.deleteRequests.isEmpty)
        #expect(fixture.queue.state.inFlight(now: fixture.clock.now.offset) == 0)
    }

    @Test func `every waiting worker is released`() async throws {
        let fixture = IntakeFixture()
        fixture.start()
        let workers = (0..<8).map { _ in Task { await fixture.nextOrEnd() == nil } }
        await fixture.queue.until { $0.receiveRequests.count == 1 }
        try await fixture.stop()
        for worker in workers { #expect(await worker.value) }
    }

    @Test func `cancelling the run is a stop that finishes dispatched work`() async throws {
        let fixture = IntakeFixture(concurrency: 1)
        fixture.queue.send(count: 3)
        fixture.start()
        let work = try await fixture.next()
        fixture.cancelRun()
        #expect(await fixture.nextOrEnd() == nil)
        await fixture.queue.until { $0.changeRequests.joined().count == 2 }
        work.settle(.done)
        try await fixture.end()
        #expect(fixture.queue.state.deleted == ["m1"])
    }

    @Test func `a worker that is cancelled while it waits loses nothing`() async throws {
        let fixture = IntakeFixture()
        fixture.start()
        await fixture.queue.until { $0.receiveRequests.count == 1 }
        let waiting = Task { await fixture.nextOrEnd() == nil }
        await yieldToOthers()
        waiting.cancel()
        #expect(await waiting.value)
        fixture.queue.send(count: 1)
        try await fixture.next().settle(.done)
        try await fixture.stop()
        #expect(fixture.queue.state.deleted == ["m1"])
    }

    @Test func `a worker that is cancelled before it waits does not wait`() async throws {
        let fixture = IntakeFixture()
        fixture.start()
        await fixture.queue.until { $0.receiveRequests.count == 1 }
        let worker = Task {
            while !Task.isCancelled { await Task.yield() }
            return await fixture.nextOrEnd() == nil
        }
        worker.cancel()
        #expect(await worker.value)
        try await fixture.stop()
    }

    /// Each message reaches one worker or stays, whenever the cancellation comes.
    @Test func `no message is lost when cancellation and delivery coincide`() async throws {
        let fixture = IntakeFixture(concurrency: 16)
        fixture.start()
        for round in 1...200 {
            let worker = Task { await fixture.nextOrEnd() }
            fixture.queue.send(keys: ["k\(round)"], id: "m\(round)")
            for _ in 0..<(round % 7) { await Task.yield() }
            worker.cancel()
            if let work = await worker.value {
                work.settle(.done)
            } else {
                try await fixture.next().settle(.done)
            }
        }
        try await fixture.stop()
        #expect(fixture.queue.state.deleted.count == 200)
    }
}
