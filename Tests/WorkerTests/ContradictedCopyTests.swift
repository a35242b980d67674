import AWS
import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing
import Transfer
import Worker

/// Copies that S3 made although it answered with an error, and whose source is replaced or gone when the job continues:
/// an outcome names each of them, and none names another job's copy.
@Suite(.timeLimit(.minutes(1))) struct ContradictedCopyTests {
    /// The source afterwards.
    enum Source: CaseIterable { case replaced, gone }

    static let infected = [Finding(.signature, "Test.Evil")]

    /// An S3 that makes the copy, changes the source, and then answers as it would to a second try.
    private func fixture(
        _ found: [Finding], _ source: Source, at operation: String = "CopyObject",
        _ copying: ObjectCopier.Configuration = .init()
    ) async throws -> FaultFixture {
        let store = Locked<ScriptedS3?>(nil)
        let fixture = try await FaultFixture(ScriptedInspector(found: found), copying: copying) { call in
            guard call.operation == operation, call.attempt == 1 else { return nil }
            _ = call.right()
            store.withLock { $0?["inbox", "up/a"] = source == .gone ? nil : .init([9, 9]) }
            if operation == "CompleteMultipartUpload" { return .s3(500, "InternalError") }
            return source == .gone ? .s3(404, "NoSuchKey") : .s3(412, "PreconditionFailed")
        }
        store.withLock { $0 = fixture.s3 }
        return fixture
    }

    @Test(arguments: Source.allCases, [true, false])
    func `a copy is found after a failed answer whether or not the event pins the object`(
        source: Source, isPinned: Bool
    ) async throws {
        for found in [[], Self.infected] {
            let fixture = try await fixture(found, source)
            fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
            let job = fixture.job(isPinned: isPinned)
            guard case .finished(.settled(_, _, let place?)) = await fixture.run(job) else {
                Issue.record("the copy is not found: \(fixture.s3.names)")
                continue
            }
            let key = found.isEmpty ? "done/a" : "infected/2026-11-21/\(job.id)/a"
            #expect(place.location.key.text == key)
            #expect(fixture.s3[place.location.bucket, key]?.bytes == [1, 2, 3])
            #expect(fixture.s3["inbox", "up/a"]?.bytes == (source == .gone ? nil : [9, 9]))
            #expect(fixture.s3.names.count == (source == .gone ? 1 : 2))
        }
    }

    @Test(arguments: Source.allCases, ["CompleteMultipartUpload", "UploadPartCopy"])
    func `a multipart copy is found after a failed answer or leaves nothing`(source: Source, operation: String)
        async throws
    {
        var copying = ObjectCopier.Configuration()
        copying.multipartThreshold = 0
        let fixture = try await fixture([], source, at: operation, copying)
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        let result = await fixture.run(fixture.job())
        switch (operation, source, result) {
        case ("CompleteMultipartUpload", _, .finished(.settled(_, .promoted, _))):
            #expect(fixture.s3["out", "done/a"]?.bytes == [1, 2, 3])
        case ("UploadPartCopy", .gone, .finished(.gone)), ("UploadPartCopy", .replaced, .finished(.superseded)):
            #expect(fixture.s3["out", "done/a"] == nil)
        default: Issue.record("\(result)")
        }
        #expect(fixture.s3.openUploads.isEmpty)
    }

    /// An earlier upload of the same bytes was promoted long ago; this one was not copied.
    @Test func `equal bytes that were at the destination before are not taken for the copy`() async throws {
        let fixture = try await FaultFixture { call in
            call.operation == "CopyObject" ? .s3(412, "PreconditionFailed") : nil
        }
        for (bucket, key, day) in [("inbox", "up/a", 21), ("out", "done/a", 20)] {
            var object = ScriptedS3.Object([1, 2, 3])
            object.headers = [("Last-Modified", "\(day == 21 ? "Sat" : "Fri"), \(day) Nov 2026 08:00:00 GMT")]
            fixture.s3[bucket, key] = object
        }
        guard case .finished(.superseded) = await fixture.run(fixture.job()) else {
            Issue.record("taken for a copy")
            return
        }
        #expect(fixture.s3.names == ["inbox/up/a", "out/done/a"])
    }

    /// Under a KMS key the ETag of a copy says nothing. A copy of the same length may be that of a later upload.
    @Test(arguments: [true, false])
    func `the copy of a later upload is not taken for the earlier upload's`(isOvertaken: Bool) async throws {
        let fixture = try await FaultFixture { $0.operation == "CopyObject" ? .s3(503, "SlowDown") : nil }
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = fixture.job()
        guard case .open = await fixture.run(job) else {
            Issue.record("not interrupted")
            return
        }
        fixture.mend()

        let object = ObjectVersion(bucket: "inbox", key: ObjectKey("up/a")!, versionID: nil, etag: "later")
        let later = Job(of: Event(object: object, size: 3, sequencer: "02", time: .now(), name: "ObjectCreated:Put"))
        let claim = try await fixture.ledger.claim(
            later, by: "two", pipeline: "uploads", receivedAt: .now(), until: .now().advanced(by: .seconds(60)),
            now: .now())
        guard case .granted(let token, _) = claim else {
            Issue.record("not granted")
            return
        }
        let verdict: Verdict = isOvertaken ? .clean : .infected
        let judgement = Judgement(verdict: verdict, findings: [], evidence: Evidence(bytesRead: 3))
        let place = JudgementBasis(destination: ObjectLocation(bucket: "out", key: ObjectKey("done/a")!))
        try await fixture.ledger.record(judgement, for: token, under: place, at: .now())
        var copy = ScriptedS3.Object([4, 5, 6], etag: "0123456789abcdef0123456789abcdef")
        copy.headers = [("x-amz-server-side-encryption", "aws:kms")]
        fixture.s3["out", "done/a"] = copy
        fixture.s3["inbox", "up/a"] = nil

        switch (isOvertaken, await fixture.run(job)) {
        case (true, .finished(.superseded)), (false, .finished(.settled(_, .promoted, _))): break
        case (_, let result): Issue.record("\(result)")
        }
        #expect(fixture.s3["out", "done/a"]?.bytes == [4, 5, 6])
    }

    /// An event without a time uses the day of its first receipt.
    @Test func `an attempt on another day uses the same destination`() async throws {
        let fixture = try await AttemptScopeFixture(ScriptedInspector(found: Self.infected))
        fixture.store["inbox", "up/a"] = .init([1, 2, 3])
        let object = ObjectVersion(
            bucket: "inbox", key: ObjectKey("up/a")!, versionID: nil, etag: fixture.store["inbox", "up/a"]?.etag)
        let job = Job(of: Event(object: object, size: 3, sequencer: "01", time: nil, name: "ObjectCreated:Put"))
        fixture.store.interrupt { (call) throws(AWSError) in
            if case .delete = call { throw .test("DeleteObject", code: "SlowDown", status: 503) }
        }
        guard case .open = await fixture.run(job).value else {
            Issue.record("not interrupted")
            return
        }
        fixture.store.interrupt { (_) throws(AWSError) in }
        fixture.clock.advance(by: .seconds(24 * 3600))
        guard case .finished(.settled(_, .quarantined, _)) = await fixture.run(job).value else {
            Issue.record("not settled")
            return
        }
        #expect(fixture.store.locations.count == 1)
    }

    /// Its worker was killed before it recorded the outcome.
    @Test func `a missing object is gone even if S3 could not hold its destination key`() async throws {
        let fixture = try await AttemptScopeFixture()
        let key = "up/" + String(repeating: "k", count: 1021)
        let job = fixture.job(key)
        let other = try await fixture.claimElsewhere(job)
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 3))
        try await fixture.ledger.inner.record(judgement, for: other, at: fixture.now)
        fixture.clock.advance(by: .seconds(61))
        fixture.store["inbox", key] = nil
        guard case .finished(.gone) = await fixture.run(job).value else {
            Issue.record("not ended")
            return
        }
    }
}
