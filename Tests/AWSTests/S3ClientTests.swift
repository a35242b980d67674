import AWS
import Domain
import Support
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct S3ClientTests {
    private static let copied =
        "<?xml version=\"1.0\"?><CopyObjectResult><ETag>&quot;e2&quot;</ETag></CopyObjectResult>"

    // MARK: Reading

    @Test func `a GET requests its range of its version`() async throws {
        let fixture = try AWSClientFixture { _ in
            .status(
                206, "hello",
                headers: [("Content-Range", "bytes 5-9/20"), ("ETag", "\"e\""), ("x-amz-version-id", "v 1")])
        }
        defer { fixture.server.stop() }
        let sink = MemorySink()
        let head = try await fixture.s3.get(version("a b/ü+%", versionID: "v 1", etag: "e"), range: 5..<10, into: sink)
        let request = try #require(fixture.server.requests.first)
        #expect(request.target == "/bucket/a%20b/%C3%BC%2B%25?versionId=v%201")
        #expect(request["range"] == "bytes=5-9")
        #expect(request["if-match"] == nil)
        #expect(sink.bytes == Array("hello".utf8))
        #expect(head.status == 206)
        #expect(head.contentRange == ContentRange(first: 5, last: 9, total: 20))
        #expect(head.etag == "e")
        #expect(head.versionID == "v 1")
    }

    @Test func `without a version the ETag pins the object`() async throws {
        let fixture = try AWSClientFixture { _ in .status(200) }
        defer { fixture.server.stop() }
        _ = try await fixture.s3.get(version("k", etag: "e-1"), range: nil, into: MemorySink())
        _ = try await fixture.s3.head(version("k"))
        _ = try await fixture.s3.head(version("k", versionID: "null", etag: "e-1"))
        #expect(fixture.server.requests.map { $0["if-match"] } == ["\"e-1\"", nil, "\"e-1\""])
        #expect(fixture.server.requests.map { $0["range"] } == [nil, nil, nil])
        #expect(fixture.server.requests.map(\.query) == ["", "", ""])
    }

    @Test func `a HEAD returns everything that a copy must keep`() async throws {
        let fixture = try AWSClientFixture { _ in
            .status(
                200,
                headers: [
                    ("Content-Type", "image/png"), ("Cache-Control", "no-store"), ("Content-Disposition", "inline"),
                    ("Content-Encoding", "gzip"), ("Content-Language", "de"), ("Expires", "0"),
                    ("x-amz-meta-Name", "Käse"),
                    ("x-amz-meta-word", "=?UTF-8?B?w6Q=?="), ("x-amz-tagging-count", "3"),
                    ("x-amz-storage-class", "STANDARD_IA"),
                    ("x-amz-server-side-encryption", "aws:kms"), ("x-amz-server-side-encryption-aws-kms-key-id", "key"),
                    ("x-amz-server-side-encryption-bucket-key-enabled", "true"), ("x-amz-version-id", "null"),
                    ("x-amz-website-redirect-location", "/x"), ("Last-Modified", "Sat, 21 Nov 2026 08:09:10 GMT"),
                ])
        }
        defer { fixture.server.stop() }
        let head = try await fixture.s3.head(version("k"))
        #expect(
            head.metadata == [
                MetadataItem(name: "name", value: "Käse"), MetadataItem(name: "word", value: "=?UTF-8?B?w6Q=?="),
            ])
        #expect(head.tagCount == 3)
        #expect(head.storageClass == "STANDARD_IA")
        #expect(head.encryption == ObjectEncryption(algorithm: "aws:kms", kmsKeyID: "key", bucketKeyEnabled: true))
        #expect(head.versionID == nil)
        let properties = ObjectProperties(head)
        #expect(properties.contentType == "image/png")
        #expect(properties.cacheControl == "no-store")
        #expect(properties.contentDisposition == "inline")
        #expect(properties.contentEncoding == "gzip")
        #expect(properties.contentLanguage == "de")
        #expect(properties.expires == "0")
        #expect(properties.websiteRedirect == "/x")
        #expect(properties.metadata == head.metadata)
    }

    @Test func `a short body is fetched again from its start`() async throws {
        let fixture = try AWSClientFixture { request in
            request.index < 2
                ? ScriptedAnswer(body: Array("hel".utf8), framing: .claims(5), closes: true) : .status(200, "hello")
        }
        defer { fixture.server.stop() }
        let sink = MemorySink()
        _ = try await fixture.s3.get(version("k"), range: nil, into: sink)
        #expect(sink.bytes == Array("hello".utf8))
        #expect(sink.attempts == 3)
    }

    @Test func `a body that stays short is a transient error`() async throws {
        let fixture = try AWSClientFixture { _ in ScriptedAnswer(body: [1], framing: .claims(5), closes: true) }
        defer { fixture.server.stop() }
        let error = await awsError { _ = try await fixture.s3.get(version("k"), range: nil, into: MemorySink()) }
        #expect(error?.kind == .transient)
        #expect(error?.isRetryable == true)
    }

    @Test func `a body of undeclared length is never accepted as complete`() async throws {
        let fixture = try AWSClientFixture { _ in ScriptedAnswer(body: [1, 2], framing: .none, closes: true) }
        defer { fixture.server.stop() }
        await #expect(throws: BodyRejected.self) {
            try await fixture.s3.get(version("k"), range: nil, into: MemorySink())
        }
        #expect(fixture.server.requests.count == 3)
    }

    @Test func `a transient rejection is retried on a fresh connection`() async throws {
        let fixture = try AWSClientFixture { _ in .status(200, "hello") }
        defer { fixture.server.stop() }
        let sink = MemorySink { $0 < 3 ? BodyRejected(reason: "odd", isTransient: true) : nil }
        _ = try await fixture.s3.get(version("k"), range: nil, into: sink)
        #expect(sink.bytes == Array("hello".utf8))
        #expect(fixture.server.connectionCount == 3)
    }

    @Test func `a permanent rejection and any other error of a sink are thrown unchanged`() async throws {
        struct DiskFull: Error {}
        let fixture = try AWSClientFixture { _ in .status(200, "hello") }
        defer { fixture.server.stop() }
        await #expect(throws: DiskFull.self) {
            try await fixture.s3.get(version("k"), range: nil, into: MemorySink { _ in DiskFull() })
        }
        await #expect(throws: BodyRejected.self) {
            let sink = MemorySink { _ in BodyRejected(reason: "no", isTransient: false) }
            return try await fixture.s3.get(version("k"), range: nil, into: sink)
        }
        #expect(fixture.server.requests.count == 2)
    }

    @Test func `the error code of a HEAD response comes from its status`() async throws {
        let fixture = try AWSClientFixture { $0.path == "/bucket/gone" ? .status(404) : .status(412) }
        defer { fixture.server.stop() }
        let gone = await awsError { _ = try await fixture.s3.head(version("gone")) }
        let other = await awsError { _ = try await fixture.s3.head(version("other", etag: "e")) }
        #expect(gone?.kind == .notFound)
        #expect(gone?.code == "NotFound")
        #expect(other?.kind == .preconditionFailed)
    }

    @Test func `the error for a bucket in another region names it`() async throws {
        let fixture = try AWSClientFixture { _ in .status(301, headers: [("x-amz-bucket-region", "us-west-2")]) }
        defer { fixture.server.stop() }
        let error = await awsError { try await fixture.s3.headBucket("b") }
        #expect(error?.kind == .invalid)
        #expect(error?.description.contains("us-west-2") == true)
        #expect(error?.hint.contains("AWS_REGION") == true)
    }

    // MARK: Copy, delete

    @Test func `a copy is pinned to its source and keeps or replaces properties`() async throws {
        let fixture = try AWSClientFixture { _ in
            .status(200, Self.copied, headers: [("x-amz-version-id", "v2"), ("x-amz-copy-source-version-id", "v1")])
        }
        defer { fixture.server.stop() }
        let target = ObjectLocation(bucket: "target", key: ObjectKey("t/ü")!)
        let kept = try await fixture.s3.copy(ObjectCopy(source: version("a?b+c", etag: "e1"), destination: target))
        var replacing = ObjectCopy(source: version("a?b+c", versionID: "v=1", etag: "e1"), destination: target)
        replacing.metadata = .replace(
            ObjectProperties(contentType: "text/x", metadata: [MetadataItem(name: "n", value: "ü")]))
        replacing.tags = .replace([Tag(key: "a b", value: "c&d")])
        replacing.storageClass = "GLACIER_IR"
        replacing.encryption = ObjectEncryption(algorithm: "aws:kms", kmsKeyID: "k1", bucketKeyEnabled: true)
        _ = try await fixture.s3.copy(replacing)

        #expect(kept == ObjectCopyResult(etag: "e2", versionID: "v2", sourceVersionID: "v1"))
        let (first, second) = (fixture.server.requests[0], fixture.server.requests[1])
        #expect(first.target == "/target/t/%C3%BC")
        #expect(first["x-amz-copy-source"] == "bucket/a%3Fb%2Bc")
        #expect(first["x-amz-copy-source-if-match"] == "\"e1\"")
        #expect(first["x-amz-metadata-directive"] == "COPY")
        #expect(first["x-amz-tagging-directive"] == "COPY")
        #expect(first["content-length"] == "0")
        #expect(second["x-amz-copy-source"] == "bucket/a%3Fb%2Bc?versionId=v%3D1")
        #expect(second["x-amz-copy-source-if-match"] == nil)
        #expect(second["x-amz-metadata-directive"] == "REPLACE")
        #expect(second["content-type"] == "text/x")
        #expect(second["x-amz-meta-n"] == "ü")
        #expect(second["x-amz-tagging"] == "a%20b=c%26d")
        #expect(second["x-amz-storage-class"] == "GLACIER_IR")
        #expect(second["x-amz-server-side-encryption-aws-kms-key-id"] == "k1")
    }

    private func copy(_ fixture: AWSClientFixture) async throws(AWSError) -> ObjectCopyResult {
        try await fixture.s3.copy(
            ObjectCopy(source: version("a"), destination: ObjectLocation(bucket: "b", key: ObjectKey("t")!)))
    }

    @Test func `a temporary error with status 200 is retried`() async throws {
        let fixture = try AWSClientFixture { request in
            .status(200, request.index == 0 ? "<Error><Code>SlowDown</Code></Error>" : Self.copied)
        }
        defer { fixture.server.stop() }
        #expect(try await copy(fixture).etag == "e2")
        #expect(fixture.server.requests.count == 2)
    }

    @Test(arguments: [
        ("<Error><Code>AccessDenied</Code><Message>no</Message></Error>", "AccessDenied", 1),
        ("<Error><Code>SlowDown</Code></Error>", "SlowDown", 3),
        // S3 may have made the copy: the caller checks that.
        ("<Error><Code>InternalError</Code></Error>", "InternalError", 1),
        ("<CopyObjectResult></CopyObjectResult>", "NoETag", 1), ("", "UnreadableAnswer", 1),
        ("<Copy", "UnreadableAnswer", 1),
        (
            "<!DOCTYPE x [<!ENTITY e \"v\">]><CopyObjectResult><ETag>&e;</ETag></CopyObjectResult>", "UnreadableAnswer",
            1
        ),
    ])
    func `a response with status 200 that does not confirm the copy is an error`(body: String, code: String, tries: Int)
        async throws
    {
        let fixture = try AWSClientFixture { _ in .status(200, body) }
        defer { fixture.server.stop() }
        let error = await awsError { _ = try await copy(fixture) }
        #expect(error?.code == code)
        #expect(fixture.server.requests.count == tries)
    }

    @Test(arguments: [("ConditionalRequestConflict", 409, 2), ("PreconditionFailed", 412, 1)])
    func `a conditional delete that met another request is sent again, one whose condition failed is not`(
        code: String, status: Int, tries: Int
    ) async throws {
        let fixture = try AWSClientFixture { request in
            request.index == 0 ? .status(status, "<Error><Code>\(code)</Code></Error>") : .status(204)
        }
        defer { fixture.server.stop() }
        let location = ObjectLocation(bucket: "bucket", key: ObjectKey("k")!)
        let error = await awsError { try await fixture.s3.delete(ObjectDeletion(location, ifMatch: "e")) }
        #expect(error?.code == (tries == 1 ? code : nil))
        #expect(fixture.server.requests.count == tries)
    }

    @Test func `deleting a locked version is denied without a retry`() async throws {
        let fixture = try AWSClientFixture { _ in .status(403, "<Error><Code>AccessDenied</Code></Error>") }
        defer { fixture.server.stop() }
        #expect(
            await awsError {
                try await fixture.s3.delete(
                    ObjectDeletion(ObjectLocation(bucket: "bucket", key: ObjectKey("k")!), version: .id("v")))
            }?.kind == .denied)
        #expect(fixture.server.requests.map(\.target) == ["/bucket/k?versionId=v"])
    }

    // MARK: Tags and listings

    @Test func `tags are written and read`() async throws {
        let fixture = try AWSClientFixture { request in
            request.method == "PUT"
                ? .status(200)
                : .status(
                    200,
                    "<Tagging><TagSet><Tag><Key>a&amp;b</Key><Value/></Tag><Tag><Key>c</Key><Value>d</Value></Tag></TagSet></Tagging>"
                )
        }
        defer { fixture.server.stop() }
        let tags = [Tag(key: "a&b", value: ""), Tag(key: "c", value: "d")]
        #expect(try await fixture.s3.tags(of: version("k", versionID: "v")) == tags)
        try await fixture.s3.setTags([Tag(key: "<k>", value: "a\nb")], of: version("k"))
        #expect(fixture.server.requests.map(\.target) == ["/bucket/k?tagging&versionId=v", "/bucket/k?tagging"])
        #expect(fixture.server.requests[1].text.contains("<Key>&lt;k&gt;</Key><Value>a&#10;b</Value>"))
        #expect(fixture.server.requests[1]["x-amz-checksum-sha256"]?.count == 44)
    }

    @Test func `a legal hold is set on a version, and a bucket without Object Lock is no error`() async throws {
        let fixture = try AWSClientFixture { request in
            switch request.target {
            case "/bucket/locked?legal-hold&versionId=v": .status(200)
            case "/bucket/denied?legal-hold&versionId=v":
                .status(403, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
            default:
                .status(
                    400,
                    "<Error><Code>InvalidRequest</Code><Message>Bucket is missing Object Lock Configuration</Message></Error>"
                )
            }
        }
        defer { fixture.server.stop() }
        #expect(try await fixture.s3.setLegalHold(true, of: version("locked", versionID: "v")))
        #expect(fixture.server.requests[0].text.contains("<Status>ON</Status>"))
        #expect(fixture.server.requests[0]["x-amz-checksum-sha256"]?.count == 44)
        #expect(try await fixture.s3.setLegalHold(false, of: version("plain", versionID: "v")) == false)
        await #expect(throws: AWSError.self) {
            _ = try await fixture.s3.setLegalHold(true, of: version("denied", versionID: "v"))
        }
    }

    @Test func `a listing follows its pages and decodes keys`() async throws {
        let pages = [
            """
            <ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a%0A+b%2B</Key><Size>3</Size><ETag>&quot;e&quot;</ETag>
            <LastModified>2026-11-21T08:09:10.000Z</LastModified></Contents><EncodingType>url</EncodingType>
            <NextContinuationToken>n+1=</NextContinuationToken></ListBucketResult>
            """,
            "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>c+d</Key><Size>0</Size></Contents></ListBucketResult>",
        ]
        let fixture = try AWSClientFixture { .status(200, pages[$0.index]) }
        defer { fixture.server.stop() }
        var listed: [ListedObject] = []
        var continuation: String?
        repeat {
            let page = try await fixture.s3.list(bucket: "b", prefix: "p/", continuation: continuation)
            listed += page.objects
            continuation = page.continuation
        } while continuation != nil
        #expect(listed.map(\.key.text) == ["a\n b+", "c+d"])
        #expect(listed.map(\.size) == [3, 0])
        #expect(listed.map(\.etag) == ["e", nil])
        #expect(listed[0].lastModified?.milliseconds == 1_795_248_550_000)
        #expect(fixture.server.requests[0].query == "list-type=2&encoding-type=url&max-keys=1000&prefix=p%2F")
        #expect(fixture.server.requests[1].query.hasSuffix("&continuation-token=n%2B1%3D"))
    }

    @Test(arguments: [
        "<html/>", "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>",
    ])
    func `an invalid listing is an error`(body: String) async throws {
        let fixture = try AWSClientFixture { _ in .status(200, body) }
        defer { fixture.server.stop() }
        let error = await awsError { _ = try await fixture.s3.list(bucket: "b") }
        #expect(error?.code == "UnreadableAnswer")
    }

    @Test(arguments: [
        ("bytes 0-9/10", ContentRange(first: 0, last: 9, total: 10)),
        ("bytes 5-5/*", ContentRange(first: 5, last: 5, total: nil)),
        ("bytes */10", nil), ("bytes 9-0/10", nil), ("bytes 0-10/10", nil), ("bytes +1-2/10", nil),
        ("items 0-1/2", nil),
        ("bytes 0-1", nil), ("bytes 0-99999999999999999999/*", nil), ("", nil),
    ])
    func `content ranges are parsed strictly`(text: String, range: ContentRange?) {
        #expect(ContentRange(text) == range)
    }
}
