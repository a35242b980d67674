import AWS
import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing
import Transfer
import Worker

/// Jobs that a dead worker left, over a store in memory: each is made as it would have been left.
@Suite(.timeLimit(.minutes(1))) struct ReconcilerTests {
    private static let hour = Duration.seconds(3600)

    /// A judged job whose worker died an hour ago.
    private func left(
        _ bench: Bench, _ key: String, judged: Bool = true, heldFor left: Duration = .zero - hour
    ) async throws -> (Job, ClaimToken) {
        bench.store["inbox", key] = .init([1, 2, 3], contentType: "image/png")
        let job = bench.job(key)
        let now = Timestamp.now()
        let begin = now.advanced(by: .seconds(-7200))
        let claim = try await bench.ledger.claim(
            job, by: "dead", pipeline: "uploads", receivedAt: begin, until: now.advanced(by: left), now: begin)
        guard case .granted(let token, _) = claim else { throw NotGranted() }
        if judged {
            let evidence = Evidence(bytesRead: 3)
            try await bench.ledger.record(
                Judgement(verdict: .clean, findings: [], evidence: evidence), for: token, at: now)
        }
        return (job, token)
    }

    private struct NotGranted: Error {}

    private func reconcile(
        _ bench: Bench, isDryRun: Bool = false, settled: Bool = false, to queue: (any SendingQueue)? = nil,
        by ledger: (any Ledger)? = nil
    ) async throws -> [InterruptedMove] {
        var options = Reconciler.Options(actor: "mara")
        (options.isDryRun, options.includesSettled) = (isDryRun, settled)
        let ledger = ledger ?? bench.ledger
        let parts = WorkerContext(
            worker: "reconcile@here", pipelines: bench.pipelines, ledger: ledger,
            fetch: RangedFetch(store: bench.store, directory: bench.directory.path),
            mover: ObjectMover(store: bench.store, capabilities: StoreCapabilities(conditionalDeletesIn: ["inbox"])),
            inspection: ObjectInspection(inspector: NoScanner()),
            claims: ClaimKeeper(ledger: ledger, life: .seconds(60), log: Log(threshold: .error)))
        let moves = Reconciler(context: parts, sender: queue.map { EventSender(to: $0) }, options: options)
        var told: [InterruptedMove] = []
        _ = try await moves.run(isStopped: { false }) { told.append($0) }
        return told
    }

    private func copied(_ bench: Bench, _ key: String) {
        bench.store["out", "done/" + key] = bench.store["inbox", "up/" + key]
    }

    @Test(arguments: [true, false])
    func `a copy without a delete is brought to its end`(sourceIsThere: Bool) async throws {
        let bench = try await Bench()
        let (job, _) = try await left(bench, "up/a")
        copied(bench, "a")
        if !sourceIsThere { bench.store["inbox", "up/a"] = nil }

        let dry = try await reconcile(bench, isDryRun: true)
        #expect(dry.map(\.result) == [.would] && dry[0].repair == .finish)
        #expect(try await bench.ledger.job(job.id)?.outcome == nil)
        #expect(try await bench.ledger.auditTrail(of: nil, limit: 1).isEmpty)
        #expect((bench.store["inbox", "up/a"] != nil) == sourceIsThere)

        let moves = try await reconcile(bench)
        #expect(moves.map(\.result) == [.done("finished: promoted to s3://out/done/a")])
        #expect(moves[0].state?.code == (sourceIsThere ? "both" : "copy"))
        #expect(bench.store["inbox", "up/a"] == nil && bench.store["out", "done/a"] != nil)
        let record = try #require(try await bench.ledger.job(job.id))
        #expect(record.outcome?.kind == .settled && record.attempts.last?.worker == "reconcile@here")
        let trail = try await bench.ledger.auditTrail(of: job.id, limit: 9)
        #expect(trail.map(\.action) == ["reconcile"] && trail.map(\.actor) == ["mara"])
        #expect(bench.inspector.scans == 0)
        #expect(try await reconcile(bench).isEmpty)
    }

    @Test func `a live workers job is left alone`() async throws {
        let bench = try await Bench()
        let (job, token) = try await left(bench, "up/a", heldFor: Self.hour)
        copied(bench, "a")
        #expect(try await reconcile(bench, settled: true).isEmpty)
        #expect(bench.store["inbox", "up/a"] != nil)
        let record = try #require(try await bench.ledger.job(job.id))
        #expect(record.heldBy == "dead" && record.attemptCount == token.attempt)
    }

    @Test func `a worker that claims the job meanwhile keeps it`() async throws {
        let bench = try await Bench()
        let (job, _) = try await left(bench, "up/a")
        copied(bench, "a")
        let ledger = ScriptedLedger(bench.ledger)
        ledger.play { [inner = bench.ledger] call, count in
            guard call == .claim, count == 1 else { return nil }
            let now = Timestamp.now()
            let claim = try? await inner.claim(
                job, by: "live", pipeline: "uploads", receivedAt: now, until: now.advanced(by: Self.hour), now: now)
            guard case .granted? = claim else {
                Issue.record("the live worker did not get the job")
                return nil
            }
            return nil
        }
        let moves = try await reconcile(bench, by: ledger)
        #expect(moves.map(\.result) == [.left("somebody works on it")])
        #expect(bench.store["inbox", "up/a"] != nil)
        let record = try #require(try await bench.ledger.job(job.id))
        #expect(record.heldBy == "live" && record.outcome == nil && record.attemptCount == 2)
    }

    @Test func `a move that was never begun is sent again once or left to a person`() async throws {
        let bench = try await Bench()
        let (judged, _) = try await left(bench, "up/a")
        let (unjudged, _) = try await left(bench, "up/b", judged: false)
        let alone = try await reconcile(bench)
        #expect(alone.count == 2)
        for move in alone {
            guard case .person(let text) = move.result else {
                Issue.record("\(move.result)")
                continue
            }
            #expect(text.contains("--queue"))
        }
        let queue = CollectingQueue()
        let sent = try await reconcile(bench, to: queue)
        #expect(sent.map(\.result) == [.done("its event was sent again"), .done("its event was sent again")])
        #expect(Set(queue.events.map { JobID(of: $0) }) == [judged.id, unjudged.id])
        #expect(queue.events.allSatisfy { $0 == judged.event || $0 == unjudged.event })
        // The message may be on its way: a second run adds none.
        for move in try await reconcile(bench, to: queue) {
            guard case .left = move.result else {
                Issue.record("\(move.result)")
                continue
            }
        }
        #expect(queue.events.count == 2)
        #expect(bench.store["inbox", "up/a"] != nil && bench.store["inbox", "up/b"] != nil)
    }

    @Test func `what is neither here nor there is left to a person`() async throws {
        let bench = try await Bench()
        let (job, _) = try await left(bench, "up/a")
        bench.store["inbox", "up/a"] = nil
        let moves = try await reconcile(bench, to: CollectingQueue())
        guard case .person(let text)? = moves.first?.result else {
            Issue.record("\(moves)")
            return
        }
        #expect(moves.count == 1 && moves[0].state?.code == "neither" && text.contains("neither"))
        #expect(try await bench.ledger.job(job.id)?.outcome == nil)
    }

    @Test func `an object that no pipeline takes any more is not ended as unmatched`() async throws {
        let bench = try await Bench()
        let (job, _) = try await left(bench, "elsewhere")
        let moves = try await reconcile(bench, to: CollectingQueue())
        #expect(moves.map(\.result) == [.person("no pipeline takes the object any more")])
        #expect(try await bench.ledger.job(job.id)?.outcome == nil)
    }

    /// A job that failed: its copy was made, its source could not be deleted.
    private func leftByALock(_ bench: Bench) async throws -> Job {
        let (job, token) = try await left(bench, "up/a")
        copied(bench, "a")
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 3))
        let failure = Outcome.failed(reason: "an Object Lock; the copy is at s3://out/done/a", judgement)
        #expect(try await bench.ledger.finish(token, with: failure, at: .now()))
        return job
    }

    @Test func `a source that a lock had kept is deleted once the lock has ended`() async throws {
        let bench = try await Bench()
        let job = try await leftByALock(bench)

        bench.store.interrupt { (call) throws(AWSError) in
            guard case .delete = call else { return }
            throw .test("DeleteObject", code: "AccessDenied", status: 403, message: "protected by object lock")
        }
        guard case .person(let text)? = try await reconcile(bench).first?.result else {
            Issue.record("a lock is a person's")
            return
        }
        #expect(text.contains("Object Lock"))
        #expect(try await bench.ledger.job(job.id)?.outcome?.kind == .failed)

        bench.store.interrupt { (_) throws(AWSError) in }
        let moves = try await reconcile(bench)
        #expect(moves.map(\.result) == [.done("finished: promoted to s3://out/done/a")])
        #expect(bench.store["inbox", "up/a"] == nil)
        let record = try #require(try await bench.ledger.job(job.id))
        #expect(record.outcome?.kind == .settled && record.history.map(\.outcome.kind) == [.failed, .failed])
    }

    /// A replay and a worker were faster than this one's look at the store.
    @Test func `a job that comes to a good end meanwhile keeps it`() async throws {
        let bench = try await Bench()
        let job = try await leftByALock(bench)
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 3))
        let ledger = ScriptedLedger(bench.ledger)
        let good = Outcome.settled(
            judgement, .promoted, Destination(ObjectLocation(bucket: "out", key: ObjectKey("done/a")!)))
        ledger.beforeReopening { [inner = bench.ledger] in
            let now = Timestamp.now()
            let entry = AuditEntry(at: now, actor: "anna", action: "replay", subject: "", job: job.id, reason: "")
            guard try await inner.reopen(job.id, keepingJudgement: true, entry) == .reopened,
                case .granted(let token, _) = try await inner.claim(
                    job, by: "live", pipeline: "uploads", receivedAt: now, until: now.advanced(by: Self.hour), now: now)
            else { throw NotGranted() }
            #expect(try await inner.finish(token, with: good, at: now))
        }
        #expect(try await reconcile(bench, by: ledger).map(\.result) == [.left("it ended as settled meanwhile")])
        let record = try #require(try await bench.ledger.job(job.id))
        #expect(record.outcome == good && record.history.map(\.outcome.kind) == [.failed])
    }

    @Test func `a failure that is no half move is not touched`() async throws {
        let bench = try await Bench()
        let (_, token) = try await left(bench, "up/a")
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 3))
        #expect(try await bench.ledger.finish(token, with: .failed(reason: "too large", judgement), at: .now()))
        let (_, second) = try await left(bench, "up/b", judged: false)
        #expect(try await bench.ledger.finish(second, with: .failed(reason: "archived", nil), at: .now()))
        #expect(try await reconcile(bench, settled: true, to: CollectingQueue()).isEmpty)
    }

    /// Each run would tell of a failed one anew, though there is nothing to be done about it here.
    @Test(arguments: [true, false])
    func `a job whose place would have no possible key is not looked for there`(hasFailed: Bool) async throws {
        let bench = try await Bench()
        let key = "up/" + String(repeating: "k", count: 1021)
        let (job, token) = try await left(bench, key)
        if hasFailed {
            let failed = Outcome.failed(reason: "too long", try await bench.ledger.job(job.id)?.judgement)
            #expect(try await bench.ledger.finish(token, with: failed, at: .now()))
        }
        let moves = try await reconcile(bench)
        #expect(moves.count == (hasFailed ? 0 : 1))
        #expect(try await bench.ledger.job(job.id)?.outcome?.kind == .failed)
        #expect(bench.store["inbox", key] != nil)
    }

    @Test func `a settled jobs source is deleted only when it is asked after`() async throws {
        let bench = try await Bench()
        let (job, token) = try await left(bench, "up/a")
        copied(bench, "a")
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 3))
        let destination = Destination(ObjectLocation(bucket: "out", key: ObjectKey("done/a")!))
        #expect(try await bench.ledger.finish(token, with: .settled(judgement, .promoted, destination), at: .now()))

        #expect(try await reconcile(bench).isEmpty)
        // As long as it is not told when the object was written, it may be another upload of the same bytes.
        guard case .person? = try await reconcile(bench, settled: true).first?.result else {
            Issue.record("a source that may be another upload was not left")
            return
        }
        bench.store["inbox", "up/a"]?.lastModified = "Sun, 01 Nov 2020 08:00:00 GMT"
        #expect(try await reconcile(bench, isDryRun: true, settled: true).map(\.result) == [.would])
        #expect(bench.store["inbox", "up/a"] != nil)
        let copy = bench.store["out", "done/a"]
        bench.store["out", "done/a"] = nil
        guard case .person? = try await reconcile(bench, settled: true).first?.result else {
            Issue.record("a source without its copy was not left")
            return
        }
        #expect(bench.store["inbox", "up/a"] != nil)

        bench.store["out", "done/a"] = copy
        #expect(try await reconcile(bench, settled: true).map(\.result) == [.done("the source is deleted")])
        #expect(bench.store["inbox", "up/a"] == nil)
        #expect(try await bench.ledger.auditTrail(of: job.id, limit: 9).map(\.action) == ["reconcile"])
        #expect(try await reconcile(bench, settled: true).isEmpty)
    }

    @Test func `a store that fails is told of and the next job is dealt with`() async throws {
        let bench = try await Bench()
        _ = try await left(bench, "up/a")
        _ = try await left(bench, "up/b")
        copied(bench, "a")
        copied(bench, "b")
        bench.store.interrupt { (call) throws(AWSError) in
            guard case .head(let place) = call, place.key.text == "up/a" else { return }
            throw .test("HeadObject", code: "SlowDown", status: 503)
        }
        let results = try await reconcile(bench).map(\.result)
        #expect(results.count == 2 && results.contains(.done("finished: promoted to s3://out/done/b")))
        #expect(results.contains { if case .failed(let text) = $0 { text.contains("SlowDown") } else { false } })
        #expect(bench.store["inbox", "up/a"] != nil)
    }
}

/// A queue that keeps the events that it is sent.
private final class CollectingQueue: SendingQueue {
    private let sent = Locked<[Event]>([])

    var events: [Event] { sent.withLock { $0 } }

    func send(_ bodies: [String]) async throws -> [SendFailure?] {
        sent.withLock { sent in
            bodies.map { body in
                guard case .records(let records) = MessageBody(reading: body), case .created(let event)? = records.first
                else { return SendFailure(code: "Unreadable", message: body, isTransient: false) }
                sent.append(event)
                return nil
            }
        }
    }
}
