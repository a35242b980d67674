import AWS
import Domain
import TestKit
import Testing

/// Which checksums are requested, and which of the returned ones are the SHA-256 of a whole object.
@Suite(.timeLimit(.minutes(1))) struct ChecksumTests {
    /// The SHA-256 of `abc` (FIPS 180-4, example).
    static let base64 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
    static let hexadecimal = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    struct Returned: Sendable, CustomTestStringConvertible {
        let checksum: String?
        var type: String?
        var etag = "e"
        let isWhole: Bool

        var testDescription: String { "\(checksum ?? "none"), \(type ?? "no type"), \(etag)" }
    }

    static let returned = [
        Returned(checksum: base64, type: "FULL_OBJECT", isWhole: true),
        // Older stores report no type.
        Returned(checksum: base64, isWhole: true),
        Returned(checksum: nil, type: "FULL_OBJECT", isWhole: false),
        // A hash of the parts' hashes, not of the bytes.
        Returned(checksum: base64, type: "COMPOSITE", isWhole: false),
        Returned(checksum: base64 + "-3", isWhole: false),
        Returned(checksum: base64 + "-3", type: "FULL_OBJECT", isWhole: false),
        // Without a type, the checksum of a multipart object may be either.
        Returned(checksum: base64, etag: "e-3", isWhole: false),
        Returned(checksum: base64, type: "FULL_OBJECT", etag: "e-3", isWhole: true),
        Returned(checksum: "", isWhole: false), Returned(checksum: "ungWvw==", isWhole: false),
        Returned(checksum: String(base64.dropLast()), isWhole: false),
        Returned(checksum: base64 + "====", isWhole: false),
        Returned(checksum: "!" + base64.dropFirst(), isWhole: false),
        // Padding bits are set: another spelling of the same hash, which S3 does not return.
        Returned(checksum: base64.dropLast(2) + "1=", isWhole: false),
        Returned(checksum: hexadecimal, isWhole: false),
    ]

    func copy(_ fixture: AWSClientFixture, wantsSHA256: Bool) async throws(AWSError) -> ObjectCopyResult {
        var copy = ObjectCopy(source: version("a"), destination: ObjectLocation(bucket: "b", key: ObjectKey("t")!))
        copy.wantsSHA256 = wantsSHA256
        return try await fixture.s3.copy(copy)
    }

    @Test(arguments: returned) func `only the hash of all bytes of a copy is accepted`(returned: Returned) async throws
    {
        let checksum = returned.checksum.map { "<ChecksumSHA256>\($0)</ChecksumSHA256>" } ?? ""
        let type = returned.type.map { "<ChecksumType>\($0)</ChecksumType>" } ?? ""
        let fixture = try AWSClientFixture { _ in
            .status(200, "<CopyObjectResult><ETag>\"\(returned.etag)\"</ETag>\(checksum)\(type)</CopyObjectResult>")
        }
        defer { fixture.server.stop() }
        #expect(try await copy(fixture, wantsSHA256: true).sha256 == (returned.isWhole ? Self.hexadecimal : nil))
    }

    @Test(arguments: returned) func `only the hash of all bytes of an object is accepted`(returned: Returned)
        async throws
    {
        let headers = [
            ("etag", "\"\(returned.etag)\""), ("x-amz-checksum-sha256", returned.checksum),
            ("x-amz-checksum-type", returned.type),
        ]
        let fixture = try AWSClientFixture { _ in
            ScriptedAnswer(headers: headers.compactMap { name, value in value.map { (name, $0) } })
        }
        defer { fixture.server.stop() }
        let head = try await fixture.s3.head(version("a"), wantsSHA256: true)
        #expect(head.sha256 == (returned.isWhole ? Self.hexadecimal : nil))
    }

    @Test(arguments: [true, false]) func `a checksum is requested only if it is wanted`(isWanted: Bool) async throws {
        let fixture = try AWSClientFixture { _ in
            .status(200, "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>")
        }
        defer { fixture.server.stop() }
        _ = try await copy(fixture, wantsSHA256: isWanted)
        _ = try await fixture.s3.head(version("a"), wantsSHA256: isWanted)
        let (copy, head) = (fixture.server.requests[0], fixture.server.requests[1])
        #expect(copy["x-amz-checksum-algorithm"] == (isWanted ? "SHA256" : nil))
        #expect(head["x-amz-checksum-mode"] == (isWanted ? "ENABLED" : nil))
        // S3 rejects unsigned x-amz headers.
        #expect(copy["authorization"]?.contains("x-amz-checksum-algorithm") == isWanted)
    }

    @Test(arguments: returned) func `only the hash of all bytes of a part is accepted`(returned: Returned) async throws
    {
        // S3 returns no checksum type for parts.
        guard returned.type == nil, returned.etag == "e" else { return }
        let checksum = returned.checksum.map { "<ChecksumSHA256>\($0)</ChecksumSHA256>" } ?? ""
        let fixture = try AWSClientFixture { _ in
            .status(200, "<CopyPartResult><ETag>\"e\"</ETag>\(checksum)</CopyPartResult>")
        }
        defer { fixture.server.stop() }
        let upload = MultipartUpload(ObjectLocation(bucket: "b", key: ObjectKey("t")!), id: "up")
        let part = try await fixture.s3.copyPart(1, of: upload, from: version("a"), range: nil)
        #expect(part == CopiedPart(etag: "e", sha256: returned.isWhole ? Self.hexadecimal : nil))
    }

    @Test(arguments: [
        (501, "NotImplemented", "Header 'x-amz-checksum-algorithm' with value 'SHA256' not implemented", true),
        (400, "InvalidArgument", "Unsupported header: x-amz-checksum-algorithm", true),
        (400, "InvalidRequest", "Checksum algorithm not supported", true),
        (400, "InvalidRequest", "The object was stored using a form of Server Side Encryption.", false),
        (403, "AccessDenied", "checksum", false), (412, "PreconditionFailed", "", false),
    ])
    func `an error caused by the checksum is recognised`(status: Int, code: String, message: String, isOfChecksum: Bool)
        async throws
    {
        let fixture = try AWSClientFixture { _ in .s3(status, code, message) }
        defer { fixture.server.stop() }
        let error = await awsError { _ = try await copy(fixture, wantsSHA256: true) }
        #expect(error?.isOfChecksum == isOfChecksum)
        #expect(fixture.server.requests.count == 1)
    }
}
