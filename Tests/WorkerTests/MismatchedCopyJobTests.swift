import AWS
import Digest
import Domain
import Inspection
import Intake
import Judging
import Ledger
import Support
import TestKit
import Testing
import Transfer

@testable import Worker

/// Jobs whose object was replaced by other bytes with the same ETag after it was judged.
@Suite(.timeLimit(.minutes(1))) struct MismatchedCopyJobTests {
    static let etag = "0123456789abcdef0123456789abcdef"
    static let (benign, hostile) = (
        ScriptedS3.Object([1, 2, 3], etag: etag), ScriptedS3.Object([6, 6, 6], etag: etag)
    )
    static let quarantined = [Finding(.signature, "Eicar")]

    /// - Parameters:
    ///   - marked: whether the copy has the mark of its job, as all quarantined copies have.
    ///   - inParts: whether the copy is made in two parts.
    func fixture(
        marked: Bool = false, inParts: Bool = false, _ script: FaultFixture.Script? = nil
    ) async throws -> (FaultFixture, Job) {
        let inspector = ScriptedInspector(found: marked ? Self.quarantined : [])
        var copying = ObjectCopier.Configuration()
        if inParts { (copying.multipartThreshold, copying.partSize) = (2, 2) }
        let fixture = try await FaultFixture(inspector, copying: copying, script)
        fixture.s3["inbox", "up/a"] = Self.benign
        inspector.whileScanning { [s3 = fixture.s3] in s3["inbox", "up/a"] = Self.hostile }
        return (fixture, fixture.job())
    }

    func outcome(_ result: AttemptResult) throws -> Outcome {
        guard case .finished(let outcome) = result else { throw Unfinished(result: "\(result)") }
        return outcome
    }

    struct Unfinished: Error { let result: String }

    @Test(arguments: [false, true], [false, true])
    func `a job whose object was replaced under the same ETag is superseded with a note`(
        marked: Bool, inParts: Bool
    ) async throws {
        let (fixture, job) = try await fixture(marked: marked, inParts: inParts)
        #expect(try outcome(await fixture.run(job)) == .superseded)
        #expect(fixture.s3.openUploads.isEmpty)
        #expect(fixture.s3.names == ["inbox/up/a"] && fixture.s3["inbox", "up/a"]?.bytes == Self.hostile.bytes)

        let record = try #require(try await fixture.ledger.job(job.id))
        #expect(record.outcome == .superseded && record.destination == nil)
        let judgement = try #require(record.judgement)
        #expect(judgement.verdict == (marked ? .infected : .clean))
        let note = try #require(judgement.findings.last)
        #expect(note.kind == .note && note.name == "other-bytes-copied")
        // A multipart copy reports the first part that differs.
        for bytes in [Self.benign.bytes, Self.hostile.bytes].map({ inParts ? [$0.prefix(2), $0.suffix(1)] : [$0[...]] })
        {
            let hashes = bytes.map { hexadecimal(SHA256.hash(Array($0))) }
            #expect(hashes.contains { note.detail.contains($0) }, "\(note.detail)")
        }
    }

    /// The bytes that an earlier attempt judged are not in the spool any more.
    @Test(arguments: [false, true]) func `a multipart copy fetches again the bytes that an earlier attempt judged`(
        isReplaced: Bool
    )
        async throws
    {
        let (fixture, job) = try await fixture(inParts: true) { call in
            call.operation == "CreateMultipartUpload" ? .s3(503, "SlowDown") : nil
        }
        guard case .open = await fixture.run(job) else { throw Unfinished(result: "ended") }
        fixture.mend()
        if !isReplaced { fixture.s3["inbox", "up/a"] = Self.benign }
        let before = fixture.s3.operations.count
        let outcome = try outcome(await fixture.run(job))
        let operations = fixture.s3.operations.dropFirst(before)
        #expect(operations.contains("GetObject") && operations.contains("CreateMultipartUpload") == !isReplaced)
        #expect(outcome.kind == (isReplaced ? .superseded : .settled))
        #expect(fixture.s3.names == [isReplaced ? "inbox/up/a" : "out/done/a"])
        #expect(
            try await fixture.ledger.job(job.id)?.judgement?.findings.map(\.name)
                == (isReplaced ? ["other-bytes-copied"] : []))
    }

    /// A worker that was killed after the other bytes were copied, as S3 and the ledger see it.
    func interrupted(marked: Bool) async throws -> (FaultFixture, Job) {
        let (fixture, job) = try await fixture(marked: marked) { call in
            switch call.operation {
            case "CopyObject":
                _ = call.right()
                return .drops
            case "HeadObject": return .s3(503, "SlowDown")
            default: return nil
            }
        }
        guard case .open = await fixture.run(job) else { throw Unfinished(result: "ended") }
        fixture.mend()
        #expect(fixture.s3.names.count == 2)
        return (fixture, job)
    }

    /// What the next attempt finds at the source.
    enum Present: CaseIterable { case benign, mismatched, laterMismatched, another, nothing }

    @Test(arguments: Present.allCases, [false, true])
    func `the mismatched copy of an interrupted attempt is deleted`(present: Present, marked: Bool) async throws {
        let (fixture, job) = try await interrupted(marked: marked)
        switch present {
        case .benign: fixture.s3["inbox", "up/a"] = Self.benign
        case .mismatched: break
        case .laterMismatched:
            // The copy is older than the store's object, but not older than the event.
            let place = marked ? ("jail", "infected/2026-11-21/\(job.id)/a") : ("out", "done/a")
            fixture.s3[place.0, place.1]?.headers.append(("Last-Modified", "Sat, 21 Nov 2026 08:00:01 GMT"))
            fixture.s3["inbox", "up/a"]?.headers.append(("Last-Modified", "Sat, 21 Nov 2026 09:00:00 GMT"))
        case .another: fixture.s3["inbox", "up/a"] = .init([9])
        case .nothing: fixture.s3["inbox", "up/a"] = nil
        }
        let outcome = try outcome(await fixture.run(job))
        let copies = fixture.s3.names.filter { !$0.hasPrefix("inbox/") }
        let note = try await fixture.ledger.job(job.id)?.judgement?.findings.last
        if present == .benign {
            #expect(outcome.kind == .settled && copies.count == 1)
            let place = marked ? ("jail", "infected/2026-11-21/\(job.id)/a") : ("out", "done/a")
            #expect(fixture.s3[place.0, place.1]?.bytes == Self.benign.bytes)
            #expect(note?.name != "other-bytes-copied")
        } else {
            #expect(outcome == (present == .nothing ? .gone : .superseded))
            #expect(copies.isEmpty && note?.name == "other-bytes-copied")
        }
    }

    /// The other upload was judged too, and its own job has copied it.
    @Test(arguments: [Verdict.clean, .infected]) func `the copy of the other upload's own job stays`(verdict: Verdict)
        async throws
    {
        let (fixture, job) = try await interrupted(marked: false)
        let event = Event(
            object: job.object, size: 3, sequencer: "02", time: Timestamp(iso8601: "2026-11-21T08:00:01Z"),
            name: "ObjectCreated:Put")
        let now = Timestamp.now()
        guard
            case .granted(let token, _) = try await fixture.ledger.claim(
                Job(of: event), by: "two", pipeline: "uploads", receivedAt: now, until: now, now: now)
        else { throw Unfinished(result: "not granted") }
        let judgement = Judgement(
            verdict: verdict, findings: [],
            evidence: Evidence(bytesRead: 3, sha256: hexadecimal(SHA256.hash(Self.hostile.bytes))))
        try await fixture.ledger.record(judgement, for: token, at: now)
        #expect(try await fixture.ledger.finish(token, with: .settled(judgement, .promoted, nil), at: now))
        fixture.s3["inbox", "up/a"] = nil

        let outcome = try outcome(await fixture.run(job))
        #expect(outcome.kind != .settled)
        #expect(fixture.s3.names == (verdict == .clean ? ["out/done/a"] : []))
    }

    /// The ledger goes down when a mismatched copy is to be noted, made just now or by an interrupted attempt.
    @Test(arguments: [false, true])
    func `the note of a mismatched copy waits for the ledger only until the worker stops`(
        wasLeft: Bool
    )
        async throws
    {
        let fixture = try await AttemptScopeFixture()
        let job = fixture.job()
        var mismatched = MemoryStore.Stored([6, 6, 6])
        mismatched.etag = try #require(job.object.etag)
        if wasLeft {
            let other = try await fixture.claimElsewhere(job)
            let judgement = Judgement(
                verdict: .clean, findings: [],
                evidence: Evidence(bytesRead: 3, sha256: hexadecimal(SHA256.hash([1, 2, 3]))))
            try await fixture.ledger.inner.record(judgement, for: other, at: fixture.now)
            fixture.clock.advance(by: .seconds(61))
            mismatched.keepsSHA256 = true
            fixture.store["out", "done/a"] = mismatched
            fixture.store["inbox", "up/a"] = nil
        } else {
            fixture.store.interrupt { [store = fixture.store, mismatched] (call) throws(AWSError) in
                if case .copy = call { store["inbox", "up/a"] = mismatched }
            }
        }
        fixture.ledger.play { call, count in call == .record && (wasLeft || count > 1) ? .before : nil }
        let scope = AttemptScope()
        let attempt = fixture.run(job, scope)
        await fixture.clock.untilSleepers(1)
        scope.stop()
        guard case .handedBack = await attempt.value else { throw Unfinished(result: "not handed back") }
        #expect((fixture.store["out", "done/a"] != nil) == wasLeft)
        #expect(try await fixture.ledger.inner.job(job.id)?.outcome == nil)
    }
}
