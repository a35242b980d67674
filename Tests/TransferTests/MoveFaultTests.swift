import AWS
import Domain
import TestKit
import Testing
import Transfer

/// Copy, verification and delete with the real client on an S3 with faults.
@Suite(.timeLimit(.minutes(1))) struct MoveFaultTests {
    let destination = ObjectLocation(bucket: "out", key: ObjectKey("done/a")!)

    func pinned(_ s3: ScriptedS3) throws -> ObjectVersion {
        let object = try #require(s3["in", "a"])
        return ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: object.versionID, etag: object.etag)
    }

    /// Copies and then deletes, as a job does.
    func move(
        _ s3: ScriptedS3, _ manner: MoveRequest.Manner = .promoted(tags: [])
    ) async throws -> (destination: Destination?, error: TransferError?) {
        let client = try s3.client()
        let mover = ObjectMover(store: client, capabilities: StoreCapabilities(conditionalDeletesIn: ["in"]))
        let source = try pinned(s3)
        let fetched = try await RangedFetch(store: client, directory: "/var/tmp").first(of: source, size: nil)
        do throws(TransferError) {
            let copy = try await mover.copier.copy(
                fetched.version, head: fetched.head, size: fetched.bytes.size, to: destination, manner: manner)
            try await mover.deleter.delete(fetched.version)
            return (copy, nil)
        } catch {
            return (nil, error)
        }
    }

    // MARK: Copy and verification

    @Test func `a copy with the source's ETag needs no other check`() async throws {
        let s3 = try ScriptedS3()
        s3["in", "a"] = .init([1, 2, 3])
        #expect(try await move(s3).destination == Destination(destination))
        #expect(s3.operations == ["GetObject", "CopyObject", "DeleteObject"])
        #expect(s3.names == ["out/done/a"])
        #expect(s3.requests("CopyObject")[0]["x-amz-copy-source-if-match"] == "\"\(s3["out", "done/a"]!.etag)\"")
        #expect(s3.requests("DeleteObject")[0]["if-match"] == "\"\(s3["out", "done/a"]!.etag)\"")
    }

    @Test func `an error in the body of a 200 is retried`() async throws {
        let s3 = try ScriptedS3 { call in
            guard call.operation == "CopyObject", call.attempt == 1 else { return nil }
            return .status(200, "<Error><Code>InternalError</Code><Message>again, please</Message></Error>")
        }
        s3["in", "a"] = .init([1, 2, 3])
        #expect(try await move(s3).destination != nil)
        #expect(s3.operations == ["GetObject", "CopyObject", "HeadObject", "CopyObject", "DeleteObject"])
    }

    /// In a bucket with versions a second copy would stay beside the first.
    @Test(arguments: [200, 500]) func `a copy that is made though S3 reports an error is not repeated`(status: Int)
        async throws
    {
        let s3 = try ScriptedS3 { call in
            guard call.operation == "CopyObject" else { return nil }
            _ = call.right()
            return .status(status, "<Error><Code>InternalError</Code><Message>again, please</Message></Error>")
        }
        s3["in", "a"] = .init([1, 2, 3])
        #expect(try await move(s3).destination == Destination(destination))
        #expect(s3.operations == ["GetObject", "CopyObject", "HeadObject", "DeleteObject"])
        #expect(s3.names == ["out/done/a"])
    }

    @Test(arguments: [
        ("<Error><Code>InternalError</Code><Message>never</Message></Error>", "S3 CopyObject: InternalError", true),
        ("<Error><Code>SlowDown</Code><Message>never</Message></Error>", "S3 CopyObject: SlowDown", false),
        ("<CopyObjectResult><LastModified>now</LastModified></CopyObjectResult>", "has no ETag", true),
        ("<CopyObj", "could not be read", true),
    ])
    func `a copy that is never confirmed leaves the source`(body: String, complaint: String, mayBeThere: Bool)
        async throws
    {
        let s3 = try ScriptedS3 { $0.operation == "CopyObject" ? .status(200, body) : nil }
        s3["in", "a"] = .init([1, 2, 3])
        let error = try #require(try await move(s3).error)
        #expect("\(error)".contains(complaint), "\(error)")
        // If it may have been made, it is searched after each try.
        let once = mayBeThere ? ["CopyObject", "HeadObject"] : ["CopyObject"]
        #expect(s3.operations == ["GetObject"] + once + once + once)
        #expect(s3.names == ["in/a"])
    }

    /// As for multipart uploads, and under KMS keys.
    @Test func `a copy with another ETag is checked by a HEAD before the source is deleted`() async throws {
        let s3 = try ScriptedS3 { $0.operation == "CopyObject" ? .copied(etag: "ab") : nil }
        s3["in", "a"] = .init([1, 2, 3], etag: "cd-2")
        s3["out", "done/a"] = .init([1, 2, 3], etag: "ab")
        #expect(try await move(s3).destination == Destination(destination))
        #expect(s3.operations == ["GetObject", "CopyObject", "HeadObject", "DeleteObject"])
        #expect(s3.requests("HeadObject")[0]["if-match"] == "\"ab\"")
    }

    @Test(arguments: [
        ScriptedS3.Object([1, 2], etag: "ab"), ScriptedS3.Object([1, 2, 3, 4], etag: "ab"),
        ScriptedS3.Object([1, 2, 3], etag: "ef"), nil,
    ])
    func `a copy that differs from the source is unverified and nothing is deleted`(copy: ScriptedS3.Object?)
        async throws
    {
        let s3 = try ScriptedS3 { $0.operation == "CopyObject" ? .copied(etag: "ab") : nil }
        s3["in", "a"] = .init([1, 2, 3], etag: "cd-2")
        s3["out", "done/a"] = copy
        let error = try #require(try await move(s3).error)
        #expect(error.name == "unverified")
        #expect("\(error)".contains("s3://out/done/a") && "\(error)".contains("The source stays"))
        #expect(s3["in", "a"] != nil)
        #expect(!s3.operations.contains("DeleteObject"))
    }

    /// A store that ignores conditions may copy another upload: if nothing explains another ETag, the source is
    /// checked.
    @Test(arguments: [nil, 412, 404])
    func `a copy that may be of another upload is kept only if the source is unchanged`(
        status: Int?
    ) async throws {
        let other = String(repeating: "f", count: 32)
        let s3 = try ScriptedS3 { call in
            switch call.operation {
            case "CopyObject": .copied(etag: other)
            case "HeadObject" where call.request.path == "/in/a": status.map { .status($0) }
            case "GetObject" where status == 404 && call.range == 0..<1: .s3(404, "NoSuchKey")
            default: nil
            }
        }
        s3["in", "a"] = .init([1, 2, 3])
        s3["out", "done/a"] = .init([4, 5, 6], etag: other)
        let (copy, error) = try await move(s3)
        #expect(copy == (status == nil ? Destination(destination) : nil))
        #expect(error?.name == [412: "superseded", 404: "unverified"][status ?? 0])
        // The attempt that deleted the source may have made this copy.
        #expect(s3.names == [nil: ["out/done/a"], 412: ["in/a"], 404: ["in/a", "out/done/a"]][status])
    }

    @Test func `a copy of another version is unverified`() async throws {
        let s3 = try ScriptedS3 { call in
            call.operation == "CopyObject" ? call.right().with("x-amz-copy-source-version-id", "v0") : nil
        }
        s3["in", "a"] = .init([1, 2, 3], versionID: "v1")
        let error = try #require(try await move(s3).error)
        #expect("\(error)".contains("version v0 was copied, not v1"))
        #expect(s3["in", "a"] != nil)
    }

    @Test func `a missing destination bucket is reported and the source is not gone`() async throws {
        let s3 = try ScriptedS3 { $0.operation == "CopyObject" ? .s3(404, "NoSuchBucket") : nil }
        s3["in", "a"] = .init([1])
        let error = try #require(try await move(s3).error)
        #expect(error.name == "store" && "\(error)".contains("Check the bucket's name"))
        #expect(s3.names == ["in/a"])
    }

    @Test func `a version is read, copied and deleted by its ID`() async throws {
        let s3 = try ScriptedS3()
        s3["in", "a"] = .init([1, 2, 3], versionID: "v1")
        #expect(try await move(s3).destination == Destination(destination, versionID: "copy-of-v1"))
        #expect(s3.requests("GetObject").map(\.query) == ["versionId=v1"])
        #expect(s3.requests("CopyObject")[0]["x-amz-copy-source"] == "in/a?versionId=v1")
        #expect(s3.requests("DeleteObject").map(\.query) == ["versionId=v1"])
        #expect(
            s3.server.requests.allSatisfy { $0["if-match"] == nil && $0["x-amz-copy-source-if-match"] == nil })
    }

    // MARK: Delete

    @Test(arguments: [
        ScriptedAnswer.status(204), .s3(404, "NoSuchKey"), .s3(404, "NoSuchVersion"), .s3(412, "PreconditionFailed"),
    ])
    func `a delete of a missing object succeeds`(answer: ScriptedAnswer) async throws {
        let s3 = try ScriptedS3 { $0.operation == "DeleteObject" ? answer : nil }
        s3["in", "a"] = .init([1])
        #expect(try await move(s3).destination != nil)
    }

    @Test(arguments: [
        (ScriptedAnswer.s3(403, "AccessDenied", "not allowed to s3:DeleteObject"), "store", "Allow the operation"),
        (
            .s3(403, "AccessDenied", "Access Denied because object protected by object lock."), "refused",
            "delete it when the lock has ended"
        ),
        (.s3(404, "NoSuchBucket"), "store", "Check the bucket's name"),
        (.s3(503, "SlowDown"), "store", "Lower the concurrency"),
        (.s3(409, "ConditionalRequestConflict"), "store", "check its current state"),
    ])
    func `a refused delete is reported with advice`(answer: ScriptedAnswer, name: String, advice: String) async throws {
        let s3 = try ScriptedS3 { $0.operation == "DeleteObject" ? answer : nil }
        s3["in", "a"] = .init([1])
        let error = try #require(try await move(s3).error)
        #expect(error.name == name)
        #expect("\(error)".contains(advice), "\(error)")
        #expect(s3.names == ["in/a", "out/done/a"])
    }

    @Test func `a delete that met another request is done at the next try`() async throws {
        let s3 = try ScriptedS3 { call in
            call.operation == "DeleteObject" && call.attempt == 1 ? .s3(409, "ConditionalRequestConflict") : nil
        }
        s3["in", "a"] = .init([1])
        #expect(try await move(s3).destination != nil)
        #expect(s3.names == ["out/done/a"])
    }

    // MARK: Unreadable objects

    static let customerKey = ScriptedAnswer.s3(
        400, "InvalidRequest",
        "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object."
    )

    @Test(arguments: [
        (customerKey, "a key that only the uploader has (SSE-C)"), (.s3(403, "InvalidObjectState"), "archived"),
    ])
    func `an unreadable object is refused by each operation`(answer: ScriptedAnswer, complaint: String) async throws {
        let s3 = try ScriptedS3 { call in
            switch call.operation {
            // An answer to HEAD has no body, and thus no reason.
            case "HeadObject": .status(answer.status)
            case "GetObject", "CopyObject": answer
            default: nil
            }
        }
        s3["in", "a"] = .init([1])
        let fixture = try MoveFixture(s3)
        let fetch = RangedFetch(store: try s3.client(), directory: "/var/tmp")
        var errors: [TransferError?] = []
        errors.append(
            await transferError { () throws(TransferError) in _ = try await fetch.first(of: fixture.source, size: nil) }
        )
        errors.append(await transferError { () throws(TransferError) in _ = try await fixture.copy() })
        // S3 answers a HEAD of an archived object; it refuses only one without the customer key.
        if answer.status == 400 {
            errors.append(
                await transferError { () throws(TransferError) in
                    _ = try await fixture.mover.reader.head(of: fixture.source)
                })
        }
        for error in errors {
            #expect(error?.name == "refused")
            #expect(error.map { "\($0)".contains(complaint) } == true, "\(String(describing: error))")
        }
    }

    // MARK: HEAD

    @Test(arguments: [
        (ScriptedAnswer.s3(404, "NoSuchKey"), "gone"), (.s3(404, "NoSuchBucket"), "store"),
        (.status(404, "<html>no S3 here</html>"), "store"), (.s3(412, "PreconditionFailed"), "superseded"),
        (.status(206, "x", headers: [("Content-Range", "bytes 0-0/1"), ("ETag", "\"e\"")]), "untrustworthy"),
    ])
    func `a HEAD that finds nothing is explained by a GET`(answer: ScriptedAnswer, name: String) async throws {
        let s3 = try ScriptedS3 { $0.operation == "HeadObject" ? .status(404) : answer }
        let object = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: "e")
        let mover = ObjectMover(store: try s3.client())
        let error = await transferError { () throws(TransferError) in _ = try await mover.reader.head(of: object) }
        #expect(error?.name == name)
    }
}
