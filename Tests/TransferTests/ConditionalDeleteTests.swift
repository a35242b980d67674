import AWS
import Domain
import Support
import TestKit
import Testing
import Transfer

/// Deletes in buckets without versions, where nothing but a condition tells one state of an object from another.
@Suite(.timeLimit(.minutes(1))) struct ConditionalDeleteTests {
    /// A store that deletes whatever is there.
    static func careless(_ call: ScriptedS3.Call) -> ScriptedAnswer? {
        call.operation == "DeleteObject" ? .status(204) : nil
    }

    func fixture(_ script: @escaping @Sendable (ScriptedS3.Call) -> ScriptedAnswer? = { _ in nil }) throws
        -> MoveFixture
    {
        let s3 = try ScriptedS3(script)
        s3["in", "a"] = .init([1, 2, 3])
        return try MoveFixture(s3, knowsConditionalDeletes: false)
    }

    @Test func `the first delete finds out that conditions are kept and the next ones cost one request`() async throws {
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

    @Test func `where conditions are ignored a look goes before each delete`() async throws {
        let fixture = try fixture { Self.careless($0) }
        try await fixture.mover.deleter.delete(fixture.source)
        #expect(fixture.s3.operations == ["HeadObject", "DeleteObject"])
        try await fixture.mover.deleter.delete(fixture.source)
        #expect(fixture.s3.operations.dropFirst(2) == ["HeadObject", "DeleteObject"])
        #expect(fixture.s3.requests("DeleteObject")[1]["if-match"] == nil)
    }

    @Test(arguments: [ScriptedAnswer.s3(501, "NotImplemented"), .s3(400, "InvalidArgument")])
    func `where conditions are refused a look goes before each delete`(answer: ScriptedAnswer) async throws {
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

    /// Whatever the store knows of conditions.
    @Test(arguments: [true, false], [true, false])
    func `what was overwritten is left alone`(isCareless: Bool, isFirst: Bool) async throws {
        let fixture = try fixture { isCareless ? Self.careless($0) : nil }
        let source = fixture.source
        if !isFirst { try await fixture.mover.deleter.delete(source) }
        let before = fixture.s3.requests("DeleteObject").count
        fixture.s3["in", "a"] = .init([4])
        try await fixture.mover.deleter.delete(source)
        #expect(fixture.s3["in", "a"]?.bytes == [4])
        // Only a store that keeps the condition is asked at all.
        #expect(fixture.s3.requests("DeleteObject").count - before == (isCareless || isFirst ? 0 : 1))
    }

    @Test func `what is gone tells nothing of the store`() async throws {
        let fixture = try fixture()
        let source = fixture.source
        fixture.s3["in", "a"] = nil
        for _ in 1...2 { try await fixture.mover.deleter.delete(source) }
        #expect(!fixture.s3.operations.contains("DeleteObject"))
    }

    /// One asks with a condition that can't be right; the others look, and delete on the right one.
    @Test func `one at a time finds out`() async throws {
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
    func `a probe is made again after a fault that passes`(answer: ScriptedAnswer) async throws {
        let fixture = try fixture { $0.operation == "DeleteObject" && $0.attempt == 1 ? answer : nil }
        try await fixture.mover.deleter.delete(fixture.source)
        #expect(
            fixture.s3.names.isEmpty && fixture.s3.operations.prefix(3) == ["HeadObject", "DeleteObject", "HeadObject"])
    }

    @Test func `a probe that fails is made by the next delete`() async throws {
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

    /// A second try would hit whatever has come to stand there since the look.
    @Test(arguments: [ScriptedAnswer.drops, .s3(503, "SlowDown"), .s3(500, "InternalError")])
    func `without conditions each try is preceded by a look`(answer: ScriptedAnswer) async throws {
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

    @Test func `what came between two tries without conditions stays`() async throws {
        let held = Locked<ScriptedS3?>(nil)
        defer { held.withLock { $0 = nil } }
        let s3 = try ScriptedS3 { call in
            guard call.operation == "DeleteObject", call.request["if-match"] == nil else {
                return call.operation == "DeleteObject" ? .s3(501, "NotImplemented") : nil
            }
            // Deleted, and uploaded anew before the answer is missed.
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

    @Test func `a version that only the answer told is deleted by its name`() async throws {
        let fixture = try fixture()
        fixture.s3["in", "a"] = .init([1], versionID: "v1")
        let untold = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: fixture.source.etag)
        try await fixture.mover.deleter.delete(untold, head: fixture.head)
        #expect(fixture.s3.requests("DeleteObject").map(\.query) == ["versionId=v1"])
        #expect(fixture.s3.operations == ["DeleteObject"])
    }

    func nullHead(_ fixture: MoveFixture) -> ObjectHead {
        var head = fixture.head
        head.isNullVersion = true
        return head
    }

    @Test func `the null version is named and conditional`() async throws {
        let fixture = try fixture { $0.operation == "DeleteObject" ? .status(204) : nil }
        let known = ObjectMover(
            store: try fixture.s3.client(), capabilities: StoreCapabilities(conditionalDeletesIn: ["in"]))
        try await known.deleter.delete(fixture.source, head: nullHead(fixture))
        let request = try #require(fixture.s3.requests("DeleteObject").first)
        #expect(request.query == "versionId=null" && request["if-match"] == "\"\(fixture.source.etag!)\"")
    }

    /// The condition is held against what is on top: a marker (404) or a version (412) of a later day.
    @Test(arguments: [404, 412], [true, false])
    func `the null version below a later one is deleted where it is still the one`(status: Int, isTheOne: Bool)
        async throws
    {
        let fixture = try fixture { call in
            switch call.operation {
            case "DeleteObject":
                call.request["if-match"] == nil
                    ? .status(204) : .s3(status, status == 404 ? "NoSuchKey" : "PreconditionFailed")
            case "HeadObject":
                isTheOne ? ScriptedAnswer(headers: [("ETag", call.request["if-match"]!)]) : .status(412)
            default: nil
            }
        }
        let known = ObjectMover(
            store: try fixture.s3.client(), capabilities: StoreCapabilities(conditionalDeletesIn: ["in"]))
        try await known.deleter.delete(fixture.source, head: nullHead(fixture))
        #expect(fixture.s3.requests("HeadObject").map(\.query) == ["versionId=null"])
        let plain = fixture.s3.requests("DeleteObject").filter { $0["if-match"] == nil }
        #expect(plain.map(\.query) == (isTheOne ? ["versionId=null"] : []))
    }

    @Test func `what has neither version nor ETag is not deleted`() async throws {
        let fixture = try fixture()
        let error = await transferError { () throws(TransferError) in
            try await fixture.mover.deleter.delete(
                ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: nil))
        }
        #expect(error?.name == "untrustworthy" && fixture.s3.operations.isEmpty)
    }
}
