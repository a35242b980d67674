import AWS
import Domain
import Support
import TestKit
import Testing
import Transfer

/// Copies whose answer was lost. The object at the destination shows whether the copy was made.
@Suite(.timeLimit(.minutes(1))) struct LostAnswerTests {
    static let bytes = Array("0123456789".utf8)

    /// Performs the request, and drops the answer.
    static func lost(_ call: ScriptedS3.Call) -> ScriptedAnswer {
        _ = call.right()
        return .drops
    }

    static let headers: [[(String, String)]] = [
        [("Content-Type", "text/plain"), ("x-amz-meta-a", "1")],
        [("x-amz-server-side-encryption", "aws:kms")],
    ]

    @Test(arguments: headers.indices, ["", "-2"])
    func `a copy whose answer was lost is found and not repeated`(headers: Int, suffix: String) async throws {
        let s3 = try ScriptedS3 { $0.operation == "CopyObject" ? Self.lost($0) : nil }
        var object = ScriptedS3.Object(Self.bytes)
        object.etag += suffix
        object.headers = Self.headers[headers]
        s3["in", "a"] = object
        let fixture = try MoveFixture(s3)
        #expect(try await fixture.copy() == Destination(fixture.destination))
        #expect(s3.operations == ["CopyObject", "HeadObject"])
    }

    /// libcurl repeats a request by default if a reused connection is dropped unanswered.
    @Test(arguments: ["CopyObject", "CreateMultipartUpload"])
    func `a request that is dropped on a reused connection is not repeated without a check`(operation: String)
        async throws
    {
        let s3 = try ScriptedS3 { $0.operation == operation && $0.attempt == 1 ? Self.lost($0) : nil }
        s3["in", "a"] = .init(Self.bytes)
        let fixture = try MoveFixture(s3, operation == "CopyObject" ? .init() : MoveFixture.inParts)
        _ = try await fixture.mover.reader.head(of: fixture.source)
        #expect(try await fixture.copy() == Destination(fixture.destination))
        #expect(s3.requests(operation).count == (operation == "CopyObject" ? 1 : 2))
        #expect(s3.openUploads.isEmpty && s3["out", "done/a"]?.bytes == Self.bytes)
    }

    @Test(arguments: [
        ScriptedAnswer.drops, .status(200, "<CopyObjectRes"), .status(200, "<CopyObjectResult/>"), .status(504),
        .status(502, "<html>bad gateway</html>"),
    ])
    func `a copy that was not made is repeated`(answer: ScriptedAnswer) async throws {
        let s3 = try ScriptedS3 { $0.operation == "CopyObject" && $0.attempt == 1 ? answer : nil }
        s3["in", "a"] = .init(Self.bytes)
        #expect(try await MoveFixture(s3).copy() == Destination(MoveFixture(s3).destination))
        #expect(s3.operations == ["CopyObject", "HeadObject", "CopyObject"])
        #expect(s3["out", "done/a"]?.bytes == Self.bytes)
    }

    @Test func `a copy that is never answered fails and the source stays`() async throws {
        let s3 = try ScriptedS3 { $0.operation == "CopyObject" ? .drops : nil }
        s3["in", "a"] = .init(Self.bytes)
        let fixture = try MoveFixture(s3)
        let error = await transferError { () throws(TransferError) in _ = try await fixture.copy() }
        #expect(error?.name == "store")
        #expect(s3.names == ["in/a"])
    }

    /// The client waits before it repeats a request that was refused. Another worker may have the job by then, and a
    /// later upload may have been copied to the same place.
    @Test(arguments: ["CopyObject", "CompleteMultipartUpload"])
    func `a refused request is not repeated after the hold was lost`(operation: String) async throws {
        struct HoldLost: Error {}
        let isLost = Locked(false)
        let s3 = try ScriptedS3 { call in
            guard call.operation == operation else { return nil }
            isLost.withLock { $0 = true }
            return .s3(503, "SlowDown")
        }
        s3["in", "a"] = .init(Self.bytes)
        let fixture = try MoveFixture(s3, operation == "CopyObject" ? .init() : MoveFixture.inParts)
        let error = await transferError { () throws(TransferError) in
            _ = try await fixture.copy { () throws in if isLost.withLock({ $0 }) { throw HoldLost() } }
        }
        #expect(error?.name == "stopped", "\(String(describing: error))")
        #expect(s3.requests(operation).count == 1 && s3.names == ["in/a"])
    }

    @Test func `the hold is checked before another try`() async throws {
        struct HoldLost: Error {}
        let s3 = try ScriptedS3 { $0.operation == "CopyObject" ? .drops : nil }
        s3["in", "a"] = .init(Self.bytes)
        let fixture = try MoveFixture(s3)
        let error = await transferError { () throws(TransferError) in
            _ = try await fixture.copy { () throws in throw HoldLost() }
        }
        #expect(error?.name == "stopped")
        #expect(s3.requests("HeadObject").count == 1)
    }

    /// The copy of an earlier upload of the same bytes, with other properties.
    @Test(arguments: [
        [("Content-Type", "text/html")], [("Content-Type", "text/plain"), ("x-amz-meta-a", "2")],
        [("Content-Type", "text/plain"), ("Last-Modified", "Sat, 21 Nov 2026 07:59:59 GMT")],
    ])
    func `an earlier copy of the same bytes does not count as the copy`(headers: [(String, String)]) async throws {
        let s3 = try ScriptedS3 { $0.operation == "CopyObject" && $0.attempt == 1 ? .drops : nil }
        var object = ScriptedS3.Object(Self.bytes)
        object.headers = [("Content-Type", "text/plain"), ("Last-Modified", "Sat, 21 Nov 2026 08:00:00 GMT")]
        s3["in", "a"] = object
        object.headers = headers
        s3["out", "done/a"] = object
        _ = try await MoveFixture(s3).copy()
        #expect(s3.requests("CopyObject").count == 2)
    }

    // MARK: Multipart

    @Test func `a completed upload whose answer was lost is found`() async throws {
        let s3 = try ScriptedS3 { $0.operation == "CompleteMultipartUpload" ? Self.lost($0) : nil }
        s3["in", "a"] = .init(Self.bytes)
        let fixture = try MoveFixture(s3, MoveFixture.inParts)
        #expect(try await fixture.copy() == Destination(fixture.destination))
        #expect(s3["out", "done/a"]?.bytes == Self.bytes && s3.openUploads.isEmpty)
    }

    @Test func `an upload that was not completed is not found`() async throws {
        let s3 = try ScriptedS3 { $0.operation == "CompleteMultipartUpload" ? .drops : nil }
        s3["in", "a"] = .init(Self.bytes)
        s3["out", "done/a"] = .init(Self.bytes)
        let fixture = try MoveFixture(s3, MoveFixture.inParts)
        s3["in", "a"]?.etag += "-2"
        let error = await transferError { () throws(TransferError) in _ = try await fixture.copy() }
        #expect(error?.name == "store")
        #expect(s3.openUploads.isEmpty && s3["in", "a"] != nil)
    }

    @Test func `a part whose answer was lost is copied again`() async throws {
        let s3 = try ScriptedS3 { $0.operation == "UploadPartCopy" && $0.attempt == 1 ? Self.lost($0) : nil }
        s3["in", "a"] = .init(Self.bytes)
        let fixture = try MoveFixture(s3, MoveFixture.inParts)
        #expect(try await fixture.copy() == Destination(fixture.destination))
        #expect(s3["out", "done/a"]?.bytes == Self.bytes)
    }

    // MARK: In the next attempt

    @Test(arguments: [MoveFixture.inParts.multipartThreshold, 5 << 30])
    func `the next attempt finds the copy`(threshold: Int64) async throws {
        let s3 = try ScriptedS3()
        s3["in", "a"] = .init(Self.bytes)
        var configuration = MoveFixture.inParts
        configuration.multipartThreshold = threshold
        let fixture = try MoveFixture(s3, configuration)
        _ = try await fixture.copy()
        let before = s3.operations.count
        #expect(try await fixture.copy(mayBeThere: true) == Destination(fixture.destination))
        #expect(s3.operations.dropFirst(before) == ["HeadObject"])
    }

    struct Left: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var source: String? = "0123456789abcdef0123456789abcdef"
        var copy = "ffffffffffffffffffffffffffffffff"
        var size = 3
        var headers: [(String, String)] = []
        let isCopy: Bool
    }

    static let otherJob = "ffffffffffffffffffffffffffffffff"

    /// The source is gone: the object at the destination decides the outcome.
    @Test(arguments: [
        Left(testDescription: "the source's ETag", copy: "0123456789abcdef0123456789abcdef", isCopy: true),
        Left(testDescription: "other bytes", isCopy: false),
        Left(
            testDescription: "our mark", source: "ab-2",
            headers: [("x-amz-meta-lazaret-source", "\(someJob.text)/ab-2")], isCopy: true),
        Left(
            testDescription: "our mark with another ETag", source: "ab-2",
            headers: [("x-amz-meta-lazaret-source", "\(someJob.text)/cd-2")], isCopy: false),
        Left(
            testDescription: "another job's mark", source: "ab-2",
            headers: [("x-amz-meta-lazaret-source", "\(otherJob)/ab-2")], isCopy: false),
        Left(testDescription: "the size of the source", source: "ab-2", isCopy: false),
        Left(
            testDescription: "our mark, of an event without ETag", source: nil,
            headers: [("x-amz-meta-lazaret-source", "\(someJob.text)/cd-2")], isCopy: true),
        // The remaining guesses.
        Left(
            testDescription: "the same size, in a bucket with a default KMS key",
            headers: [("x-amz-server-side-encryption", "aws:kms")], isCopy: true),
        Left(
            testDescription: "another size, in a bucket with a default KMS key", size: 4,
            headers: [("x-amz-server-side-encryption", "aws:kms")], isCopy: false),
        Left(
            testDescription: "another job's, in a bucket with a default KMS key",
            headers: [
                ("x-amz-server-side-encryption", "aws:kms"), ("x-amz-meta-lazaret-source", "\(otherJob)/x"),
            ], isCopy: false),
        Left(
            testDescription: "older, in a bucket with a default KMS key",
            headers: [
                ("x-amz-server-side-encryption", "aws:kms"), ("Last-Modified", "Sat, 21 Nov 2026 07:59:59 GMT"),
            ], isCopy: false),
    ])
    func `an object from an earlier attempt counts as the copy only if verified`(left: Left) async throws {
        let s3 = try ScriptedS3()
        var stored = ScriptedS3.Object([UInt8](repeating: 1, count: left.size), etag: left.copy)
        stored.headers = left.headers
        s3["out", "done/a"] = stored
        let fixture = try MoveFixture(s3)
        let object = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: left.source)
        let found = try await fixture.mover.verifier.find(
            ExpectedCopy(
                of: object, size: 3, sha256: nil, writtenAt: Timestamp(iso8601: "2026-11-21T08:00:00.400Z"),
                job: someJob, at: fixture.destination))
        #expect((found != nil) == left.isCopy)
    }

    /// The source still exists and would be deleted.
    @Test(arguments: [nil, "v1", "v2"])
    func `a copy that was verified before is recognised by its version only`(version: String?) async throws {
        let s3 = try ScriptedS3()
        var stored = ScriptedS3.Object([1, 1, 1], etag: "ffffffffffffffffffffffffffffffff", versionID: version)
        stored.headers = [("x-amz-server-side-encryption", "aws:kms")]
        s3["out", "done/a"] = stored
        let fixture = try MoveFixture(s3)
        let object = ObjectVersion(
            bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: "0123456789abcdef0123456789abcdef")
        let found = try await fixture.mover.verifier.find(
            ExpectedCopy(of: object, size: 3, sha256: nil, writtenAt: nil, job: someJob, at: fixture.destination),
            made: Destination(fixture.destination, versionID: version == nil ? nil : "v1"))
        #expect((found != nil) == (version == "v1"))
    }
}
