import AWS
import Digest
import Domain
import Support
import TestKit
import Testing
import Transfer

/// Multipart copies of bytes that were not inspected: before or during the copy, the source is overwritten by other
/// bytes with the same ETag.
@Suite(.timeLimit(.minutes(1))) struct PartSHA256Tests {
    static let etag = "0123456789abcdef0123456789abcdef-3"
    static let benign = Array("0123456789".utf8)
    static let inspected = hexadecimal(SHA256.hash(benign))

    /// Returns a fixture whose source holds `bytes`, and the inspected bytes.
    func fixture(
        _ bytes: [UInt8] = benign, version: String? = nil, log: Log? = nil,
        _ script: @escaping @Sendable (ScriptedS3.Call) -> ScriptedAnswer? = { _ in nil }
    ) async throws -> (MoveFixture, SpooledBytes) {
        let other = try ScriptedS3()
        other["in", "a"] = .init(Self.benign)
        let object = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: nil)
        let fetched = try await RangedFetch(store: other.client(), directory: "/var/tmp").first(of: object, size: nil)
        let s3 = try ScriptedS3(script)
        s3["in", "a"] = .init(bytes, etag: Self.etag, versionID: version)
        return (try MoveFixture(s3, MoveFixture.inParts, log: log), fetched.bytes)
    }

    @Test func `each part is hashed and compared before the upload is completed`() async throws {
        let (fixture, bytes) = try await fixture()
        #expect(try await fixture.copy(comparing: Self.inspected) { bytes } == Destination(fixture.destination))
        #expect(fixture.s3.requests("CreateMultipartUpload").map { $0["x-amz-checksum-algorithm"] } == ["SHA256"])
        #expect(fixture.s3.requests("UploadPartCopy").count == 3)
        #expect(fixture.s3["out", "done/a"]?.bytes == Self.benign && fixture.s3.openUploads.isEmpty)
    }

    @Test(arguments: ["x123456789", "0123x56789", "012345678x"])
    func `a mismatched part ends the copy before it is completed`(
        bytes: String
    ) async throws {
        let lines = LogLines()
        let (fixture, inspected) = try await fixture(Array(bytes.utf8), log: lines.log)
        let error = await transferError { () throws(TransferError) in
            _ = try await fixture.copy(comparing: Self.inspected) { inspected }
        }
        #expect(error?.name == "mismatchedBytes")
        #expect(fixture.s3.names == ["in/a"] && fixture.s3.openUploads.isEmpty)
        #expect(!fixture.s3.operations.contains("CompleteMultipartUpload"))
        #expect(lines.all.count == 1 && lines.all[0].contains("\"range\""))
    }

    /// A version never changes; an object that was not read completely has no SHA-256.
    @Test(arguments: [("v1", inspected), (nil, nil)] as [(String?, String?)])
    func `a copy that needs or allows no comparison is not hashed`(version: String?, inspected: String?) async throws {
        let (fixture, _) = try await fixture(version: version)
        // The fixture throws if the inspected bytes are requested.
        _ = try await fixture.copy(inspected: inspected)
        #expect(fixture.s3.requests("CreateMultipartUpload").map { $0["x-amz-checksum-algorithm"] } == [nil])
        #expect(fixture.s3["out", "done/a"]?.bytes == Self.benign)
    }

    struct Store: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let answer: @Sendable (ScriptedS3.Call) -> ScriptedAnswer?
    }

    static let stores = [
        Store(testDescription: "refuses checksums") { call in
            call.request["x-amz-checksum-algorithm"] != nil ? .s3(501, "NotImplemented") : nil
        },
        Store(testDescription: "returns no checksums of copied parts") { call in
            guard call.operation == "UploadPartCopy" else { return nil }
            let right = String(decoding: call.right().body, as: UTF8.self)
            return .status(200, right.replacing("ChecksumSHA256>", with: "Unknown>"))
        },
        Store(testDescription: "does not complete an upload with checksums") { call in
            guard call.operation == "CompleteMultipartUpload", call.request.text.contains("Checksum") else {
                return nil
            }
            return .s3(400, "InvalidRequest", "a checksum is missing")
        },
    ]

    @Test(arguments: stores) func `a store that does not hash parts gets no further requests with checksums`(
        store: Store
    )
        async throws
    {
        let lines = LogLines()
        let (fixture, bytes) = try await fixture(log: lines.log) { store.answer($0) }
        for _ in 1...2 {
            #expect(try await fixture.copy(comparing: Self.inspected) { bytes } == Destination(fixture.destination))
        }
        let requested = fixture.s3.requests("CreateMultipartUpload").map { $0["x-amz-checksum-algorithm"] != nil }
        #expect(requested == [true, false, false])
        #expect(fixture.s3["out", "done/a"]?.bytes == Self.benign && fixture.s3.openUploads.isEmpty)
        #expect(lines.count(Self.noSHA256) == 1)
    }

    static let noSHA256 =
        "CopyObject returned no SHA-256; copies from this unversioned bucket are verified by ETag only"

    @Test func `without the inspected bytes no request is sent`() async throws {
        struct HoldLost: Error {}
        let (fixture, _) = try await fixture()
        let error = await transferError { () throws(TransferError) in
            _ = try await fixture.copy(comparing: Self.inspected) { throw HoldLost() }
        }
        #expect(error?.name == "stopped")
        #expect(fixture.s3.operations.isEmpty)
    }

    /// The attempt that has the job by then may be working on the same upload.
    @Test func `no request is sent if the hold was lost while the bytes were hashed`() async throws {
        struct HoldLost: Error {}
        let isLost = Locked(false)
        let (fixture, bytes) = try await fixture()
        let error = await transferError { () throws(TransferError) in
            _ = try await fixture.copy(
                inspected: Self.inspected, checkHold: { if isLost.withLock({ $0 }) { throw HoldLost() } },
                inspectedBytes: {
                    isLost.withLock { $0 = true }
                    return bytes
                })
        }
        #expect(error?.name == "stopped")
        #expect(fixture.s3.operations.isEmpty)
    }
}

extension MoveFixture {
    fileprivate func copy(
        comparing inspected: String, _ bytes: @Sendable () async throws -> SpooledBytes
    ) async throws(TransferError) -> Destination {
        try await copy(.promoted(tags: []), inspected: inspected, inspectedBytes: bytes)
    }
}
