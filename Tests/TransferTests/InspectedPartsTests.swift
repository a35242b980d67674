import AWS
import Digest
import Domain
import Support
import TestKit
import Testing
import Transfer

/// Copies by parts of bytes that nobody has inspected: while they are made, a twin of the upload comes, with the same ETag.
@Suite(.timeLimit(.minutes(1))) struct InspectedPartsTests {
    static let etag = "0123456789abcdef0123456789abcdef-3"
    static let benign = Array("0123456789".utf8)
    static let inspected = hexadecimal(SHA256.hash(benign))

    /// A bench whose source holds `bytes`, and the bytes that were inspected.
    func bench(
        _ bytes: [UInt8] = benign, version: String? = nil, log: Log? = nil,
        _ script: @escaping @Sendable (ScriptedS3.Call) -> ScriptedAnswer? = { _ in nil }
    ) async throws -> (MoveBench, SpooledBytes) {
        let other = try ScriptedS3()
        other["in", "a"] = .init(Self.benign)
        let object = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: nil)
        let fetched = try await RangedFetch(store: other.client(), directory: "/var/tmp").first(of: object, size: nil)
        let s3 = try ScriptedS3(script)
        s3["in", "a"] = .init(bytes, etag: Self.etag, versionID: version)
        return (try MoveBench(s3, MoveBench.inParts, log: log), fetched.bytes)
    }

    @Test func `each part is hashed and compared before they are put together`() async throws {
        let (bench, bytes) = try await bench()
        #expect(try await bench.copy(comparing: Self.inspected) { bytes } == Destination(bench.place))
        #expect(bench.s3.requests("CreateMultipartUpload").map { $0["x-amz-checksum-algorithm"] } == ["SHA256"])
        #expect(bench.s3.requests("UploadPartCopy").count == 3)
        #expect(bench.s3["out", "done/a"]?.bytes == Self.benign && bench.s3.openUploads.isEmpty)
    }

    @Test(arguments: ["x123456789", "0123x56789", "012345678x"])
    func `a part of a twin ends the copy before there is one`(
        twin: String
    ) async throws {
        let lines = LogLines()
        let (bench, bytes) = try await bench(Array(twin.utf8), log: lines.log)
        let error = await transferError { () throws(TransferError) in
            _ = try await bench.copy(comparing: Self.inspected) { bytes }
        }
        #expect(error?.name == "otherBytes")
        #expect(bench.s3.names == ["in/a"] && bench.s3.openUploads.isEmpty)
        #expect(!bench.s3.operations.contains("CompleteMultipartUpload"))
        #expect(lines.all.count == 1 && lines.all[0].contains("\"range\""))
    }

    /// Of a version no other bytes can come, and of what was not wholly read nothing is known.
    @Test(arguments: [("v1", inspected), (nil, nil)] as [(String?, String?)])
    func `what needs or allows no comparison is not hashed`(version: String?, inspected: String?) async throws {
        let (bench, _) = try await bench(version: version)
        // The bytes are not asked for either.
        _ = try await bench.copy(inspected: inspected)
        #expect(bench.s3.requests("CreateMultipartUpload").map { $0["x-amz-checksum-algorithm"] } == [nil])
        #expect(bench.s3["out", "done/a"]?.bytes == Self.benign)
    }

    struct Store: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let answer: @Sendable (ScriptedS3.Call) -> ScriptedAnswer?
    }

    static let stores = [
        Store(testDescription: "refuses the wish") { call in
            call.request["x-amz-checksum-algorithm"] != nil ? .s3(501, "NotImplemented") : nil
        },
        Store(testDescription: "ignores the wish for copied parts") { call in
            guard call.operation == "UploadPartCopy" else { return nil }
            let right = String(decoding: call.right().body, as: UTF8.self)
            return .status(200, right.replacing("ChecksumSHA256>", with: "Unknown>"))
        },
        Store(testDescription: "does not put hashed parts together") { call in
            guard call.operation == "CompleteMultipartUpload", call.request.text.contains("Checksum") else {
                return nil
            }
            return .s3(400, "InvalidRequest", "a checksum is missing")
        },
    ]

    @Test(arguments: stores) func `a store that does not hash parts is asked without from then on`(store: Store)
        async throws
    {
        let lines = LogLines()
        let (bench, bytes) = try await bench(log: lines.log) { store.answer($0) }
        for _ in 1...2 {
            #expect(try await bench.copy(comparing: Self.inspected) { bytes } == Destination(bench.place))
        }
        let asked = bench.s3.requests("CreateMultipartUpload").map { $0["x-amz-checksum-algorithm"] != nil }
        #expect(asked == [true, false, false])
        #expect(bench.s3["out", "done/a"]?.bytes == Self.benign && bench.s3.openUploads.isEmpty)
        #expect(lines.count(Self.untold) == 1)
    }

    static let untold =
        "the store tells no SHA-256 of its copies: of a source without versions the ETag alone pins them"

    @Test func `without the bytes nothing is begun`() async throws {
        struct Lost: Error {}
        let (bench, _) = try await bench()
        let error = await transferError { () throws(TransferError) in
            _ = try await bench.copy(comparing: Self.inspected) { throw Lost() }
        }
        #expect(error?.name == "stopped")
        #expect(bench.s3.operations.isEmpty)
    }

    /// Whoever has the job by then may be at the same upload.
    @Test func `nothing is begun once the right to go on was lost while the bytes were hashed`() async throws {
        struct Lost: Error {}
        let isLost = Locked(false)
        let (bench, bytes) = try await bench()
        let error = await transferError { () throws(TransferError) in
            _ = try await bench.copy(
                inspected: Self.inspected, while: { if isLost.withLock({ $0 }) { throw Lost() } },
                inspectedBytes: {
                    isLost.withLock { $0 = true }
                    return bytes
                })
        }
        #expect(error?.name == "stopped")
        #expect(bench.s3.operations.isEmpty)
    }
}

extension MoveBench {
    fileprivate func copy(
        comparing inspected: String, _ bytes: @Sendable () async throws -> SpooledBytes
    ) async throws(TransferError) -> Destination {
        try await copy(.promoted(tags: []), inspected: inspected, inspectedBytes: bytes)
    }
}
