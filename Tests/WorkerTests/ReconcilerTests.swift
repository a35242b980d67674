import AWS
import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing
import Transfer
import Worker

/// Jobs as a killed worker leaves them, over a store in memory.
@Suite(.timeLimit(.minutes(1))) struct ReconcilerTests {
    private static let hour = Duration.seconds(3600)

    /// A judged job whose worker died an hour ago.
    private func left(
        _ fixture: JobFixture, _ key: String, judged: Bool = true, heldFor left: Duration = .zero - hour
    ) async throws -> (Job, ClaimToken) {
        fixture.store["inbox", key] = .init([1, 2, 3], contentType: "image/png")
        let job = fixture.job(key)
        let now = Timestamp.now()
        let begin = now.advanced(by: .seconds(-7200))
        let claim = try await fixture.ledger.claim(
            job, by: "dead", pipeline: "uploads", receivedAt: begin, until: now.advanced(by: left), now: begin)
        guard case .granted(let token, _) = claim else { throw NotGranted() }
        if judged {
            let evidence = Evidence(bytesRead: 3)
            try await fixture.ledger.record(
                Judgement(verdict: .clean, findings: [], evidence: evidence), for: token, at: now)
        }
        return (job, token)
    }

    private struct NotGranted: Error {}

    private func reconcile(
        _ fixture: JobFixture, isDryRun: Bool = false, settled: Bool = false, to queue: (any SendingQueue)? = nil,
        by ledger: (any Ledger)? = nil
    ) async throws -> [InterruptedMove] {
        var options = Reconciler.Options(actor: "mara")
        (options.isDryRun, options.includesSettled) = (isDryRun, settled)
        let ledger = ledger ?? fixture.ledger
        let context = WorkerContext(
            worker: "reconcile@here", pipelines: fixture.pipelines, ledger: ledger,
            fetch: RangedFetch(store: fixture.store, directory: fixture.directory.path),
            mover: ObjectMover(store: fixture.store, capabilities: StoreCapabilities(conditionalDeletesIn: ["inbox"])),
            inspection: ObjectInspection(inspector: NoScanner()),
            claims: ClaimKeeper(ledger: ledger, life: .seconds(60), log: Log(threshold: .error)))
        let moves = Reconciler(context: context, sender: queue.map { EventSender(to: $0) }, options: options)
        var reported: [InterruptedMove] = []
        _ = try await moves.run(isStopped: { false }) { reported.append($0) }
        return reported
    }

    private func copied(_ fixture: JobFixture, _ key: String) {
        fixture.store["out", "done/" + key] = fixture.store["inbox", "up/" + key]
    }

    @Test(arguments: [true, false])
    func `a job that was copied is finished`(sourceIsThere: Bool) async throws {
        let fixture = try await JobFixture()
        let (job, _) = try await left(fixture, "up/a")
        copied(fixture, "a")
        if !sourceIsThere { fixture.store["inbox", "up/a"] = nil }

        let dry = try await reconcile(fixture, isDryRun: true)
        #expect(dry.map(\.result) == [.would] && dry[0].repair == .finish)
        #expect(try await fixture.ledger.job(job.id)?.outcome == nil)
        #expect(try await fixture.ledger.auditTrail(of: nil, limit: 1).isEmpty)
        #expect((fixture.store["inbox", "up/a"] != nil) == sourceIsThere)

        let moves = try await reconcile(fixture)
        #expect(moves.map(\.result) == [.done("finished: promoted to s3://out/done/a")])
        #expect(moves[0].state?.code == (sourceIsThere ? "both" : "copy"))
        #expect(fixture.store["inbox", "up/a"] == nil && fixture.store["out", "done/a"] != nil)
        let record = try #require(try await fixture.ledger.job(job.id))
        #expect(record.outcome?.kind == .settled && record.attempts.last?.worker == "reconcile@here")
        let trail = try await fixture.ledger.auditTrail(of: job.id, limit: 9)
        #expect(trail.map(\.action) == ["reconcile"] && trail.map(\.actor) == ["mara"])
        #expect(fixture.inspector.scans == 0)
        #expect(try await reconcile(fixture).isEmpty)
    }

    @Test func `the job of a live worker is left alone`() async throws {
        let fixture = try await JobFixture()
        let (job, token) = try await left(fixture, "up/a", heldFor: Self.hour)
        copied(fixture, "a")
        #expect(try await reconcile(fixture, settled: true).isEmpty)
        #expect(fixture.store["inbox", "up/a"] != nil)
        let record = try #require(try await fixture.ledger.job(job.id))
        #expect(record.heldBy == "dead" && record.attemptCount == token.attempt)
    }

    @Test func `a worker that claims the job meanwhile keeps it`() async throws {
        let fixture = try await JobFixture()
        let (job, _) = try await left(fixture, "up/a")
        copied(fixture, "a")
        let ledger = ScriptedLedger(fixture.ledger)
        ledger.play { [inner = fixture.ledger] call, count in
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
        let moves = try await reconcile(fixture, by: ledger)
        #expect(moves.map(\.result) == [.left("somebody works on it")])
        #expect(fixture.store["inbox", "up/a"] != nil)
        let record = try #require(try await fixture.ledger.job(job.id))
        #expect(record.heldBy == "live" && record.outcome == nil && record.attemptCount == 2)
    }

    @Test func `a job whose move never started is sent again once or left to a person`() async throws {
        let fixture = try await JobFixture()
        let (judged, _) = try await left(fixture, "up/a")
        let (unjudged, _) = try await left(fixture, "up/b", judged: false)
        let alone = try await reconcile(fixture)
        #expect(alone.count == 2)
        for move in alone {
            guard case .person(let text) = move.result else {
                Issue.record("\(move.result)")
                continue
            }
            #expect(text.contains("--queue"))
        }
        let queue = MemoryQueue()
        let sent = try await reconcile(fixture, to: queue)
        #expect(sent.map(\.result) == [.done("its event was sent again"), .done("its event was sent again")])
        #expect(Set(queue.events.map { JobID(of: $0) }) == [judged.id, unjudged.id])
        #expect(queue.events.allSatisfy { $0 == judged.event || $0 == unjudged.event })
        // The message may be on its way: a second run sends no other.
        for move in try await reconcile(fixture, to: queue) {
            guard case .left = move.result else {
                Issue.record("\(move.result)")
                continue
            }
        }
        #expect(queue.events.count == 2)
        #expect(fixture.store["inbox", "up/a"] != nil && fixture.store["inbox", "up/b"] != nil)
    }

    @Test func `a job without source and copy is left to a person`() async throws {
        let fixture = try await JobFixture()
        let (job, _) = try await left(fixture, "up/a")
        fixture.store["inbox", "up/a"] = nil
        let moves = try await reconcile(fixture, to: MemoryQueue())
        guard case .person(let text)? = moves.first?.result else {
            Issue.record("\(moves)")
            return
        }
        #expect(moves.count == 1 && moves[0].state?.code == "neither" && text.contains("neither"))
        #expect(try await fixture.ledger.job(job.id)?.outcome == nil)
    }

    @Test func `an object that no pipeline matches any more is left to a person`() async throws {
        let fixture = try await JobFixture()
        let (job, _) = try await left(fixture, "elsewhere")
        let moves = try await reconcile(fixture, to: MemoryQueue())
        #expect(moves.map(\.result) == [.person("no pipeline takes the object any more")])
        #expect(try await fixture.ledger.job(job.id)?.outcome == nil)
    }

    /// A job that failed: its copy was made, its source could not be deleted.
    private func leftByALock(_ fixture: JobFixture) async throws -> Job {
        let (job, token) = try await left(fixture, "up/a")
        copied(fixture, "a")
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 3))
        let failure = Outcome.failed(reason: "an Object Lock; the copy is at s3://out/done/a", judgement)
        #expect(try await fixture.ledger.finish(token, with: failure, at: .now()))
        return job
    }

    @Test func `a source that was locked is deleted once the lock has ended`() async throws {
        let fixture = try await JobFixture()
        let job = try await leftByALock(fixture)

        fixture.store.interrupt { (call) throws(AWSError) in
            guard case .delete = call else { return }
            throw .test("DeleteObject", code: "AccessDenied", status: 403, message: "protected by object lock")
        }
        guard case .person(let text)? = try await reconcile(fixture).first?.result else {
            Issue.record("a lock is a person's")
            return
        }
        #expect(text.contains("Object Lock"))
        #expect(try await fixture.ledger.job(job.id)?.outcome?.kind == .failed)

        fixture.store.interrupt { (_) throws(AWSError) in }
        let moves = try await reconcile(fixture)
        #expect(moves.map(\.result) == [.done("finished: promoted to s3://out/done/a")])
        #expect(fixture.store["inbox", "up/a"] == nil)
        let record = try #require(try await fixture.ledger.job(job.id))
        #expect(record.outcome?.kind == .settled && record.history.map(\.outcome.kind) == [.failed, .failed])
    }

    /// A replay and a worker finish the job while this run looks at the store.
    @Test func `a job that is settled meanwhile stays settled`() async throws {
        let fixture = try await JobFixture()
        let job = try await leftByALock(fixture)
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 3))
        let ledger = ScriptedLedger(fixture.ledger)
        let good = Outcome.settled(
            judgement, .promoted, Destination(ObjectLocation(bucket: "out", key: ObjectKey("done/a")!)))
        ledger.beforeReopening { [inner = fixture.ledger] in
            let now = Timestamp.now()
            let entry = AuditEntry(at: now, actor: "anna", action: "replay", subject: "", job: job.id, reason: "")
            guard try await inner.reopen(job.id, keepingJudgement: true, entry) == .reopened,
                case .granted(let token, _) = try await inner.claim(
                    job, by: "live", pipeline: "uploads", receivedAt: now, until: now.advanced(by: Self.hour), now: now)
            else { throw NotGranted() }
            #expect(try await inner.finish(token, with: good, at: now))
        }
        #expect(try await reconcile(fixture, by: ledger).map(\.result) == [.left("it ended as settled meanwhile")])
        let record = try #require(try await fixture.ledger.job(job.id))
        #expect(record.outcome == good && record.history.map(\.outcome.kind) == [.failed])
    }

    @Test func `a failed job without a copy is left alone`() async throws {
        let fixture = try await JobFixture()
        let (_, token) = try await left(fixture, "up/a")
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 3))
        #expect(try await fixture.ledger.finish(token, with: .failed(reason: "too large", judgement), at: .now()))
        let (_, second) = try await left(fixture, "up/b", judged: false)
        #expect(try await fixture.ledger.finish(second, with: .failed(reason: "archived", nil), at: .now()))
        #expect(try await reconcile(fixture, settled: true, to: MemoryQueue()).isEmpty)
    }

    /// Otherwise each run would report the failed job again, although nothing can be done about it.
    @Test(arguments: [true, false])
    func `no copy is looked for under a key that S3 cannot hold`(hasFailed: Bool) async throws {
        let fixture = try await JobFixture()
        let key = "up/" + String(repeating: "k", count: 1021)
        let (job, token) = try await left(fixture, key)
        if hasFailed {
            let failed = Outcome.failed(reason: "too long", try await fixture.ledger.job(job.id)?.judgement)
            #expect(try await fixture.ledger.finish(token, with: failed, at: .now()))
        }
        let moves = try await reconcile(fixture)
        #expect(moves.count == (hasFailed ? 0 : 1))
        // A worker ends the open job: it knows whether the judgement is still in force.
        #expect(try await fixture.ledger.job(job.id)?.outcome?.kind == (hasFailed ? .failed : nil))
        #expect(fixture.store["inbox", key] != nil)
    }

    @Test func `the source of a settled job is deleted only on request`() async throws {
        let fixture = try await JobFixture()
        let (job, token) = try await left(fixture, "up/a")
        copied(fixture, "a")
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 3))
        let destination = Destination(ObjectLocation(bucket: "out", key: ObjectKey("done/a")!))
        #expect(try await fixture.ledger.finish(token, with: .settled(judgement, .promoted, destination), at: .now()))

        #expect(try await reconcile(fixture).isEmpty)
        // Without the time at which the object was written, it may be another upload of the same bytes.
        guard case .person? = try await reconcile(fixture, settled: true).first?.result else {
            Issue.record("a source that may be another upload was not left")
            return
        }
        fixture.store["inbox", "up/a"]?.lastModified = "Sun, 01 Nov 2020 08:00:00 GMT"
        #expect(try await reconcile(fixture, isDryRun: true, settled: true).map(\.result) == [.would])
        #expect(fixture.store["inbox", "up/a"] != nil)
        let copy = fixture.store["out", "done/a"]
        fixture.store["out", "done/a"] = nil
        guard case .person? = try await reconcile(fixture, settled: true).first?.result else {
            Issue.record("a source without its copy was not left")
            return
        }
        #expect(fixture.store["inbox", "up/a"] != nil)

        fixture.store["out", "done/a"] = copy
        #expect(try await reconcile(fixture, settled: true).map(\.result) == [.done("the source is deleted")])
        #expect(fixture.store["inbox", "up/a"] == nil)
        #expect(try await fixture.ledger.auditTrail(of: job.id, limit: 9).map(\.action) == ["reconcile"])
        #expect(try await reconcile(fixture, settled: true).isEmpty)
    }

    @Test func `a source that is written again before its delete stays`() async throws {
        let fixture = try await JobFixture()
        let store = fixture.store
        let (_, token) = try await left(fixture, "up/a")
        copied(fixture, "a")
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 3))
        let destination = Destination(ObjectLocation(bucket: "out", key: ObjectKey("done/a")!))
        #expect(try await fixture.ledger.finish(token, with: .settled(judgement, .promoted, destination), at: .now()))
        store["inbox", "up/a"]?.lastModified = "Sun, 01 Nov 2020 08:00:00 GMT"
        // The same bytes come once more, right before the last look.
        let looks = Locked(0)
        store.interrupt { (call) throws(AWSError) in
            guard case .head(let location) = call, location.bucket == "inbox" else { return }
            let count = looks.withLock { looks in
                looks += 1
                return looks
            }
            if count == 2 { store["inbox", "up/a"]?.lastModified = "Mon, 02 Nov 2020 08:00:00 GMT" }
        }
        let moves = try await reconcile(fixture, settled: true)
        #expect(moves.map(\.result) == [.left("the object was written again meanwhile")])
        #expect(store["inbox", "up/a"] != nil)
    }

    @Test func `a failing store is reported and the next job is repaired`() async throws {
        let fixture = try await JobFixture()
        _ = try await left(fixture, "up/a")
        _ = try await left(fixture, "up/b")
        copied(fixture, "a")
        copied(fixture, "b")
        fixture.store.interrupt { (call) throws(AWSError) in
            guard case .head(let place) = call, place.key.text == "up/a" else { return }
            throw .test("HeadObject", code: "SlowDown", status: 503)
        }
        let results = try await reconcile(fixture).map(\.result)
        #expect(results.count == 2 && results.contains(.done("finished: promoted to s3://out/done/b")))
        #expect(results.contains { if case .failed(let text) = $0 { text.contains("SlowDown") } else { false } })
        #expect(fixture.store["inbox", "up/a"] != nil)
    }
}
