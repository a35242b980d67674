import AWS
import Domain
import TestKit
import Testing
import Transfer

/// Copies that were made, or not, and whose answer never came: what is at the destination decides.
@Suite(.timeLimit(.minutes(1))) struct LostAnswerTests {
    static let bytes = Array("0123456789".utf8)

    /// Does what S3 would, and loses the answer.
    static func lost(_ call: ScriptedS3.Call) -> ScriptedAnswer {
        _ = call.right()
        return .drops
    }

    static let headers: [[(String, String)]] = [
        [("Content-Type", "text/plain"), ("x-amz-meta-a", "1")],
        [("x-amz-server-side-encryption", "aws:kms")],
    ]

    @Test(arguments: headers.indices, ["", "-2"])
    func `a copy that was made is found and not made twice`(headers: Int, suffix: String) async throws {
        let s3 = try ScriptedS3 { $0.operation == "CopyObject" ? Self.lost($0) : nil }
        var object = ScriptedS3.Object(Self.bytes)
        object.etag += suffix
        object.headers = Self.headers[headers]
        s3["in", "a"] = object
        let fixture = try MoveFixture(s3)
        #expect(try await fixture.copy() == Destination(fixture.destination))
        #expect(s3.operations == ["CopyObject", "HeadObject"])
    }

    /// What libcurl finds dropped unanswered on a connection that it had kept, it would send again by itself.
    @Test(arguments: ["CopyObject", "CreateMultipartUpload"])
    func `what is dropped on a kept connection is looked for before it is sent again`(operation: String) async throws {
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
    func `a copy that was not made is made`(answer: ScriptedAnswer) async throws {
        let s3 = try ScriptedS3 { $0.operation == "CopyObject" && $0.attempt == 1 ? answer : nil }
        s3["in", "a"] = .init(Self.bytes)
        #expect(try await MoveFixture(s3).copy() == Destination(MoveFixture(s3).destination))
        #expect(s3.operations == ["CopyObject", "HeadObject", "CopyObject"])
        #expect(s3["out", "done/a"]?.bytes == Self.bytes)
    }

    @Test func `a copy that is never answered is given up and the source stays`() async throws {
        let s3 = try ScriptedS3 { $0.operation == "CopyObject" ? .drops : nil }
        s3["in", "a"] = .init(Self.bytes)
        let fixture = try MoveFixture(s3)
        let error = await transferError { () throws(TransferError) in _ = try await fixture.copy() }
        #expect(error?.name == "store")
        #expect(s3.names == ["in/a"])
    }

    @Test func `the right to go on is asked for before another try`() async throws {
        struct Lost: Error {}
        let s3 = try ScriptedS3 { $0.operation == "CopyObject" ? .drops : nil }
        s3["in", "a"] = .init(Self.bytes)
        let fixture = try MoveFixture(s3)
        let error = await transferError { () throws(TransferError) in
            _ = try await fixture.copy { () throws in throw Lost() }
        }
        #expect(error?.name == "stopped")
        #expect(s3.requests("HeadObject").count == 1)
    }

    /// An earlier upload of the same bytes, which said other things of itself.
    @Test(arguments: [
        [("Content-Type", "text/html")], [("Content-Type", "text/plain"), ("x-amz-meta-a", "2")],
        [("Content-Type", "text/plain"), ("Last-Modified", "Sat, 21 Nov 2026 07:59:59 GMT")],
    ])
    func `the same bytes from before are not taken for the copy`(headers: [(String, String)]) async throws {
        let s3 = try ScriptedS3 { $0.operation == "CopyObject" && $0.attempt == 1 ? .drops : nil }
        var object = ScriptedS3.Object(Self.bytes)
        object.headers = [("Content-Type", "text/plain"), ("Last-Modified", "Sat, 21 Nov 2026 08:00:00 GMT")]
        s3["in", "a"] = object
        object.headers = headers
        s3["out", "done/a"] = object
        _ = try await MoveFixture(s3).copy()
        #expect(s3.requests("CopyObject").count == 2)
    }

    // MARK: By parts

    @Test func `an object that was made of its parts is found`() async throws {
        let s3 = try ScriptedS3 { $0.operation == "CompleteMultipartUpload" ? Self.lost($0) : nil }
        s3["in", "a"] = .init(Self.bytes)
        let fixture = try MoveFixture(s3, MoveFixture.inParts)
        #expect(try await fixture.copy() == Destination(fixture.destination))
        #expect(s3["out", "done/a"]?.bytes == Self.bytes && s3.openUploads.isEmpty)
    }

    @Test func `an object that was not made of its parts is not found`() async throws {
        let s3 = try ScriptedS3 { $0.operation == "CompleteMultipartUpload" ? .drops : nil }
        s3["in", "a"] = .init(Self.bytes)
        s3["out", "done/a"] = .init(Self.bytes)
        let fixture = try MoveFixture(s3, MoveFixture.inParts)
        s3["in", "a"]?.etag += "-2"
        let error = await transferError { () throws(TransferError) in _ = try await fixture.copy() }
        #expect(error?.name == "store")
        #expect(s3.openUploads.isEmpty && s3["in", "a"] != nil)
    }

    @Test func `a part that was copied unheard is copied again`() async throws {
        let s3 = try ScriptedS3 { $0.operation == "UploadPartCopy" && $0.attempt == 1 ? Self.lost($0) : nil }
        s3["in", "a"] = .init(Self.bytes)
        let fixture = try MoveFixture(s3, MoveFixture.inParts)
        #expect(try await fixture.copy() == Destination(fixture.destination))
        #expect(s3["out", "done/a"]?.bytes == Self.bytes)
    }

    // MARK: By the next attempt

    @Test(arguments: [MoveFixture.inParts.multipartThreshold, 5 << 30])
    func `an attempt that follows another finds its copy`(threshold: Int64) async throws {
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

    /// The source is gone: the outcome hangs on what stands at the destination.
    @Test(arguments: [
        Left(testDescription: "the source's ETag", copy: "0123456789abcdef0123456789abcdef", isCopy: true),
        Left(testDescription: "other bytes", isCopy: false),
        Left(
            testDescription: "our mark", source: "ab-2",
            headers: [("x-amz-meta-lazaret-source", "\(someJob.text)/ab-2")], isCopy: true),
        Left(
            testDescription: "our mark of another state", source: "ab-2",
            headers: [("x-amz-meta-lazaret-source", "\(someJob.text)/cd-2")], isCopy: false),
        Left(
            testDescription: "another job's mark", source: "ab-2",
            headers: [("x-amz-meta-lazaret-source", "\(otherJob)/ab-2")], isCopy: false),
        Left(testDescription: "as long as the source", source: "ab-2", isCopy: false),
        Left(
            testDescription: "our mark, of an event without ETag", source: nil,
            headers: [("x-amz-meta-lazaret-source", "\(someJob.text)/cd-2")], isCopy: true),
        // What is left to guess.
        Left(
            testDescription: "as long, in a bucket with a key of its own",
            headers: [("x-amz-server-side-encryption", "aws:kms")], isCopy: true),
        Left(
            testDescription: "longer, in a bucket with a key of its own", size: 4,
            headers: [("x-amz-server-side-encryption", "aws:kms")], isCopy: false),
        Left(
            testDescription: "another job's, in a bucket with a key of its own",
            headers: [
                ("x-amz-server-side-encryption", "aws:kms"), ("x-amz-meta-lazaret-source", "\(otherJob)/x"),
            ], isCopy: false),
        Left(
            testDescription: "older, in a bucket with a key of its own",
            headers: [
                ("x-amz-server-side-encryption", "aws:kms"), ("Last-Modified", "Sat, 21 Nov 2026 07:59:59 GMT"),
            ], isCopy: false),
    ])
    func `what is left of an earlier attempt is the copy only with proof`(left: Left) async throws {
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

    /// The source is there and would be deleted.
    @Test(arguments: [nil, "v1", "v2"])
    func `of a copy that was proven once nothing is guessed`(version: String?) async throws {
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
