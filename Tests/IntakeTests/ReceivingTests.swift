import AWS
import Intake
import Support
import TestKit
import Testing

/// How many messages are requested, when, and when the run ends.
@Suite(.timeLimit(.minutes(1))) struct ReceivingTests {
    @Test func `ten messages are requested once ten may be held`() async throws {
        let fixture = IntakeFixture(concurrency: 2)
        fixture.queue.send(count: 40)
        fixture.start()
        let first = try await fixture.next(10)
        // 10 of 12 are held: room for two more messages is not worth a request.
        await yieldToOthers()
        #expect(fixture.queue.state.receiveRequests.count == 1)
        for work in first.prefix(7) { work.settle(.done) }
        await yieldToOthers()
        #expect(fixture.queue.state.receiveRequests.count == 1)
        first[7].settle(.done)
        await fixture.queue.until { $0.receiveRequests.count == 2 }
        #expect(fixture.queue.state.receiveRequests.allSatisfy { $0.max == 10 })
        for work in first.suffix(2) { work.settle(.done) }
        try await fixture.stop()
    }

    @Test(arguments: [1, 2, 16]) func `at most the configured number of messages is held`(concurrency: Int) async throws
    {
        let fixture = IntakeFixture(concurrency: concurrency)
        fixture.queue.send(count: 100)
        fixture.start()
        let most = Maximum()
        let settled = Counter()
        try await withThrowingTaskGroup { group in
            for _ in 0..<concurrency {
                group.addTask {
                    while let work = await fixture.nextOrEnd() {
                        most.note(fixture.queue.state.delivered - settled.value)
                        await Task.yield()
                        work.settle(.done)
                        settled.increment()
                    }
                }
            }
            await fixture.queue.until { $0.deleted.count == 100 }
            fixture.intake.stop()
            try await group.waitForAll()
        }
        try await fixture.end()
        // Each other worker may be between a settlement and its count.
        #expect(most.value <= concurrency + 10 + concurrency - 1)
        #expect(most.value >= 10)
    }

    @Test func `unsettled messages never exceed the limit`() async throws {
        let fixture = IntakeFixture(concurrency: 15)
        fixture.queue.send(count: 100)
        fixture.start()
        let works = try await fixture.next(20)
        await yieldToOthers()
        #expect(fixture.queue.state.inFlight(now: fixture.clock.now.offset) == 20)
        #expect(fixture.queue.state.receiveRequests.count == 2)
        for work in works { work.settle(.done) }
        try await fixture.stop()
    }

    @Test func `a full queue costs a fifth of a request per message`() async throws {
        let fixture = IntakeFixture(concurrency: 16)
        fixture.queue.send(count: 200)
        fixture.start()
        for _ in 0..<200 { try await fixture.next().settle(.done) }
        try await fixture.stop()
        #expect(fixture.queue.state.deleted.count == 200)
        // One more request found the queue empty.
        #expect(fixture.intake.counters.requests <= 200 / 5 + 1)
        #expect(fixture.intake.counters.messages == 200)
    }

    @Test func `a slow object delays no other`() async throws {
        let fixture = IntakeFixture(concurrency: 2)
        fixture.queue.send(count: 100)
        fixture.start()
        let slow = try await fixture.next()
        for _ in 0..<99 { try await fixture.next().settle(.done) }
        fixture.clock.advance(by: .seconds(1))
        await fixture.queue.until { $0.deleted.count == 99 }
        slow.settle(.done)
        try await fixture.stop()
        #expect(fixture.queue.state.deleted.last == "m1")
    }

    @Test func `an empty queue is long-polled`() async throws {
        let fixture = IntakeFixture()
        fixture.start()
        await fixture.queue.until { $0.receiveRequests.count == 1 }
        #expect(fixture.queue.state.receiveRequests[0].wait == .seconds(20))
        #expect(fixture.queue.state.receiveRequests[0].visibility == .seconds(60))
        fixture.queue.send(keys: ["a"], id: "m")
        try await fixture.next().settle(.done)
        try await fixture.stop()
        #expect(fixture.queue.state.deleted == ["m"])
    }

    @Test func `a failing queue is retried with growing delays`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.change {
            $0.receiveErrors = Array(repeating: AWSError.sqs(.transient, "ServiceUnavailable"), count: 5)
        }
        fixture.queue.send(keys: ["a"], id: "m")
        fixture.start()
        for failures in 1...5 {
            await fixture.queue.until { $0.receiveRequests.count == failures }
            let delay: Duration = .milliseconds(500) * (1 << (failures - 1))
            // The lease keeper sleeps too; the other sleeper is the delay.
            await fixture.clock.untilSleepers(2)
            fixture.clock.advance(by: delay / 2 - .milliseconds(1))
            await yieldToOthers()
            #expect(fixture.queue.state.receiveRequests.count == failures)
            fixture.clock.advance(by: delay / 2 + .milliseconds(1))
        }
        try await fixture.next().settle(.done)
        try await fixture.stop()
        #expect(fixture.log.count { $0.contains("\"warning\"") && $0.contains("receiving messages failed") } == 5)
    }

    @Test func `a missing queue ends the run with an error`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.change { $0.receiveErrors = [AWSError.sqs(.notFound, "QueueDoesNotExist")] }
        fixture.start()
        #expect(await fixture.nextOrEnd() == nil)
        let error = await #expect(throws: QueueUnusable.self) { try await fixture.end() }
        #expect(error?.description.contains("URL") == true)
        #expect(fixture.queue.state.receiveRequests.count == 1)
    }

    @Test func `a queue that refuses a later request is retried and logged as an error`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(keys: ["a"], id: "m1")
        fixture.start()
        fixture.queue.change { $0.receiveErrors = [] }
        try await fixture.next().settle(.done)
        await fixture.queue.until { $0.receiveRequests.count == 2 }
        fixture.queue.change { $0.receiveErrors = [AWSError.sqs(.denied, "AccessDenied")] }
        fixture.clock.advance(by: .seconds(20))
        await fixture.queue.until { $0.receiveRequests.count == 3 }
        while fixture.queue.state.receiveRequests.count == 3 {
            fixture.clock.advance(by: .milliseconds(100))
            await yieldToOthers()
        }
        #expect(fixture.log.contains { $0.contains("\"error\"") && $0.contains("AccessDenied") })
        try await fixture.stop()
    }

    // MARK: The idle timeout

    @Test func `the run ends when the queue was idle for long enough`() async throws {
        let fixture = IntakeFixture { $0.untilIdle = .seconds(30) }
        fixture.queue.send(keys: ["a"], id: "m")
        fixture.start()
        try await fixture.next().settle(.done)
        await fixture.queue.until { $0.receiveRequests.count == 2 }
        fixture.clock.advance(by: .seconds(20))
        // The next request waits for the rest of the idle time, and no longer.
        await fixture.queue.until { $0.receiveRequests.count == 3 }
        fixture.clock.advance(by: .seconds(10))
        try await fixture.end()
        #expect(fixture.queue.state.receiveRequests.map(\.wait) == [.seconds(20), .seconds(20), .seconds(10)])
        #expect(await fixture.nextOrEnd() == nil)
        #expect(fixture.queue.state.deleted == ["m"])
    }

    @Test func `the run does not end while a message is in flight`() async throws {
        let fixture = IntakeFixture { $0.untilIdle = .seconds(3) }
        fixture.queue.send(keys: ["a"], id: "m")
        fixture.start()
        let work = try await fixture.next()
        await fixture.queue.until { $0.receiveRequests.count == 2 }
        fixture.clock.advance(by: .seconds(3))
        for receives in 3...20 {
            await fixture.queue.until { $0.receiveRequests.count == receives }
            fixture.clock.advance(by: .seconds(1))
        }
        await fixture.queue.until { $0.receiveRequests.count == 21 }
        work.settle(.done)
        fixture.clock.advance(by: .seconds(1))
        try await fixture.end()
        #expect(fixture.queue.state.deleted == ["m"])
    }

    @Test func `a message during the idle time restarts it`() async throws {
        let fixture = IntakeFixture { $0.untilIdle = .seconds(10) }
        fixture.start()
        await fixture.queue.until { $0.receiveRequests.count == 1 }
        fixture.clock.advance(by: .seconds(9))
        fixture.queue.send(keys: ["a"], id: "m")
        try await fixture.next().settle(.done)
        await fixture.queue.until { $0.receiveRequests.count == 2 }
        #expect(fixture.queue.state.receiveRequests[1].wait == .seconds(10))
        fixture.clock.advance(by: .seconds(10))
        try await fixture.end()
        #expect(fixture.queue.state.deleted == ["m"])
    }

    @Test func `a queue that cannot be reached is not idle`() async throws {
        let fixture = IntakeFixture { $0.untilIdle = .seconds(2) }
        fixture.queue.change {
            $0.receiveErrors = Array(repeating: AWSError.sqs(.transient, "ServiceUnavailable"), count: 4)
        }
        fixture.start()
        while fixture.queue.state.receiveRequests.count < 5 {
            fixture.clock.advance(by: .milliseconds(100))
            await yieldToOthers()
        }
        // The whole idle time is still to come.
        #expect(fixture.queue.state.receiveRequests[4].wait == .seconds(2))
        fixture.clock.advance(by: .seconds(2))
        try await fixture.end()
    }
}

