import AWS
import Digest
import Domain
import Support
import TestKit
import Testing
import Transfer

/// Copies of bytes that nobody has inspected: a twin of the upload, with the same ETag, stands at the source when it is
/// copied.
@Suite(.timeLimit(.minutes(1))) struct CopySHA256Tests {
    static let etag = "0123456789abcdef0123456789abcdef"
    static let benign = Array("benign".utf8)
    static let hostile = Array("hostile".utf8)
    static let inspected = hexadecimal(SHA256.hash(benign))
    static let copied = hexadecimal(SHA256.hash(hostile))

    /// A fixture whose source holds `bytes`.
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

    // MARK: The answer tells

    @Test func `the copy of a twin is taken away and told`() async throws {
        let lines = LogLines()
        let fixture = try fixture(log: lines.log)
        let error = await copyError(fixture)
        #expect(error?.name == "mismatchedBytes")
        for word in [Self.inspected, Self.copied, "s3://out/done/a"] {
            #expect(error?.description.contains(word) == true, "\(word)")
            #expect(lines.all.first?.contains(word) == true, "\(word)")
        }
        #expect(fixture.s3.names == ["in/a"])
        // Whether the destination's store keeps to conditions is found out first; the delete itself has one.
        let deletes = fixture.s3.requests("DeleteObject")
        #expect(deletes.allSatisfy { $0.path == "/out/done/a" } && deletes.last?["if-match"] == "\"\(Self.etag)\"")
    }

    @Test(
        arguments: [
            (etag, []), ("\(etag)-2", []), (etag, [("x-amz-server-side-encryption", "aws:kms")]),
        ] as [(String, [(String, String)])])
    func `the copy of what was inspected is proven by one request`(etag: String, headers: [(String, String)])
        async throws
    {
        let fixture = try fixture(Self.benign, etag: etag, headers: headers) { call in
            guard call.operation == "CopyObject" else { return nil }
            // As S3 does where it is not the MD5 of the bytes.
            let right = String(decoding: call.right().body, as: UTF8.self)
            return .status(200, etag.contains("-") ? right.replacing(etag, with: Self.etag) : right)
        }
        #expect(try await fixture.copy(inspected: Self.inspected) == Destination(fixture.destination))
        #expect(fixture.s3.operations == ["CopyObject"])
        #expect(fixture.s3.requests("CopyObject")[0]["x-amz-checksum-algorithm"] == "SHA256")
        #expect(fixture.s3["out", "done/a"]?.keepsSHA256 == true)
    }

    /// What a destination with versions answers, where nothing else stands there.
    static func versioned(_ call: ScriptedS3.Call) -> ScriptedAnswer? {
        switch call.operation {
        case "CopyObject": call.right().with("x-amz-version-id", "d1")
        case "DeleteObject": .status(204)
        case "HeadObject": .status(404)
        default: nil
        }
    }

    @Test func `a copy that is a version is taken away as that version`() async throws {
        let fixture = try fixture { Self.versioned($0) }
        #expect(await copyError(fixture)?.name == "mismatchedBytes")
        let deletes = fixture.s3.requests("DeleteObject")
        #expect(deletes.map(\.target) == ["/out/done/a?versionId=d1"] && deletes[0]["if-match"] == nil)
    }

    /// A version never changes: what was inspected was not it.
    @Test func `of a version that was read wrongly the copy goes and the job fails`() async throws {
        let fixture = try fixture(version: "v1")
        let error = await copyError(fixture)
        #expect(error?.name == "refused")
        #expect(error?.description.contains("replay the job") == true)
        #expect(fixture.s3.names == ["in/a"])
    }

    /// As by a store, or what stands before it, that does not heed the version in the name of the source.
    @Test func `the copy of another version is taken away as well`() async throws {
        let fixture = try fixture(version: "v1") { call in
            guard call.operation == "CopyObject" else { return nil }
            var answer = call.right()
            answer.headers.removeAll { $0.0 == "x-amz-copy-source-version-id" }
            return answer.with("x-amz-copy-source-version-id", "v2")
        }
        #expect(await copyError(fixture)?.name == "refused")
        #expect(fixture.s3.names == ["in/a"])
    }

    /// What was not wholly read has no SHA-256, and is never clean.
    @Test func `without an inspected hash nothing is compared`() async throws {
        let fixture = try fixture()
        #expect(try await fixture.copy() == Destination(fixture.destination))
        #expect(fixture.s3.operations == ["CopyObject"])
    }

    // MARK: It can't be taken away

    @Test(arguments: [
        (ScriptedAnswer.s3(403, "AccessDenied", "object protected by object lock."), "refused", "stay there"),
        (.s3(403, "AccessDenied", "not allowed to s3:DeleteObject"), "store", "Allow the operation"),
    ])
    func `a twin that stays is told and the source stays`(answer: ScriptedAnswer, name: String, complaint: String)
        async throws
    {
        let lines = LogLines()
        let fixture = try fixture(log: lines.log) { $0.operation == "DeleteObject" ? answer : nil }
        let error = await copyError(fixture)
        #expect(error?.name == name)
        #expect(error?.description.contains(complaint) == true)
        #expect(fixture.s3.names == ["in/a", "out/done/a"] && lines.all.count == 1)
    }

    @Test(arguments: [true, false]) func `only a version of its own is taken away without the right to go on`(
        isVersioned: Bool
    )
        async throws
    {
        struct Lost: Error {}
        let fixture = try fixture { isVersioned ? Self.versioned($0) : nil }
        let error = await transferError { () throws(TransferError) in
            _ = try await fixture.copy(inspected: Self.inspected) { () throws in throw Lost() }
        }
        #expect(error?.name == (isVersioned ? "mismatchedBytes" : "stopped"))
        #expect(fixture.s3.operations.contains("DeleteObject") == isVersioned)
    }

    @Test func `what somebody else has put in its destination stays`() async throws {
        let other = ScriptedS3.Object([7], etag: "f")
        let fixture = try fixture {
            $0.operation == "CopyObject" ? .copied(etag: Self.etag, sha256: other.sha256) : nil
        }
        fixture.s3["out", "done/a"] = other
        #expect(await copyError(fixture)?.name == "mismatchedBytes")
        #expect(fixture.s3.names == ["in/a", "out/done/a"])
    }

    // MARK: The answer does not tell

    @Test(arguments: [nil, "v1"]) func `a store that tells no hash is named once and the ETag has to do`(
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
        // A version is pinned all the same.
        #expect(lines.all.count == (version == nil ? 1 : 0))
    }

    @Test(arguments: [
        ScriptedAnswer.s3(501, "NotImplemented"), .s3(400, "InvalidArgument", "x-amz-checksum-algorithm is not known"),
    ])
    func `a store that refuses to hash is asked without from then on`(answer: ScriptedAnswer) async throws {
        let fixture = try fixture { call in
            call.request["x-amz-checksum-algorithm"] != nil ? answer : nil
        }
        for _ in 1...2 { _ = try await fixture.copy(inspected: Self.inspected) }
        let asked = fixture.s3.requests("CopyObject").map { $0["x-amz-checksum-algorithm"] != nil }
        #expect(asked == [true, false, false])
    }

    /// Then it was not the checksum that was refused.
    @Test func `a store that refuses the copy without a hash as well is asked for it next time`() async throws {
        let fixture = try fixture(Self.benign) {
            $0.attempt < 3 && $0.operation == "CopyObject" ? .s3(501, "NotImplemented") : nil
        }
        #expect(await copyError(fixture)?.name == "store")
        #expect(try await fixture.copy(inspected: Self.inspected) == Destination(fixture.destination))
        #expect(fixture.s3.requests("CopyObject").last?["x-amz-checksum-algorithm"] == "SHA256")
    }
}
