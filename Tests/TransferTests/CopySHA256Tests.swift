import AWS
import Digest
import Domain
import Support
import TestKit
import Testing
import Transfer

/// Copies of bytes that were not inspected: between inspection and copy, the source is overwritten by other bytes with
/// the same ETag.
@Suite(.timeLimit(.minutes(1))) struct CopySHA256Tests {
    static let etag = "0123456789abcdef0123456789abcdef"
    static let benign = Array("benign".utf8)
    static let hostile = Array("hostile".utf8)
    static let inspected = hexadecimal(SHA256.hash(benign))
    static let copied = hexadecimal(SHA256.hash(hostile))

    /// - Parameter bytes: the source when it is copied.
    func fixture(
        _ bytes: [UInt8] = hostile, etag: String = etag, version: String? = nil, log: Log? = nil,
        headers: [(String, String)] = [],
        _ script: @escaping @Sendable (ScriptedS3.Call) -> ScriptedAnswer? = { _ in nil }
    ) throws -> MoveFixture {
        let s3 = try ScriptedS3(script)
        s3["in", "a"] = .init(bytes, etag: etag, versionID: version)
        s3["in", "a"]?.headers = headers
        return try MoveFixture(s3, log: log)
    }

    func copyError(_ fixture: MoveFixture, mayBeThere: Bool = false) async -> TransferError? {
        await transferError { () throws(TransferError) in
            _ = try await fixture.copy(inspected: Self.inspected, mayBeThere: mayBeThere)
        }
    }

    // MARK: With a SHA-256 in the answer

    @Test func `a mismatched copy is deleted and logged`() async throws {
        let lines = LogLines()
        let fixture = try fixture(log: lines.log)
        let error = await copyError(fixture)
        #expect(error?.name == "mismatchedBytes")
        for text in [Self.inspected, Self.copied, "s3://out/done/a"] {
            #expect(error?.description.contains(text) == true, "\(text)")
            #expect(lines.all.first?.contains(text) == true, "\(text)")
        }
        #expect(fixture.s3.names == ["in/a"])
        // The first delete probes whether the store honours conditions; the last one has the condition.
        let deletes = fixture.s3.requests("DeleteObject")
        #expect(deletes.allSatisfy { $0.path == "/out/done/a" } && deletes.last?["if-match"] == "\"\(Self.etag)\"")
    }

    @Test(
        arguments: [
            (etag, []), ("\(etag)-2", []), (etag, [("x-amz-server-side-encryption", "aws:kms")]),
        ] as [(String, [(String, String)])])
    func `a copy of the inspected bytes is verified by one request`(etag: String, headers: [(String, String)])
        async throws
    {
        let fixture = try fixture(Self.benign, etag: etag, headers: headers) { call in
            guard call.operation == "CopyObject" else { return nil }
            // As S3 answers if the source's ETag is not the MD5 of the bytes.
            let right = String(decoding: call.right().body, as: UTF8.self)
            return .status(200, etag.contains("-") ? right.replacing(etag, with: Self.etag) : right)
        }
        #expect(try await fixture.copy(inspected: Self.inspected) == Destination(fixture.destination))
        #expect(fixture.s3.operations == ["CopyObject"])
        #expect(fixture.s3.requests("CopyObject")[0]["x-amz-checksum-algorithm"] == "SHA256")
        #expect(fixture.s3["out", "done/a"]?.keepsSHA256 == true)
    }

    /// The answers of a destination with versions and no other object.
    static func versioned(_ call: ScriptedS3.Call) -> ScriptedAnswer? {
        switch call.operation {
        case "CopyObject": call.right().with("x-amz-version-id", "d1")
        case "DeleteObject": .status(204)
        case "HeadObject": .status(404)
        default: nil
        }
    }

    @Test func `a mismatched copy that is a version is deleted by its ID`() async throws {
        let fixture = try fixture { Self.versioned($0) }
        #expect(await copyError(fixture)?.name == "mismatchedBytes")
        let deletes = fixture.s3.requests("DeleteObject")
        #expect(deletes.map(\.target) == ["/out/done/a?versionId=d1"] && deletes[0]["if-match"] == nil)
    }

    /// A version never changes, so it was not this version that was inspected.
    @Test func `a mismatched copy of a version is deleted and the job fails`() async throws {
        let fixture = try fixture(version: "v1")
        let error = await copyError(fixture)
        #expect(error?.name == "refused")
        #expect(error?.description.contains("replay the job") == true)
        #expect(fixture.s3.names == ["in/a"])
    }

    /// The store, or a proxy before it, ignores the version in `x-amz-copy-source`.
    @Test func `a copy of another version with other bytes is deleted`() async throws {
        let fixture = try fixture(version: "v1") { call in
            guard call.operation == "CopyObject" else { return nil }
            var answer = call.right()
            answer.headers.removeAll { $0.0 == "x-amz-copy-source-version-id" }
            return answer.with("x-amz-copy-source-version-id", "v2")
        }
        #expect(await copyError(fixture)?.name == "refused")
        #expect(fixture.s3.names == ["in/a"])
    }

    /// An object that was not read completely has no SHA-256, and is never clean.
    @Test func `without an inspected hash nothing is compared`() async throws {
        let fixture = try fixture()
        #expect(try await fixture.copy() == Destination(fixture.destination))
        #expect(fixture.s3.operations == ["CopyObject"])
    }

    // MARK: If it can't be deleted

    @Test(arguments: [
        (ScriptedAnswer.s3(403, "AccessDenied", "object protected by object lock."), "refused", "stay there"),
        (.s3(403, "AccessDenied", "not allowed to s3:DeleteObject"), "store", "Allow the operation"),
    ])
    func `a mismatched copy that cannot be deleted is reported and the source stays`(
        answer: ScriptedAnswer, name: String, complaint: String
    )
        async throws
    {
        let lines = LogLines()
        let fixture = try fixture(log: lines.log) { $0.operation == "DeleteObject" ? answer : nil }
        let error = await copyError(fixture)
        #expect(error?.name == name)
        #expect(error?.description.contains(complaint) == true)
        #expect(fixture.s3.names == ["in/a", "out/done/a"] && lines.all.count == 1)
    }

    @Test(arguments: [true, false]) func `after a lost hold only a version of its own is deleted`(
        isVersioned: Bool
    )
        async throws
    {
        struct HoldLost: Error {}
        let fixture = try fixture { isVersioned ? Self.versioned($0) : nil }
        let error = await transferError { () throws(TransferError) in
            _ = try await fixture.copy(inspected: Self.inspected) { () throws in throw HoldLost() }
        }
        #expect(error?.name == (isVersioned ? "mismatchedBytes" : "stopped"))
        #expect(fixture.s3.operations.contains("DeleteObject") == isVersioned)
    }

    @Test func `an object that another process wrote to the destination stays`() async throws {
        let other = ScriptedS3.Object([7], etag: "f")
        let fixture = try fixture {
            $0.operation == "CopyObject" ? .copied(etag: Self.etag, sha256: other.sha256) : nil
        }
        fixture.s3["out", "done/a"] = other
        #expect(await copyError(fixture)?.name == "mismatchedBytes")
        #expect(fixture.s3.names == ["in/a", "out/done/a"])
    }

    // MARK: Without a SHA-256 in the answer

    @Test(arguments: [nil, "v1"]) func `a store that returns no SHA-256 is logged once and copies are verified by ETag`(
        version: String?
    ) async throws {
        let lines = LogLines()
        let fixture = try fixture(version: version, log: lines.log) { call in
            guard call.operation == "CopyObject" else { return nil }
            _ = call.right()
            return .copied(etag: Self.etag)
        }
        for _ in 1...2 { #expect(try await fixture.copy(inspected: Self.inspected).location == fixture.destination) }
        #expect(fixture.s3.operations == ["CopyObject", "CopyObject"])
        // The copy of a version is pinned anyway.
        #expect(lines.all.count == (version == nil ? 1 : 0))
    }

    @Test(arguments: [
        ScriptedAnswer.s3(501, "NotImplemented"), .s3(400, "InvalidArgument", "x-amz-checksum-algorithm is not known"),
    ])
    func `a store that refuses checksums gets no further requests with them`(answer: ScriptedAnswer) async throws {
        let fixture = try fixture { call in
            call.request["x-amz-checksum-algorithm"] != nil ? answer : nil
        }
        for _ in 1...2 { _ = try await fixture.copy(inspected: Self.inspected) }
        let requested = fixture.s3.requests("CopyObject").map { $0["x-amz-checksum-algorithm"] != nil }
        #expect(requested == [true, false, false])
    }

    /// Then the checksum was not the reason.
    @Test func `a store that also refuses the copy without a checksum is asked for one next time`() async throws {
        let fixture = try fixture(Self.benign) {
            $0.attempt < 3 && $0.operation == "CopyObject" ? .s3(501, "NotImplemented") : nil
        }
        #expect(await copyError(fixture)?.name == "store")
        #expect(try await fixture.copy(inspected: Self.inspected) == Destination(fixture.destination))
        #expect(fixture.s3.requests("CopyObject").last?["x-amz-checksum-algorithm"] == "SHA256")
    }
}
