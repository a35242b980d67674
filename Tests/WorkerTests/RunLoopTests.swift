import AWS
import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing
import Transfer
import Worker

/// The run loop over a queue in memory, in real time. Only the renewal of a claim waits for time to pass.
@Suite(.timeLimit(.minutes(1))) struct RunLoopTests {
    let queue = MemoryQueue.answeringAtOnce()
    let progress = Progress()

    func worker(_ fixture: FaultFixture, untilIdle: Duration? = nil) -> Worker {
        var configuration = IntakeConfiguration(concurrency: 4)
        configuration.untilIdle = untilIdle
        configuration.ackLinger = .milliseconds(5)
        configuration.stopGrace = .zero
        let quiet = Log(threshold: .error) { _ in }
        let dispatcher = WorkDispatcher(
            lanes: [.live], capacity: Capacity(permits: 4), request: { _ in .small },
            space: { fixture.context.fetch.folder.spoolSpace }, log: quiet)
        return Worker(
            intakes: [Intake(queue: queue, configuration: configuration, dispatcher: dispatcher, log: quiet)],
            dispatcher: dispatcher, context: fixture.context, progress: progress, log: quiet)
    }

    func until(_ what: String, _ condition: @escaping @Sendable () async -> Bool) async throws {
        try await within(.seconds(20), what) {
            while !(await condition()) { try await Task.sleep(for: .milliseconds(2)) }
        }
    }

    @Test func `a concurrent duplicate waits and is acknowledged without work`() async throws {
        let gate = Promise<Void>()
        let inspector = ScriptedInspector.waiting(for: gate)
        let fixture = try await FaultFixture(inspector)
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        for id in ["m1", "m2"] { queue.send(fixture.job().object, id: id) }
        let worker = worker(fixture)
        let running = Task { try await worker.run() }
        try await until("both messages at work") { [progress] in progress.counts.running == 2 }
        gate.keep(())
        try await until("both acknowledged") { [queue] in Set(queue.state.deleted) == ["m1", "m2"] }
        worker.drain()
        try await running.value
        #expect(progress.counts.settled == 1 && progress.counts.duplicates == 1)
        #expect(fixture.s3.operations == ["GetObject", "CopyObject", "DeleteObject"])
        #expect(fixture.s3.names == ["out/done/a"])
    }

    /// The duplicate asks the ledger only after the first attempt has ended.
    @Test func `a duplicate takes over when the attempt that it waits for fails`() async throws {
        let gate = Promise<Void>()
        let inspector = ScriptedInspector.waiting(for: gate)
        let fixture = try await FaultFixture(inspector) { call in
            call.operation == "CopyObject" && call.attempt == 1 ? .s3(403, "AccessDenied") : nil
        }
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        for id in ["m1", "m2"] { queue.send(fixture.job().object, id: id) }
        let worker = worker(fixture)
        let running = Task { try await worker.run() }
        try await until("both messages at work") { [progress] in progress.counts.running == 2 }
        gate.keep(())
        try await until("one ended") { [progress] in progress.counts.settled + progress.counts.retries == 2 }
        worker.drain()
        try await running.value
        #expect(progress.counts.settled == 1 && progress.counts.retries == 1)
        #expect(fixture.s3.requests("GetObject").count == 1)
        #expect(fixture.s3.names == ["out/done/a"])
        // The message of the failed attempt comes again and is a duplicate then.
        #expect(queue.state.deleted.count == 1)
    }

    @Test func `the run ends when the queue is idle and all messages are settled`() async throws {
        let fixture = try await FaultFixture()
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        queue.send(fixture.job().object, id: "m1")
        let worker = worker(fixture, untilIdle: .milliseconds(50))
        try await within(.seconds(20), "the end of the run") { try await worker.run() }
        #expect(queue.state.deleted == ["m1"])
        #expect(progress.counts.settled == 1 && progress.counts.running == 0)
    }

    @Test func `a second drain has no effect and running jobs are finished`() async throws {
        let gate = Promise<Void>()
        let inspector = ScriptedInspector.waiting(for: gate)
        let fixture = try await FaultFixture(inspector)
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        queue.send(fixture.job().object, id: "m1")
        let worker = worker(fixture)
        let running = Task { try await worker.run() }
        try await until("the job at work") { [progress] in progress.counts.running == 1 }
        worker.drain()
        worker.drain()
        gate.keep(())
        try await running.value
        worker.drain()
        #expect(queue.state.deleted == ["m1"])
        #expect(fixture.s3.names == ["out/done/a"])
    }

    @Test func `a queue that refuses to receive ends the run with its error`() async throws {
        queue.change { $0.receiveErrors = [.sqs(.notFound, "QueueDoesNotExist")] }
        let worker = worker(try await FaultFixture())
        await #expect(throws: QueueUnusable.self) { try await worker.run() }
    }

    @Test func `an unreadable message is recorded and not acknowledged`() async throws {
        let fixture = try await FaultFixture()
        queue.send("{\"Records\": garbage", id: "m1")
        let worker = worker(fixture)
        let running = Task { try await worker.run() }
        try await until("the message given back") { [queue] in queue.state.changes.contains { $0.messageID == "m1" } }
        worker.drain()
        try await running.value
        let recorded = try await fixture.ledger.unreadableMessages(limit: 10)
        #expect(recorded.map(\.message.messageID) == ["m1"])
        #expect(recorded.first?.message.body == "{\"Records\": garbage")
        #expect(recorded.first?.message.reason.isEmpty == false)
        #expect(queue.state.deleted.isEmpty)
        #expect(try #require(queue.state.changes.last).timeout > .zero)
        #expect(progress.counts.unreadable == 1)
    }

    // MARK: Claims

    @Test func `a claim is renewed as long as its job runs`() async throws {
        let fixture = try await FaultFixture(claimLife: .milliseconds(300))
        fixture.s3["inbox", "up/a"] = .init([1])
        let (job, keeper, ledger, now) = (fixture.job(), fixture.context.claims, fixture.ledger, Timestamp.now())
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

    /// Counts the concurrent attempts at a job, and those that have ended.
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

    @Test func `one attempt at a time has a job`() async throws {
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
        // Another job has its own mutex.
        try await mutex.take(other)
        mutex.release(other)
        mutex.release(job)
        try await waiting.value
        #expect(attempts.ended == 8 && attempts.most == 1)
        // No waiter is left.
        try await mutex.take(job)
    }
}
