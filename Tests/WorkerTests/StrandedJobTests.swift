import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing
import Transfer
import Worker

/// A message that goes to the dead-letter queue before its job started: the job is on record nevertheless.
@Suite(.timeLimit(.minutes(1))) struct StrandedJobTests {
    private func attempt(_ job: Job, _ fixture: FaultFixture) -> JobRunner {
        JobRunner(job, receivedAt: .now(), isLastReceive: true, context: fixture.context) {}
    }

    @Test func `a job that is given up before it started is stranded in the ledger`() async throws {
        let fixture = try await FaultFixture()
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = fixture.job()
        guard case .open(let reason) = await attempt(job, fixture).giveUp("no room on the disk") else {
            Issue.record("not left open")
            return
        }
        #expect(reason == "no room on the disk")
        let found = try await fixture.ledger.jobs(JobQuery(strandedOnly: true))
        #expect(found.map(\.job.id) == [job.id] && found[0].outcome == nil && found[0].heldBy == nil)
        #expect(try await fixture.ledger.job(job.id)?.attempts.first?.error == "no room on the disk")
        #expect(fixture.s3.names == ["inbox/up/a"])
    }

    @Test func `a job that has ended or that another worker has is not stranded`() async throws {
        let fixture = try await FaultFixture()
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        let (job, other) = (fixture.job(), fixture.job("up/b"))
        guard case .finished = await attempt(job, fixture)() else {
            Issue.record("not finished")
            return
        }
        guard case .duplicate(.settled) = await attempt(job, fixture).giveUp("no room") else {
            Issue.record("not acknowledged")
            return
        }
        _ = try await fixture.ledger.claim(
            other, by: "theirs", pipeline: nil, receivedAt: .now(), until: Timestamp.now().advanced(by: .seconds(60)),
            now: .now())
        _ = await attempt(other, fixture).giveUp("no room")
        #expect(try await fixture.ledger.jobs(JobQuery(strandedOnly: true)).isEmpty)
        #expect(try await fixture.ledger.job(other.id)?.heldBy == "theirs")
    }

    private func worker(_ fixture: FaultFixture, _ queue: MemoryQueue) -> (Worker, WorkDispatcher) {
        var configuration = IntakeConfiguration(concurrency: 1)
        configuration.ackLinger = .zero
        configuration.stopGrace = .zero
        configuration.maxReceives = 1
        let dispatcher = WorkDispatcher(
            lanes: [.live], capacity: Capacity(permits: 1), request: { _ in .small },
            space: { fixture.context.fetch.folder.spoolSpace }, log: .quiet)
        let intake = Intake(queue: queue, configuration: configuration, dispatcher: dispatcher, log: .quiet)
        let worker = Worker(
            intakes: [intake], dispatcher: dispatcher, context: fixture.context, progress: Progress(), log: .quiet)
        return (worker, dispatcher)
    }

    /// One job runs, the other waits for a permit.
    private func scene(
        _ inspector: ScriptedInspector
    ) async throws -> (
        fixture: FaultFixture, queue: MemoryQueue, worker: Worker, running: Task<Void, any Error>, jobs: [Job]
    ) {
        let fixture = try await FaultFixture(inspector)
        let queue = MemoryQueue.answeringAtOnce()
        let jobs = ["up/a", "up/b"].map { key in
            fixture.s3["inbox", key] = .init([1, 2, 3])
            return fixture.job(key)
        }
        for job in jobs { queue.send(job.object, id: job.object.key.text) }
        let (worker, dispatcher) = worker(fixture, queue)
        let running = Task { try await worker.run() }
        await inspector.asked.value
        try await eventually { dispatcher.status.waiting[.live] == 1 }
        return (fixture, queue, worker, running, jobs)
    }

    @Test func `at the end of the grace jobs that had not started are stranded in the ledger`() async throws {
        let (fixture, queue, worker, running, jobs) = try await scene(.hanging())
        worker.drain()
        for _ in 0..<200 { await Task.yield() }
        #expect(queue.state.changes.isEmpty, "nothing goes to the dead-letter queue while the worker drains")
        worker.endGrace()
        try await running.value
        #expect(queue.state.changes.count == 2 && queue.state.deleted.isEmpty)
        let stranded = try await fixture.ledger.jobs(JobQuery(strandedOnly: true)).map(\.job.id)
        #expect(Set(stranded) == Set(jobs.map(\.id)))
    }
}
