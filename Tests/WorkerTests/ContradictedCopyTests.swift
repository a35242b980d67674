import AWS
import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing
import Transfer
import Worker

/// Copies that were made though the answer told otherwise, and whose source is another one, or gone, when they are tried again:
/// an outcome names each, and none names what is another's.
@Suite(.timeLimit(.minutes(1))) struct ContradictedCopyTests {
    /// What is at the place of the source afterwards.
    enum Source: CaseIterable { case replaced, gone }

    static let infected = [Finding(.signature, "Test.Evil")]

    /// A bench whose S3 makes the copy, changes the source, and then says what it would say to a second try.
    private func bench(
        _ found: [Finding], _ source: Source, at operation: String = "CopyObject",
        _ copying: ObjectCopier.Configuration = .init()
    ) async throws -> FaultBench {
        let store = Locked<ScriptedS3?>(nil)
        let bench = try await FaultBench(ScriptedInspector(found: found), copying: copying) { call in
            guard call.operation == operation, call.attempt == 1 else { return nil }
            _ = call.right()
            store.withLock { $0?["inbox", "up/a"] = source == .gone ? nil : .init([9, 9]) }
            if operation == "CompleteMultipartUpload" { return .s3(500, "InternalError") }
            return source == .gone ? .s3(404, "NoSuchKey") : .s3(412, "PreconditionFailed")
        }
        store.withLock { $0 = bench.s3 }
        return bench
    }

    @Test(arguments: Source.allCases, [true, false])
    func `a copy is found whatever its event told`(source: Source, isPinned: Bool) async throws {
        for found in [[], Self.infected] {
            let bench = try await bench(found, source)
            bench.s3["inbox", "up/a"] = .init([1, 2, 3])
            let job = bench.job(isPinned: isPinned)
            guard case .finished(.settled(_, _, let place?)) = await bench.run(job) else {
                Issue.record("the copy is not found: \(bench.s3.names)")
                continue
            }
            let key = found.isEmpty ? "done/a" : "infected/2026-11-21/\(job.id)/a"
            #expect(place.location.key.text == key)
            #expect(bench.s3[place.location.bucket, key]?.bytes == [1, 2, 3])
            #expect(bench.s3["inbox", "up/a"]?.bytes == (source == .gone ? nil : [9, 9]))
            #expect(bench.s3.names.count == (source == .gone ? 1 : 2))
        }
    }

    @Test(arguments: Source.allCases, ["CompleteMultipartUpload", "UploadPartCopy"])
    func `a copy by parts is found or leaves nothing`(source: Source, operation: String) async throws {
        var copying = ObjectCopier.Configuration()
        copying.multipartThreshold = 0
        let bench = try await bench([], source, at: operation, copying)
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        let result = await bench.run(bench.job())
        switch (operation, source, result) {
        case ("CompleteMultipartUpload", _, .finished(.settled(_, .promoted, _))):
            #expect(bench.s3["out", "done/a"]?.bytes == [1, 2, 3])
        case ("UploadPartCopy", .gone, .finished(.gone)), ("UploadPartCopy", .replaced, .finished(.superseded)):
            #expect(bench.s3["out", "done/a"] == nil)
        default: Issue.record("\(result)")
        }
        #expect(bench.s3.openUploads.isEmpty)
    }

    /// An earlier upload of the same bytes was promoted long ago; of this one no copy was made.
    @Test func `the same bytes that were there before are no copy`() async throws {
        let bench = try await FaultBench { call in
            call.operation == "CopyObject" ? .s3(412, "PreconditionFailed") : nil
        }
        for (bucket, key, day) in [("inbox", "up/a", 21), ("out", "done/a", 20)] {
            var object = ScriptedS3.Object([1, 2, 3])
            object.headers = [("Last-Modified", "\(day == 21 ? "Sat" : "Fri"), \(day) Nov 2026 08:00:00 GMT")]
            bench.s3[bucket, key] = object
        }
        guard case .finished(.superseded) = await bench.run(bench.job()) else {
            Issue.record("taken for a copy")
            return
        }
        #expect(bench.s3.names == ["inbox/up/a", "out/done/a"])
    }

    /// Under a key of KMS a copy has an ETag that tells nothing; of the same length, it may be that of a later upload.
    @Test(arguments: [true, false])
    func `the copy of a later upload is not taken for that of an earlier`(isOvertaken: Bool) async throws {
        let bench = try await FaultBench { $0.operation == "CopyObject" ? .s3(503, "SlowDown") : nil }
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = bench.job()
        guard case .open = await bench.run(job) else {
            Issue.record("not interrupted")
            return
        }
        bench.mend()

        let object = ObjectVersion(bucket: "inbox", key: ObjectKey("up/a")!, versionID: nil, etag: "later")
        let later = Job(of: Event(object: object, size: 3, sequencer: "02", time: .now(), name: "ObjectCreated:Put"))
        let claim = try await bench.ledger.claim(
            later, by: "two", pipeline: "uploads", receivedAt: .now(), until: .now().advanced(by: .seconds(60)),
            now: .now())
        guard case .granted(let token, _) = claim else {
            Issue.record("not granted")
            return
        }
        let verdict: Verdict = isOvertaken ? .clean : .infected
        let judgement = Judgement(verdict: verdict, findings: [], evidence: Evidence(bytesRead: 3))
        try await bench.ledger.record(judgement, for: token, at: .now())
        var copy = ScriptedS3.Object([4, 5, 6], etag: "0123456789abcdef0123456789abcdef")
        copy.headers = [("x-amz-server-side-encryption", "aws:kms")]
        bench.s3["out", "done/a"] = copy
        bench.s3["inbox", "up/a"] = nil

        switch (isOvertaken, await bench.run(job)) {
        case (true, .finished(.superseded)), (false, .finished(.settled(_, .promoted, _))): break
        case (_, let result): Issue.record("\(result)")
        }
        #expect(bench.s3["out", "done/a"]?.bytes == [4, 5, 6])
    }

    /// Of an event that tells no time, the day is that of its first receipt.
    @Test func `an attempt on another day comes to the same place`() async throws {
        let bench = try await AttemptScopeFixture(ScriptedInspector(found: Self.infected))
        bench.store["inbox", "up/a"] = .init([1, 2, 3])
        let object = ObjectVersion(
            bucket: "inbox", key: ObjectKey("up/a")!, versionID: nil, etag: bench.store["inbox", "up/a"]?.etag)
        let job = Job(of: Event(object: object, size: 3, sequencer: "01", time: nil, name: "ObjectCreated:Put"))
        bench.store.interrupt { (call) throws(AWSError) in
            if case .delete = call { throw .test("DeleteObject", code: "SlowDown", status: 503) }
        }
        guard case .open = await bench.run(job).value else {
            Issue.record("not interrupted")
            return
        }
        bench.store.interrupt { (_) throws(AWSError) in }
        bench.clock.advance(by: .seconds(24 * 3600))
        guard case .finished(.settled(_, .quarantined, _)) = await bench.run(job).value else {
            Issue.record("not settled")
            return
        }
        #expect(bench.store.locations.count == 1)
    }

    /// Its worker was killed before it could say so: what is gone is told as gone, and not tried for ever.
    @Test func `an object that is gone ends though its place would have no possible key`() async throws {
        let bench = try await AttemptScopeFixture()
        let key = "up/" + String(repeating: "k", count: 1021)
        let job = bench.job(key)
        let other = try await bench.claimElsewhere(job)
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 3))
        try await bench.ledger.inner.record(judgement, for: other, at: bench.now)
        bench.clock.advance(by: .seconds(61))
        bench.store["inbox", key] = nil
        guard case .finished(.gone) = await bench.run(job).value else {
            Issue.record("not ended")
            return
        }
    }
}
