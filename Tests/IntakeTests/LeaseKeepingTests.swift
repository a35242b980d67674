import AWS
import Domain
import Support
import TestKit
import Testing

@testable import Intake

/// Leases of the messages that an intake holds.
@Suite(.timeLimit(.minutes(1))) struct LeaseKeepingTests {
    @Test func `all held messages, buffered ones included, are extended after half their lease`() async throws {
        let fixture = IntakeFixture(concurrency: 2)
        fixture.queue.send(count: 10)
        fixture.start()
        let started = try await fixture.next(2)
        fixture.clock.advance(by: .seconds(29))
        await yieldToOthers()
        #expect(fixture.queue.state.changeRequests.isEmpty)
        fixture.clock.advance(by: .seconds(1))
        await fixture.untilExtensions(10)
        // One request for all ten.
        #expect(fixture.queue.state.changeRequests.count == 1)
        let changes = fixture.queue.state.changeRequests[0]
        #expect(Set(changes.map(\.receiptHandle)) == Set((1...10).map { "m\($0)#1" }))
        #expect(changes.allSatisfy { $0.timeout == .seconds(60) })
        // Long after the first term all leases are still held, and no other receiver has got the messages.
        for round in 2...4 {
            fixture.clock.advance(by: .seconds(30))
            await fixture.untilExtensions(10 * round)
        }
        let rest = try await fixture.next(8)
        for work in started + rest {
            #expect(work.lease.isHeld)
            work.settle(.done)
        }
        try await fixture.stop()
        #expect(fixture.queue.state.deleted.count == 10)
    }

    @Test func `more than ten leases are extended in several requests`() async throws {
        let fixture = IntakeFixture(concurrency: 15)
        fixture.queue.send(count: 20)
        fixture.start()
        let works = try await fixture.next(20)
        fixture.clock.advance(by: .seconds(30))
        await fixture.queue.until { $0.changeRequests.joined().count == 20 }
        #expect(fixture.queue.state.changeRequests.map(\.count) == [10, 10])
        for work in works { work.settle(.done) }
        try await fixture.stop()
    }

    @Test func `a failed extension leaves the deadline and is retried`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(count: 2)
        fixture.queue.change {
            $0.failChange = { change, request in
                request <= 2 && change.receiptHandle == "m1#1"
                    ? SQSBatchFailure(code: "InternalError", message: "no", isSenderFault: false) : nil
            }
        }
        fixture.start()
        let works = try await fixture.next(2)
        let deadline = works[0].lease.deadline
        fixture.clock.advance(by: .seconds(30))
        await fixture.queue.until { $0.changeRequests.count == 1 }
        try await eventually { works[1].lease.deadline - fixture.clock.now.offset >= .seconds(30) }
        #expect(works[0].lease.deadline - fixture.clock.now.offset == .seconds(29))
        #expect(works[0].lease.deadline == deadline)
        while fixture.queue.state.changeRequests.count < 3 {
            fixture.clock.advance(by: .milliseconds(100))
            await yieldToOthers()
        }
        // Only the failed lease is extended again.
        #expect(fixture.queue.state.changeRequests[1].map(\.receiptHandle) == ["m1#1"])
        #expect(fixture.queue.state.changeRequests[2].map(\.receiptHandle) == ["m1#1"])
        try await eventually { works[0].lease.deadline - fixture.clock.now.offset >= .seconds(30) }
        for work in works { work.settle(.done) }
        try await fixture.stop()
        #expect(fixture.queue.state.deleted.count == 2)
    }

    @Test func `a lease that cannot be extended expires and its message is not acknowledged`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(count: 1)
        fixture.queue.change {
            $0.failChange = { (_, _) throws(AWSError) in throw .sqs(.transient, "ServiceUnavailable") }
        }
        fixture.start()
        let work = try await fixture.next()
        let (loss, losses) = (Occurrence(), Losses())
        work.lease.onLost {
            losses.append($0)
            loss.keep()
        }
        var tries = 0
        while fixture.clock.now.offset < .seconds(58) {
            fixture.clock.advance(by: .milliseconds(100))
            await yieldToOthers()
            tries = fixture.queue.state.changeRequests.count
        }
        #expect(tries > 3)
        #expect(work.lease.isHeld)
        fixture.clock.advance(by: .seconds(1))
        #expect(!work.lease.isHeld)
        #expect(throws: LeaseLost.expired) { try work.lease.check() }
        await loss.value()
        #expect(losses.all == [.expired])
        work.settle(.done)
        try await fixture.stop()
        #expect(fixture.queue.state.deleteRequests.isEmpty)
        #expect(fixture.intake.counters.leasesLost == 1)
    }

    @Test(arguments: [
        SQSBatchFailure(code: "ReceiptHandleIsInvalid", message: "", isSenderFault: false),
        SQSBatchFailure(code: "AWS.SimpleQueueService.MessageNotInflight", message: "", isSenderFault: false),
        SQSBatchFailure(
            code: "InvalidParameterValue",
            message: "Message does not exist or is not available for visibility timeout change.", isSenderFault: true),
    ])
    func `a lease is lost at once if SQS says that the message is not ours`(failure: SQSBatchFailure) async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(count: 2)
        fixture.queue.change { $0.failChange = { change, _ in change.receiptHandle == "m2#1" ? failure : nil } }
        fixture.start()
        let works = try await fixture.next(2)
        let (loss, losses) = (Occurrence(), Losses())
        works[1].lease.onLost {
            losses.append($0)
            loss.keep()
        }
        works[0].lease.onLost { losses.append($0) }
        fixture.clock.advance(by: .seconds(30))
        await loss.value()
        #expect(losses.all == [.taken(failure.code)])
        #expect(works[0].lease.isHeld)
        #expect(throws: LeaseLost.taken(failure.code)) { try works[1].lease.check() }
        // A handler registered later is called at once.
        works[1].lease.onLost { losses.append($0) }
        #expect(losses.all.count == 2)
        for work in works { work.settle(.done) }
        try await fixture.stop()
        #expect(fixture.queue.state.deleteRequests.flatMap(\.self) == ["m1#1"])
        #expect(fixture.intake.counters.leasesLost == 1)
    }

    @Test func `a buffered message whose lease is lost is not dispatched`() async throws {
        let fixture = IntakeFixture(concurrency: 1)
        fixture.queue.send(count: 3)
        fixture.queue.change {
            $0.failChange = { change, _ in
                change.receiptHandle == "m2#1"
                    ? SQSBatchFailure(code: "ReceiptHandleIsInvalid", message: "", isSenderFault: false) : nil
            }
        }
        fixture.start()
        let first = try await fixture.next()
        fixture.clock.advance(by: .seconds(30))
        await fixture.untilExtensions(2)
        try await eventually { fixture.intake.counters.leasesLost > 0 }
        let second = try await fixture.next()
        #expect(second.key == "k3")
        for work in [first, second] { work.settle(.done) }
        fixture.clock.advance(by: .seconds(1))
        await fixture.queue.until { $0.deleted.count == 2 }
        // The lost message is delivered again once its visibility timeout is over.
        fixture.clock.advance(by: .seconds(29))
        let again = try await fixture.next()
        #expect(again.messageID == "m2" && again.receiveCount == 2)
        again.settle(.done)
        try await fixture.stop()
        #expect(fixture.queue.state.deleted.count == 3)
    }

    @Test func `the lease ends twelve hours after receipt`() async throws {
        let fixture = IntakeFixture { $0.visibility = .seconds(3600) }
        fixture.queue.send(count: 1)
        fixture.start()
        let work = try await fixture.next()
        let (loss, losses) = (Occurrence(), Losses())
        work.lease.onLost {
            losses.append($0)
            loss.keep()
        }
        for request in 1...22 {
            fixture.clock.advance(by: .seconds(1800))
            await fixture.untilExtensions(request)
        }
        #expect(fixture.queue.state.changeRequests.last?.first?.timeout == .seconds(3599))
        let beforeTheEnd: Duration = .seconds(43_197)
        fixture.clock.advance(by: beforeTheEnd - fixture.clock.now.offset)
        await yieldToOthers()
        #expect(work.lease.isHeld)
        fixture.clock.advance(by: .seconds(2))
        await loss.value()
        #expect(losses.all == [.tooOld])
        work.settle(.done)
        try await fixture.stop()
        // The message may have been delivered again by now; nothing more was requested for the lost delivery.
        #expect(fixture.queue.state.changeRequests.joined().count { $0.receiptHandle == "m1#1" } == 22)
        #expect(fixture.queue.state.deleteRequests.isEmpty)
    }

    @Test func `the lease is kept until the acknowledgement has succeeded`() async throws {
        let fixture = IntakeFixture { $0.ackAttempts = 100 }
        fixture.queue.send(count: 1)
        fixture.queue.change {
            $0.failDelete = { _, _ in SQSBatchFailure(code: "InternalError", message: "no", isSenderFault: false) }
        }
        fixture.start()
        try await fixture.next().settle(.done)
        for round in 1...4 {
            fixture.clock.advance(by: .seconds(30))
            await fixture.untilExtensions(round)
        }
        fixture.queue.change { $0.failDelete = nil }
        try await fixture.stopMovingTheClock()
        #expect(fixture.queue.state.deleted == ["m1"])
    }

    @Test func `a settled message is not extended`() async throws {
        let fixture = IntakeFixture()
        fixture.queue.send(count: 2)
        fixture.start()
        let works = try await fixture.next(2)
        works[0].settle(.done)
        fixture.clock.advance(by: .seconds(1))
        await fixture.queue.until { $0.deleted == ["m1"] }
        fixture.clock.advance(by: .seconds(29))
        await fixture.queue.until { !$0.changeRequests.isEmpty }
        #expect(
            fixture.queue.state.changeRequests == [
                [MemoryQueue.VisibilityChange(receiptHandle: "m2#1", timeout: .seconds(60))]
            ])
        works[1].settle(.done)
        try await fixture.stop()
        #expect(fixture.intake.counters.leasesLost == 0)
    }
}

extension Lease {
    /// Until when the lease lasts unless it is extended, on the clock of the fixture.
    fileprivate var deadline: Duration { update { $0.deadline } }
}

/// Collects the losses that `onLost` reports.
final class Losses: Sendable {
    private let state = Locked<[LeaseLost]>([])
    var all: [LeaseLost] { state.withLock { $0 } }
    func append(_ loss: LeaseLost) { state.withLock { $0.append(loss) } }
}

/// An event that happens once and can be awaited.
final class Occurrence: Sendable {
    private let stream = AsyncStream<Void>.makeStream()
    func keep() { stream.continuation.finish() }
    func value() async { for await _ in stream.stream {} }
}
