import AWS
import Domain
import Ledger
import TestKit
import Testing
import Transfer
import Worker

/// Attempts that follow one that got as far as the copy. In a destination with versions a second copy would stay beside the
/// first.
@Suite(.timeLimit(.minutes(1))) struct ResumedCopyTests {
    /// A worker whose delete was refused after its copy was made.
    private func interrupted(etag: String?, headers: [(String, String)] = []) async throws -> (FaultBench, Job) {
        let bench = try await FaultBench { $0.operation == "DeleteObject" ? .s3(503, "SlowDown") : nil }
        var object = ScriptedS3.Object([1, 2, 3], etag: etag)
        object.headers = headers
        bench.s3["inbox", "up/a"] = object
        let job = bench.job()
        guard case .open = await bench.run(job) else { throw TransferError.gone }
        #expect(bench.s3.names == ["inbox/up/a", "out/done/a"])
        bench.mend()
        return (bench, job)
    }

    @Test(
        arguments: [
            (nil, [("Content-Type", "text/plain"), ("x-amz-meta-a", "1")]), ("0123456789abcdef0123456789abcdef-7", []),
            (nil, [("x-amz-server-side-encryption", "aws:kms")]),
        ] as [(String?, [(String, String)])])
    func `the copy that is there is taken and not made again`(etag: String?, headers: [(String, String)]) async throws {
        let (bench, job) = try await interrupted(etag: etag, headers: headers)
        guard case .finished(.settled(_, .promoted, _)) = await bench.run(job) else {
            Issue.record("not settled")
            return
        }
        #expect(bench.s3.requests("CopyObject").count == 1)
        #expect(bench.s3.names == ["out/done/a"])
    }

    @Test(arguments: [nil, "0123456789abcdef0123456789abcdef-7"])
    func `where something else stands there by then the copy is made again`(etag: String?) async throws {
        let (bench, job) = try await interrupted(etag: etag)
        bench.s3["out", "done/a"] = .init([4, 5, 6])
        guard case .finished(.settled(_, .promoted, _)) = await bench.run(job) else {
            Issue.record("not settled")
            return
        }
        #expect(bench.s3.requests("CopyObject").count == 2)
        #expect(bench.s3["out", "done/a"]?.bytes == [1, 2, 3])
    }
}
