import AWS
import Domain
import Support
import TestKit
import Testing
import Transfer

/// Multipart copies with the real client.
@Suite(.timeLimit(.minutes(1))) struct MultipartCopyTests {
    static let bytes = Array("0123456789".utf8)

    func fixture(
        _ object: ScriptedS3.Object = .init(bytes),
        _ script: @escaping @Sendable (ScriptedS3.Call) -> ScriptedAnswer? = { _ in nil }
    ) throws -> MoveFixture {
        let s3 = try ScriptedS3(script)
        s3["in", "a"] = object
        return try MoveFixture(s3, MoveFixture.inParts)
    }

    @Test func `the copy is made of pinned ranges and verified`() async throws {
        let fixture = try fixture()
        #expect(try await fixture.copy() == Destination(fixture.destination))
        #expect(fixture.s3["out", "done/a"]?.bytes == Self.bytes)
        #expect(
            fixture.s3.operations == [
                "ListMultipartUploads", "CreateMultipartUpload", "UploadPartCopy", "UploadPartCopy", "UploadPartCopy",
                "CompleteMultipartUpload", "HeadObject",
            ])
        let parts = fixture.s3.requests("UploadPartCopy")
        #expect(
            Set(parts.map { $0["x-amz-copy-source-range"] }) == ["bytes=0-3", "bytes=4-7", "bytes=8-9"])
        #expect(parts.allSatisfy { $0["x-amz-copy-source-if-match"] == "\"\(fixture.source.etag!)\"" })
        #expect(fixture.s3.requests("CompleteMultipartUpload")[0]["x-amz-mp-object-size"] == "10")
        #expect(fixture.s3.requests("HeadObject")[0]["if-match"]?.hasSuffix("-3\"") == true)
        #expect(fixture.s3.openUploads.isEmpty)
    }

    @Test func `each part of a version names it and its ETag`() async throws {
        let fixture = try fixture(.init(Self.bytes, versionID: "v1"))
        _ = try await fixture.copy()
        let parts = fixture.s3.requests("UploadPartCopy")
        #expect(parts.count == 3)
        for part in parts {
            #expect(part["x-amz-copy-source"] == "in/a?versionId=v1")
            #expect(part["x-amz-copy-source-if-match"] == "\"\(fixture.source.etag!)\"")
        }
    }

    @Test(arguments: [4, 5]) func `the threshold decides between one request and parts`(size: Int) async throws {
        let fixture = try fixture(.init(Array(Self.bytes.prefix(size))))
        _ = try await fixture.copy()
        #expect(fixture.s3.operations.contains("CopyObject") == (size == 4))
        #expect(fixture.s3.operations.contains("UploadPartCopy") == (size == 5))
    }

    /// S3 copies no ranges of objects that small.
    @Test(arguments: [nil, "v1"]) func `an object of one part is copied without a range`(version: String?) async throws
    {
        let s3 = try ScriptedS3()
        s3["in", "a"] = .init(Array(Self.bytes.prefix(4)), versionID: version)
        var configuration = MoveFixture.inParts
        configuration.multipartThreshold = 0
        let fixture = try MoveFixture(s3, configuration)
        _ = try await fixture.copy()
        let parts = s3.requests("UploadPartCopy")
        #expect(parts.count == 1 && parts[0]["x-amz-copy-source-range"] == nil)
        #expect(parts[0]["x-amz-copy-source-if-match"] == "\"\(fixture.source.etag!)\"")
        #expect(s3["out", "done/a"]?.bytes == Array(Self.bytes.prefix(4)))
    }

    static let described = [
        ("Content-Type", "text/html"), ("Cache-Control", "max-age=60"), ("Content-Disposition", "inline"),
        ("x-amz-storage-class", "STANDARD_IA"), ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "key-1"), ("x-amz-meta-author", "Eve"),
        ("x-amz-meta-lazaret-source", "forged"),
    ]

    func creation(
        _ manner: MoveRequest.Manner, tags: [AWS.Tag], headers: [(String, String)] = described
    ) async throws -> ScriptedRequest {
        var object = ScriptedS3.Object(Self.bytes)
        (object.headers, object.tags) = (headers, tags)
        let fixture = try fixture(object)
        _ = try await fixture.copy(manner)
        return try #require(fixture.s3.requests("CreateMultipartUpload").first)
    }

    @Test func `everything that CopyObject would copy is set explicitly`() async throws {
        let request = try await creation(
            .promoted(tags: [Tag(key: "verdict", value: "clean")]), tags: [Tag(key: "owner", value: "ann")])
        for (name, value) in Self.described.dropLast() { #expect(request[name] == value, "\(name)") }
        #expect(request["x-amz-tagging"] == "owner=ann&verdict=clean")
        let marks = request.headers.filter { $0.name == "x-amz-meta-lazaret-source" }
        #expect(marks.count == 1 && marks[0].value.hasPrefix(someJob.text + "/"))
    }

    @Test func `the source's tags are kept if the pipeline has none`() async throws {
        let request = try await creation(.promoted(tags: []), tags: [Tag(key: "owner", value: "ann")])
        #expect(request["x-amz-tagging"] == "owner=ann")
    }

    @Test func `if the source has ten tags the pipeline tags take the place of the last`() async throws {
        let ten = (0..<10).map { Tag(key: "k\($0)", value: "v") }
        let request = try await creation(.promoted(tags: [Tag(key: "verdict", value: "clean")]), tags: ten)
        #expect(request["x-amz-tagging"]?.split(separator: "&").count == 10)
        #expect(request["x-amz-tagging"]?.hasSuffix("&verdict=clean") == true)
        #expect(request["x-amz-meta-lazaret-original-tag-k9"] == "v")
    }

    @Test func `a quarantined object is made inert`() async throws {
        let request = try await creation(
            .inert(facts: [("verdict", "infected")], tags: [Tag(key: "q", value: "1")]),
            tags: [Tag(key: "owner", value: "ann")])
        #expect(request["content-type"] == "application/octet-stream")
        #expect(request["content-disposition"] == "attachment" && request["cache-control"] == "no-store")
        #expect(request["x-amz-tagging"] == "q=1" && request["x-amz-meta-author"] == nil)
        #expect(request["x-amz-meta-lazaret-original-meta-author"] == "Eve")
        #expect(request["x-amz-meta-lazaret-original-tag-owner"] == "ann")
        // Storage class and key are the destination's.
        #expect(request["x-amz-storage-class"] == nil)
        #expect(request["x-amz-server-side-encryption-aws-kms-key-id"] == nil)
    }

    // MARK: Faults

    static let internalError = "<Error><Code>InternalError</Code><Message>again</Message></Error>"

    /// S3 returns the key in its answers, and accepts keys that XML can't encode.
    @Test(arguments: ["\u{1}", "&#x1;", "&#31;", "\u{FFFF}", "&#xD800;", "&#99999999999;", "&#0;&#65;&lt;"])
    func `a key that XML cannot encode is copied`(key: String) async throws {
        let fixture = try fixture { call in
            guard ["CreateMultipartUpload", "CompleteMultipartUpload"].contains(call.operation) else { return nil }
            let right = String(decoding: call.right().body, as: UTF8.self)
            return .status(200, right.replacing("Result><", with: "Result><Key>\(key)</Key><", maxReplacements: 1))
        }
        #expect(try await fixture.copy() == Destination(fixture.destination))
        #expect(fixture.s3["out", "done/a"]?.bytes == Self.bytes && fixture.s3.openUploads.isEmpty)
    }

    @Test(arguments: ["UploadPartCopy", "CompleteMultipartUpload"])
    func `an error in the body of a 200 is retried`(operation: String) async throws {
        let fixture = try fixture { call in
            call.operation == operation && call.attempt == 1 ? .status(200, Self.internalError) : nil
        }
        #expect(try await fixture.copy() == Destination(fixture.destination))
        #expect(fixture.s3["out", "done/a"]?.bytes == Self.bytes)
    }

    @Test(arguments: [
        ("CreateMultipartUpload", ScriptedAnswer.s3(403, "AccessDenied"), "store", "Allow the operation"),
        ("UploadPartCopy", .s3(403, "AccessDenied"), "store", "Allow the operation"),
        ("UploadPartCopy", .status(200, internalError), "store", "InternalError"),
        ("UploadPartCopy", .status(200, "<CopyPartResult></CopyPartResult>"), "store", "no ETag"),
        ("UploadPartCopy", .s3(412, "PreconditionFailed"), "superseded", "overwritten"),
        ("UploadPartCopy", .s3(404, "NoSuchKey"), "gone", "not exist"),
        ("UploadPartCopy", .s3(404, "NoSuchKey", "a&#x1;"), "gone", "not exist"),
        ("UploadPartCopy", .s3(404, "NoSuchUpload"), "unverified", "aborted by another process"),
        ("UploadPartCopy", .s3(403, "InvalidObjectState"), "refused", "archived"),
        ("CompleteMultipartUpload", .status(200, internalError), "store", "InternalError"),
        ("CompleteMultipartUpload", .s3(404, "NoSuchUpload"), "unverified", "aborted by another process"),
        ("HeadObject", .status(404), "unverified", "does not hold the copy"),
    ])
    func `a copy that fails leaves no upload behind`(
        operation: String, answer: ScriptedAnswer, name: String, complaint: String
    ) async throws {
        let fixture = try fixture { $0.operation == operation ? answer : nil }
        let error = await transferError { () throws(TransferError) in _ = try await fixture.copy() }
        #expect(error?.name == name)
        #expect(error.map { "\($0)".contains(complaint) } == true, "\(String(describing: error))")
        #expect(fixture.s3.openUploads.isEmpty)
        #expect(fixture.s3["in", "a"] != nil)
    }

    @Test func `a lost lease stops the parts and aborts the upload`() async throws {
        struct HoldLost: Error {}
        let checks = Locked(0)
        let fixture = try fixture()
        let error = await transferError { () throws(TransferError) in
            _ = try await fixture.copy { () throws in
                if checks.withLock({
                    $0 += 1; return $0
                }) > 2 {
                    throw HoldLost()
                }
            }
        }
        guard case .stopped(let cause)? = error else { throw error ?? .gone }
        #expect(cause is HoldLost)
        #expect(fixture.s3.requests("UploadPartCopy").count <= 2)
        #expect(!fixture.s3.operations.contains("CompleteMultipartUpload"))
        #expect(fixture.s3.openUploads.isEmpty && fixture.s3["out", "done/a"] == nil)
    }

    @Test func `a cancelled copy is aborted`() async throws {
        let reached = Promise<Void>()
        let fixture = try fixture { call in
            guard call.operation == "UploadPartCopy" else { return nil }
            reached.keep(())
            return .neverAnswers
        }
        let task = Task { () async -> TransferError? in
            await transferError { () throws(TransferError) in _ = try await fixture.copy() }
        }
        await reached.value
        task.cancel()
        #expect(await task.value?.name == "store")
        #expect(fixture.s3.openUploads.isEmpty)
    }

    @Test func `only a killed attempt's uploads to the same key are aborted`() async throws {
        let fixture = try fixture()
        fixture.s3.beginUpload("out", "done/a")
        fixture.s3.beginUpload("out", "done/a")
        fixture.s3.beginUpload("out", "done/ab")
        _ = try await fixture.copy()
        #expect(fixture.s3.openUploads == ["out/done/ab"])
        #expect(fixture.s3["out", "done/a"]?.bytes == Self.bytes)
    }

    @Test func `concurrent copies to one destination do not abort each other`() async throws {
        let fixture = try fixture()
        try await withThrowingTaskGroup(of: Destination.self) { group in
            for _ in 1...4 { group.addTask { try await fixture.copy() } }
            for try await copy in group { #expect(copy == Destination(fixture.destination)) }
        }
        #expect(fixture.s3["out", "done/a"]?.bytes == Self.bytes && fixture.s3.openUploads.isEmpty)
        #expect(!fixture.s3.operations.contains("AbortMultipartUpload"))
    }

    @Test func `a caller without permission to list uploads can copy`() async throws {
        let fixture = try fixture { $0.operation == "ListMultipartUploads" ? .s3(403, "AccessDenied") : nil }
        #expect(try await fixture.copy() == Destination(fixture.destination))
    }

    @Test func `an upload whose ID was lost is aborted before the next one`() async throws {
        let fixture = try fixture { call in
            guard call.operation == "CreateMultipartUpload", call.attempt == 1 else { return nil }
            _ = call.right()
            return .status(200, "<Initia")
        }
        #expect(try await fixture.copy() == Destination(fixture.destination))
        #expect(fixture.s3.openUploads.isEmpty)
    }

    @Test func `an object too large for 10000 parts is refused before any request`() async throws {
        let fixture = try fixture()
        let error = await transferError { () throws(TransferError) in
            _ = try await fixture.mover.copier.copy(
                fixture.source, head: fixture.head, size: 10_000 * (5 << 30) + 1, to: fixture.destination,
                manner: .promoted(tags: []))
        }
        #expect(error?.name == "refused" && fixture.s3.operations.isEmpty)
    }
}
