import Intake
import TestKit
import Testing

/// How the intake is brought to its end.
@Suite(.timeLimit(.minutes(1))) struct StoppingTests {
    @Test func `unstarted messages are handed back at once and started ones finished`() async throws {
        let bench = IntakeBench(concurrency: 2)
        bench.queue.send(count: 10)
        bench.start()
        let started = try await bench.next(2)
        bench.intake.stop()
        #expect(await bench.intake.next() == nil)
        await bench.queue.until { $0.changes.joined().count == 8 }
        #expect(bench.queue.state.changes.joined().allSatisfy { $0.timeout == .zero })
        #expect(bench.queue.state.deletes.isEmpty)
        for work in started {
            #expect(work.lease.isHeld)
            await work.settle(.done)
        }
        try await bench.end()
        #expect(Set(bench.queue.state.deleted) == ["m1", "m2"])
        #expect(bench.queue.state.receives.count == 1)
        #expect(bench.intake.counters.returned == 8)
    }

    @Test func `leases are kept while what runs is finished`() async throws {
        let bench = IntakeBench()
        bench.queue.send(count: 1)
        bench.start()
        let work = try await bench.next()
        bench.intake.stop()
        for round in 1...3 {
            bench.clock.advance(by: .seconds(30))
            await bench.untilExtensions(round)
        }
        #expect(work.lease.isHeld)
        await work.settle(.done)
        try await bench.end()
        #expect(bench.queue.state.deleted == ["m1"])
    }

    @Test func `a message started in part goes back at once when its started records are done`() async throws {
        let bench = IntakeBench()
        bench.queue.send(keys: ["a", "b", "c"], id: "m")
        bench.start()
        let work = try await bench.next()
        bench.intake.stop()
        await bench.settleDown()
        #expect(bench.queue.state.changes.isEmpty)
        await work.settle(.done)
        try await bench.end()
        #expect(bench.queue.state.visibilities(of: "m") == [.zero])
        #expect(bench.queue.state.deletes.isEmpty)
    }

    @Test func `asecond stop is safe`() async throws {
        let bench = IntakeBench()
        bench.queue.send(count: 3)
        bench.start()
        let work = try await bench.next()
        bench.intake.stop()
        bench.intake.stop()
        await work.settle(.done)
        bench.intake.stop()
        try await bench.end()
        bench.intake.stop()
        #expect(bench.queue.state.deleted == ["m1"])
        #expect(bench.queue.state.changes.joined().count == 2)
    }

    @Test func `stopped before it runs it receives nothing`() async throws {
        let bench = IntakeBench()
        bench.queue.send(count: 1)
        bench.intake.stop()
        bench.start()
        try await bench.end()
        #expect(await bench.intake.next() == nil)
        #expect(bench.queue.state.receives.isEmpty)
    }

    @Test func `a waiting request is cut off after its grace`() async throws {
        let bench = IntakeBench { $0.stopGrace = .seconds(1) }
        bench.start()
        await bench.queue.until { $0.receives.count == 1 }
        await bench.clock.untilSleepers(2)
        bench.intake.stop()
        await bench.clock.untilSleepers(3)
        await bench.settleDown()
        #expect(bench.queue.state.answered == 0)
        bench.clock.advance(by: .seconds(1))
        try await bench.end()
        #expect(bench.queue.state.answered == 1)
    }

    @Test func `what a request brings after the stop is handed back`() async throws {
        let bench = IntakeBench { $0.stopGrace = .seconds(1) }
        bench.start()
        await bench.queue.until { $0.receives.count == 1 }
        bench.intake.stop()
        bench.queue.send(count: 3)
        try await bench.end()
        #expect(bench.queue.state.changes.joined().map(\.timeout) == [.zero, .zero, .zero])
        #expect(bench.queue.state.deletes.isEmpty)
        #expect(bench.queue.state.inFlight(now: bench.clock.now.offset) == 0)
    }

    @Test func `every waiting worker is released`() async throws {
        let bench = IntakeBench()
        bench.start()
        let workers = (0..<8).map { _ in Task { await bench.intake.next() == nil } }
        await bench.queue.until { $0.receives.count == 1 }
        try await bench.stop()
        for worker in workers { #expect(await worker.value) }
    }

    @Test func `cancelling the run is a stop that finishes what was handed out`() async throws {
        let bench = IntakeBench(concurrency: 1)
        bench.queue.send(count: 3)
        bench.start()
        let work = try await bench.next()
        bench.cancelRun()
        #expect(await bench.intake.next() == nil)
        await bench.queue.until { $0.changes.joined().count == 2 }
        await work.settle(.done)
        try await bench.end()
        #expect(bench.queue.state.deleted == ["m1"])
    }

    @Test func `a worker that is cancelled while it waits loses nothing`() async throws {
        let bench = IntakeBench()
        bench.start()
        await bench.queue.until { $0.receives.count == 1 }
        let waiting = Task { await bench.intake.next() == nil }
        await bench.settleDown()
        waiting.cancel()
        #expect(await waiting.value)
        bench.queue.send(count: 1)
        await (try await bench.next()).settle(.done)
        try await bench.stop()
        #expect(bench.queue.state.deleted == ["m1"])
    }

    @Test func `a worker that is cancelled before it waits does not wait`() async throws {
        let bench = IntakeBench()
        bench.start()
        await bench.queue.until { $0.receives.count == 1 }
        let worker = Task {
            while !Task.isCancelled { await Task.yield() }
            return await bench.intake.next() == nil
        }
        worker.cancel()
        #expect(await worker.value)
        try await bench.stop()
    }

    /// Each message reaches one worker or stays, whatever the moment of the cancellation.
    @Test func `cancellation and delivery may meet at any moment`() async throws {
        let bench = IntakeBench(concurrency: 16)
        bench.start()
        for round in 1...200 {
            let worker = Task { await bench.intake.next() }
            bench.queue.send(keys: ["k\(round)"], id: "m\(round)")
            for _ in 0..<(round % 7) { await Task.yield() }
            worker.cancel()
            if let work = await worker.value {
                await work.settle(.done)
            } else {
                await (try await bench.next()).settle(.done)
            }
        }
        try await bench.stop()
        #expect(bench.queue.state.deleted.count == 200)
    }
}
