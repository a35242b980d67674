import Dispatch
import Domain
import Inspection
import Intake
import Judging
import Ledger
import ScanProtocol
import Support
import TestKit
import Testing
import Transfer
import Worker

/// A worker that stops, and one that is busy.
@Suite(.timeLimit(.minutes(1))) struct ShutdownTests {
    let queue = MemoryQueue.answeringAtOnce()
    let progress = Progress()
    let clock = ManualClock()

    private func worker(_ fixture: FaultFixture, visibility: Duration = .seconds(60)) -> Worker {
        var configuration = IntakeConfiguration(concurrency: 4)
        configuration.visibility = visibility
        configuration.ackLinger = .zero
        configuration.stopGrace = .zero
        let dispatcher = WorkDispatcher(
            lanes: [.live], capacity: Capacity(permits: 4), request: { _ in .small },
            space: { fixture.context.fetch.folder.spoolSpace }, log: .quiet)
        let intake = Intake(
            queue: queue, configuration: configuration, dispatcher: dispatcher, clocks: Clocks(clock), log: .quiet)
        return Worker(
            intakes: [intake], dispatcher: dispatcher, context: fixture.context, progress: progress, log: .quiet)
    }

    private func until(_ what: String, _ condition: @escaping @Sendable () async -> Bool) async throws {
        try await within(.seconds(20), what) {
            while !(await condition()) { try await Task.sleep(for: .milliseconds(2)) }
        }
    }

    // MARK: The end

    @Test func `a running job is handed back only when the grace is over`() async throws {
        let inspector = ScriptedInspector.hanging()
        let fixture = try await FaultFixture(inspector)
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = fixture.job()
        queue.send(job.object, id: "m1")
        let worker = worker(fixture)
        let running = Task { try await worker.run() }
        await inspector.asked.value
        worker.drain()
        for _ in 0..<200 { await Task.yield() }
        #expect(progress.counts.running == 1 && queue.state.changes.isEmpty)
        worker.endGrace()
        worker.endGrace()
        try await running.value
        #expect(queue.state.changes == [MemoryQueue.VisibilityChange(receiptHandle: "m1#1", timeout: .zero)])
        #expect(queue.state.deleted.isEmpty)
        #expect(progress.counts.handedBack == 1 && progress.counts.retries == 0)
        #expect(fixture.s3.names == ["inbox/up/a"])
        // The next worker does not have to wait until a claim expires.
        let record = try #require(try await fixture.ledger.job(job.id))
        #expect(record.heldBy == nil && record.attempts.first?.error?.contains("worker is stopping") == true)
    }

    /// All requests come at the worst moment: during the copy or the delete.
    @Test(arguments: ["CopyObject", "DeleteObject"])
    func `a move that has begun is finished whatever is requested`(operation: String) async throws {
        let calls = Locked<(@Sendable () -> Void)?>(nil)
        let fixture = try await FaultFixture { call in
            if call.operation == operation { calls.withLock { $0 }?() }
            return nil
        }
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = fixture.job()
        let worker = worker(fixture)
        let running = Task {
            // Starts once the test has set what happens at the copy.
            try await eventually { calls.withLock { $0 != nil } }
            try await worker.run()
        }
        calls.withLock { call in
            call = {
                worker.drain()
                worker.endGrace()
                running.cancel()
            }
        }
        queue.send(job.object, id: "m1")
        try await running.value
        #expect(fixture.s3.names == ["out/done/a"])
        #expect(queue.state.deleted == ["m1"])
        #expect(try await fixture.ledger.job(job.id)?.outcome?.kind == .settled)
    }

    @Test func `an unreadable message does not wait for a closed ledger`() async throws {
        let fixture = try await FaultFixture()
        await fixture.ledger.close()
        queue.send("garbage", id: "m1")
        let worker = worker(fixture)
        let running = Task { try await worker.run() }
        try await until("the message given back") { [queue] in !queue.state.changes.isEmpty }
        worker.drain()
        try await running.value
        #expect(queue.state.deleted.isEmpty)
    }

    // MARK: Leases

    @Test func `leases and claims are renewed while the jobs' thread is busy`() async throws {
        let gate = DispatchSemaphore(value: 0)
        // Blocks the calling thread, as no real scanner does.
        let inspector = ScriptedInspector(beforeType: { () async throws(ScannerError) in block(on: gate) })
        let fixture = try await FaultFixture(inspector, claimLife: .milliseconds(400))
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = fixture.job()
        queue.send(job.object, id: "m1")
        let worker = worker(fixture)
        let running = Task { try await worker.run(on: WorkThread("busy")) }
        await inspector.asked.value
        let first = try #require(try await fixture.ledger.job(job.id)?.heldUntil)
        // Half a visibility time-out, three times.
        for round in 1...3 {
            clock.advance(by: .seconds(30))
            try await until("extension \(round)") { [queue, clock] in
                if queue.state.changes.count >= round { return true }
                // The keeper may have looked before the last extension was on record: then it looks again later.
                if clock.sleeperCount > 0 { clock.advance(by: .seconds(1)) }
                return false
            }
        }
        #expect(
            queue.state.changes.allSatisfy {
                $0 == MemoryQueue.VisibilityChange(receiptHandle: "m1#1", timeout: .seconds(60))
            })
        try await until("a renewal") {
            let until = try? await fixture.ledger.job(job.id)?.heldUntil
            return until.map { $0 > first } ?? false
        }
        gate.signal()
        // Acknowledgements wait on the manual clock too.
        try await until("the acknowledgement") { [queue, clock] in
            clock.advance(by: .milliseconds(1))
            return queue.state.deleted == ["m1"]
        }
        worker.drain()
        try await running.value
        #expect(fixture.s3.names == ["out/done/a"])
    }

    @Test func `a job that takes over twelve hours is stopped and its object stays`() async throws {
        let inspector = ScriptedInspector.hanging()
        let fixture = try await FaultFixture(inspector)
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = fixture.job()
        queue.send(job.object, id: "m1")
        let worker = worker(fixture, visibility: .seconds(43_200))
        let running = Task { try await worker.run() }
        await inspector.asked.value
        clock.advance(by: .seconds(43_198))
        for _ in 0..<200 { await Task.yield() }
        #expect(progress.counts.running == 1)
        clock.advance(by: .seconds(2))
        try await until("the end of the attempt") { [progress] in progress.counts.retries == 1 }
        worker.drain()
        try await running.value
        #expect(fixture.s3.names == ["inbox/up/a"])
        // The queue gets no request for a message whose lease is over.
        #expect(queue.state.deleted.isEmpty && queue.state.changes.allSatisfy { $0.timeout > .zero })
        let error = try #require(try await fixture.ledger.job(job.id)?.attempts.first?.error)
        #expect(error.contains("12 hours"))
    }
}

extension Log {
    static let quiet = Log(threshold: .error) { _ in }
}

private func block(on gate: DispatchSemaphore) { gate.wait() }
