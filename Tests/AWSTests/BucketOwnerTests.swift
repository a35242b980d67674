import AWS
import Domain
import TestKit
import Testing

/// The account that a bucket must be of is named in each request for it.
@Suite(.timeLimit(.minutes(1))) struct BucketOwnerTests {
    private static let name = "x-amz-expected-bucket-owner"

    private func place(_ bucket: String) -> ObjectLocation { ObjectLocation(bucket: bucket, key: ObjectKey("k")!) }

    /// Calls every operation once, whatever it answers.
    private func callAll(_ s3: S3Client, _ bucket: String, source: String) async {
        let object = ObjectVersion(bucket: bucket, key: ObjectKey("k")!, versionID: "v", etag: "e")
        let from = ObjectVersion(bucket: source, key: ObjectKey("k")!, versionID: "v", etag: "e")
        let upload = MultipartUpload(place(bucket), id: "u")
        let calls: [() async throws -> Void] = [
            { _ = try await s3.get(object, range: nil, into: MemorySink()) }, { _ = try await s3.head(object) },
            { _ = try await s3.headOfNullVersion(object) }, { try await s3.headBucket(bucket) },
            { _ = try await s3.tags(of: object) }, { try await s3.setTags([], of: object) },
            { try await s3.delete(ObjectDeletion(place(bucket))) },
            { _ = try await s3.list(bucket: bucket) }, { _ = try await s3.listVersions(bucket: bucket) },
            { _ = try await s3.versioning(of: bucket) }, { _ = try await s3.notification(of: bucket) },
            { _ = try await s3.copy(ObjectCopy(source: from, destination: place(bucket))) },
            { _ = try await s3.copyPart(1, of: upload, from: from, range: nil) },
            { _ = try await s3.completeUpload(upload, parts: [], size: 0) }, { try await s3.abortUpload(upload) },
            { _ = try await s3.uploads(of: place(bucket)) }, { _ = try await s3.put([], at: place(bucket)) },
        ]
        for call in calls { try? await call() }
        for permission in S3Permission.allCases { _ = await s3.tries(permission, at: place(bucket)) }
    }

    @Test func `every request names the account of its bucket, and of the source of a copy`() async throws {
        let fixture = try AWSClientFixture { _ in .s3(404, "NoSuchKey") }
        defer { fixture.server.stop() }
        let s3 = fixture.s3.expecting(owners: ["mine": "111111111111", "in": "222222222222"])
        await callAll(s3, "mine", source: "in")
        let requests = fixture.server.requests
        #expect(requests.count >= 28 && requests.allSatisfy { $0[Self.name] == "111111111111" })
        let copies = requests.filter { $0["x-amz-copy-source"] != nil }
        #expect(copies.count == 2)
        #expect(copies.allSatisfy { $0["x-amz-source-expected-bucket-owner"] == "222222222222" })
        // The header is signed.
        #expect(requests.allSatisfy { $0["authorization"]?.contains(Self.name) == true })
    }

    @Test func `a bucket without an account is asked as ever`() async throws {
        let fixture = try AWSClientFixture { _ in .s3(404, "NoSuchKey") }
        defer { fixture.server.stop() }
        await callAll(fixture.s3.expecting(owners: ["mine": "111111111111"]), "other", source: "another")
        for request in fixture.server.requests {
            #expect(request[Self.name] == nil && request["x-amz-source-expected-bucket-owner"] == nil)
        }
    }

    @Test func `a 403 says that the bucket may be of another account`() async throws {
        let fixture = try AWSClientFixture { _ in .s3(403, "AccessDenied") }
        defer { fixture.server.stop() }
        let s3 = fixture.s3.expecting(owners: ["mine": "111111111111"])
        let refused = await awsError { try await s3.headBucket("mine") }
        #expect(refused?.description.contains("not of the account 111111111111") == true)
        let other = await awsError { try await s3.headBucket("other") }
        #expect(other?.description.contains("expected-bucket-owner") == false)
    }
}
