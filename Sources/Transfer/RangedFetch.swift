package import AWS
package import Domain
internal import Glibc
internal import Support

/// Brings objects into spools by ranged GETs that are pinned to one version.
package struct RangedFetch: Sendable {
    package struct Configuration: Sendable {
        /// Bytes of the first range: what an object may have to cost one GET, and what the type is told from.
        package var firstRange: Int64 = 4 << 20
        /// Bytes of each further range.
        package var partSize: Int64 = 8 << 20
        /// Ranges of one object under way at once.
        package var partsAtOnce = 4
        /// Ranges of all objects together under way at once, first ranges apart.
        package var partsInAll = 16
        /// Whether more is fetched than the first range; false for who has no folder to hold whole objects.
        package var fetchesRest = true

        package init() {}
    }

    private let store: any ObjectStore
    /// Where spools on disk are made.
    package let folder: SpoolFolder
    private let configuration: Configuration
    private let parts: AsyncSemaphore

    /// - Parameter folder: a fetch that finds its disk full waits there for room.
    package init(store: any ObjectStore, folder: SpoolFolder, configuration: Configuration = .init()) {
        self.store = store
        self.folder = folder
        self.configuration = configuration
        parts = AsyncSemaphore(configuration.partsInAll)
    }

    /// - Parameter directory: where spools on disk are made; a full disk is an error at once.
    package init(store: any ObjectStore, directory: String, configuration: Configuration = .init()) {
        let folder = SpoolFolder(directory)
        folder.stopWaiting()
        self.init(store: store, folder: folder, configuration: configuration)
    }

    /// Fetches the first range: enough for the type, and all of a small object.
    ///
    /// - Parameter size: bytes as the event told; only 0 matters here, as S3 has no range of an empty object.
    package func first(of object: ObjectVersion, size: Int64?) async throws(TransferError) -> FetchedObject {
        do {
            let most = min(size ?? .max, configuration.firstRange)
            return try await folder.retryingWhenFull(bytes: most) { try await begin(object, size: size) }
        } catch {
            throw TransferError(error)
        }
    }

    private func begin(_ object: ObjectVersion, size: Int64?) async throws -> FetchedObject {
        if size == 0 {
            do { return try await get(object, .empty) } catch is RangeSink.NotEmpty {}
        }
        do {
            return try await get(object, .first(limit: configuration.firstRange))
        } catch let error as AWSError where error.status == 416 {
            // No range fits: the object is empty, whatever the event said.
        }
        return try await get(object, .empty)
    }

    /// Fetches what the first range left, in parallel parts; each is asked for again by itself when it fails.
    package func rest(of object: FetchedObject) async throws(TransferError) {
        let missing = object.bytes.missing
        guard missing.isEmpty || configuration.fetchesRest else {
            throw .spool(SystemError("hold \(object.bytes.size) bytes", code: EFBIG), hint: "leave the job to a worker")
        }
        do {
            // Before a wait a try gives back what it took, so that others can come to their end meanwhile.
            try await folder.retryingWhenFull(
                bytes: Int64(missing.count), makingRoom: { object.bytes.spool.shorten(to: missing.lowerBound) }
            ) {
                try await fetchParts(of: object)
            }
        } catch {
            throw TransferError(error)
        }
        object.bytes.isWhole = true
    }

    private func fetchParts(of object: FetchedObject) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var running = 0
            for part in object.bytes.missing.split(into: configuration.partSize) {
                if running == configuration.partsAtOnce {
                    try await group.next()
                } else {
                    running += 1
                }
                group.addTask { try await fetch(part, of: object) }
            }
            try await group.waitForAll()
        }
    }

    private func get(_ object: ObjectVersion, _ expectation: RangeSink.Expectation) async throws -> FetchedObject {
        // A version id names one state for ever; what an event said of its ETag adds nothing.
        let pin = object.versionID == nil ? object : ObjectVersion(object, etag: nil)
        let sink = RangeSink(expectation, of: pin, folder: folder)
        let range: Range<Int64>? = if case .first(let limit) = expectation { 0..<limit } else { nil }
        let (head, bytes) = try await get(object, range, sink)
        return FetchedObject(object, head, bytes)
    }

    private func fetch(_ part: Range<Int64>, of object: FetchedObject) async throws {
        try await parts.withPermit { () async throws in
            let sink = RangeSink(
                .part(part, size: object.bytes.size), of: object.version, folder: folder,
                spool: object.bytes.spool)
            _ = try await get(object.version, part, sink)
        }
    }

    /// Asks for one range until it has come whole, or the store has shown that it does not come.
    private func get(
        _ object: ObjectVersion, _ range: Range<Int64>?, _ sink: RangeSink
    ) async throws -> (ObjectHead, SpooledBytes) {
        do {
            var head = try await store.get(object, range: range, into: sink)
            // A body in chunks can end early and be in order as far as HTTP goes, so the client does not see it.
            var attempt = 1
            while !sink.isWhole, attempt < Self.attempts {
                head = try await store.get(object, range: range, into: sink)
                attempt += 1
            }
            return (head, try sink.finish())
        } catch let error as BodyRejected {
            // The pin was not kept, time and again: the store knows no conditions, and another state is there now.
            if sink.metAnotherState && object.versionID == nil { throw TransferError.superseded }
            let bytes = range.map { "bytes \($0.lowerBound)-\($0.upperBound - 1) of " } ?? ""
            throw TransferError.untrustworthy(
                "GetObject, \(bytes)s3://\(object.bucket)/\(object.key.text): \(error.reason)")
        }
    }

    /// How often a range is asked for whose body ended early without the client's seeing it.
    private static let attempts = 3
}

/// An object of S3 whose bytes are in a spool: the first range of them, or all.
package struct FetchedObject: Sendable {
    /// Pinned: by the version id where the bucket has versions, else by the ETag that came with the first bytes.
    package let version: ObjectVersion
    package let head: ObjectHead
    package let bytes: SpooledBytes

    fileprivate init(_ asked: ObjectVersion, _ head: ObjectHead, _ bytes: SpooledBytes) {
        version = ObjectVersion(asked, etag: head.etag)
        self.head = head
        self.bytes = bytes
    }
}

extension ObjectVersion {
    fileprivate init(_ version: ObjectVersion, etag: String?) {
        self.init(bucket: version.bucket, key: version.key, versionID: version.versionID, etag: etag)
    }
}

extension Range<Int64> {
    /// Consecutive pieces of at most `size`.
    func split(into size: Int64) -> some Sequence<Range<Int64>> {
        stride(from: lowerBound, to: upperBound, by: Int64.Stride(size)).lazy.map { start in
            start..<Swift.min(start + size, self.upperBound)
        }
    }
}
