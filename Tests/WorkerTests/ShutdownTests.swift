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

/// A worker that is told to end, and one whose hands are full.
@Suite(.timeLimit(.minutes(1))) struct ShutdownTests {
    let queue = OnceQueue()
    let progress = Progress()
    let clock = ManualClock()

    private func worker(_ bench: FaultBench, visibility: Duration = .seconds(60)) -> Worker {
        var configuration = IntakeConfiguration(concurrency: 4)
        configuration.visibility = visibility
        configuration.ackLinger = .zero
        configuration.stopGrace = .zero
        let dispatcher = WorkDispatcher(
            lanes: [.live], shares: Capacity(places: 4), need: { _ in .nothing },
            space: { bench.parts.fetch.folder.spoolSpace }, log: .quiet)
        let intake = Intake(
            queue: queue, configuration: configuration, dispatcher: dispatcher, clock: clock, log: .quiet)
        return Worker(intakes: [intake], dispatcher: dispatcher, context: bench.parts, progress: progress, log: .quiet)
    }

    private func until(_ what: String, _ condition: @escaping @Sendable () async -> Bool) async throws {
        try await within(.seconds(20), what) {
            while !(await condition()) { try await Task.sleep(for: .milliseconds(2)) }
        }
    }

    // MARK: The end

    @Test func `what runs goes on until the grace is over and is handed back then`() async throws {
        let inspector = HangingInspector()
        let bench = try await FaultBench(inspector)
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = bench.job()
        queue.send(job.object, id: "m1")
        let worker = worker(bench)
        let running = Task { try await worker.run() }
        await inspector.asked.value
        worker.drain()
        for _ in 0..<200 { await Task.yield() }
        #expect(progress.counts.running == 1 && queue.state.changes.isEmpty)
        worker.endGrace()
        worker.endGrace()
        try await running.value
        #expect(queue.state.changes == [VisibilityChange(receipt: "m1", timeout: .zero)])
        #expect(queue.state.deleted.isEmpty)
        #expect(progress.counts.handedBack == 1 && progress.counts.retries == 0)
        #expect(bench.s3.names == ["inbox/up/a"])
        // The next worker need not wait for a claim to expire.
        let record = try #require(try await bench.ledger.job(job.id))
        #expect(record.heldBy == nil && record.attempts.first?.error?.contains("worker is stopping") == true)
    }

    /// Everything comes at the worst moment: the copy is under way.
    @Test(arguments: ["CopyObject", "DeleteObject"])
    func `a move under way is finished whatever is asked for`(operation: String) async throws {
        let calls = Locked<(@Sendable () -> Void)?>(nil)
        let bench = try await FaultBench { call in
            if call.operation == operation { calls.withLock { $0 }?() }
            return nil
        }
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = bench.job()
        let worker = worker(bench)
        let running = Task {
            // Begins once the test has said what is to happen at the copy.
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
        #expect(bench.s3.names == ["out/done/a"])
        #expect(queue.state.deleted == ["m1"])
        #expect(try await bench.ledger.job(job.id)?.outcome?.kind == .settled)
    }

    @Test func `an unreadable message is not waited for when the ledger is down`() async throws {
        let bench = try await FaultBench()
        await bench.ledger.close()
        queue.send("garbage", id: "m1")
        let worker = worker(bench)
        let running = Task { try await worker.run() }
        try await until("the message given back") { [queue] in !queue.state.changes.isEmpty }
        worker.drain()
        try await running.value
        #expect(queue.state.deleted.isEmpty)
    }

    // MARK: Leases

    /// Blocks the thread that asks, as no scanner does.
    private final class BlockingInspector: Inspector {
        let asked = Promise<Void>()
        let gate = DispatchSemaphore(value: 0)
        private let inner = ScriptedInspector()

        func identify(_ descriptor: CInt, size: Int64) async throws(ScannerError) -> String {
            asked.keep(())
            block()
            return try await inner.identify(descriptor, size: size)
        }

        private func block() { gate.wait() }

        func scan(
            _ descriptor: CInt, size: Int64, limits: ScanLimits, knownType: String?
        ) async throws(ScannerError) -> ScanReport {
            try await inner.scan(descriptor, size: size, limits: limits, knownType: knownType)
        }
    }

    @Test func `leases and claims are kept while the thread of the jobs is busy`() async throws {
        let inspector = BlockingInspector()
        let bench = try await FaultBench(inspector, claimLife: .milliseconds(400))
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = bench.job()
        queue.send(job.object, id: "m1")
        let worker = worker(bench)
        let running = Task { try await worker.run(on: WorkThread("busy")) }
        await inspector.asked.value
        let first = try #require(try await bench.ledger.job(job.id)?.heldUntil)
        // Half a visibility, and again.
        for round in 1...3 {
            clock.advance(by: .seconds(30))
            try await until("extension \(round)") { [queue] in queue.state.changes.count >= round }
        }
        #expect(queue.state.changes.allSatisfy { $0 == VisibilityChange(receipt: "m1", timeout: .seconds(60)) })
        try await until("a renewal") {
            let until = try? await bench.ledger.job(job.id)?.heldUntil
            return until.map { $0 > first } ?? false
        }
        inspector.gate.signal()
        // Its time for acknowledgements is the test's clock too.
        try await until("the acknowledgement") { [queue, clock] in
            clock.advance(by: .milliseconds(1))
            return queue.state.deleted == ["m1"]
        }
        worker.drain()
        try await running.value
        #expect(bench.s3.names == ["out/done/a"])
    }

    @Test func `a job that outlasts twelve hours is stopped and its object stays`() async throws {
        let inspector = HangingInspector()
        let bench = try await FaultBench(inspector)
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = bench.job()
        queue.send(job.object, id: "m1")
        let worker = worker(bench, visibility: .seconds(43_200))
        let running = Task { try await worker.run() }
        await inspector.asked.value
        clock.advance(by: .seconds(43_198))
        for _ in 0..<200 { await Task.yield() }
        #expect(progress.counts.running == 1)
        clock.advance(by: .seconds(2))
        try await until("the end of the attempt") { [progress] in progress.counts.retries == 1 }
        worker.drain()
        try await running.value
        #expect(bench.s3.names == ["inbox/up/a"])
        // Nothing is said to the queue of a message that is not ours any more.
        #expect(queue.state.deleted.isEmpty && queue.state.changes.allSatisfy { $0.timeout > .zero })
        let error = try #require(try await bench.ledger.job(job.id)?.attempts.first?.error)
        #expect(error.contains("12 hours"))
    }
}

extension Log {
    static let quiet = Log(threshold: .error) { _ in }
}
