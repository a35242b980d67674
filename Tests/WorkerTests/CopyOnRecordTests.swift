import AWS
import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing
import Transfer
import Worker

/// A copy is on record before its source is deleted; what a consumer does with it afterwards changes no outcome.
@Suite(.timeLimit(.minutes(1))) struct CopyOnRecordTests {
    /// The answer to the delete is lost, and the consumer takes the copy from its place before the next attempt.
    @Test func `a job whose copy was taken away between delete and finish is settled`() async throws {
        let fixture = try await JobFixture()
        let store = fixture.store
        store["inbox", "up/a.png"] = .init([1, 2, 3])
        let job = fixture.job("up/a.png")
        store.interrupt { (call) throws(AWSError) in
            guard case .delete = call else { return }
            store["inbox", "up/a.png"] = nil
            throw .test("DeleteObject", code: "InternalError", status: 500)
        }
        guard case .open = await fixture.run(job) else {
            Issue.record("not left open")
            return
        }
        let location = ObjectLocation(bucket: "out", key: ObjectKey("done/a.png")!)
        #expect(try await fixture.ledger.job(job.id)?.copiedTo?.location == location)
        store.interrupt { (_) throws(AWSError) in }
        store["out", "done/a.png"] = nil
        let ended = try outcome(of: await fixture.run(job))
        guard case .settled(let judgement, .promoted, let copy?) = ended else {
            Issue.record("\(ended)")
            return
        }
        #expect(judgement.verdict == .clean && copy.location == location)
    }

    /// Without that record nobody knows that the copy was ever made.
    @Test func `an object that its uploader deleted before the copy is gone`() async throws {
        let fixture = try await JobFixture()
        let store = fixture.store
        store["inbox", "up/a.png"] = .init([1, 2, 3])
        let job = fixture.job("up/a.png")
        store.interrupt { (call) throws(AWSError) in
            guard case .copy = call else { return }
            throw .test("CopyObject", code: "InternalError", status: 500)
        }
        _ = await fixture.run(job)
        store.interrupt { (_) throws(AWSError) in }
        store["inbox", "up/a.png"] = nil
        #expect(try outcome(of: await fixture.run(job)) == .gone)
    }

    @Test func `a delete marker is left alone with an outcome of its own`() async throws {
        let fixture = try await JobFixture()
        fixture.store["inbox", "up/a.png"] = .init([1, 2, 3])
        fixture.store.interrupt { (call) throws(AWSError) in
            guard case .get = call else { return }
            throw AWSError(
                kind: .notFound, code: "MethodNotAllowed", service: .s3, operation: "GetObject", status: 405,
                message: "", hint: "")
        }
        #expect(try outcome(of: await fixture.run(fixture.job("up/a.png"))) == .marker)
        #expect(fixture.store["inbox", "up/a.png"] != nil)
    }

    /// A message of the same job is given up while its first attempt runs in this worker.
    @Test func `a job that runs is not released by another message of it`() async throws {
        let inspector = ScriptedInspector()
        let fixture = try await FaultFixture(inspector)
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = fixture.job()
        #expect(fixture.context.mutex.takeIfFree(job.id))
        let claim = try await fixture.ledger.claim(
            job, by: "one", pipeline: "uploads", receivedAt: .now(), until: Timestamp.now().advanced(by: .seconds(60)),
            now: .now())
        guard case .granted(let token, _) = claim else {
            Issue.record("not granted")
            return
        }
        // The ledger's first answer is lost, so that the repeated claim finds the job held by this very worker.
        let scripted = ScriptedLedger(fixture.ledger)
        scripted.play { call, count in call == .claim && count == 1 ? .before : nil }
        let old = fixture.context
        let patient = RetryingLedger(scripted, log: Log(threshold: .error) { _ in })
        let context = WorkerContext(
            worker: "one", pipelines: old.pipelines, ledger: patient, fetch: old.fetch, mover: old.mover,
            inspection: old.inspection, claims: old.claims)
        #expect(context.mutex.takeIfFree(job.id))
        _ = await JobRunner(job, receivedAt: .now(), isLastReceive: true, context: context) {}.giveUp("no room")
        #expect(try await fixture.ledger.renew(token, until: Timestamp.now().advanced(by: .seconds(60))))
        #expect(try await fixture.ledger.job(job.id)?.strandedAt == nil)
    }

    /// The worker is suspended for longer than a claim while parts are copied, and another one takes the job over.
    @Test func `a copy by parts is not completed without a proven claim`() async throws {
        var inParts = ObjectCopier.Configuration()
        (inParts.multipartThreshold, inParts.partSize) = (0, 1)
        let inspector = ScriptedInspector(found: [Finding(.signature, "Eicar")])
        let fixture = try await AttemptScopeFixture(inspector, copying: inParts)
        let job = fixture.job()
        // Each renewal tries it first, one after the other: the keeper's and the one before the end of the copy may
        // come at the same time.
        let turns = AsyncSemaphore(1)
        fixture.ledger.play { call, _ in
            guard call == .renew else { return nil }
            await turns.withPermit {
                guard let token = try? await fixture.claimElsewhere(job) else { return }
                _ = try? await fixture.ledger.inner.finish(token, with: .gone, at: fixture.now)
            }
            return nil
        }
        let isFirst = Locked(true)
        fixture.store.interrupt { [clock = fixture.clock] (call) throws(AWSError) in
            guard case .copyPart = call, isFirst.withLock({ $0 }) else { return }
            isFirst.withLock { $0 = false }
            clock.advance(by: .seconds(61))
        }
        guard case .duplicate(.gone) = await fixture.run(job).value else {
            Issue.record("it went on")
            return
        }
        #expect(fixture.store.locations.allSatisfy { $0.bucket == "inbox" })
        #expect(fixture.store.openUploads.isEmpty)
    }
}
