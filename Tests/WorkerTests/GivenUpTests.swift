import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing
import Transfer
import Worker

/// A message that goes to the dead-letter queue though nobody worked on it: its job can be found all the same.
@Suite(.timeLimit(.minutes(1))) struct GivenUpTests {
    private func attempt(_ job: Job, _ bench: FaultBench) -> JobRunner {
        JobRunner(job, receivedAt: .now(), isLastReceive: true, context: bench.parts) {}
    }

    @Test func `the ledger knows a job that was never begun as stranded`() async throws {
        let bench = try await FaultBench()
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = bench.job()
        guard case .open(let reason) = await attempt(job, bench).giveUp("no room on the disk") else {
            Issue.record("not left open")
            return
        }
        #expect(reason == "no room on the disk")
        let found = try await bench.ledger.jobs(JobQuery(strandedOnly: true))
        #expect(found.map(\.job.id) == [job.id] && found[0].outcome == nil && found[0].heldBy == nil)
        #expect(try await bench.ledger.job(job.id)?.attempts.first?.error == "no room on the disk")
        #expect(bench.s3.names == ["inbox/up/a"])
    }

    @Test func `a job that has ended or that another worker has is not stranded`() async throws {
        let bench = try await FaultBench()
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        let (job, other) = (bench.job(), bench.job("up/b"))
        guard case .finished = await attempt(job, bench)() else {
            Issue.record("not finished")
            return
        }
        guard case .duplicate(.settled) = await attempt(job, bench).giveUp("no room") else {
            Issue.record("not acknowledged")
            return
        }
        _ = try await bench.ledger.claim(
            other, by: "theirs", pipeline: nil, receivedAt: .now(), until: Timestamp.now().advanced(by: .seconds(60)),
            now: .now())
        _ = await attempt(other, bench).giveUp("no room")
        #expect(try await bench.ledger.jobs(JobQuery(strandedOnly: true)).isEmpty)
        #expect(try await bench.ledger.job(other.id)?.heldBy == "theirs")
    }

    private func worker(_ bench: FaultBench, _ queue: OnceQueue) -> (Worker, WorkDispatcher) {
        var configuration = IntakeConfiguration(concurrency: 1)
        configuration.ackLinger = .zero
        configuration.stopGrace = .zero
        configuration.maxReceives = 1
        let dispatcher = WorkDispatcher(
            lanes: [.live], shares: Capacity(places: 1), need: { _ in .nothing },
            space: { bench.parts.fetch.folder.spoolSpace }, log: .quiet)
        let intake = Intake(queue: queue, configuration: configuration, dispatcher: dispatcher, log: .quiet)
        let worker = Worker(
            intakes: [intake], dispatcher: dispatcher, context: bench.parts, progress: Progress(), log: .quiet)
        return (worker, dispatcher)
    }

    /// One is under way, the other waits for its place.
    private func scene(
        _ inspector: HangingInspector
    ) async throws -> (bench: FaultBench, queue: OnceQueue, worker: Worker, running: Task<Void, any Error>, jobs: [Job])
    {
        let bench = try await FaultBench(inspector)
        let queue = OnceQueue()
        let jobs = ["up/a", "up/b"].map { key in
            bench.s3["inbox", key] = .init([1, 2, 3])
            return bench.job(key)
        }
        for job in jobs { queue.send(job.object, id: job.object.key.text) }
        let (worker, dispatcher) = worker(bench, queue)
        let running = Task { try await worker.run() }
        await inspector.asked.value
        try await eventually { dispatcher.status.waiting[.live] == 1 }
        return (bench, queue, worker, running, jobs)
    }

    @Test func `at the end of the grace the ledger is told of what had not begun`() async throws {
        let (bench, queue, worker, running, jobs) = try await scene(HangingInspector())
        worker.drain()
        for _ in 0..<200 { await Task.yield() }
        #expect(queue.state.changes.isEmpty, "nothing goes to the dead-letter queue while the worker drains")
        worker.endGrace()
        try await running.value
        #expect(queue.state.changes.count == 2 && queue.state.deleted.isEmpty)
        let stranded = try await bench.ledger.jobs(JobQuery(strandedOnly: true)).map(\.job.id)
        #expect(Set(stranded) == Set(jobs.map(\.id)))
    }
}
