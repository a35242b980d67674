import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing
import Transfer
import Worker

/// The run loop over a queue in memory, with real time: nothing here waits for it to pass but the renewal of a claim.
@Suite(.timeLimit(.minutes(1))) struct RunLoopTests {
    let queue = OnceQueue()
    let progress = Progress()

    func worker(_ bench: FaultBench, untilIdle: Duration? = nil) -> Worker {
        var configuration = IntakeConfiguration(concurrency: 4)
        configuration.untilIdle = untilIdle
        configuration.ackLinger = .milliseconds(5)
        configuration.stopGrace = .zero
        let quiet = Log(threshold: .error) { _ in }
        let dispatcher = WorkDispatcher(
            lanes: [.live], shares: Capacity(places: 4), need: { _ in .nothing },
            space: { bench.parts.fetch.folder.spoolSpace }, log: quiet)
        return Worker(
            intakes: [Intake(queue: queue, configuration: configuration, dispatcher: dispatcher, log: quiet)],
            dispatcher: dispatcher, context: bench.parts, progress: progress, log: quiet)
    }

    func until(_ what: String, _ condition: @escaping @Sendable () async -> Bool) async throws {
        try await within(.seconds(20), what) {
            while !(await condition()) { try await Task.sleep(for: .milliseconds(2)) }
        }
    }

    @Test func `a duplicate in flight waits and is acknowledged without work`() async throws {
        let inspector = GatedInspector()
        let bench = try await FaultBench(inspector)
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        for id in ["m1", "m2"] { queue.send(bench.job().object, id: id) }
        let worker = worker(bench)
        let running = Task { try await worker.run() }
        try await until("both messages at work") { [progress] in progress.counts.running == 2 }
        inspector.gate.keep(())
        try await until("both acknowledged") { [queue] in Set(queue.state.deleted) == ["m1", "m2"] }
        worker.drain()
        try await running.value
        #expect(progress.counts.settled == 1 && progress.counts.duplicates == 1)
        #expect(bench.s3.operations == ["GetObject", "CopyObject", "DeleteObject"])
        #expect(bench.s3.names == ["out/done/a"])
    }

    /// It asks the ledger when the first attempt is over there, and not before.
    @Test func `a duplicate takes over when the attempt it waits for fails`() async throws {
        let inspector = GatedInspector()
        let bench = try await FaultBench(inspector) { call in
            call.operation == "CopyObject" && call.attempt == 1 ? .s3(403, "AccessDenied") : nil
        }
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        for id in ["m1", "m2"] { queue.send(bench.job().object, id: id) }
        let worker = worker(bench)
        let running = Task { try await worker.run() }
        try await until("both messages at work") { [progress] in progress.counts.running == 2 }
        inspector.gate.keep(())
        try await until("one ended") { [progress] in progress.counts.settled + progress.counts.retries == 2 }
        worker.drain()
        try await running.value
        #expect(progress.counts.settled == 1 && progress.counts.retries == 1)
        #expect(bench.s3.requests("GetObject").count == 1)
        #expect(bench.s3.names == ["out/done/a"])
        // The message of the failed attempt comes again, to be a duplicate then.
        #expect(queue.state.deleted.count == 1)
    }

    @Test func `the run ends when the queue is idle and all is settled`() async throws {
        let bench = try await FaultBench()
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        queue.send(bench.job().object, id: "m1")
        let worker = worker(bench, untilIdle: .milliseconds(50))
        try await within(.seconds(20), "the end of the run") { try await worker.run() }
        #expect(queue.state.deleted == ["m1"])
        #expect(progress.counts.settled == 1 && progress.counts.running == 0)
    }

    @Test func `draining twice finishes what runs and ends`() async throws {
        let inspector = GatedInspector()
        let bench = try await FaultBench(inspector)
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        queue.send(bench.job().object, id: "m1")
        let worker = worker(bench)
        let running = Task { try await worker.run() }
        try await until("the job at work") { [progress] in progress.counts.running == 1 }
        worker.drain()
        worker.drain()
        inspector.gate.keep(())
        try await running.value
        worker.drain()
        #expect(queue.state.deleted == ["m1"])
        #expect(bench.s3.names == ["out/done/a"])
    }

    @Test func `a queue that refuses ends the run with its error`() async throws {
        struct Denied: TransientlyFailing { var isTransient: Bool { false } }
        queue.refuse(Denied())
        let worker = worker(try await FaultBench())
        await #expect(throws: QueueUnusable.self) { try await worker.run() }
    }

    @Test func `an unreadable message is recorded and not acknowledged`() async throws {
        let bench = try await FaultBench()
        queue.send("{\"Records\": garbage", id: "m1")
        let worker = worker(bench)
        let running = Task { try await worker.run() }
        try await until("the message given back") { [queue] in queue.state.changes.contains { $0.receipt == "m1" } }
        worker.drain()
        try await running.value
        let recorded = try await bench.ledger.unreadableMessages(limit: 10)
        #expect(recorded.map(\.message.messageID) == ["m1"])
        #expect(recorded.first?.message.body == "{\"Records\": garbage")
        #expect(recorded.first?.message.reason.isEmpty == false)
        #expect(queue.state.deleted.isEmpty)
        #expect(try #require(queue.state.changes.last).timeout > .zero)
        #expect(progress.counts.unreadable == 1)
    }

    // MARK: Claims

    @Test func `a claim is renewed for as long as its job runs`() async throws {
        let bench = try await FaultBench(claimLife: .milliseconds(300))
        bench.s3["inbox", "up/a"] = .init([1])
        let (job, keeper, ledger, now) = (bench.job(), bench.parts.claims, bench.ledger, Timestamp.now())
        let first = now.advanced(by: .milliseconds(300))
        guard
            case .granted(let token, nil) = try await ledger.claim(
                job, by: "one", pipeline: "uploads", receivedAt: now, until: first, now: now)
        else {
            Issue.record("not granted")
            return
        }
        keeper.keep(token)
        let keeping = Task { await keeper.run() }
        defer { keeping.cancel() }
        try await until("two renewals") {
            let until = try? await ledger.job(job.id)?.heldUntil
            return until.map { $0 > first.advanced(by: .milliseconds(200)) } ?? false
        }
        keeper.drop(token)
    }

    // MARK: Turns

    /// How many attempts are at a job, and how many have been.
    private final class Attempts: Sendable {
        private let state = Locked((now: 0, most: 0, ended: 0))
        var most: Int { state.withLock { $0.most } }
        var ended: Int { state.withLock { $0.ended } }

        func run() async {
            state.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
            }
            for _ in 0..<50 { await Task.yield() }
            state.withLock { state in
                state.now -= 1
                state.ended += 1
            }
        }
    }

    @Test func `a job is one attempts at a time`() async throws {
        let mutex = JobMutex()
        let attempts = Attempts()
        let (job, other) = (JobID(String(repeating: "a", count: 32))!, JobID(String(repeating: "b", count: 32))!)
        try await mutex.take(job)
        let waiting = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await mutex.take(job)
                        await attempts.run()
                        mutex.release(job)
                    }
                }
                try await group.waitForAll()
            }
        }
        for _ in 0..<200 { await Task.yield() }
        #expect(attempts.ended == 0)
        // Another job has a line of its own.
        try await mutex.take(other)
        mutex.release(other)
        mutex.release(job)
        try await waiting.value
        #expect(attempts.ended == 8 && attempts.most == 1)
        // Nobody is left in it.
        try await mutex.take(job)
    }
}
