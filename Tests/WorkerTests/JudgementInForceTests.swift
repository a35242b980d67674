import AWS
import Domain
import Ledger
import Pipelines
import Support
import TestKit
import Testing
import Transfer

@testable import Worker

/// A judgement that an earlier attempt put on record, under other rules, other signatures, or long ago.
@Suite(.timeLimit(.minutes(1))) struct JudgementInForceTests {
    private static let start = Timestamp(milliseconds: 1_795_248_600_000)
    private static let day = Duration.seconds(86_400)
    private static let onlyPDF = JobFixture.uploads.replacing("types: [image/png]", with: "types: [application/pdf]")
    private static let elsewhere = JobFixture.uploads.replacing("done/{rest}", with: "new/{rest}")

    private static let withoutPipeline = JobFixture.uploads.replacing("prefix: up/", with: "prefix: other/")

    private static func newer(finding: Bool) -> ScriptedInspector {
        ScriptedInspector(found: finding ? [Finding(.signature, "New")] : [], version: 2)
    }

    private func run(
        _ job: Job, _ fixture: JobFixture, rules: String = JobFixture.uploads, _ inspector: ScriptedInspector,
        after age: Duration
    ) async throws -> AttemptResult {
        let clocks = Clocks(monotonic: MonotonicClock(ManualClock())) { Self.start.advanced(by: age) }
        let context = WorkerContext(
            worker: "one", pipelines: try PipelineSet(files: [(name: "test.yaml", text: Array(rules.utf8))]),
            ledger: fixture.ledger, fetch: RangedFetch(store: fixture.store, directory: fixture.directory.path),
            mover: ObjectMover(store: fixture.store, capabilities: StoreCapabilities(conditionalDeletesIn: ["inbox"])),
            inspection: ObjectInspection(inspector: inspector),
            claims: ClaimKeeper(ledger: fixture.ledger, life: .seconds(30), clocks: clocks, log: .quiet),
            clocks: clocks)
        return await JobRunner(job, receivedAt: Self.start, context: context, checkLease: {})()
    }

    /// Runs an attempt whose move fails at a call.
    private func interrupted(
        _ fixture: JobFixture, _ isFault: @escaping @Sendable (MemoryStore.Call) -> Bool
    ) async throws -> Job {
        fixture.store["inbox", "up/a"] = .init([1, 2, 3])
        let job = fixture.job("up/a")
        fixture.store.interrupt { (call) throws(AWSError) in
            if isFault(call) { throw .test("S3", code: "SlowDown", status: 503) }
        }
        guard case .open = try await run(job, fixture, fixture.inspector, after: .zero) else {
            Issue.record("not interrupted")
            return job
        }
        fixture.store.interrupt { (_) throws(AWSError) in }
        return job
    }

    private func copyInterrupted(_ fixture: JobFixture) async throws -> Job {
        try await interrupted(fixture) { if case .copy = $0 { true } else { false } }
    }

    private func deleteInterrupted(_ fixture: JobFixture) async throws -> Job {
        try await interrupted(fixture) { if case .delete = $0 { true } else { false } }
    }

    @Test func `a judgement is acted upon for ever while rules and signatures stay the same`() async throws {
        let fixture = try await JobFixture()
        let job = try await copyInterrupted(fixture)
        guard
            case .finished(.settled(_, .promoted, _)) = try await run(job, fixture, fixture.inspector, after: Self.day)
        else {
            Issue.record("not promoted")
            return
        }
        #expect(fixture.inspector.scans == 1)
    }

    /// The pipeline was taken away while the worker was down.
    @Test(arguments: [false, true])
    func `an object that no pipeline takes any more is in one place`(isInfected: Bool) async throws {
        let found = isInfected ? [Finding(.signature, "Eicar")] : []
        let fixture = try await JobFixture(ScriptedInspector(found: found))
        let job = try await deleteInterrupted(fixture)
        #expect(fixture.store.locations.count == 2)
        let result = try await run(job, fixture, rules: Self.withoutPipeline, fixture.inspector, after: .seconds(59))
        #expect(try outcome(of: result) == .unmatched)
        #expect(fixture.store.locations.map(\.bucket) == ["inbox"])
    }

    @Test func `an object that was moved before its pipeline was taken away is settled`() async throws {
        let fixture = try await JobFixture()
        let job = try await deleteInterrupted(fixture)
        // The answer to the delete was lost.
        fixture.store["inbox", "up/a"] = nil
        let result = try await run(job, fixture, rules: Self.withoutPipeline, fixture.inspector, after: .seconds(59))
        guard case .settled(_, .promoted, let copy) = try outcome(of: result) else {
            Issue.record("\(result)")
            return
        }
        #expect(copy?.location == fixture.store.locations.first)
    }

    /// The ages are below and above one visibility timeout, which is two lives of a claim.
    @Test(arguments: [(59, Disposition.promoted), (61, .deleted), (86_400, .deleted)])
    func `an object is inspected again if the rules have changed unless its judgement is young`(
        seconds: Int, disposition: Disposition
    ) async throws {
        let fixture = try await JobFixture()
        let job = try await copyInterrupted(fixture)
        let result = try await run(job, fixture, rules: Self.onlyPDF, fixture.inspector, after: .seconds(seconds))
        guard case .finished(.settled(_, disposition, _)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect((fixture.store["out", "done/a"] != nil) == (disposition == .promoted))
        #expect(fixture.store["inbox", "up/a"] == nil)
    }

    @Test(arguments: [(59, false, Disposition.promoted), (61, false, .promoted), (61, true, .quarantined)])
    func `an object is scanned again if the signatures have changed unless its judgement is young`(
        seconds: Int, isFound: Bool, disposition: Disposition
    ) async throws {
        let fixture = try await JobFixture()
        let job = try await copyInterrupted(fixture)
        let inspector = Self.newer(finding: isFound)
        let result = try await run(job, fixture, inspector, after: .seconds(seconds))
        guard case .finished(.settled(let judgement, disposition, _)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(inspector.scans == (seconds > 60 ? 1 : 0))
        #expect(judgement.evidence.databases.first?.version == (seconds > 60 ? 2 : nil))
        #expect(fixture.store.locations.count == 1)
    }

    /// A replay of a job that had stranded with a judgement keeps the judgement, but not its force.
    @Test func `a job that is replayed is not promoted by what it was once judged`() async throws {
        let fixture = try await JobFixture()
        let job = try await copyInterrupted(fixture)
        let entry = AuditEntry(
            at: Self.start.advanced(by: Self.day), actor: "mara", action: "replay", subject: "s", reason: "mended")
        #expect(try await fixture.ledger.reopen(job.id, keepingJudgement: false, entry) == .open)
        let result = try await run(job, fixture, Self.newer(finding: true), after: Self.day)
        guard case .finished(.settled(_, .quarantined, _)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(fixture.store["out", "done/a"] == nil)
    }

    @Test func `a copy that an earlier attempt made is removed if the object is infected by now`() async throws {
        let fixture = try await JobFixture()
        let job = try await deleteInterrupted(fixture)
        #expect(fixture.store["out", "done/a"] != nil)
        let result = try await run(job, fixture, Self.newer(finding: true), after: Self.day)
        guard case .finished(.settled(_, .quarantined, let destination?)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(fixture.store.locations == [destination.location])
    }

    @Test(arguments: [30, 86_400])
    func `a copy is in one place after the pipeline moves objects elsewhere`(seconds: Int) async throws {
        let fixture = try await JobFixture()
        let job = try await deleteInterrupted(fixture)
        let result = try await run(
            job, fixture, rules: Self.elsewhere, fixture.inspector, after: .seconds(seconds))
        guard case .finished(.settled(_, .promoted, let destination?)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(destination.location.key.text == "new/a" && fixture.store.locations == [destination.location])
    }

    /// Killed between the delete of the source and the record of its outcome, before the pipeline was changed.
    @Test func `a copy at the destination that was planned is found although the pipeline has changed`() async throws {
        let fixture = try await JobFixture()
        let job = try await deleteInterrupted(fixture)
        fixture.store["inbox", "up/a"] = nil
        let result = try await run(job, fixture, rules: Self.elsewhere, fixture.inspector, after: Self.day)
        guard case .finished(.settled(_, .promoted, let destination?)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(destination.location.key.text == "done/a")
    }

    @Test func `what others have put at the earlier destination stays there`() async throws {
        let fixture = try await JobFixture()
        let job = try await deleteInterrupted(fixture)
        fixture.store["out", "done/a"] = .init([9, 9])
        let result = try await run(job, fixture, Self.newer(finding: true), after: Self.day)
        guard case .finished(.settled(_, .quarantined, _)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(fixture.store["out", "done/a"]?.bytes == [9, 9])
    }

    /// A later upload of the same bytes was promoted over the copy: it is not this job's any more.
    @Test func `the copy of a later upload of the same bytes stays`() async throws {
        let fixture = try await JobFixture()
        let job = try await deleteInterrupted(fixture)
        let event = Event(
            object: job.object, size: 3, sequencer: "02", time: job.event.time, name: "ObjectCreated:Put")
        let later = Job(
            id: JobID(String(repeating: "b", count: 32))!, event: event)
        let claim = try await fixture.ledger.claim(
            later, by: "two", pipeline: "uploads", receivedAt: Self.start, until: Self.start, now: Self.start)
        guard case .granted(let token, _) = claim else {
            Issue.record("not granted")
            return
        }
        let clean = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 3))
        let place = ObjectLocation(bucket: "out", key: ObjectKey("done/a")!)
        try await fixture.ledger.record(clean, for: token, under: JudgementBasis(destination: place), at: Self.start)
        #expect(
            try await fixture.ledger.finish(token, with: .settled(clean, .promoted, Destination(place)), at: Self.start)
        )
        _ = try await run(job, fixture, Self.newer(finding: true), after: Self.day)
        #expect(fixture.store["out", "done/a"]?.bytes == [1, 2, 3])
    }
}
