import AWS
import Domain
import Support
import TestKit
import Testing
import Transfer

/// Deletes in buckets without versions, where only a condition protects a later upload.
@Suite(.timeLimit(.minutes(1))) struct ConditionalDeleteTests {
    /// A store that ignores conditions.
    static func ignoringConditions(_ call: ScriptedS3.Call) -> ScriptedAnswer? {
        call.operation == "DeleteObject" ? .status(204) : nil
    }

    func fixture(_ script: @escaping @Sendable (ScriptedS3.Call) -> ScriptedAnswer? = { _ in nil }) throws
        -> MoveFixture
    {
        let s3 = try ScriptedS3(script)
        s3["in", "a"] = .init([1, 2, 3])
        return try MoveFixture(s3, knowsConditionalDeletes: false)
    }

    @Test func `the first delete learns that conditions are honoured and the next ones cost one request`() async throws
    {
        let fixture = try fixture()
        let source = fixture.source
        try await fixture.mover.deleter.delete(source)
        #expect(fixture.s3.operations == ["HeadObject", "DeleteObject", "DeleteObject"])
        #expect(fixture.s3.names.isEmpty)
        let conditions = fixture.s3.requests("DeleteObject").map { $0["if-match"] }
        #expect(conditions[0] != conditions[1] && conditions[1] == "\"\(source.etag!)\"")
        fixture.s3["in", "a"] = .init([1, 2, 3])
        try await fixture.mover.deleter.delete(source)
        #expect(fixture.s3.operations.dropFirst(3) == ["DeleteObject"])
        #expect(fixture.s3.names.isEmpty)
    }

    @Test func `if conditions are ignored a HEAD precedes each delete`() async throws {
        let fixture = try fixture { Self.ignoringConditions($0) }
        try await fixture.mover.deleter.delete(fixture.source)
        #expect(fixture.s3.operations == ["HeadObject", "DeleteObject"])
        try await fixture.mover.deleter.delete(fixture.source)
        #expect(fixture.s3.operations.dropFirst(2) == ["HeadObject", "DeleteObject"])
        #expect(fixture.s3.requests("DeleteObject")[1]["if-match"] == nil)
    }

    @Test(arguments: [ScriptedAnswer.s3(501, "NotImplemented"), .s3(400, "InvalidArgument")])
    func `if conditions are refused a HEAD precedes each delete`(answer: ScriptedAnswer) async throws {
        let fixture = try fixture { $0.operation == "DeleteObject" && $0.request["if-match"] != nil ? answer : nil }
        try await fixture.mover.deleter.delete(fixture.source)
        #expect(fixture.s3.names.isEmpty)
        fixture.s3["in", "a"] = .init([1, 2, 3])
        try await fixture.mover.deleter.delete(fixture.source)
        #expect(
            fixture.s3.operations == [
                "HeadObject", "DeleteObject", "HeadObject", "DeleteObject", "HeadObject", "DeleteObject",
            ])
        #expect(fixture.s3.names.isEmpty)
    }

    @Test(arguments: [true, false], [true, false])
    func `an overwritten object is not deleted`(ignoresConditions: Bool, isFirst: Bool) async throws {
        let fixture = try fixture { ignoresConditions ? Self.ignoringConditions($0) : nil }
        let source = fixture.source
        if !isFirst { try await fixture.mover.deleter.delete(source) }
        let before = fixture.s3.requests("DeleteObject").count
        fixture.s3["in", "a"] = .init([4])
        try await fixture.mover.deleter.delete(source)
        #expect(fixture.s3["in", "a"]?.bytes == [4])
        // Only a store that honours conditions gets a delete.
        #expect(fixture.s3.requests("DeleteObject").count - before == (ignoresConditions || isFirst ? 0 : 1))
    }

    @Test func `a missing object says nothing about the store's capabilities`() async throws {
        let fixture = try fixture()
        let source = fixture.source
        fixture.s3["in", "a"] = nil
        for _ in 1...2 { try await fixture.mover.deleter.delete(source) }
        #expect(!fixture.s3.operations.contains("DeleteObject"))
    }

    /// One delete probes with an impossible condition; the others send a HEAD and a delete with the right condition.
    @Test func `only one of concurrent deletes probes the store`() async throws {
        let fixture = try fixture()
        let keys = (0..<20).map { "k\($0)" }
        for key in keys { fixture.s3["in", key] = .init([1]) }
        let etag = fixture.s3["in", "k0"]!.etag
        await withTaskGroup(of: Void.self) { group in
            for key in keys {
                group.addTask {
                    try? await fixture.mover.deleter.delete(
                        ObjectVersion(bucket: "in", key: ObjectKey(key)!, versionID: nil, etag: etag))
                }
            }
        }
        #expect(fixture.s3.names == ["in/a"])
        #expect(fixture.s3.requests("DeleteObject").count { $0["if-match"] != "\"\(etag)\"" } == 1)
    }

    @Test(arguments: [ScriptedAnswer.drops, .s3(503, "SlowDown")])
    func `a probe is repeated after a transient error`(answer: ScriptedAnswer) async throws {
        let fixture = try fixture { $0.operation == "DeleteObject" && $0.attempt == 1 ? answer : nil }
        try await fixture.mover.deleter.delete(fixture.source)
        #expect(
            fixture.s3.names.isEmpty && fixture.s3.operations.prefix(3) == ["HeadObject", "DeleteObject", "HeadObject"])
    }

    @Test func `a probe that fails is repeated by the next delete`() async throws {
        let fixture = try fixture { call in
            call.operation == "DeleteObject" && call.attempt <= 3 ? .s3(503, "SlowDown") : nil
        }
        let error = await transferError { () throws(TransferError) in
            try await fixture.mover.deleter.delete(fixture.source)
        }
        #expect(error?.name == "store")
        try await fixture.mover.deleter.delete(fixture.source)
        #expect(fixture.s3.names.isEmpty)
    }

    /// A second try would delete an object that was uploaded after the HEAD.
    @Test(arguments: [ScriptedAnswer.drops, .s3(503, "SlowDown"), .s3(500, "InternalError")])
    func `without conditions a HEAD precedes each try`(answer: ScriptedAnswer) async throws {
        let fixture = try fixture { call in
            guard call.operation == "DeleteObject" else { return nil }
            return call.attempt == 2 ? answer : .status(204)
        }
        try await fixture.mover.deleter.delete(fixture.source)
        try await fixture.mover.deleter.delete(fixture.source)
        #expect(
            fixture.s3.operations == [
                "HeadObject", "DeleteObject", "HeadObject", "DeleteObject", "HeadObject", "DeleteObject",
            ])
    }

    @Test func `an upload between two tries without conditions stays`() async throws {
        let held = Locked<ScriptedS3?>(nil)
        defer { held.withLock { $0 = nil } }
        let s3 = try ScriptedS3 { call in
            guard call.operation == "DeleteObject", call.request["if-match"] == nil else {
                return call.operation == "DeleteObject" ? .s3(501, "NotImplemented") : nil
            }
            // Deleted, and uploaded again before the lost answer is noticed.
            _ = call.right()
            held.withLock { $0 }?["in", "a"] = .init([4])
            return .drops
        }
        held.withLock { $0 = s3 }
        s3["in", "a"] = .init([1, 2, 3])
        let fixture = try MoveFixture(s3, knowsConditionalDeletes: false)
        try await fixture.mover.deleter.delete(fixture.source)
        #expect(s3["in", "a"]?.bytes == [4])
    }

    // MARK: Versions

    @Test func `a version that only the head has is deleted by its ID`() async throws {
        let fixture = try fixture()
        fixture.s3["in", "a"] = .init([1], versionID: "v1")
        let unversioned = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: fixture.source.etag)
        try await fixture.mover.deleter.delete(unversioned, head: fixture.head)
        #expect(fixture.s3.requests("DeleteObject").map(\.query) == ["versionId=v1"])
        #expect(fixture.s3.operations == ["DeleteObject"])
    }

    func nullHead(_ fixture: MoveFixture) -> ObjectHead {
        var head = fixture.head
        head.isNullVersion = true
        return head
    }

    @Test func `the null version is deleted by name and with a condition`() async throws {
        let fixture = try fixture { $0.operation == "DeleteObject" ? .status(204) : nil }
        let known = ObjectMover(
            store: try fixture.s3.client(), capabilities: StoreCapabilities(conditionalDeletesIn: ["in"]))
        try await known.deleter.delete(fixture.source, head: nullHead(fixture))
        let request = try #require(fixture.s3.requests("DeleteObject").first)
        #expect(request.query == "versionId=null" && request["if-match"] == "\"\(fixture.source.etag!)\"")
    }

    /// S3 checks the condition against the latest version: a later marker (404) or version (412).
    @Test(arguments: [404, 412], [true, false])
    func `the null version below a later one is deleted only if it is unchanged`(status: Int, isUnchanged: Bool)
        async throws
    {
        let fixture = try fixture { call in
            switch call.operation {
            case "DeleteObject":
                call.request["if-match"] == nil
                    ? .status(204) : .s3(status, status == 404 ? "NoSuchKey" : "PreconditionFailed")
            case "HeadObject":
                isUnchanged ? ScriptedAnswer(headers: [("ETag", call.request["if-match"]!)]) : .status(412)
            default: nil
            }
        }
        let known = ObjectMover(
            store: try fixture.s3.client(), capabilities: StoreCapabilities(conditionalDeletesIn: ["in"]))
        try await known.deleter.delete(fixture.source, head: nullHead(fixture))
        #expect(fixture.s3.requests("HeadObject").map(\.query) == ["versionId=null"])
        let plain = fixture.s3.requests("DeleteObject").filter { $0["if-match"] == nil }
        #expect(plain.map(\.query) == (isUnchanged ? ["versionId=null"] : []))
    }

    @Test func `an object with neither version nor ETag is not deleted`() async throws {
        let fixture = try fixture()
        let error = await transferError { () throws(TransferError) in
            try await fixture.mover.deleter.delete(
                ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: nil))
        }
        #expect(error?.name == "untrustworthy" && fixture.s3.operations.isEmpty)
    }
}
