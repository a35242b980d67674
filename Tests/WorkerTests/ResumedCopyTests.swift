import AWS
import Domain
import Ledger
import TestKit
import Testing
import Transfer
import Worker

/// Attempts after one that made the copy. In a bucket with versions a second copy would stay beside the first.
@Suite(.timeLimit(.minutes(1))) struct ResumedCopyTests {
    /// A worker whose delete was refused after it made the copy.
    private func interrupted(etag: String?, headers: [(String, String)] = []) async throws -> (FaultFixture, Job) {
        let fixture = try await FaultFixture { $0.operation == "DeleteObject" ? .s3(503, "SlowDown") : nil }
        var object = ScriptedS3.Object([1, 2, 3], etag: etag)
        object.headers = headers
        fixture.s3["inbox", "up/a"] = object
        let job = fixture.job()
        guard case .open = await fixture.run(job) else { throw TransferError.gone }
        #expect(fixture.s3.names == ["inbox/up/a", "out/done/a"])
        fixture.mend()
        return (fixture, job)
    }

    @Test(
        arguments: [
            (nil, [("Content-Type", "text/plain"), ("x-amz-meta-a", "1")]), ("0123456789abcdef0123456789abcdef-7", []),
            (nil, [("x-amz-server-side-encryption", "aws:kms")]),
        ] as [(String?, [(String, String)])])
    func `an existing copy is used and not made again`(etag: String?, headers: [(String, String)]) async throws {
        let (fixture, job) = try await interrupted(etag: etag, headers: headers)
        guard case .finished(.settled(_, .promoted, _)) = await fixture.run(job) else {
            Issue.record("not settled")
            return
        }
        #expect(fixture.s3.requests("CopyObject").count == 1)
        #expect(fixture.s3.names == ["out/done/a"])
    }

    @Test(arguments: [nil, "0123456789abcdef0123456789abcdef-7"])
    func `the copy is made again if another object has replaced it`(etag: String?) async throws {
        let (fixture, job) = try await interrupted(etag: etag)
        fixture.s3["out", "done/a"] = .init([4, 5, 6])
        guard case .finished(.settled(_, .promoted, _)) = await fixture.run(job) else {
            Issue.record("not settled")
            return
        }
        #expect(fixture.s3.requests("CopyObject").count == 2)
        #expect(fixture.s3["out", "done/a"]?.bytes == [1, 2, 3])
    }
}
