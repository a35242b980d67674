import AWS
import Domain
import TestKit
import Testing

/// What is asked of checksums, and what of the answers is the SHA-256 of a whole object.
@Suite(.timeLimit(.minutes(1))) struct ChecksumTests {
    /// Of `abc`, by FIPS 180-4's example.
    static let base64 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
    static let hexadecimal = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    struct Told: Sendable, CustomTestStringConvertible {
        let checksum: String?
        var type: String?
        var etag = "e"
        let isWhole: Bool

        var testDescription: String { "\(checksum ?? "none"), \(type ?? "no type"), \(etag)" }
    }

    static let told = [
        Told(checksum: base64, type: "FULL_OBJECT", isWhole: true),
        // By stores of an older day.
        Told(checksum: base64, isWhole: true),
        Told(checksum: nil, type: "FULL_OBJECT", isWhole: false),
        // Over the hashes of the parts, and not over the bytes.
        Told(checksum: base64, type: "COMPOSITE", isWhole: false), Told(checksum: base64 + "-3", isWhole: false),
        Told(checksum: base64 + "-3", type: "FULL_OBJECT", isWhole: false),
        // Of an object of parts it may be either, where nothing says which.
        Told(checksum: base64, etag: "e-3", isWhole: false),
        Told(checksum: base64, type: "FULL_OBJECT", etag: "e-3", isWhole: true),
        Told(checksum: "", isWhole: false), Told(checksum: "ungWvw==", isWhole: false),
        Told(checksum: String(base64.dropLast()), isWhole: false), Told(checksum: base64 + "====", isWhole: false),
        Told(checksum: "!" + base64.dropFirst(), isWhole: false),
        // Bits that no byte has: the same hash in another spelling is none of S3's.
        Told(checksum: base64.dropLast(2) + "1=", isWhole: false),
        Told(checksum: hexadecimal, isWhole: false),
    ]

    func copy(_ bench: Bench, wantsSHA256: Bool) async throws(AWSError) -> ObjectCopyResult {
        var copy = ObjectCopy(source: version("a"), destination: ObjectLocation(bucket: "b", key: ObjectKey("t")!))
        copy.wantsSHA256 = wantsSHA256
        return try await bench.s3.copy(copy)
    }

    @Test(arguments: told) func `only the hash of all bytes of a copy is taken`(told: Told) async throws {
        let checksum = told.checksum.map { "<ChecksumSHA256>\($0)</ChecksumSHA256>" } ?? ""
        let type = told.type.map { "<ChecksumType>\($0)</ChecksumType>" } ?? ""
        let bench = try Bench { _ in
            .status(200, "<CopyObjectResult><ETag>\"\(told.etag)\"</ETag>\(checksum)\(type)</CopyObjectResult>")
        }
        defer { bench.server.stop() }
        #expect(try await copy(bench, wantsSHA256: true).sha256 == (told.isWhole ? Self.hexadecimal : nil))
    }

    @Test(arguments: told) func `only the hash of all bytes of an object is taken`(told: Told) async throws {
        let headers = [
            ("etag", "\"\(told.etag)\""), ("x-amz-checksum-sha256", told.checksum), ("x-amz-checksum-type", told.type),
        ]
        let bench = try Bench { _ in
            ScriptedAnswer(headers: headers.compactMap { name, value in value.map { (name, $0) } })
        }
        defer { bench.server.stop() }
        let head = try await bench.s3.head(version("a"), wantsSHA256: true)
        #expect(head.sha256 == (told.isWhole ? Self.hexadecimal : nil))
    }

    @Test(arguments: [true, false]) func `a checksum is asked for where it is wanted`(isWanted: Bool) async throws {
        let bench = try Bench { _ in .status(200, "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>") }
        defer { bench.server.stop() }
        _ = try await copy(bench, wantsSHA256: isWanted)
        _ = try await bench.s3.head(version("a"), wantsSHA256: isWanted)
        let (copy, head) = (bench.server.requests[0], bench.server.requests[1])
        #expect(copy["x-amz-checksum-algorithm"] == (isWanted ? "SHA256" : nil))
        #expect(head["x-amz-checksum-mode"] == (isWanted ? "ENABLED" : nil))
        // S3 refuses headers of its own that are not signed.
        #expect(copy["authorization"]?.contains("x-amz-checksum-algorithm") == isWanted)
    }

    @Test(arguments: told) func `only the hash of all bytes of a part is taken`(told: Told) async throws {
        // Of parts S3 tells no type.
        guard told.type == nil, told.etag == "e" else { return }
        let checksum = told.checksum.map { "<ChecksumSHA256>\($0)</ChecksumSHA256>" } ?? ""
        let bench = try Bench { _ in .status(200, "<CopyPartResult><ETag>\"e\"</ETag>\(checksum)</CopyPartResult>") }
        defer { bench.server.stop() }
        let upload = MultipartUpload(ObjectLocation(bucket: "b", key: ObjectKey("t")!), id: "up")
        let part = try await bench.s3.copyPart(1, of: upload, from: version("a"), range: nil)
        #expect(part == CopiedPart(etag: "e", sha256: told.isWhole ? Self.hexadecimal : nil))
    }

    @Test(arguments: [
        (501, "NotImplemented", "Header 'x-amz-checksum-algorithm' with value 'SHA256' not implemented", true),
        (400, "InvalidArgument", "Unsupported header: x-amz-checksum-algorithm", true),
        (400, "InvalidRequest", "Checksum algorithm not supported", true),
        (400, "InvalidRequest", "The object was stored using a form of Server Side Encryption.", false),
        (403, "AccessDenied", "checksum", false), (412, "PreconditionFailed", "", false),
    ])
    func `a refusal of the checksum is known`(status: Int, code: String, message: String, isOfChecksum: Bool)
        async throws
    {
        let bench = try Bench { _ in .s3(status, code, message) }
        defer { bench.server.stop() }
        let error = await awsError { _ = try await copy(bench, wantsSHA256: true) }
        #expect(error?.isOfChecksum == isOfChecksum)
        #expect(bench.server.requests.count == 1)
    }
}
