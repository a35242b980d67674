internal import AWS
package import Domain
internal import Glibc
package import Support

/// Fetches objects into spools by ranged GETs that are pinned to one version.
package struct RangedFetch: Sendable {
    package struct Configuration: Sendable {
        /// Bytes of the first range, from which the type is detected. A smaller object costs one GET.
        package var firstRange: Int64 = 4 << 20
        /// Bytes of each further range.
        package var partSize: Int64 = 8 << 20
        /// Concurrent ranges of one object.
        package var partsAtOnce = 4
        /// Concurrent ranges of all objects together, without first ranges.
        package var partsInAll = 16
        /// Whether more than the first range is fetched; false for commands without a folder for whole objects.
        package var fetchesRest = true

        package init() {}
    }

    private let store: any ObjectStore
    /// The folder of spools on disk.
    package let folder: SpoolFolder
    private let configuration: Configuration
    private let parts: AsyncSemaphore
    private let capabilities: StoreCapabilities
    private let log: Log?

    /// - Parameter folder: the folder of spools on disk; a fetch waits for space if the disk is full.
    package init(
        store: any ObjectStore, folder: SpoolFolder, configuration: Configuration = .init(),
        capabilities: StoreCapabilities = .init(), log: Log? = nil
    ) {
        self.store = store
        self.folder = folder
        self.configuration = configuration
        self.capabilities = capabilities
        self.log = log
        parts = AsyncSemaphore(configuration.partsInAll)
    }

    /// - Parameter directory: the folder of spools on disk; a fetch fails at once if the disk is full.
    package init(store: any ObjectStore, directory: String, configuration: Configuration = .init()) {
        let folder = SpoolFolder(directory)
        folder.stopWaiting()
        self.init(store: store, folder: folder, configuration: configuration)
    }

    /// Bytes of the first range: all of a small object.
    package var firstRange: Int64 { configuration.firstRange }

    /// Fetches the first range: enough for the type, and all of a small object.
    ///
    /// - Parameter size: bytes according to the event; only 0 matters, since S3 has no range of an empty object.
    package func first(of object: ObjectVersion, size: Int64?) async throws(TransferError) -> FetchedObject {
        do {
            let limit = min(size ?? .max, configuration.firstRange)
            return try await folder.retryingWhenFull(bytes: limit) { try await begin(object, size: size) }
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
            // No range can be satisfied: the object is empty, whatever the event says.
        }
        return try await get(object, .empty)
    }

    /// Fetches the remaining bytes in parallel parts. Each part is retried separately.
    package func rest(of object: FetchedObject) async throws(TransferError) {
        let missing = object.bytes.missing
        guard missing.isEmpty || configuration.fetchesRest else {
            throw .spool(SystemError("hold \(object.bytes.size) bytes", code: EFBIG), hint: "leave the job to a worker")
        }
        do {
            // A try frees the space that it took before it waits, so that other fetches can finish meanwhile.
            try await folder.retryingWhenFull(
                bytes: Int64(missing.count), freeSpace: { object.bytes.spool.shorten(to: missing.lowerBound) }
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
            // A store that ignores ranges would send the whole object for each part.
            let missing = object.bytes.missing
            let size = object.cameWhole ? Int64(missing.count) : configuration.partSize
            for part in missing.split(into: max(1, size)) {
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
        // A version never changes; the event's ETag adds nothing.
        let pin = object.versionID == nil ? object : ObjectVersion(object, etag: nil)
        let sink = RangeSink(expectation, of: pin, folder: folder)
        let range: Range<Int64>? = if case .first(let limit) = expectation { 0..<limit } else { nil }
        let (head, bytes) = try await get(object, range, sink)
        if object.versionID != nil, head.versionID == nil { try acceptUnnamedVersion(of: object, head) }
        return FetchedObject(object, head, bytes)
    }

    /// S3 names the version in each answer. A store that doesn't may have sent what is there now, which is the
    /// requested version only if it has the ETag of the event.
    private func acceptUnnamedVersion(of object: ObjectVersion, _ head: ObjectHead) throws(TransferError) {
        if let etag = object.etag, etag != head.etag { throw .superseded }
        guard capabilities.learn(ignored: .versions, bucket: object.bucket) else { return }
        log?(.warning, "the store doesn't name the version that it sends") { json in
            json.field("bucket", object.bucket)
            json.field("consequence", StoreAbility.versions.consequence)
            json.field("hint", "docs/STORES.md")
        }
    }

    private func fetch(_ part: Range<Int64>, of object: FetchedObject) async throws {
        try await parts.withPermit { () async throws in
            let sink = RangeSink(
                .part(part, size: object.bytes.size), of: object.version, folder: folder,
                spool: object.bytes.spool)
            _ = try await get(object.version, part, sink)
        }
    }

    /// Requests a range until it has arrived completely, at most `maxAttempts` times.
    private func get(
        _ object: ObjectVersion, _ range: Range<Int64>?, _ sink: RangeSink
    ) async throws -> (ObjectHead, SpooledBytes) {
        do {
            var head = try await request(object, range, sink)
            // A chunked body can end early and still be valid HTTP, so the client does not notice.
            var attempt = 1
            while !sink.isWhole, attempt < Self.maxAttempts {
                head = try await request(object, range, sink)
                attempt += 1
            }
            return (head, try sink.finish())
        } catch let error as BodyRejected {
            // Each try returned another ETag: the store ignores conditions, and the object was overwritten.
            if sink.hasOtherETag && object.versionID == nil { throw TransferError.superseded }
            let bytes = range.map { "bytes \($0.lowerBound)-\($0.upperBound - 1) of " } ?? ""
            throw TransferError.untrustworthy(
                "GetObject, \(bytes)s3://\(object.bucket)/\(object.key.text): \(error.reason)")
        }
    }

    /// One call. The answer of a store that ignores ranges ends as soon as the range is complete.
    private func request(
        _ object: ObjectVersion, _ range: Range<Int64>?, _ sink: RangeSink
    ) async throws -> ObjectHead {
        do {
            return try await store.get(object, range: range, into: sink)
        } catch let end as RangeSink.RangeComplete {
            guard let head = sink.head else { throw end }
            return head
        }
    }

    /// Tries of a range whose body ends early.
    private static let maxAttempts = 3
}

extension Range<Int64> {
    /// Consecutive pieces of at most `size`.
    func split(into size: Int64) -> some Sequence<Range<Int64>> {
        stride(from: lowerBound, to: upperBound, by: Int64.Stride(size)).lazy.map { start in
            start..<Swift.min(start + size, self.upperBound)
        }
    }
}
