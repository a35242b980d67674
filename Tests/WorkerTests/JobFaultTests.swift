import AWS
import Domain
import Ledger
import TestKit
import Testing
import Worker

/// Whole jobs with the real clients against an S3 that errs.
@Suite(.timeLimit(.minutes(1))) struct JobFaultTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let operation: String
        let answer: @Sendable (ScriptedS3.Call) -> ScriptedAnswer
        /// What the attempt's error must say: who, what, why, and what to do.
        let words: [String]

        init(_ operation: String, _ words: [String], _ answer: @escaping @Sendable (ScriptedS3.Call) -> ScriptedAnswer)
        {
            (self.operation, self.answer, self.words) = (operation, answer, words)
        }

        var testDescription: String { "\(operation) \(words)" }
    }

    static let passing: [Fault] = [
        Fault("GetObject", ["S3 GetObject", "SlowDown", "HTTP 503", "Lower the concurrency"]) { _ in
            .s3(503, "SlowDown")
        },
        Fault("GetObject", ["S3 GetObject", "InternalError", "HTTP 500", "Try again later"]) { _ in
            .s3(500, "InternalError")
        },
        Fault("GetObject", ["S3 GetObject", "truncated", "look at the server's log"]) { call in
            var answer = call.right()
            answer.cutAfter = 1
            return answer
        },
        Fault("GetObject", ["GetObject, bytes 0-", "Content-Range", "Check the endpoint"]) { call in
            call.right().with("Content-Range", "bytes 1-3/4")
        },
        Fault("GetObject", ["GetObject", "Content-Length 4", "Check the endpoint"]) { call in
            var answer = call.right()
            answer.body.append(0)
            return answer
        },
        Fault("GetObject", ["S3 GetObject", "NoSuchBucket", "Check the bucket's name"]) { _ in
            .s3(404, "NoSuchBucket")
        },
        Fault("GetObject", ["S3 GetObject", "AccessDenied", "Allow the operation", "s3:ListBucket"]) { _ in
            .s3(403, "AccessDenied")
        },
        Fault("GetObject", ["S3 GetObject", "HTTP 404"]) { _ in .status(404, "<html>no S3</html>") },
        Fault("CopyObject", ["S3 CopyObject", "InternalError", "Try again later"]) { _ in
            .status(200, "<Error><Code>InternalError</Code></Error>")
        },
        Fault("CopyObject", ["S3 CopyObject", "NoSuchBucket", "Check the bucket's name"]) { _ in
            .s3(404, "NoSuchBucket")
        },
        Fault("CopyObject", ["S3 CopyObject", "AccessDenied", "Allow the operation"]) { _ in .s3(403, "AccessDenied") },
        Fault("CopyObject", ["S3 CopyObject", "could not be verified", "HTTP 404", "The source stays"]) { _ in
            .copied(etag: "another")
        },
        Fault("DeleteObject", ["S3 DeleteObject", "SlowDown", "Lower the concurrency"]) { _ in .s3(503, "SlowDown") },
        Fault("DeleteObject", ["S3 DeleteObject", "AccessDenied", "Allow the operation"]) { _ in
            .s3(403, "AccessDenied")
        },
    ]

    @Test(arguments: passing)
    func `a fault leaves the source and an error that says what to do and the next attempt ends the job`(fault: Fault)
        async throws
    {
        let bench = try await FaultBench { $0.operation == fault.operation ? fault.answer($0) : nil }
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = bench.job()
        guard case .open(let reason) = await bench.run(job) else {
            Issue.record("the fault ended the job")
            return
        }
        #expect(bench.s3["inbox", "up/a"]?.bytes == [1, 2, 3])
        let error = try #require(try await bench.ledger.job(job.id)?.attempts.first?.error)
        #expect(error == reason)
        for word in fault.words { #expect(error.contains(word), "\(word) in: \(error)") }

        bench.mend()
        let outcome = try finished(await bench.run(job))
        guard case .settled(let judgement, .promoted, _) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(judgement.verdict == .clean)
        #expect(bench.s3.names == ["out/done/a"])
        #expect(bench.s3["out", "done/a"]?.bytes == [1, 2, 3])
        #expect(try await bench.ledger.job(job.id)?.attempts.map(\.error) == [reason, nil])
    }

    @Test(arguments: [
        ("GetObject", ScriptedAnswer.s3(404, "NoSuchKey"), Outcome.gone),
        ("GetObject", .s3(404, "NoSuchVersion"), .gone), ("GetObject", .s3(412, "PreconditionFailed"), .superseded),
        ("CopyObject", .s3(404, "NoSuchKey"), .gone), ("CopyObject", .s3(412, "PreconditionFailed"), .superseded),
    ])
    func `what S3 says of the object itself ends the job`(operation: String, answer: ScriptedAnswer, outcome: Outcome)
        async throws
    {
        let bench = try await FaultBench { $0.operation == operation ? answer : nil }
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        #expect(try finished(await bench.run(bench.job())) == outcome)
        #expect(bench.s3.names == ["inbox/up/a"])
        #expect(!bench.s3.operations.contains("DeleteObject"))
    }

    @Test func `an archived object fails with what to do`() async throws {
        let bench = try await FaultBench { $0.operation == "GetObject" ? .s3(403, "InvalidObjectState") : nil }
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        let outcome = try finished(await bench.run(bench.job()))
        guard case .failed(let reason, nil) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.contains("restore it, then replay the job"))
    }

    @Test func `a locked source fails once with the copy and the verdict told`() async throws {
        let bench = try await FaultBench { call in
            guard call.operation == "DeleteObject" else { return nil }
            return .s3(403, "AccessDenied", "Access Denied because object protected by object lock.")
        }
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = bench.job()
        let outcome = try finished(await bench.run(job))
        guard case .failed(let reason, let judgement?) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(judgement.verdict == .clean)
        #expect(reason.contains("Object Lock") && reason.contains("s3://out/done/a"))
        #expect(bench.s3.names == ["inbox/up/a", "out/done/a"])
        guard case .duplicate = await bench.run(job) else {
            Issue.record("a terminal failure was tried again")
            return
        }
        #expect(bench.s3.requests("DeleteObject").count == 1)
    }

    @Test(
        .enabled(if: SmallDisk.isPossible, "a full disk is made by mounting a small one"), arguments: [(3, 2), (12, 6)])
    func `a full spool disk is told and takes nothing from the next object`(megabytes: Int, disk: Int) async throws {
        let disk = try SmallDisk(bytes: disk << 20)
        let bench = try await FaultBench(pipelines: Bench.uploads.replacing("1MiB", with: "20MiB"), spool: disk.path)
        bench.s3["inbox", "up/a"] = .init([UInt8](repeating: 7, count: megabytes << 20))
        let job = bench.job()
        guard case .open(let reason) = await bench.run(job) else {
            Issue.record("a full disk ended the job")
            return
        }
        for word in ["spool", "No space left", "`--spool`"] { #expect(reason.contains(word), "\(word) in: \(reason)") }
        #expect(bench.s3.names == ["inbox/up/a"])
        #expect(try await bench.ledger.job(job.id)?.error == reason)

        // The failed attempt has given back what it took, so that a smaller object finds room at once.
        bench.s3["inbox", "up/b"] = .init([UInt8](repeating: 7, count: 3 << 19))
        #expect(try finished(await bench.run(bench.job("up/b"))).kind == .settled)
    }

    // MARK: After a kill

    @Test(arguments: [nil, "0123456789abcdef0123456789abcdef-7"])
    func `a delete whose answer was lost is settled by the copy`(etag: String?) async throws {
        let bench = try await FaultBench { call in
            guard call.operation == "DeleteObject" else { return nil }
            _ = call.right()
            return .drops
        }
        bench.s3["inbox", "up/a"] = .init([1, 2, 3], etag: etag)
        let job = bench.job()
        guard case .open = await bench.run(job) else {
            Issue.record("a lost answer ended the job")
            return
        }
        bench.mend()
        let outcome = try finished(await bench.run(job))
        guard case .settled(_, .promoted, let destination?) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(destination.location.description == "s3://out/done/a")
        #expect(bench.s3.names == ["out/done/a"])
    }

    @Test func `an upload over a copied source is left to its own job`() async throws {
        let bench = try await FaultBench { $0.operation == "DeleteObject" ? .s3(503, "SlowDown") : nil }
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = bench.job()
        _ = await bench.run(job)
        bench.mend()
        bench.s3["inbox", "up/a"] = .init([4, 5])
        let outcome = try finished(await bench.run(job))
        guard case .settled(_, .promoted, _?) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(bench.s3["inbox", "up/a"]?.bytes == [4, 5])
        #expect(bench.s3["out", "done/a"]?.bytes == [1, 2, 3])
    }

    /// Its first verdict may be about other bytes.
    @Test func `an event that pins nothing is judged anew by each attempt`() async throws {
        let inspector = ScriptedInspector()
        let bench = try await FaultBench(inspector) { $0.operation == "CopyObject" ? .s3(503, "SlowDown") : nil }
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = bench.job(isPinned: false)
        _ = await bench.run(job)
        bench.mend()
        bench.s3["inbox", "up/a"] = .init([4, 5, 6, 7])
        let outcome = try finished(await bench.run(job))
        #expect(inspector.scans == 2)
        #expect(outcome.judgement?.evidence.bytesRead == 4)
        #expect(bench.s3["out", "done/a"]?.bytes == [4, 5, 6, 7])
    }

    // MARK: What the event tells

    @Test func `an event that is wrong about the size does not decide`() async throws {
        let bench = try await FaultBench()
        bench.s3["inbox", "up/a"] = .init([1, 2, 3])
        let outcome = try finished(await bench.run(bench.job(size: 2 << 20)))
        #expect(outcome.judgement?.verdict == .clean)
        #expect(bench.s3.names == ["out/done/a"])
    }

    @Test func `a version is read copied and deleted by its ID`() async throws {
        let bench = try await FaultBench()
        bench.s3["inbox", "up/a"] = .init([1, 2, 3], versionID: "v1")
        let outcome = try finished(await bench.run(bench.job()))
        guard case .settled(_, .promoted, let destination?) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(destination.versionID == "copy-of-v1")
        #expect(bench.s3.operations == ["GetObject", "CopyObject", "DeleteObject"])
        #expect(bench.s3.requests("GetObject")[0].query == "versionId=v1")
        #expect(bench.s3.requests("CopyObject")[0]["x-amz-copy-source"] == "inbox/up/a?versionId=v1")
        #expect(bench.s3.requests("DeleteObject")[0].query == "versionId=v1")
        #expect(bench.s3.server.requests.allSatisfy { $0["if-match"] == nil })
    }

    @Test func `a version that is a delete marker is gone`() async throws {
        let bench = try await FaultBench()
        var marker = ScriptedS3.Object([], versionID: "v2")
        marker.isDeleteMarker = true
        bench.s3["inbox", "up/a"] = marker
        #expect(try finished(await bench.run(bench.job(size: 3))) == .gone)
    }

    @Test func `a kept object whose ten tags leave no room says so`() async throws {
        let bench = try await FaultBench(pipelines: Bench.tagging)
        bench.s3["inbox", "up/a"] = .init([7])
        bench.s3["inbox", "up/a"]?.tags = (0..<10).map { .init(key: "k\($0)", value: "v") }
        let outcome = try finished(await bench.run(bench.job()))
        #expect(outcome.judgement?.verdict == .clean)
        #expect(outcome.judgement?.findings.map(\.name) == ["tags-left-out"])
        #expect(bench.s3["inbox", "up/a"]?.tags.count == 10)
    }

    private func finished(_ result: AttemptResult) throws -> Outcome {
        guard case .finished(let outcome) = result else { throw Unfinished(result: "\(result)") }
        return outcome
    }
}

private struct Unfinished: Error { let result: String }
