import AWS
import Domain
import TestKit
import Testing

/// Multipart uploads, conditional deletes and bucket versioning on the wire.
@Suite(.timeLimit(.minutes(1))) struct S3UploadTests {
    let location = ObjectLocation(bucket: "bucket", key: ObjectKey("a b/ü")!)
    var upload: MultipartUpload { MultipartUpload(location, id: "up+1") }

    @Test func `an upload is created with the object's properties, tags and encryption`() async throws {
        let fixture = try AWSClientFixture { _ in
            .status(
                200,
                "<InitiateMultipartUploadResult><Bucket>bucket</Bucket><UploadId>up+1</UploadId></InitiateMultipartUploadResult>"
            )
        }
        defer { fixture.server.stop() }
        let properties = ObjectProperties(contentType: "text/plain", metadata: [MetadataItem(name: "a", value: "1")])
        let request = UploadRequest(
            location, properties, tags: [Tag(key: "k", value: "v w")], storageClass: "STANDARD_IA",
            encryption: ObjectEncryption(algorithm: "aws:kms", kmsKeyID: "key", bucketKeyEnabled: true))
        #expect(try await fixture.s3.createUpload(request) == upload)
        let sent = fixture.server.requests[0]
        #expect(sent.method == "POST" && sent.target == "/bucket/a%20b/%C3%BC?uploads=")
        #expect(sent["content-type"] == "text/plain" && sent["x-amz-meta-a"] == "1")
        #expect(sent["x-amz-tagging"] == "k=v%20w" && sent["x-amz-storage-class"] == "STANDARD_IA")
        #expect(sent["x-amz-server-side-encryption-bucket-key-enabled"] == "true")
    }

    @Test func `a part copied from another version is an error`() async throws {
        let fixture = try AWSClientFixture { _ in
            .status(
                200, "<CopyPartResult><ETag>\"e\"</ETag></CopyPartResult>",
                headers: [("x-amz-copy-source-version-id", "v0")])
        }
        defer { fixture.server.stop() }
        let source = ObjectVersion(bucket: "in", key: ObjectKey("k")!, versionID: "v1", etag: "e")
        let error = await awsError { _ = try await fixture.s3.copyPart(2, of: upload, from: source, range: 5..<9) }
        #expect(error?.code == "AnotherVersion" && fixture.server.requests.count == 1)
        let sent = fixture.server.requests[0]
        #expect(sent.query == "partNumber=2&uploadId=up%2B1")
        #expect(sent["x-amz-copy-source"] == "in/k?versionId=v1" && sent["x-amz-copy-source-range"] == "bytes=5-8")
    }

    @Test func `an upload is completed with its parts in order`() async throws {
        let fixture = try AWSClientFixture { _ in
            .status(
                200, "  <CompleteMultipartUploadResult><ETag>&quot;all-2&quot;</ETag></CompleteMultipartUploadResult>",
                headers: [("x-amz-version-id", "v9")])
        }
        defer { fixture.server.stop() }
        let completed = try await fixture.s3.completeUpload(
            upload, parts: [CopiedPart(etag: "e1"), CopiedPart(etag: "e2", sha256: ChecksumTests.hexadecimal)], size: 9)
        #expect(completed == ObjectCopyResult(etag: "all-2", versionID: "v9", sourceVersionID: nil))
        let sent = fixture.server.requests[0]
        #expect(sent.method == "POST" && sent.query == "uploadId=up%2B1" && sent["x-amz-mp-object-size"] == "9")
        #expect(
            sent.text.contains(
                "<Part><PartNumber>1</PartNumber><ETag>&quot;e1&quot;</ETag></Part><Part><PartNumber>2</PartNumber>"))
        #expect(
            sent.text.contains(
                "<ETag>&quot;e2&quot;</ETag><ChecksumSHA256>\(ChecksumTests.base64)</ChecksumSHA256></Part></Complete"))
    }

    @Test func `only uploads of exactly this key are listed`() async throws {
        let fixture = try AWSClientFixture { _ in
            .status(
                200,
                """
                <ListMultipartUploadsResult><EncodingType>url</EncodingType>
                <Upload><Key>a+b/%C3%BC</Key><UploadId>up+1</UploadId><Initiator><ID>x</ID></Initiator></Upload>
                <Upload><Key>a+b/%C3%BCber</Key><UploadId>up+2</UploadId></Upload></ListMultipartUploadsResult>
                """)
        }
        defer { fixture.server.stop() }
        #expect(try await fixture.s3.uploads(of: location) == [upload])
        #expect(fixture.server.requests[0].query.contains("prefix=a%20b%2F%C3%BC"))
    }

    @Test(arguments: [(404, "NoSuchUpload", true), (404, "NoSuchBucket", false), (403, "AccessDenied", false)])
    func `aborting a missing upload succeeds`(status: Int, code: String, isDone: Bool) async throws {
        let fixture = try AWSClientFixture { _ in .status(status, "<Error><Code>\(code)</Code></Error>") }
        defer { fixture.server.stop() }
        let error = await awsError { try await fixture.s3.abortUpload(upload) }
        #expect((error == nil) == isDone)
        #expect(fixture.server.requests[0].method == "DELETE")
    }

    @Test(arguments: [
        ("<VersioningConfiguration/>", BucketVersioning.never),
        ("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>", .enabled),
        ("<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>", .suspended),
        ("<VersioningConfiguration><Status>Odd</Status></VersioningConfiguration>", nil),
    ])
    func `the versioning status of a bucket is parsed`(body: String, state: BucketVersioning?) async throws {
        let fixture = try AWSClientFixture { _ in .status(200, body) }
        defer { fixture.server.stop() }
        let versioning = try? await fixture.s3.versioning(of: "bucket")
        #expect(versioning == state)
        #expect(fixture.server.requests[0].target == "/bucket?versioning")
    }

    @Test func `a conditional delete of a missing object is an error`() async throws {
        let fixture = try AWSClientFixture { _ in .status(404, "<Error><Code>NoSuchKey</Code></Error>") }
        defer { fixture.server.stop() }
        let error = await awsError {
            try await fixture.s3.delete(ObjectDeletion(location, version: .null, ifMatch: "e"))
        }
        #expect(error?.code == "NoSuchKey")
        #expect(
            fixture.server.requests[0].query == "versionId=null" && fixture.server.requests[0]["if-match"] == "\"e\"")
    }
}