private final class Maximum: Sendable {
    private let state = Locked(0)
    var value: Int { state.withLock { $0 } }
    func note(_ number: Int) { state.withLock { $0 = max($0, number) } }
}

private final class Counter: Sendable {
    private let state = Locked(0)
    var value: Int { state.withLock { $0 } }
    func increment() { state.withLock { $0 += 1 } }

    @Test func `an answer that is too large is asked for in smaller numbers, and ends nothing`() async throws {
        let fixture = IntakeFixture()
        let tooLarge = AWSError(
            kind: .invalid, code: "tooLarge", service: .sqs, message: "the body is larger than 16777216 bytes", hint: ""
        )
        fixture.queue.change { $0.receiveErrors = [tooLarge, tooLarge, tooLarge, tooLarge] }
        fixture.queue.send(count: 3)
        fixture.start()
        for number in 2...5 {
            await fixture.clock.untilSleepers(2)
            fixture.clock.advance(by: .seconds(20))
            await fixture.queue.until { $0.receiveRequests.count >= number }
        }
        #expect(fixture.queue.state.receiveRequests.prefix(5).map(\.max) == [10, 5, 2, 1, 1])
        for work in try await fixture.next(1) { work.settle(.done) }
        try await fixture.stop()
    }

    @Test(arguments: [AWSError.Kind.denied, .credentials]) func `a first request that is denied is repeated`(
        kind: AWSError.Kind
    ) async throws {
        let fixture = IntakeFixture()
        fixture.queue.change { $0.receiveErrors = [.sqs(kind, "AccessDenied"), .sqs(kind, "AccessDenied")] }
        fixture.queue.send(count: 1)
        fixture.start()
        for number in 2...3 {
            await fixture.clock.untilSleepers(2)
            fixture.clock.advance(by: .seconds(20))
            await fixture.queue.until { $0.receiveRequests.count >= number }
        }
        try await fixture.next().settle(.done)
        try await fixture.stop()
    }
}
