import AWS
import Domain
import Ledger
import TestKit
import Testing
import Worker

/// Whole jobs with the real clients against an S3 that fails.
@Suite(.timeLimit(.minutes(1))) struct JobFaultTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let operation: String
        let answer: @Sendable (ScriptedS3.Call) -> ScriptedAnswer
        /// What the attempt's error must contain: service, operation, cause and remedy.
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
        Fault("GetObject", ["S3 GetObject", "truncated", "check the server's log"]) { call in
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
    func `a fault leaves the source and an error with a remedy and the next attempt finishes the job`(fault: Fault)
        async throws
    {
        let fixture = try await FaultFixture { $0.operation == fault.operation ? fault.answer($0) : nil }
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = fixture.job()
        guard case .open(let reason) = await fixture.run(job) else {
            Issue.record("the fault ended the job")
            return
        }
        #expect(fixture.s3["inbox", "up/a"]?.bytes == [1, 2, 3])
        let error = try #require(try await fixture.ledger.job(job.id)?.attempts.first?.error)
        #expect(error == reason)
        for word in fault.words { #expect(error.contains(word), "\(word) in: \(error)") }

        fixture.mend()
        let outcome = try finished(await fixture.run(job))
        guard case .settled(let judgement, .promoted, _) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(judgement.verdict == .clean)
        #expect(fixture.s3.names == ["out/done/a"])
        #expect(fixture.s3["out", "done/a"]?.bytes == [1, 2, 3])
        #expect(try await fixture.ledger.job(job.id)?.attempts.map(\.error) == [reason, nil])
    }

    @Test(arguments: [
        ("GetObject", ScriptedAnswer.s3(404, "NoSuchKey"), Outcome.gone),
        ("GetObject", .s3(404, "NoSuchVersion"), .gone), ("GetObject", .s3(412, "PreconditionFailed"), .superseded),
        ("CopyObject", .s3(404, "NoSuchKey"), .gone), ("CopyObject", .s3(412, "PreconditionFailed"), .superseded),
    ])
    func `an S3 answer about the object ends the job`(operation: String, answer: ScriptedAnswer, outcome: Outcome)
        async throws
    {
        let fixture = try await FaultFixture { $0.operation == operation ? answer : nil }
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        #expect(try finished(await fixture.run(fixture.job())) == outcome)
        #expect(fixture.s3.names == ["inbox/up/a"])
        #expect(!fixture.s3.operations.contains("DeleteObject"))
    }

    @Test func `an archived object fails with a remedy`() async throws {
        let fixture = try await FaultFixture { $0.operation == "GetObject" ? .s3(403, "InvalidObjectState") : nil }
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        let outcome = try finished(await fixture.run(fixture.job()))
        guard case .failed(let reason, nil) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.contains("restore it, then replay the job"))
    }

    @Test func `a locked source fails once and the outcome names copy and verdict`() async throws {
        let fixture = try await FaultFixture { call in
            guard call.operation == "DeleteObject" else { return nil }
            return .s3(403, "AccessDenied", "Access Denied because object protected by object lock.")
        }
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = fixture.job()
        let outcome = try finished(await fixture.run(job))
        guard case .failed(let reason, let judgement?) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(judgement.verdict == .clean)
        #expect(reason.contains("Object Lock") && reason.contains("s3://out/done/a"))
        #expect(fixture.s3.names == ["inbox/up/a", "out/done/a"])
        guard case .duplicate = await fixture.run(job) else {
            Issue.record("a terminal failure was tried again")
            return
        }
        #expect(fixture.s3.requests("DeleteObject").count == 1)
    }

    @Test(
        .enabled(if: SmallDisk.isPossible, "a full disk is made by mounting a small one"))
    func `a full spool disk is reported and leaves its space to the next object`() async throws {
        let disk = try SmallDisk(bytes: 2 << 20)
        let fixture = try await FaultFixture(
            pipelines: JobFixture.uploads.replacing("1MiB", with: "20MiB"), spool: disk.path)
        fixture.s3["inbox", "up/a"] = .init([UInt8](repeating: 7, count: 3 << 20))
        let job = fixture.job()
        guard case .open(let reason) = await fixture.run(job) else {
            Issue.record("a full disk ended the job")
            return
        }
        for word in ["spool", "No space left", "`--spool`"] { #expect(reason.contains(word), "\(word) in: \(reason)") }
        #expect(fixture.s3.names == ["inbox/up/a"])
        #expect(try await fixture.ledger.job(job.id)?.error == reason)

        // The failed attempt has released its space: a smaller object fits at once.
        fixture.s3["inbox", "up/b"] = .init([UInt8](repeating: 7, count: 3 << 19))
        #expect(try finished(await fixture.run(fixture.job("up/b"))).kind == .settled)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "a small disk is mounted"))
    func `an object larger than the spool disk ends and leaves its space to the next one`() async throws {
        let disk = try SmallDisk(bytes: 6 << 20)
        let fixture = try await FaultFixture(
            pipelines: JobFixture.uploads.replacing("1MiB", with: "20MiB"), spool: disk.path)
        fixture.s3["inbox", "up/a"] = .init([UInt8](repeating: 7, count: 12 << 20))
        let outcome = try finished(await fixture.run(fixture.job()))
        #expect(outcome.judgement?.findings.map(\.name) == ["spool-size"])
        #expect(fixture.s3.requests("GetObject").count == 1)
        fixture.s3["inbox", "up/b"] = .init([UInt8](repeating: 7, count: 3 << 19))
        #expect(try finished(await fixture.run(fixture.job("up/b"))).kind == .settled)
    }

    // MARK: After a kill

    @Test(arguments: [nil, "0123456789abcdef0123456789abcdef-7"])
    func `a delete whose answer was lost is settled by the copy`(etag: String?) async throws {
        let fixture = try await FaultFixture { call in
            guard call.operation == "DeleteObject" else { return nil }
            _ = call.right()
            return .drops
        }
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3], etag: etag)
        let job = fixture.job()
        guard case .open = await fixture.run(job) else {
            Issue.record("a lost answer ended the job")
            return
        }
        fixture.mend()
        let outcome = try finished(await fixture.run(job))
        guard case .settled(_, .promoted, let destination?) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(destination.location.description == "s3://out/done/a")
        #expect(fixture.s3.names == ["out/done/a"])
    }

    @Test func `an upload that replaced a copied source is left to its own job`() async throws {
        let fixture = try await FaultFixture { $0.operation == "DeleteObject" ? .s3(503, "SlowDown") : nil }
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = fixture.job()
        _ = await fixture.run(job)
        fixture.mend()
        fixture.s3["inbox", "up/a"] = .init([4, 5])
        let outcome = try finished(await fixture.run(job))
        guard case .settled(_, .promoted, _?) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(fixture.s3["inbox", "up/a"]?.bytes == [4, 5])
        #expect(fixture.s3["out", "done/a"]?.bytes == [1, 2, 3])
    }

    /// The earlier judgement may be about other bytes.
    @Test func `an object that its event does not pin is inspected again by each attempt`() async throws {
        let inspector = ScriptedInspector()
        let fixture = try await FaultFixture(inspector) { $0.operation == "CopyObject" ? .s3(503, "SlowDown") : nil }
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        let job = fixture.job(isPinned: false)
        _ = await fixture.run(job)
        fixture.mend()
        fixture.s3["inbox", "up/a"] = .init([4, 5, 6, 7])
        let outcome = try finished(await fixture.run(job))
        #expect(inspector.scans == 2)
        #expect(outcome.judgement?.evidence.bytesRead == 4)
        #expect(fixture.s3["out", "done/a"]?.bytes == [4, 5, 6, 7])
    }

    // MARK: The facts of the event

    @Test func `an event that is wrong about the size does not decide`() async throws {
        let fixture = try await FaultFixture()
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3])
        let outcome = try finished(await fixture.run(fixture.job(size: 2 << 20)))
        #expect(outcome.judgement?.verdict == .clean)
        #expect(fixture.s3.names == ["out/done/a"])
    }

    @Test func `a version is read, copied and deleted by its ID`() async throws {
        let fixture = try await FaultFixture()
        fixture.s3["inbox", "up/a"] = .init([1, 2, 3], versionID: "v1")
        let outcome = try finished(await fixture.run(fixture.job()))
        guard case .settled(_, .promoted, let destination?) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(destination.versionID == "copy-of-v1")
        #expect(fixture.s3.operations == ["GetObject", "CopyObject", "DeleteObject"])
        #expect(fixture.s3.requests("GetObject")[0].query == "versionId=v1")
        #expect(fixture.s3.requests("CopyObject")[0]["x-amz-copy-source"] == "inbox/up/a?versionId=v1")
        #expect(fixture.s3.requests("DeleteObject")[0].query == "versionId=v1")
        #expect(fixture.s3.server.requests.allSatisfy { $0["if-match"] == nil })
    }

    @Test func `a version that is a delete marker is left alone with an outcome of its own`() async throws {
        let fixture = try await FaultFixture()
        var marker = ScriptedS3.Object([], versionID: "v2")
        marker.isDeleteMarker = true
        fixture.s3["inbox", "up/a"] = marker
        #expect(try finished(await fixture.run(fixture.job(size: 3))) == .marker)
        #expect(fixture.s3.operations.allSatisfy { $0 == "GetObject" || $0 == "HeadObject" })
    }

    @Test func `a kept object with ten tags of its own has a note in its judgement`() async throws {
        let fixture = try await FaultFixture(pipelines: JobFixture.tagging)
        fixture.s3["inbox", "up/a"] = .init([7])
        fixture.s3["inbox", "up/a"]?.tags = (0..<10).map { .init(key: "k\($0)", value: "v") }
        let outcome = try finished(await fixture.run(fixture.job()))
        #expect(outcome.judgement?.verdict == .clean)
        #expect(outcome.judgement?.findings.map(\.name) == ["tags-replaced"])
        let tags = fixture.s3["inbox", "up/a"]?.tags ?? []
        #expect(tags.count == 10 && tags.contains(AWS.Tag(key: "scan", value: "clean")))
    }

    private func finished(_ result: AttemptResult) throws -> Outcome {
        guard case .finished(let outcome) = result else { throw Unfinished(result: "\(result)") }
        return outcome
    }
}

private struct Unfinished: Error { let result: String }
