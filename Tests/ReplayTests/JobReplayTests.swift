import Domain
import Intake
import Ledger
import Replay
import Support
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct JobReplayTests {
    private let failed = Outcome.failed(reason: "denied", nil)

    @Test func `failed and stranded jobs are sent and the rest is not touched`() async throws {
        let (scene, queue) = (try await Scene(), MemoryQueue())
        try await scene.end(job(1), failed)
        try await scene.giveUp(job(2), strands: true)
        try await scene.giveUp(job(3), strands: false)
        try await scene.end(job(4), .settled(judged(), .promoted, place()))
        try await scene.replay(ReplaySelection(failed: true), to: queue)
        #expect(scene.deeds == ["send 2", "reopen 1"])
        #expect(queue.jobs == [job(2).id, job(1).id])

        let opened = try #require(try await scene.ledger.job(job(1).id))
        #expect(opened.outcome == nil && opened.strandedAt == at(60) && opened.history.map(\.outcome) == [failed])
        let entry = AuditEntry(
            at: at(60), actor: "mara", action: "replay", subject: "s3://incoming/uploads/1+ü.png", job: job(1).id,
            reason: "ticket 7")
        #expect(try await scene.trail(job(1)) == [entry])
        #expect(try await scene.trail(job(2)).count == 1)
        #expect(try await scene.trail(job(4)).isEmpty)
    }

    /// The worker finds the very event that brought the job at first, and claims that job.
    @Test func `what is sent is the event as it was`() async throws {
        let (scene, queue) = (try await Scene(), MemoryQueue())
        try await scene.end(job(1), failed)
        try await scene.replay(ReplaySelection(jobs: [job(1).id]), to: queue)
        #expect(MessageBody(reading: try #require(queue.bodies.first)) == .records([.created(event(1))]))
        let token = try await scene.claim(job(1), at: 61)
        #expect(token.attempt == 2)
    }

    @Test func `replayed twice a job is open once and its history is not longer`() async throws {
        let (scene, queue) = (try await Scene(), MemoryQueue())
        try await scene.end(job(1), failed)
        for _ in 1...2 { try await scene.replay(ReplaySelection(failed: true), to: queue) }
        #expect(scene.deeds == ["reopen 1", "send 1"])
        let record = try #require(try await scene.ledger.job(job(1).id))
        #expect(record.history.count == 1 && record.outcome == nil)
        #expect(try await scene.trail(job(1)).count == 2)
    }

    /// More than two pages, all received in the same minute, so that only the row's number orders them.
    @Test func `every job of many pages is sent once`() async throws {
        let (scene, queue) = (try await Scene(), MemoryQueue())
        try await withThrowingTaskGroup { group in
            for number in 1...1203 { group.addTask { try await scene.end(job(number), .failed(reason: "x", nil)) } }
            try await group.waitForAll()
        }
        try await scene.replay(ReplaySelection(failed: true), to: queue)
        #expect(queue.jobs.count == 1203)
        #expect(Set(queue.jobs) == Set((1...1203).map { job($0).id }))
        #expect(try await scene.ledger.jobs(JobQuery(strandedOnly: true, limit: 9999)).count == 1203)
    }

    /// As after a kill between the two: the jobs stand open, and nothing was sent.
    @Test func `what was opened and not sent is sent by the next replay`() async throws {
        let (scene, queue) = (try await Scene(), MemoryQueue())
        for number in 1...3 { try await scene.end(job(number), failed) }
        queue.set { $0.failSend = { _ in throw Refusal() } }
        let error = await #expect(throws: ReplayFailure.self) {
            try await scene.replay(ReplaySelection(failed: true), to: queue)
        }
        guard case .sending(let failure) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(!failure.isTransient && scene.deeds.sorted() == ["fail 1", "fail 2", "fail 3"])
        queue.set { $0.failSend = nil }
        scene.forget()
        try await scene.replay(ReplaySelection(failed: true), to: queue)
        #expect(scene.deeds.sorted() == ["send 1", "send 2", "send 3"])
        #expect(Set(queue.jobs) == Set((1...3).map { job($0).id }))
    }

    @Test func `once one is not sent no more are opened`() async throws {
        let (scene, queue) = (try await Scene(), MemoryQueue())
        for number in 1...4 { try await scene.end(job(number), failed, at: Int64(number)) }
        queue.set {
            $0.failSend = { body in
                body.contains("00\(3)") ? SendFailure(code: "Busy", message: "", isTransient: true) : nil
            }
        }
        // One job at a time, the newest first.
        await #expect(throws: ReplayFailure.self) {
            try await scene.replay(
                ReplaySelection(failed: true), to: queue, pace: RateLimiter(rate: 1, clock: HastyClock()))
        }
        #expect(scene.deeds == ["reopen 4", "fail 3"])
        #expect(try await scene.ledger.jobs(JobQuery(outcome: .failed)).map(\.job) == [job(2), job(1)])
    }

    @Test func `a dry run tells and changes nothing`() async throws {
        let (scene, queue) = (try await Scene(), MemoryQueue())
        try await scene.end(job(1), failed)
        try await scene.giveUp(job(2), strands: true)
        try await scene.end(job(3), .settled(judged(), .promoted, place()))
        let before = try await scene.ledger.jobs(JobQuery())
        try await scene.replay(ReplaySelection(filter: JobQuery(bucket: "incoming")), to: queue, dry: true)
        #expect(scene.deeds.sorted() == ["leave 3 promoted", "reopen 1", "send 2"])
        #expect(queue.messages.isEmpty)
        #expect(try await scene.ledger.jobs(JobQuery()) == before)
        #expect(try await scene.ledger.auditTrail(of: nil, limit: 9).isEmpty)
    }

    @Test func `jobs are taken by their IDs and unknown ones are told`() async throws {
        let (scene, queue) = (try await Scene(), MemoryQueue())
        try await scene.end(job(1), failed)
        try await scene.end(job(2), failed)
        try await scene.end(job(3), .gone)
        try await scene.replay(ReplaySelection(jobs: [job(1).id, job(9).id, job(3).id]), to: queue)
        #expect(scene.deeds.sorted() == ["reopen 1", "reopen 3", "unknown -"])
        #expect(queue.jobs == [job(1).id, job(3).id])
    }

    @Test func `what is held is left and not sent`() async throws {
        let (scene, queue) = (try await Scene(), MemoryQueue())
        _ = try await scene.claim(job(1), at: 55, until: 65)
        try await scene.replay(ReplaySelection(filter: JobQuery(bucket: "incoming")), to: queue)
        #expect(scene.deeds == ["leave 1 held"])
        #expect(queue.messages.isEmpty)
    }

    /// At a slow pace hours pass between the list and the job's turn.
    @Test func `a job that is done by the time of its turn is left`() async throws {
        let (scene, queue, clock) = (try await Scene(), MemoryQueue(), ManualClock())
        for number in 1...2 { try await scene.giveUp(job(number), strands: true, at: Int64(number)) }
        async let replay: Void = scene.replay(
            ReplaySelection(failed: true), to: queue, pace: RateLimiter(rate: 1, clock: clock))
        await clock.untilSleepers(1)
        try await scene.end(job(1), .settled(judged(), .promoted, place()), at: 20)
        clock.advance(by: .seconds(1))
        try await replay
        #expect(scene.deeds == ["send 2", "leave 1 promoted"])
        #expect(queue.jobs == [job(2).id])
    }

    @Test func `who is stopped while held back has sent all that was opened`() async throws {
        let (scene, queue, clock) = (try await Scene(), MemoryQueue(), ManualClock())
        for number in 1...5 { try await scene.end(job(number), failed) }
        let work = Task {
            try await scene.replay(ReplaySelection(failed: true), to: queue, pace: RateLimiter(rate: 1, clock: clock))
        }
        await clock.untilSleepers(1)
        work.cancel()
        let error = await #expect(throws: ReplayFailure.self) { try await work.value }
        guard case .stopped = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(queue.messages.count == 1)
        #expect(try await scene.ledger.jobs(JobQuery(strandedOnly: true)).map(\.job.id) == queue.jobs)
        #expect(try await scene.ledger.jobs(JobQuery(outcome: .failed)).count == 4)
    }

    @Test func `a job that fails again during the replay is not opened once more`() async throws {
        let (scene, queue) = (try await Scene(), MemoryQueue())
        try await scene.giveUp(job(1), strands: true)
        try await scene.end(job(2), failed)
        // A worker that is at once done with what is sent: it fails at minute 61, and the replay began at minute 60.
        let order = scene.order()
        let busy = FailingWorker(scene: scene)
        try await JobReplay(
            ledger: scene.ledger, sender: EventSender(to: busy), pace: nil, order: order, report: scene.report
        ).run(ReplaySelection(failed: true))
        #expect(scene.deeds == ["send 1", "leave 1 ended meanwhile", "reopen 2"])
        #expect(queue.messages.isEmpty)
    }
}

/// Fails each job as soon as its message is sent.
private struct FailingWorker: SendingQueue {
    let scene: Scene

    func send(_ bodies: [String]) async throws -> [SendFailure?] {
        for body in bodies {
            guard case .records(let records) = MessageBody(reading: body), case .created(let event)? = records.first
            else { continue }
            try await scene.end(Job(of: event), .failed(reason: "again", nil), at: 61)
        }
        return bodies.map { _ in nil }
    }
}

/// A clock on which every sleep is over at once.
struct HastyClock: Clock {
    let manual = ManualClock()
    /// What happens while somebody sleeps.
    var meanwhile: @Sendable () async throws -> Void = {}

    init(meanwhile: @escaping @Sendable () async throws -> Void = {}) { self.meanwhile = meanwhile }

    var now: ManualClock.Instant { manual.now }
    var minimumResolution: Duration { .nanoseconds(1) }
    func sleep(until deadline: ManualClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        try await meanwhile()
        if deadline > now { manual.advance(by: now.duration(to: deadline)) }
    }
}
