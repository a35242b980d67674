import AWS
import Digest
import Domain
import HTTP
import TestKit
import Testing
import Transfer

/// Fetches with the real client from an S3 with faults.
@Suite(.timeLimit(.minutes(1))) struct FetchFaultTests {
    static let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
    static let first: Range<Int64> = 0..<1000
    static let part: Range<Int64> = 1900..<2200

    /// - Parameter fault: only for a stall is the client impatient, or a busy machine would look like one.
    func fetch(_ s3: ScriptedS3, with fault: RangeFault? = nil) throws -> RangedFetch {
        var configuration = RangedFetch.Configuration()
        configuration.firstRange = 1000
        configuration.partSize = 300
        let floor = ThroughputFloor(bytesPerSecond: 1, over: fault == .stalled ? .seconds(2) : .seconds(30))
        return RangedFetch(store: try s3.client(readFloor: floor), directory: "/var/tmp", configuration: configuration)
    }

    func version(_ s3: ScriptedS3, versionID: String? = nil) -> ObjectVersion {
        let etag = s3["in", "a"]?.etag
        return ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: versionID, etag: etag)
    }

    /// The ranges of a fetch of the object.
    static let ranges = [first] + stride(from: Int64(1000), to: 5000, by: 300).map { $0..<min($0 + 300, 5000) }

    func expectWhole(_ fetched: FetchedObject) async throws {
        #expect(fetched.bytes.isWhole)
        #expect(try await fetched.bytes.sha256() == hexadecimal(SHA256.hash(Self.bytes)))
    }

    @Test(arguments: RangeFault.allCases)
    func `a part that fails once is retried alone`(fault: RangeFault) async throws {
        let s3 = try ScriptedS3 { $0.range == Self.part && $0.attempt == 1 ? fault.answer($0) : nil }
        s3["in", "a"] = .init(Self.bytes)
        let fetch = try fetch(s3, with: fault)
        let fetched = try await fetch.first(of: version(s3), size: 5000)
        try await fetch.rest(of: fetched)
        try await expectWhole(fetched)
        let expected = Dictionary(uniqueKeysWithValues: Self.ranges.map { ($0, $0 == Self.part ? 2 : 1) })
        #expect(s3.rangeCounts == expected)
    }

    @Test(arguments: RangeFault.allCases)
    func `a part that always fails is tried three times and reported`(fault: RangeFault) async throws {
        let s3 = try ScriptedS3 { $0.range == Self.part ? fault.answer($0) : nil }
        s3["in", "a"] = .init(Self.bytes)
        let fetch = try fetch(s3, with: fault)
        let fetched = try await fetch.first(of: version(s3), size: 5000)
        let error = await transferError { () throws(TransferError) in try await fetch.rest(of: fetched) }
        #expect("\(try #require(error))".contains(fault.complaint), "\(error!)")
        let requests = try #require(s3.rangeCounts[Self.part])
        if fault == .droppedConnection {
            // If a reused connection is dropped unanswered, libcurl sends the request again on another one, without
            // our knowledge: the first of the three tries may reach the server once more on each of the four
            // connections.
            #expect(s3.retries == 2)
            #expect((3...7).contains(requests))
        } else {
            #expect(requests == 3)
        }
        #expect(!fetched.bytes.isWhole)
        await #expect(throws: TransferError.self) { try await fetched.bytes.sha256() }
    }

    /// A wrong total in the first range contradicts nothing known yet; the parts detect it.
    @Test(arguments: RangeFault.allCases.filter { $0 != .anotherTotal })
    func `a first range that fails once is retried`(fault: RangeFault) async throws {
        let s3 = try ScriptedS3 { $0.range == Self.first && $0.attempt == 1 ? fault.answer($0) : nil }
        s3["in", "a"] = .init(Self.bytes)
        let fetch = try fetch(s3, with: fault)
        let fetched = try await fetch.first(of: version(s3), size: 5000)
        #expect(s3.rangeCounts == [Self.first: 2])
        try await fetch.rest(of: fetched)
        try await expectWhole(fetched)
    }

    @Test(arguments: RangeFault.allCases.filter { $0 != .anotherTotal })
    func `a first range that always fails is tried three times and reported`(fault: RangeFault) async throws {
        let s3 = try ScriptedS3 { $0.range == Self.first ? fault.answer($0) : nil }
        s3["in", "a"] = .init(Self.bytes)
        let fetch = try fetch(s3, with: fault)
        let error = await transferError { () throws(TransferError) in
            _ = try await fetch.first(of: version(s3), size: 5000)
        }
        #expect("\(try #require(error))".contains(fault.complaint), "\(error!)")
        #expect(s3.rangeCounts == [Self.first: 3])
    }

    @Test func `a wrong total in the first range is detected by the parts`() async throws {
        let s3 = try ScriptedS3 { $0.range == Self.first ? RangeFault.anotherTotal.answer($0) : nil }
        s3["in", "a"] = .init(Self.bytes)
        let fetch = try fetch(s3)
        let fetched = try await fetch.first(of: version(s3), size: 5000)
        let error = await transferError { () throws(TransferError) in try await fetch.rest(of: fetched) }
        #expect(error?.name == "untrustworthy")
        #expect(!fetched.bytes.isWhole)
    }

    @Test func `another ETag under the same version does not count as an overwrite`() async throws {
        let s3 = try ScriptedS3 { $0.range == Self.part ? RangeFault.anotherETag.answer($0) : nil }
        s3["in", "a"] = .init(Self.bytes, versionID: "v1")
        let fetch = try fetch(s3)
        let fetched = try await fetch.first(of: version(s3, versionID: "v1"), size: 5000)
        let error = await transferError { () throws(TransferError) in try await fetch.rest(of: fetched) }
        #expect(error?.name == "untrustworthy")
    }

    @Test func `another version than the requested one is rejected`() async throws {
        let s3 = try ScriptedS3 { $0.right().with("x-amz-version-id", "v2") }
        s3["in", "a"] = .init(Self.bytes, versionID: "v1")
        let fetch = try fetch(s3)
        let error = await transferError { () throws(TransferError) in
            _ = try await fetch.first(of: version(s3, versionID: "v1"), size: 5000)
        }
        #expect("\(try #require(error))".contains("version v2 was returned for version v1"))
    }

    @Test func `a version is read by its ID alone`() async throws {
        let s3 = try ScriptedS3()
        s3["in", "a"] = .init(Self.bytes, versionID: "v1")
        let fetch = try fetch(s3)
        let fetched = try await fetch.first(of: version(s3, versionID: "v1"), size: 5000)
        try await fetch.rest(of: fetched)
        try await expectWhole(fetched)
        #expect(s3.server.requests.allSatisfy { $0.query == "versionId=v1" && $0["if-match"] == nil })
    }

    @Test(arguments: [
        (ScriptedAnswer.s3(404, "NoSuchKey"), "gone", ""),
        (.s3(404, "NoSuchVersion"), "gone", ""),
        (.s3(405, "MethodNotAllowed").with("x-amz-delete-marker", "true"), "delete-marker", ""),
        (.s3(404, "NoSuchBucket"), "store", "Check the bucket's name"),
        (.status(404, "<html>nothing here</html>"), "store", "HTTP 404"),
        (.status(405, "<html>no</html>"), "store", "HTTP 405"),
        (.s3(403, "AccessDenied"), "store", "s3:ListBucket"),
        (.s3(403, "AccessDenied"), "store", "Allow the operation"),
        (.s3(412, "PreconditionFailed"), "superseded", ""),
        (.s3(403, "InvalidObjectState"), "refused", "restore it, then replay"),
        (.s3(503, "SlowDown"), "store", "Lower the concurrency"),
    ])
    func `an error answer is mapped to its transfer error`(answer: ScriptedAnswer, name: String, advice: String)
        async throws
    {
        let s3 = try ScriptedS3 { _ in answer }
        let fetch = try fetch(s3)
        let object = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: "e")
        let error = try #require(
            await transferError { () throws(TransferError) in _ = try await fetch.first(of: object, size: 1) })
        #expect(error.name == name)
        #expect("\(error)".contains(advice), "\(error)")
    }

    @Test func `an empty object is detected by its unsatisfiable range`() async throws {
        let s3 = try ScriptedS3()
        s3["in", "a"] = .init([])
        let fetched = try await fetch(s3).first(of: version(s3), size: 9)
        #expect(fetched.bytes.isWhole && fetched.bytes.size == 0)
        #expect(s3.requests("GetObject").map { $0["range"] } == ["bytes=0-999", nil])
    }

    @Test func `an object that is empty according to its event is fetched anyway`() async throws {
        let s3 = try ScriptedS3()
        s3["in", "a"] = .init(Self.bytes)
        let fetch = try fetch(s3)
        let fetched = try await fetch.first(of: version(s3), size: 0)
        try await fetch.rest(of: fetched)
        try await expectWhole(fetched)
    }
}
