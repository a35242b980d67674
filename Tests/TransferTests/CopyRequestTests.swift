import AWS
import Domain
import TestKit
import Testing
import Transfer

/// The headers of copy requests.
@Suite(.timeLimit(.minutes(1))) struct CopyRequestTests {
    let destination = ObjectLocation(bucket: "out", key: ObjectKey("done/a")!)
    static let described = [
        ("Content-Type", "text/html"), ("Cache-Control", "max-age=60"), ("Content-Disposition", "inline"),
        ("Content-Encoding", "gzip"), ("Content-Language", "de"), ("Expires", "Sat, 21 Nov 2026 08:00:00 GMT"),
        ("x-amz-website-redirect-location", "https://evil.example/"), ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-server-side-encryption", "aws:kms"), ("x-amz-server-side-encryption-aws-kms-key-id", "key-1"),
        ("x-amz-meta-author", "=?UTF-8?Q?=C3=A9ve?="), ("x-amz-meta-lazaret-tag-verdict", "forged"),
    ]

    /// Returns the request that copies an object with these tags and headers.
    func request(
        _ manner: MoveRequest.Manner, key: String = "a", tags: [AWS.Tag] = [], headers: [(String, String)] = described,
        etag: String? = nil
    ) async throws -> ScriptedRequest {
        let s3 = try ScriptedS3()
        var stored = ScriptedS3.Object([1, 2, 3], etag: etag)
        (stored.headers, stored.tags) = (headers, tags)
        s3["in", key] = stored
        let client = try s3.client()
        let source = ObjectVersion(bucket: "in", key: ObjectKey(key)!, versionID: nil, etag: stored.etag)
        let fetched = try await RangedFetch(store: client, directory: "/var/tmp").first(of: source, size: nil)
        _ = try await ObjectMover(store: client).copier.copy(
            fetched.version, head: fetched.head, size: 3, to: destination, manner: manner)
        return try #require(s3.requests("CopyObject").first)
    }

    func metadata(_ request: ScriptedRequest) -> [String: String] {
        let items = request.headers.filter { $0.name.hasPrefix("x-amz-meta-") }
        #expect(Set(items.map(\.name)).count == items.count, "S3 would fold headers of the same name into one")
        return Dictionary(
            items.map { (String($0.name.dropFirst("x-amz-meta-".count)), $0.value) },
            uniquingKeysWith: { one, _ in one })
    }

    let tenTags: [AWS.Tag] = (0..<10).map { Tag(key: "k\($0)", value: "v") }

    @Test func `a promotion lets S3 copy metadata and tags`() async throws {
        let copy = try await request(
            .promoted(tags: []), tags: [Tag(key: "owner", value: "ann")],
            headers: [("Content-Type", "text/html"), ("x-amz-meta-author", "eve")])
        #expect(copy["x-amz-metadata-directive"] != "REPLACE" && copy["x-amz-tagging-directive"] != "REPLACE")
        #expect(copy["content-type"] == nil && copy["x-amz-tagging"] == nil && metadata(copy).isEmpty)
    }

    /// S3 does not copy these by default.
    @Test func `storage class and KMS key are set explicitly`() async throws {
        let copy = try await request(.promoted(tags: []))
        #expect(copy["x-amz-storage-class"] == "STANDARD_IA")
        #expect(copy["x-amz-server-side-encryption"] == "aws:kms")
        #expect(copy["x-amz-server-side-encryption-aws-kms-key-id"] == "key-1")
    }

    /// Such a copy would not have its source's ETag, by which it is recognised after a lost answer.
    @Test(
        arguments: [
            (nil, [("x-amz-server-side-encryption", "aws:kms")]), ("0123-2", []),
            (nil, [("x-amz-meta-lazaret-source", "forged")]),
        ] as [(String?, [(String, String)])])
    func `a copy that cannot be recognised by its ETag gets the mark`(etag: String?, headers: [(String, String)])
        async throws
    {
        let plain = [("Content-Type", "text/html"), ("x-amz-meta-author", "eve")]
        let copy = try await request(.promoted(tags: []), headers: plain + headers, etag: etag)
        #expect(copy["x-amz-metadata-directive"] == "REPLACE" && copy["x-amz-tagging-directive"] == "COPY")
        #expect(copy["content-type"] == "text/html")
        let items = metadata(copy)
        #expect(items["author"] == "eve" && items.count == 2)
        #expect(items["lazaret-source"]?.hasPrefix(someJob.text + "/") == true)
    }

    @Test func `if a bucket changes ETags the next copies get the mark`() async throws {
        let s3 = try ScriptedS3 { call in
            guard call.operation == "CopyObject" else { return nil }
            let right = call.right()
            return call.attempt == 1 ? .copied(etag: "ab") : right
        }
        s3["in", "a"] = .init([1, 2, 3])
        let fixture = try MoveFixture(s3)
        _ = await transferError { () throws(TransferError) in _ = try await fixture.copy() }
        _ = try await fixture.copy()
        #expect(s3.requests("CopyObject").map { $0["x-amz-metadata-directive"] } == ["COPY", "REPLACE"])
    }

    /// AES256 is the default of S3. Naming it would override the destination's own default.
    @Test func `AES256 encryption is left to the destination`() async throws {
        let copy = try await request(.promoted(tags: []), headers: [("x-amz-server-side-encryption", "AES256")])
        #expect(copy["x-amz-server-side-encryption"] == nil)
    }

    @Test func `pipeline tags are merged with the source's tags`() async throws {
        let own = [
            Tag(key: "owner", value: "ann"), Tag(key: "verdict", value: "forged"),
            Tag(key: "aws:backup:source", value: "x"),
        ]
        let copy = try await request(
            .promoted(tags: [Tag(key: "verdict", value: "clean")]), tags: own, headers: [("Content-Type", "text/html")])
        #expect(copy["x-amz-metadata-directive"] == "COPY")
        #expect(copy["x-amz-tagging-directive"] == "REPLACE")
        #expect(copy["x-amz-tagging"] == "owner=ann&verdict=clean")
    }

    @Test func `tags of AWS itself do not count towards the ten`() async throws {
        let own = Array(tenTags.dropLast()) + [Tag(key: "aws:backup:source", value: "x")]
        let copy = try await request(.promoted(tags: [Tag(key: "verdict", value: "clean")]), tags: own)
        #expect(copy["x-amz-tagging"]?.hasSuffix("&verdict=clean") == true)
    }

    @Test func `if the source has ten tags those that make room go to metadata`() async throws {
        let copy = try await request(.promoted(tags: [Tag(key: "verdict", value: "clean")]), tags: tenTags)
        #expect(copy["x-amz-metadata-directive"] == "REPLACE" && copy["x-amz-tagging-directive"] == "REPLACE")
        #expect(copy["x-amz-tagging"]?.hasSuffix("&k8=v&verdict=clean") == true)
        for (name, value) in Self.described.prefix(6) { #expect(copy[name] == value, "\(name)") }
        // S3 does not copy a redirect; replaced metadata must not have it either.
        #expect(copy["x-amz-website-redirect-location"] == nil)
        // Encoded words stay unchanged.
        var items = metadata(copy)
        #expect(items.removeValue(forKey: "lazaret-source")?.hasPrefix(someJob.text) == true)
        #expect(
            items == [
                "author": "=?UTF-8?Q?=C3=A9ve?=", "lazaret-original-tag-k9": "v", "lazaret-tag-verdict": "forged",
            ])
    }

    @Test func `the source's metadata is never displaced by ours`() async throws {
        let headers = [("x-amz-meta-long", String(repeating: "x", count: 2000))]
        let copy = try await request(
            .promoted(tags: [Tag(key: "verdict", value: "clean")]), tags: tenTags, headers: headers)
        #expect(metadata(copy) == ["long": String(repeating: "x", count: 2000)])
    }

    @Test func `a quarantined object is inert and keeps its original properties as metadata`() async throws {
        let copy = try await request(
            .inert(
                facts: [("verdict", "infected"), ("findings", "Eicar  Test\u{1F9A0}")],
                tags: [Tag(key: "q", value: "1")]),
            key: "käse/ ü.html", tags: [Tag(key: "A b", value: "x y"), Tag(key: "a-b", value: "é")],
            headers: Self.described + [
                ("x-amz-server-side-encryption", "aws:kms"),
                ("x-amz-server-side-encryption-aws-kms-key-id", "arn:aws:kms:eu-central-1:666:key/of-the-uploader"),
            ])
        #expect(copy["x-amz-metadata-directive"] == "REPLACE")
        #expect(copy["content-type"] == "application/octet-stream")
        #expect(copy["content-disposition"] == "attachment")
        #expect(copy["cache-control"] == "no-store")
        // Storage class and key are the destination's.
        #expect(copy["x-amz-storage-class"] == nil && copy["x-amz-server-side-encryption"] == nil)
        #expect(copy["x-amz-server-side-encryption-aws-kms-key-id"] == nil)
        for name in ["content-encoding", "content-language", "expires", "x-amz-website-redirect-location"] {
            #expect(copy[name] == nil, "\(name)")
        }
        #expect(copy["x-amz-tagging-directive"] == "REPLACE" && copy["x-amz-tagging"] == "q=1")
        let metadata = metadata(copy)
        let expected = [
            "lazaret-verdict": "infected", "lazaret-findings": "Eicar %20Test%F0%9F%A6%A0",
            "lazaret-original-bucket": "in", "lazaret-original-key": "k%C3%A4se/ %C3%BC.html",
            "lazaret-original-content-type": "text/html", "lazaret-original-content-disposition": "inline",
            "lazaret-original-content-encoding": "gzip", "lazaret-original-content-language": "de",
            "lazaret-original-cache-control": "max-age=60",
            "lazaret-original-expires": "Sat, 21 Nov 2026 08:00:00 GMT",
            "lazaret-original-website-redirect": "https://evil.example/",
            "lazaret-original-tag-a-b": "x y", "lazaret-original-tag-a-b-2": "%C3%A9",
            "lazaret-original-meta-lazaret-tag-verdict": "forged",
            "lazaret-original-meta-author": "=%3FUTF-8%3FQ%3F=C3=A9ve%3F=",
        ]
        for (name, value) in expected {
            #expect(metadata[name] == value, "\(name)")
        }
    }

    @Test func `the start of the key is kept if the whole key does not fit`() async throws {
        let key = String(repeating: "ü", count: 512)
        let copy = try await request(.inert(facts: [("job", "1")], tags: []), key: key)
        let metadata = metadata(copy)
        #expect(metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } <= 2048)
        let start = try #require(metadata["lazaret-original-key-start"])
        #expect(start.hasPrefix("%C3%BC%C3%BC") && start.utf8.count > 1000 && start.utf8.count % 3 == 0)
        #expect(metadata["lazaret-job"] == "1")
    }

    // MARK: Tags of objects that stay

    @Test func `tags that were set on another upload are removed again`() async throws {
        let s3 = try ScriptedS3 { call in
            // Overwritten after it was inspected: S3 sets tags without a condition.
            call.operation == "HeadObject" ? .status(412) : nil
        }
        s3["in", "a"] = .init([9])
        s3["in", "a"]?.tags = [Tag(key: "owner", value: "ann")]
        let object = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: "of-the-first-upload")
        let error = await transferError { () throws(TransferError) in
            _ = try await ObjectMover(store: try! s3.client()).tagger.add(
                [Tag(key: "verdict", value: "clean")], to: object, head: ObjectHead(status: 200), by: someJob)
        }
        #expect(error?.name == "superseded")
        #expect(s3["in", "a"]?.tags.contains { $0.key == "verdict" } == false)
    }

    @Test func `tags of a version need no check but that the store keeps any`() async throws {
        let s3 = try ScriptedS3()
        s3["in", "a"] = .init([9], versionID: "v1")
        let object = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: "v1", etag: nil)
        _ = try await ObjectMover(store: try s3.client()).tagger.add(
            [Tag(key: "verdict", value: "clean")], to: object, head: ObjectHead(status: 200), by: someJob)
        #expect(s3.operations == ["GetObjectTagging", "PutObjectTagging"])
        #expect(s3.requests("PutObjectTagging")[0].query == "tagging&versionId=v1")
    }
}
