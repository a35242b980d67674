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

    func bench(_ script: @escaping @Sendable (ScriptedS3.Call) -> ScriptedAnswer? = { _ in nil }) throws -> MoveBench {
        let s3 = try ScriptedS3(script)
        s3["in", "a"] = .init([1, 2, 3])
        return try MoveBench(s3, knowsDeletes: false)
    }

    @Test func `the first delete finds out that conditions are kept and the next ones cost one request`() async throws {
        let bench = try bench()
        let source = bench.source
        try await bench.relocation.delete(source)
        #expect(bench.s3.operations == ["HeadObject", "DeleteObject", "DeleteObject"])
        #expect(bench.s3.names.isEmpty)
        let conditions = bench.s3.requests("DeleteObject").map { $0["if-match"] }
        #expect(conditions[0] != conditions[1] && conditions[1] == "\"\(source.etag!)\"")
        bench.s3["in", "a"] = .init([1, 2, 3])
        try await bench.relocation.delete(source)
        #expect(bench.s3.operations.dropFirst(3) == ["DeleteObject"])
        #expect(bench.s3.names.isEmpty)
    }

    @Test func `where conditions are ignored a look goes before each delete`() async throws {
        let bench = try bench { Self.careless($0) }
        try await bench.relocation.delete(bench.source)
        #expect(bench.s3.operations == ["HeadObject", "DeleteObject"])
        try await bench.relocation.delete(bench.source)
        #expect(bench.s3.operations.dropFirst(2) == ["HeadObject", "DeleteObject"])
        #expect(bench.s3.requests("DeleteObject")[1]["if-match"] == nil)
    }

    @Test(arguments: [ScriptedAnswer.s3(501, "NotImplemented"), .s3(400, "InvalidArgument")])
    func `where conditions are refused a look goes before each delete`(answer: ScriptedAnswer) async throws {
        let bench = try bench { $0.operation == "DeleteObject" && $0.request["if-match"] != nil ? answer : nil }
        try await bench.relocation.delete(bench.source)
        #expect(bench.s3.names.isEmpty)
        bench.s3["in", "a"] = .init([1, 2, 3])
        try await bench.relocation.delete(bench.source)
        #expect(
            bench.s3.operations == [
                "HeadObject", "DeleteObject", "HeadObject", "DeleteObject", "HeadObject", "DeleteObject",
            ])
        #expect(bench.s3.names.isEmpty)
    }

    /// Whatever the store knows of conditions.
    @Test(arguments: [true, false], [true, false])
    func `what was overwritten is left alone`(isCareless: Bool, isFirst: Bool) async throws {
        let bench = try bench { isCareless ? Self.careless($0) : nil }
        let source = bench.source
        if !isFirst { try await bench.relocation.delete(source) }
        let before = bench.s3.requests("DeleteObject").count
        bench.s3["in", "a"] = .init([4])
        try await bench.relocation.delete(source)
        #expect(bench.s3["in", "a"]?.bytes == [4])
        // Only a store that keeps the condition is asked at all.
        #expect(bench.s3.requests("DeleteObject").count - before == (isCareless || isFirst ? 0 : 1))
    }

    @Test func `what is gone tells nothing of the store`() async throws {
        let bench = try bench()
        let source = bench.source
        bench.s3["in", "a"] = nil
        for _ in 1...2 { try await bench.relocation.delete(source) }
        #expect(!bench.s3.operations.contains("DeleteObject"))
    }

    /// One asks with a condition that can't be right; the others look, and delete on the right one.
    @Test func `one at a time finds out`() async throws {
        let bench = try bench()
        let keys = (0..<20).map { "k\($0)" }
        for key in keys { bench.s3["in", key] = .init([1]) }
        let etag = bench.s3["in", "k0"]!.etag
        await withTaskGroup(of: Void.self) { group in
            for key in keys {
                group.addTask {
                    try? await bench.relocation.delete(
                        ObjectVersion(bucket: "in", key: ObjectKey(key)!, versionID: nil, etag: etag))
                }
            }
        }
        #expect(bench.s3.names == ["in/a"])
        #expect(bench.s3.requests("DeleteObject").count { $0["if-match"] != "\"\(etag)\"" } == 1)
    }

    @Test(arguments: [ScriptedAnswer.drops, .s3(503, "SlowDown")])
    func `a probe is made again after a fault that passes`(answer: ScriptedAnswer) async throws {
        let bench = try bench { $0.operation == "DeleteObject" && $0.attempt == 1 ? answer : nil }
        try await bench.relocation.delete(bench.source)
        #expect(
            bench.s3.names.isEmpty && bench.s3.operations.prefix(3) == ["HeadObject", "DeleteObject", "HeadObject"])
    }

    @Test func `a probe that fails is made by the next delete`() async throws {
        let bench = try bench { call in
            call.operation == "DeleteObject" && call.attempt <= 3 ? .s3(503, "SlowDown") : nil
        }
        let error = await transferError { () throws(TransferError) in try await bench.relocation.delete(bench.source) }
        #expect(error?.name == "store")
        try await bench.relocation.delete(bench.source)
        #expect(bench.s3.names.isEmpty)
    }

    /// A second try would hit whatever has come to stand there since the look.
    @Test(arguments: [ScriptedAnswer.drops, .s3(503, "SlowDown"), .s3(500, "InternalError")])
    func `without conditions each try is preceded by a look`(answer: ScriptedAnswer) async throws {
        let bench = try bench { call in
            guard call.operation == "DeleteObject" else { return nil }
            return call.attempt == 2 ? answer : .status(204)
        }
        try await bench.relocation.delete(bench.source)
        try await bench.relocation.delete(bench.source)
        #expect(
            bench.s3.operations == [
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
        let bench = try MoveBench(s3, knowsDeletes: false)
        try await bench.relocation.delete(bench.source)
        #expect(s3["in", "a"]?.bytes == [4])
    }

    // MARK: Versions

    @Test func `a version that only the answer told is deleted by its name`() async throws {
        let bench = try bench()
        bench.s3["in", "a"] = .init([1], versionID: "v1")
        let untold = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: bench.source.etag)
        try await bench.relocation.delete(untold, bench.head)
        #expect(bench.s3.requests("DeleteObject").map(\.query) == ["versionId=v1"])
        #expect(bench.s3.operations == ["DeleteObject"])
    }

    func nullHead(_ bench: MoveBench) -> ObjectHead {
        var head = bench.head
        head.isNullVersion = true
        return head
    }

    @Test func `the null version is named and conditional`() async throws {
        let bench = try bench { $0.operation == "DeleteObject" ? .status(204) : nil }
        let known = Relocation(store: try bench.s3.client(), deletes: ConditionalDeletes(honouredIn: ["in"]))
        try await known.delete(bench.source, nullHead(bench))
        let request = try #require(bench.s3.requests("DeleteObject").first)
        #expect(request.query == "versionId=null" && request["if-match"] == "\"\(bench.source.etag!)\"")
    }

    /// The condition is held against what is on top: a marker (404) or a version (412) of a later day.
    @Test(arguments: [404, 412], [true, false])
    func `the null version below a later one is deleted where it is still the one`(status: Int, isTheOne: Bool)
        async throws
    {
        let bench = try bench { call in
            switch call.operation {
            case "DeleteObject":
                call.request["if-match"] == nil
                    ? .status(204) : .s3(status, status == 404 ? "NoSuchKey" : "PreconditionFailed")
            case "HeadObject":
                isTheOne ? ScriptedAnswer(headers: [("ETag", call.request["if-match"]!)]) : .status(412)
            default: nil
            }
        }
        let known = Relocation(store: try bench.s3.client(), deletes: ConditionalDeletes(honouredIn: ["in"]))
        try await known.delete(bench.source, nullHead(bench))
        #expect(bench.s3.requests("HeadObject").map(\.query) == ["versionId=null"])
        let plain = bench.s3.requests("DeleteObject").filter { $0["if-match"] == nil }
        #expect(plain.map(\.query) == (isTheOne ? ["versionId=null"] : []))
    }

    @Test func `what has neither version nor ETag is not deleted`() async throws {
        let bench = try bench()
        let error = await transferError { () throws(TransferError) in
            try await bench.relocation.delete(
                ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: nil))
        }
        #expect(error?.name == "untrustworthy" && bench.s3.operations.isEmpty)
    }
}
