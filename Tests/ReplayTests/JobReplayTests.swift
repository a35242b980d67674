import AWS
import Domain
import Intake
import Ledger
import Replay
import Support
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct JobReplayTests {
    private let failed = Outcome.failed(reason: "denied", nil)

    @Test func `failed and stranded jobs are sent and no others`() async throws {
        let (fixture, queue) = (try await ReplayFixture(), MemoryQueue.answeringAtOnce())
        try await fixture.end(job(1), failed)
        try await fixture.release(job(2), strands: true)
        try await fixture.release(job(3), strands: false)
        try await fixture.end(job(4), .settled(judged(), .promoted, destination()))
        try await fixture.replay(ReplaySelection(failed: true), to: queue)
        #expect(fixture.steps == ["send 2", "reopen 1"])
        #expect(queue.jobs == [job(2).id, job(1).id])

        let opened = try #require(try await fixture.ledger.job(job(1).id))
        #expect(opened.outcome == nil && opened.strandedAt == at(60) && opened.history.map(\.outcome) == [failed])
        let entry = AuditEntry(
            at: at(60), actor: "mara", action: "replay", subject: "s3://incoming/uploads/1+ü.png", job: job(1).id,
            reason: "ticket 7")
        #expect(try await fixture.trail(job(1)) == [entry])
        #expect(try await fixture.trail(job(2)).count == 1)
        #expect(try await fixture.trail(job(4)).isEmpty)
    }

    /// The worker reads the same event as in the first message, and claims the same job.
    @Test func `the event is sent unchanged`() async throws {
        let (fixture, queue) = (try await ReplayFixture(), MemoryQueue.answeringAtOnce())
        try await fixture.end(job(1), failed)
        try await fixture.replay(ReplaySelection(jobs: [job(1).id]), to: queue)
        #expect(MessageBody(reading: try #require(queue.bodies.first)) == .records([.created(event(1))]))
        let token = try await fixture.claim(job(1), at: 61)
        #expect(token.attempt == 2)
    }

    @Test func `a job replayed twice is reopened once`() async throws {
        let (fixture, queue) = (try await ReplayFixture(), MemoryQueue.answeringAtOnce())
        try await fixture.end(job(1), failed)
        for _ in 1...2 { try await fixture.replay(ReplaySelection(failed: true), to: queue) }
        #expect(fixture.steps == ["reopen 1", "send 1"])
        let record = try #require(try await fixture.ledger.job(job(1).id))
        #expect(record.history.count == 1 && record.outcome == nil)
        // Both at the same moment, by the same person, for the same reason: one entry.
        #expect(try await fixture.trail(job(1)).count == 1)
    }

    /// More than two pages, all received in the same minute, so that only the row number orders them.
    @Test func `every job of many pages is sent once`() async throws {
        let (fixture, queue) = (try await ReplayFixture(), MemoryQueue.answeringAtOnce())
        try await withThrowingTaskGroup { group in
            for number in 1...1203 { group.addTask { try await fixture.end(job(number), .failed(reason: "x", nil)) } }
            try await group.waitForAll()
        }
        try await fixture.replay(ReplaySelection(failed: true), to: queue)
        #expect(queue.jobs.count == 1203)
        #expect(Set(queue.jobs) == Set((1...1203).map { job($0).id }))
        #expect(try await fixture.ledger.jobs(JobQuery(strandedOnly: true, limit: 9999)).count == 1203)
    }

    /// As after a kill between reopening and sending: the jobs are open, and nothing was sent.
    @Test func `a job that was reopened and not sent is sent by the next replay`() async throws {
        let (fixture, queue) = (try await ReplayFixture(), MemoryQueue.answeringAtOnce())
        for number in 1...3 { try await fixture.end(job(number), failed) }
        queue.change { $0.failSend = { (_, _) throws(AWSError) in throw .sqs(.denied, "AccessDenied") } }
        let error = await #expect(throws: ReplayFailure.self) {
            try await fixture.replay(ReplaySelection(failed: true), to: queue)
        }
        guard case .sending(let failure) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(failure.isSenderFault && fixture.steps.sorted() == ["fail 1", "fail 2", "fail 3"])
        queue.change { $0.failSend = nil }
        fixture.forget()
        try await fixture.replay(ReplaySelection(failed: true), to: queue)
        #expect(fixture.steps.sorted() == ["send 1", "send 2", "send 3"])
        #expect(Set(queue.jobs) == Set((1...3).map { job($0).id }))
    }

    @Test func `after a job that was not sent no more are reopened`() async throws {
        let (fixture, queue) = (try await ReplayFixture(), MemoryQueue.answeringAtOnce())
        for number in 1...4 { try await fixture.end(job(number), failed, at: Int64(number)) }
        queue.change {
            $0.failSend = { body, _ in
                body.contains("00\(3)") ? SQSBatchFailure(code: "Busy", message: "", isSenderFault: false) : nil
            }
        }
        // One job at a time, the newest first.
        await #expect(throws: ReplayFailure.self) {
            try await fixture.replay(
                ReplaySelection(failed: true), to: queue,
                rateLimiter: RateLimiter(rate: 1, clocks: Clocks(ImmediateClock())))
        }
        #expect(fixture.steps == ["reopen 4", "fail 3"])
        #expect(try await fixture.ledger.jobs(JobQuery(outcome: .failed)).map(\.job) == [job(2), job(1)])
    }

    @Test func `a dry run reports and changes nothing`() async throws {
        let (fixture, queue) = (try await ReplayFixture(), MemoryQueue.answeringAtOnce())
        try await fixture.end(job(1), failed)
        try await fixture.release(job(2), strands: true)
        try await fixture.end(job(3), .settled(judged(), .promoted, destination()))
        let before = try await fixture.ledger.jobs(JobQuery())
        try await fixture.replay(ReplaySelection(filter: JobQuery(bucket: "incoming")), to: queue, isDryRun: true)
        #expect(fixture.steps.sorted() == ["leave 3 promoted", "reopen 1", "send 2"])
        #expect(queue.messages.isEmpty)
        #expect(try await fixture.ledger.jobs(JobQuery()) == before)
        #expect(try await fixture.ledger.auditTrail(of: nil, limit: 9).isEmpty)
    }

    @Test func `jobs are selected by their IDs and unknown ones are reported`() async throws {
        let (fixture, queue) = (try await ReplayFixture(), MemoryQueue.answeringAtOnce())
        try await fixture.end(job(1), failed)
        try await fixture.end(job(2), failed)
        try await fixture.end(job(3), .gone)
        try await fixture.replay(ReplaySelection(jobs: [job(1).id, job(9).id, job(3).id]), to: queue)
        #expect(fixture.steps.sorted() == ["reopen 1", "reopen 3", "unknown -"])
        #expect(queue.jobs == [job(1).id, job(3).id])
    }

    @Test func `a held job is left and not sent`() async throws {
        let (fixture, queue) = (try await ReplayFixture(), MemoryQueue.answeringAtOnce())
        _ = try await fixture.claim(job(1), at: 55, until: 65)
        try await fixture.replay(ReplaySelection(filter: JobQuery(bucket: "incoming")), to: queue)
        #expect(fixture.steps == ["leave 1 held"])
        #expect(queue.messages.isEmpty)
    }

    /// At a slow rate hours pass between the list and the job's turn.
    @Test func `a job that is done by its turn is left`() async throws {
        let (fixture, queue, clock) = (try await ReplayFixture(), MemoryQueue.answeringAtOnce(), ManualClock())
        for number in 1...2 { try await fixture.release(job(number), strands: true, at: Int64(number)) }
        async let replay: Void = fixture.replay(
            ReplaySelection(failed: true), to: queue, rateLimiter: RateLimiter(rate: 1, clocks: Clocks(clock)))
        await clock.untilSleepers(1)
        try await fixture.end(job(1), .settled(judged(), .promoted, destination()), at: 20)
        clock.advance(by: .seconds(1))
        try await replay
        #expect(fixture.steps == ["send 2", "leave 1 promoted"])
        #expect(queue.jobs == [job(2).id])
    }

    @Test func `a replay stopped while it waits for the rate has sent all reopened jobs`() async throws {
        let (fixture, queue, clock) = (try await ReplayFixture(), MemoryQueue.answeringAtOnce(), ManualClock())
        for number in 1...5 { try await fixture.end(job(number), failed) }
        let work = Task {
            try await fixture.replay(
                ReplaySelection(failed: true), to: queue, rateLimiter: RateLimiter(rate: 1, clocks: Clocks(clock)))
        }
        await clock.untilSleepers(1)
        work.cancel()
        let error = await #expect(throws: ReplayFailure.self) { try await work.value }
        guard case .stopped = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(queue.messages.count == 1)
        #expect(try await fixture.ledger.jobs(JobQuery(strandedOnly: true)).map(\.job.id) == queue.jobs)
        #expect(try await fixture.ledger.jobs(JobQuery(outcome: .failed)).count == 4)
    }

    @Test func `a job that fails again during the replay is not reopened again`() async throws {
        let (fixture, queue) = (try await ReplayFixture(), MemoryQueue.answeringAtOnce())
        try await fixture.release(job(1), strands: true)
        try await fixture.end(job(2), failed)
        // Each job fails at minute 61, as soon as it is sent; the replay started at minute 60.
        try await fixture.replay(ReplaySelection(failed: true), to: FailingWorker(fixture: fixture))
        #expect(fixture.steps == ["send 1", "leave 1 ended meanwhile", "reopen 2"])
        #expect(queue.messages.isEmpty)
    }
}

/// Fails each job as soon as its message is sent.
private struct FailingWorker: SendingQueue {
    let fixture: ReplayFixture

    func send(_ messages: [SQSOutgoingMessage]) async throws(AWSError) -> [SQSBatchFailure?] {
        for message in messages {
            guard case .records(let records) = MessageBody(reading: message.body),
                case .created(let event)? = records.first
            else { continue }
            do {
                try await fixture.end(Job(of: event), .failed(reason: "again", nil), at: 61)
            } catch {
                Issue.record(error)
            }
        }
        return messages.map { _ in nil }
    }
}
