import AWS
import Digest
import Domain
import TestKit
import Testing
import Transfer

/// Stores that answer a ranged GET in another way than S3: with 200 beside a right Content-Range, or with the whole
/// object.
@Suite(.timeLimit(.minutes(1))) struct WholeAnswerTests {
    enum Manner: String, CaseIterable, Sendable {
        /// `rclone serve s3`.
        case rangeWith200
        /// MiniStack, if a version is named.
        case wholeObject
        case wholeObjectBesideRange

        func answer(_ call: ScriptedS3.Call, whole: [UInt8]) -> ScriptedAnswer? {
            guard call.operation == "GetObject", call.range != nil else { return nil }
            var answer = call.right()
            guard answer.status == 206 else { return answer }
            answer.status = 200
            switch self {
            case .rangeWith200: break
            case .wholeObject:
                answer = answer.with("Content-Range", nil)
                answer.body = whole
            case .wholeObjectBesideRange: answer.body = whole
            }
            return answer
        }
    }

    private func fetch(_ s3: ScriptedS3) throws -> RangedFetch {
        var configuration = RangedFetch.Configuration()
        (configuration.firstRange, configuration.partSize) = (1000, 300)
        return RangedFetch(store: try s3.client(), directory: "/var/tmp", configuration: configuration)
    }

    private static func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
    }

    private func version(_ s3: ScriptedS3) -> ObjectVersion {
        ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: s3["in", "a"]?.etag)
    }

    @Test(arguments: Manner.allCases, [1, 999, 1000, 1001, 5000, 300_000])
    func `the bytes are those of the object`(manner: Manner, size: Int) async throws {
        let bytes = Self.bytes(size)
        let s3 = try ScriptedS3 { manner.answer($0, whole: bytes) }
        s3["in", "a"] = .init(bytes)
        let fetch = try fetch(s3)
        let fetched = try await fetch.first(of: version(s3), size: Int64(size))
        #expect(fetched.bytes.size == Int64(size) && fetched.bytes.count == Int64(min(size, 1000)))
        if !fetched.bytes.isWhole { try await fetch.rest(of: fetched) }
        #expect(try await fetched.bytes.sha256() == hexadecimal(SHA256.hash(bytes)))
        if manner == .wholeObject, size > 1000 {
            // The rest in one request: each would bring the whole object.
            #expect(s3.rangeCounts == [0..<1000: 1, 1000..<Int64(size): 1])
        }
    }

    @Test func `of a large object that comes whole no more is taken than the first range`() async throws {
        let bytes = Self.bytes(24 << 20)
        let s3 = try ScriptedS3 { Manner.wholeObject.answer($0, whole: bytes) }
        s3["in", "a"] = .init(bytes)
        let fetched = try await fetch(s3).first(of: version(s3), size: nil)
        #expect(fetched.bytes.count == 1000 && !fetched.bytes.isWhole)
        #expect(fetched.head.etag == s3["in", "a"]?.etag)
        #expect(s3.rangeCounts == [0..<1000: 1])
    }

    @Test(arguments: [4999, 5001]) func `a whole object of another length than the first answer said is rejected`(
        length: Int
    ) async throws {
        let s3 = try ScriptedS3 { call in
            guard call.operation == "GetObject", call.range?.lowerBound != 0 else { return nil }
            return Manner.wholeObject.answer(call, whole: Self.bytes(length))
        }
        s3["in", "a"] = .init(Self.bytes(5000))
        let fetch = try fetch(s3)
        let fetched = try await fetch.first(of: version(s3), size: 5000)
        let error = await transferError { () throws(TransferError) in try await fetch.rest(of: fetched) }
        #expect(error?.name == "untrustworthy")
        #expect(!fetched.bytes.isWhole)
    }

    @Test func `a whole object that ends early is asked for again`() async throws {
        let bytes = Self.bytes(5000)
        let s3 = try ScriptedS3 { call in
            var answer = Manner.wholeObject.answer(call, whole: bytes)
            if call.attempt == 1, call.range?.lowerBound != 0 { answer?.cutAfter = 3000 }
            return answer
        }
        s3["in", "a"] = .init(bytes)
        let fetch = try fetch(s3)
        let fetched = try await fetch.first(of: version(s3), size: 5000)
        try await fetch.rest(of: fetched)
        #expect(try await fetched.bytes.sha256() == hexadecimal(SHA256.hash(bytes)))
        #expect(s3.rangeCounts[1000..<5000] == 2)
    }

    /// A store without versions answers a request for a version with what is there now.
    @Test(arguments: [true, false]) func `an answer that names no version is taken only with the ETag of the event`(
        isReplaced: Bool
    ) async throws {
        let lines = LogLines()
        let capabilities = StoreCapabilities()
        let s3 = try ScriptedS3 { call in
            call.operation == "GetObject" ? call.right().with("x-amz-version-id", nil) : nil
        }
        s3["in", "a"] = .init(Self.bytes(500), versionID: "v1")
        let etag = isReplaced ? "of-the-upload-before" : s3["in", "a"]?.etag
        let object = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: "v1", etag: etag)
        let fetch = RangedFetch(
            store: try s3.client(), folder: SpoolFolder("/var/tmp"), capabilities: capabilities, log: lines.log)
        for _ in 1...2 {
            let error = await transferError { () throws(TransferError) in
                let fetched = try await fetch.first(of: object, size: 500)
                #expect(fetched.bytes.isWhole)
            }
            #expect(error?.name == (isReplaced ? "superseded" : nil))
        }
        #expect(capabilities.abilities.map(\.ability) == (isReplaced ? [] : [.versions]))
        #expect(lines.all.count == (isReplaced ? 0 : 1))
    }
}
