import Intake
import Support
import TestKit
import Testing

/// How much is asked for, when, and when it ends.
@Suite(.timeLimit(.minutes(1))) struct ReceivingTests {
    @Test func `ten are asked for and only when ten are free`() async throws {
        let bench = IntakeBench(concurrency: 2)
        bench.queue.send(count: 40)
        bench.start()
        let first = try await bench.next(10)
        // 10 held of 12: two places are free, and that is not worth a request.
        await bench.settleDown()
        #expect(bench.queue.state.receives.count == 1)
        for work in first.prefix(7) { await work.settle(.done) }
        await bench.settleDown()
        #expect(bench.queue.state.receives.count == 1)
        await first[7].settle(.done)
        await bench.queue.until { $0.receives.count == 2 }
        #expect(bench.queue.state.receives.allSatisfy { $0.max == 10 })
        for work in first.suffix(2) { await work.settle(.done) }
        try await bench.stop()
    }

    @Test(arguments: [1, 2, 16]) func `no more than its capacity is ever held`(concurrency: Int) async throws {
        let bench = IntakeBench(concurrency: concurrency)
        bench.queue.send(count: 100)
        bench.start()
        let most = Highest()
        let settled = Counter()
        try await withThrowingTaskGroup { group in
            for _ in 0..<concurrency {
                group.addTask {
                    while let work = await bench.intake.next() {
                        most.note(bench.queue.state.given - settled.value)
                        await Task.yield()
                        await work.settle(.done)
                        settled.increment()
                    }
                }
            }
            await bench.queue.until { $0.deleted.count == 100 }
            bench.intake.stop()
            try await group.waitForAll()
        }
        try await bench.end()
        // Each other worker may stand between the settlement and its count.
        #expect(most.value <= concurrency + 10 + concurrency - 1)
        #expect(most.value >= 10)
    }

    @Test func `held messages never exceed the capacity while nothing is settled`() async throws {
        let bench = IntakeBench(concurrency: 15)
        bench.queue.send(count: 100)
        bench.start()
        let works = try await bench.next(20)
        await bench.settleDown()
        #expect(bench.queue.state.inFlight(now: bench.clock.now.offset) == 20)
        #expect(bench.queue.state.receives.count == 2)
        for work in works { await work.settle(.done) }
        try await bench.stop()
    }

    @Test func `a full queue costs a fifth of a request for a message`() async throws {
        let bench = IntakeBench(concurrency: 16)
        bench.queue.send(count: 200)
        bench.start()
        for _ in 0..<200 { await (try await bench.next()).settle(.done) }
        try await bench.stop()
        #expect(bench.queue.state.deleted.count == 200)
        // One more request found the queue empty.
        #expect(bench.intake.counters.requests <= 200 / 5 + 1)
        #expect(bench.intake.counters.messages == 200)
    }

    @Test func `a slow object holds nobody else up`() async throws {
        let bench = IntakeBench(concurrency: 2)
        bench.queue.send(count: 100)
        bench.start()
        let slow = try await bench.next()
        for _ in 0..<99 { await (try await bench.next()).settle(.done) }
        bench.clock.advance(by: .seconds(1))
        await bench.queue.until { $0.deleted.count == 99 }
        await slow.settle(.done)
        try await bench.stop()
        #expect(bench.queue.state.deleted.last == "m1")
    }

    @Test func `an empty queue is waited on`() async throws {
        let bench = IntakeBench()
        bench.start()
        await bench.queue.until { $0.receives.count == 1 }
        #expect(bench.queue.state.receives[0].wait == .seconds(20))
        #expect(bench.queue.state.receives[0].visibility == .seconds(60))
        bench.queue.send(keys: ["a"], id: "m")
        await (try await bench.next()).settle(.done)
        try await bench.stop()
        #expect(bench.queue.state.deleted == ["m"])
    }

    @Test func `a failing queue is tried again with growing pauses`() async throws {
        let bench = IntakeBench()
        bench.queue.change { $0.receiveErrors = Array(repeating: OutageError(), count: 5) }
        bench.queue.send(keys: ["a"], id: "m")
        bench.start()
        for failures in 1...5 {
            await bench.queue.until { $0.receives.count == failures }
            let pause: Duration = .milliseconds(500) * (1 << (failures - 1))
            // The keeper sleeps too; the other sleeper is the pause.
            await bench.clock.untilSleepers(2)
            bench.clock.advance(by: pause / 2 - .milliseconds(1))
            await bench.settleDown()
            #expect(bench.queue.state.receives.count == failures)
            bench.clock.advance(by: pause / 2 + .milliseconds(1))
        }
        await (try await bench.next()).settle(.done)
        try await bench.stop()
        #expect(bench.log.count { $0.contains("\"warning\"") && $0.contains("no messages could be received") } == 5)
    }

    @Test func `a queue that refuses from the start is an error`() async throws {
        let bench = IntakeBench()
        bench.queue.change { $0.receiveErrors = [DeniedError()] }
        bench.start()
        #expect(await bench.intake.next() == nil)
        let error = await #expect(throws: QueueUnusable.self) { try await bench.end() }
        #expect(error?.description.contains("URL") == true)
        #expect(bench.queue.state.receives.count == 1)
    }

    @Test func `a queue that refuses later is tried on with an alarm`() async throws {
        let bench = IntakeBench()
        bench.queue.send(keys: ["a"], id: "m1")
        bench.start()
        bench.queue.change { $0.receiveErrors = [] }
        await (try await bench.next()).settle(.done)
        await bench.queue.until { $0.receives.count == 2 }
        bench.queue.change { $0.receiveErrors = [DeniedError()] }
        bench.clock.advance(by: .seconds(20))
        await bench.queue.until { $0.receives.count == 3 }
        while bench.queue.state.receives.count == 3 {
            bench.clock.advance(by: .milliseconds(100))
            await bench.settleDown()
        }
        #expect(bench.log.contains { $0.contains("\"error\"") && $0.contains("DeniedError") })
        try await bench.stop()
    }

    // MARK: The idle end

    @Test func `it ends when the queue was quiet for long enough`() async throws {
        let bench = IntakeBench { $0.untilIdle = .seconds(30) }
        bench.queue.send(keys: ["a"], id: "m")
        bench.start()
        await (try await bench.next()).settle(.done)
        await bench.queue.until { $0.receives.count == 2 }
        bench.clock.advance(by: .seconds(20))
        // What is left of the quiet time is waited for, and no longer.
        await bench.queue.until { $0.receives.count == 3 }
        bench.clock.advance(by: .seconds(10))
        try await bench.end()
        #expect(bench.queue.state.receives.map(\.wait) == [.seconds(20), .seconds(20), .seconds(10)])
        #expect(await bench.intake.next() == nil)
        #expect(bench.queue.state.deleted == ["m"])
    }

    @Test func `it does not end while anything is in flight`() async throws {
        let bench = IntakeBench { $0.untilIdle = .seconds(3) }
        bench.queue.send(keys: ["a"], id: "m")
        bench.start()
        let work = try await bench.next()
        await bench.queue.until { $0.receives.count == 2 }
        bench.clock.advance(by: .seconds(3))
        for receives in 3...20 {
            await bench.queue.until { $0.receives.count == receives }
            bench.clock.advance(by: .seconds(1))
        }
        await bench.queue.until { $0.receives.count == 21 }
        await work.settle(.done)
        bench.clock.advance(by: .seconds(1))
        try await bench.end()
        #expect(bench.queue.state.deleted == ["m"])
    }

    @Test func `a message during the quiet time begins it anew`() async throws {
        let bench = IntakeBench { $0.untilIdle = .seconds(10) }
        bench.start()
        await bench.queue.until { $0.receives.count == 1 }
        bench.clock.advance(by: .seconds(9))
        bench.queue.send(keys: ["a"], id: "m")
        await (try await bench.next()).settle(.done)
        await bench.queue.until { $0.receives.count == 2 }
        #expect(bench.queue.state.receives[1].wait == .seconds(10))
        bench.clock.advance(by: .seconds(10))
        try await bench.end()
        #expect(bench.queue.state.deleted == ["m"])
    }

    @Test func `a queue that cannot be asked is not idle`() async throws {
        let bench = IntakeBench { $0.untilIdle = .seconds(2) }
        bench.queue.change { $0.receiveErrors = Array(repeating: OutageError(), count: 4) }
        bench.start()
        while bench.queue.state.receives.count < 5 {
            bench.clock.advance(by: .milliseconds(100))
            await bench.settleDown()
        }
        // The whole quiet time is still to be waited for.
        #expect(bench.queue.state.receives[4].wait == .seconds(2))
        bench.clock.advance(by: .seconds(2))
        try await bench.end()
    }
}

private final class Highest: Sendable {
    private let state = Locked(0)
    var value: Int { state.withLock { $0 } }
    func note(_ number: Int) { state.withLock { $0 = max($0, number) } }
}

private final class Counter: Sendable {
    private let state = Locked(0)
    var value: Int { state.withLock { $0 } }
    func increment() { state.withLock { $0 += 1 } }
}
