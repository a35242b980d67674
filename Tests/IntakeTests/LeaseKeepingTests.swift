import Domain
import Intake
import Support
import TestKit
import Testing

/// Leases of messages that the intake holds.
@Suite(.timeLimit(.minutes(1))) struct LeaseKeepingTests {
    @Test func `all held messages are extended at half their life buffered ones included`() async throws {
        let bench = IntakeBench(concurrency: 2)
        bench.queue.send(count: 10)
        bench.start()
        let started = try await bench.next(2)
        bench.clock.advance(by: .seconds(29))
        await bench.settleDown()
        #expect(bench.queue.state.changes.isEmpty)
        bench.clock.advance(by: .seconds(1))
        await bench.untilExtensions(10)
        // One request for all ten.
        #expect(bench.queue.state.changes.count == 1)
        let changes = bench.queue.state.changes[0]
        #expect(Set(changes.map(\.receipt)) == Set((1...10).map { "m\($0)#1" }))
        #expect(changes.allSatisfy { $0.timeout == .seconds(60) })
        // Long after the first term all are held still, and nobody else has them.
        for round in 2...4 {
            bench.clock.advance(by: .seconds(30))
            await bench.untilExtensions(10 * round)
        }
        let rest = try await bench.next(8)
        for work in started + rest {
            #expect(work.lease.isHeld)
            await work.settle(.done)
        }
        try await bench.stop()
        #expect(bench.queue.state.deleted.count == 10)
    }

    @Test func `more than ten are extended in several requests`() async throws {
        let bench = IntakeBench(concurrency: 15)
        bench.queue.send(count: 20)
        bench.start()
        let works = try await bench.next(20)
        bench.clock.advance(by: .seconds(30))
        await bench.queue.until { $0.changes.joined().count == 20 }
        #expect(bench.queue.state.changes.map(\.count) == [10, 10])
        for work in works { await work.settle(.done) }
        try await bench.stop()
    }

    @Test func `a failed extension leaves the deadline and is tried again`() async throws {
        let bench = IntakeBench()
        bench.queue.send(count: 2)
        bench.queue.change {
            $0.failChange = { change, request in
                request <= 2 && change.receipt == "m1#1" ? QueueFailure(code: "InternalError", message: "no") : nil
            }
        }
        bench.start()
        let works = try await bench.next(2)
        let deadline = works[0].lease.deadline
        bench.clock.advance(by: .seconds(30))
        await bench.queue.until { $0.changes.count == 1 }
        try await eventually { works[1].lease.remaining >= .seconds(30) }
        #expect(works[0].lease.remaining == .seconds(29))
        #expect(works[0].lease.deadline == deadline)
        while bench.queue.state.changes.count < 3 {
            bench.clock.advance(by: .milliseconds(100))
            await bench.settleDown()
        }
        // Only the one that failed is asked for again.
        #expect(bench.queue.state.changes[1].map(\.receipt) == ["m1#1"])
        #expect(bench.queue.state.changes[2].map(\.receipt) == ["m1#1"])
        try await eventually { works[0].lease.remaining >= .seconds(30) }
        for work in works { await work.settle(.done) }
        try await bench.stop()
        #expect(bench.queue.state.deleted.count == 2)
    }

    @Test func `a lease that cannot be extended runs out and is not acknowledged`() async throws {
        let bench = IntakeBench()
        bench.queue.send(count: 1)
        bench.queue.change { $0.failChange = { _, _ in throw OutageError() } }
        bench.start()
        let work = try await bench.next()
        let (loss, losses) = (Occurrence(), Losses())
        work.lease.onLost {
            losses.append($0)
            loss.keep()
        }
        var tries = 0
        while bench.clock.now.offset < .seconds(58) {
            bench.clock.advance(by: .milliseconds(100))
            await bench.settleDown()
            tries = bench.queue.state.changes.count
        }
        #expect(tries > 3)
        #expect(work.lease.isHeld)
        bench.clock.advance(by: .seconds(1))
        #expect(!work.lease.isHeld)
        #expect(throws: LeaseLost.expired) { try work.lease.check() }
        await loss.value()
        #expect(losses.all == [.expired])
        await work.settle(.done)
        try await bench.stop()
        #expect(bench.queue.state.deletes.isEmpty)
        #expect(bench.intake.counters.leasesLost == 1)
    }

    @Test(arguments: [
        QueueFailure(code: "ReceiptHandleIsInvalid", message: ""),
        QueueFailure(code: "AWS.SimpleQueueService.MessageNotInflight", message: ""),
        QueueFailure(
            code: "InvalidParameterValue",
            message: "Message does not exist or is not available for visibility timeout change."),
    ])
    func `a message that is not ours is lost at once`(failure: QueueFailure) async throws {
        let bench = IntakeBench()
        bench.queue.send(count: 2)
        bench.queue.change { $0.failChange = { change, _ in change.receipt == "m2#1" ? failure : nil } }
        bench.start()
        let works = try await bench.next(2)
        let (loss, losses) = (Occurrence(), Losses())
        works[1].lease.onLost {
            losses.append($0)
            loss.keep()
        }
        works[0].lease.onLost { losses.append($0) }
        bench.clock.advance(by: .seconds(30))
        await loss.value()
        #expect(losses.all == [.taken(failure.code)])
        #expect(works[0].lease.isHeld)
        #expect(throws: LeaseLost.taken(failure.code)) { try works[1].lease.check() }
        // Who asks later is told at once.
        works[1].lease.onLost { losses.append($0) }
        #expect(losses.all.count == 2)
        for work in works { await work.settle(.done) }
        try await bench.stop()
        #expect(bench.queue.state.deletes.flatMap(\.self) == ["m1#1"])
        #expect(bench.intake.counters.leasesLost == 1)
    }

    @Test func `a buffered message whose lease is lost is not handed out`() async throws {
        let bench = IntakeBench(concurrency: 1)
        bench.queue.send(count: 3)
        bench.queue.change {
            $0.failChange = { change, _ in
                change.receipt == "m2#1" ? QueueFailure(code: "ReceiptHandleIsInvalid", message: "") : nil
            }
        }
        bench.start()
        let first = try await bench.next()
        bench.clock.advance(by: .seconds(30))
        await bench.untilExtensions(2)
        try await eventually { bench.intake.counters.leasesLost > 0 }
        let second = try await bench.next()
        #expect(second.key == "k3")
        for work in [first, second] { await work.settle(.done) }
        bench.clock.advance(by: .seconds(1))
        await bench.queue.until { $0.deleted.count == 2 }
        // The queue gives the lost one again once its time is over.
        bench.clock.advance(by: .seconds(29))
        let again = try await bench.next()
        #expect(again.messageID == "m2" && again.receiveCount == 2)
        await again.settle(.done)
        try await bench.stop()
        #expect(bench.queue.state.deleted.count == 3)
    }

    @Test func `the lease ends twelve hours after receipt`() async throws {
        let bench = IntakeBench { $0.visibility = .seconds(3600) }
        bench.queue.send(count: 1)
        bench.start()
        let work = try await bench.next()
        let (loss, losses) = (Occurrence(), Losses())
        work.lease.onLost {
            losses.append($0)
            loss.keep()
        }
        for request in 1...22 {
            bench.clock.advance(by: .seconds(1800))
            await bench.untilExtensions(request)
        }
        #expect(bench.queue.state.changes.last?.first?.timeout == .seconds(3599))
        let beforeTheEnd: Duration = .seconds(43_197)
        bench.clock.advance(by: beforeTheEnd - bench.clock.now.offset)
        await bench.settleDown()
        #expect(work.lease.isHeld)
        bench.clock.advance(by: .seconds(2))
        await loss.value()
        #expect(losses.all == [.tooOld])
        await work.settle(.done)
        try await bench.stop()
        // The queue may have given it again by now; nothing was said of the delivery that was lost.
        #expect(bench.queue.state.changes.joined().count { $0.receipt == "m1#1" } == 22)
        #expect(bench.queue.state.deletes.isEmpty)
    }

    @Test func `the lease is kept until the acknowledgement is through`() async throws {
        let bench = IntakeBench { $0.ackAttempts = 100 }
        bench.queue.send(count: 1)
        bench.queue.change { $0.failDelete = { _, _ in QueueFailure(code: "InternalError", message: "no") } }
        bench.start()
        await (try await bench.next()).settle(.done)
        for round in 1...4 {
            bench.clock.advance(by: .seconds(30))
            await bench.untilExtensions(round)
        }
        bench.queue.change { $0.failDelete = nil }
        try await bench.stopMovingTheClock()
        #expect(bench.queue.state.deleted == ["m1"])
    }

    @Test func `a settled message is not extended`() async throws {
        let bench = IntakeBench()
        bench.queue.send(count: 2)
        bench.start()
        let works = try await bench.next(2)
        await works[0].settle(.done)
        bench.clock.advance(by: .seconds(1))
        await bench.queue.until { $0.deleted == ["m1"] }
        bench.clock.advance(by: .seconds(29))
        await bench.queue.until { !$0.changes.isEmpty }
        #expect(bench.queue.state.changes == [[VisibilityChange(receipt: "m2#1", timeout: .seconds(60))]])
        await works[1].settle(.done)
        try await bench.stop()
        #expect(bench.intake.counters.leasesLost == 0)
    }
}

/// Collects what `onLost` tells.
final class Losses: Sendable {
    private let state = Locked<[LeaseLost]>([])
    var all: [LeaseLost] { state.withLock { $0 } }
    func append(_ loss: LeaseLost) { state.withLock { $0.append(loss) } }
}

/// Something that happens once and can be waited for.
final class Occurrence: Sendable {
    private let stream = AsyncStream<Void>.makeStream()
    func keep() { stream.continuation.finish() }
    func value() async { for await _ in stream.stream {} }
}
