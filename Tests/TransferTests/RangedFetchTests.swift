import AWS
import Digest
import Domain
import TestKit
import Testing
import Transfer

extension MemoryStore: ObjectStore {}

@Suite(.timeLimit(.minutes(1))) struct RangedFetchTests {
    let store = MemoryStore()
    let directory = "/var/tmp"

    var fetch: RangedFetch {
        var configuration = RangedFetch.Configuration()
        configuration.firstRange = 1000
        configuration.partSize = 300
        return RangedFetch(store: store, directory: directory, configuration: configuration)
    }

    func version(_ key: String = "a", etag: String? = nil) -> ObjectVersion {
        ObjectVersion(bucket: "in", key: ObjectKey(key)!, versionID: nil, etag: etag ?? store["in", key]?.etag)
    }

    func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) } }

    func contents(of bytes: SpooledBytes) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: Int(bytes.size) + 1) { room, count in
            count = try bytes.spool.read(into: UnsafeMutableRawBufferPointer(room), at: 0)
        }
    }

    @Test(arguments: [1, 999, 1000])
    func `an object that fits the first range costs one request`(size: Int) async throws {
        store["in", "a"] = .init(bytes(size), contentType: "image/png")
        let fetched = try await fetch.first(of: version(), size: Int64(size))
        #expect(fetched.bytes.isWhole)
        #expect(fetched.head.contentType == "image/png")
        #expect(try contents(of: fetched.bytes) == bytes(size))
        #expect(try await fetched.bytes.sha256() == hexadecimal(SHA256.hash(bytes(size))))
        #expect(store.calls.count == 1)
    }

    @Test(arguments: [1001, 1300, 1301, 2_500_000])
    func `a larger object is fetched in parts without gap or overlap`(size: Int) async throws {
        store["in", "a"] = .init(bytes(size))
        let fetch = size < 10_000 ? self.fetch : RangedFetch(store: store, directory: directory, configuration: .init())
        let fetched = try await fetch.first(of: version(), size: nil)
        try await fetch.rest(of: fetched)
        #expect(try contents(of: fetched.bytes) == bytes(size))
        #expect(try await fetched.bytes.sha256() == hexadecimal(SHA256.hash(bytes(size))))

        let ranges = store.calls.compactMap { call in
            if case .get(_, let range?) = call { range } else { nil }
        }.sorted { $0.lowerBound < $1.lowerBound }
        #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        #expect(ranges.last!.upperBound >= Int64(size))
    }

    /// As for `reconcile`, which finishes jobs in a folder that others use.
    @Test(arguments: [1000, 1001]) func `without a folder for whole objects no more than the first range is fetched`(
        size: Int
    )
        async throws
    {
        var configuration = RangedFetch.Configuration()
        (configuration.firstRange, configuration.fetchesRest) = (1000, false)
        let fetch = RangedFetch(store: store, directory: directory, configuration: configuration)
        store["in", "a"] = .init(bytes(size))
        let fetched = try await fetch.first(of: version(), size: nil)
        let error = await transferError { () throws(TransferError) in try await fetch.rest(of: fetched) }
        #expect(error?.name == (size > 1000 ? "spool" : nil))
        #expect(store.calls.count == 1 && fetched.bytes.isWhole == (size == 1000))
    }

    @Test(arguments: [Int64(0), 17, nil])
    func `an empty object is fetched without a range whatever the event said`(told: Int64?) async throws {
        store["in", "a"] = .init([])
        let fetched = try await fetch.first(of: version(), size: told)
        #expect(fetched.bytes.isWhole && fetched.bytes.size == 0)
        #expect(try await fetched.bytes.sha256() == hexadecimal(SHA256.hash([])))
        #expect(store.calls.last == .get(ObjectLocation(bucket: "in", key: ObjectKey("a")!), nil))
    }

    @Test func `an object overwritten before the first range is superseded`() async throws {
        store["in", "a"] = .init(bytes(10))
        await #expect { try await fetch.first(of: version(etag: "0123"), size: 10) } throws: { error in
            if case TransferError.superseded = error { true } else { false }
        }
    }

    @Test func `an object overwritten between ranges is superseded`() async throws {
        store["in", "a"] = .init(bytes(5000))
        let fetched = try await fetch.first(of: version(), size: 5000)
        store["in", "a"] = .init(bytes(5001))
        await #expect { try await fetch.rest(of: fetched) } throws: { error in
            if case TransferError.superseded = error { true } else { false }
        }
        #expect(!fetched.bytes.isWhole)
    }

    @Test func `a missing object is gone but a missing bucket is not`() async throws {
        let missing = ObjectVersion(bucket: "in", key: ObjectKey("nothing")!, versionID: nil, etag: nil)
        await #expect { try await fetch.first(of: missing, size: 1) } throws: { error in
            if case TransferError.gone = error { true } else { false }
        }
        store.interrupt { (_) throws(AWSError) in throw .test("GetObject", code: "NoSuchBucket", status: 404) }
        await #expect { try await fetch.first(of: missing, size: 1) } throws: { error in
            if case TransferError.store = error { true } else { false }
        }
    }

    @Test func `a missing spool folder is reported with advice`() async throws {
        store["in", "a"] = .init([UInt8](repeating: 7, count: 3 << 20))
        let fetch = RangedFetch(store: store, directory: "/nowhere/at/all", configuration: .init())
        await #expect { try await fetch.first(of: version(), size: nil) } throws: { error in
            guard case TransferError.spool = error else { return false }
            return "\(error)".contains("/nowhere/at/all") && "\(error)".contains("--spool")
        }
    }
}
