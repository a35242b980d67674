package import AWS
package import Domain
package import Support

/// Brings objects to their place: copy, proof, delete, each on its own, so that the caller can stop in between.
package struct Relocation: Sendable {
    package struct Configuration: Sendable {
        /// Objects of more bytes are copied by parts.
        package var copyInPartsOver = Relocation.greatestSingleCopy
        /// Bytes of each part but the last; S3 takes no less than 5 MiB. Larger where S3's number of parts would not do.
        package var partSize: Int64 = 512 << 20
        /// Parts of one object under way at once.
        package var partsAtOnce = 8
        /// Parts of all objects together under way at once.
        package var partsInAll = 32

        package init() {}
    }

    let store: any ObjectStore
    let configuration: Configuration
    let deletes: ConditionalDeletes
    let parts: AsyncSemaphore
    let uploads = RunningUploads()
    /// Uploads are begun one at a time, so that none is taken for a leftover before it is known as ours.
    let beginnings = AsyncSemaphore(1)
    let destinations = StoreCapabilities()
    let log: Log?

    /// - Parameters:
    ///   - deletes: what is known of the store's conditions; shared by all who delete.
    ///   - log: told of copies that are not of what was inspected, and of stores that do not tell.
    package init(
        store: any ObjectStore, configuration: Configuration = .init(), deletes: ConditionalDeletes = .init(),
        log: Log? = nil
    ) {
        self.store = store
        self.configuration = configuration
        self.deletes = deletes
        self.log = log
        parts = AsyncSemaphore(configuration.partsInAll)
    }

    /// How a copy relates to its source.
    package enum Manner: Sendable {
        /// As it was: metadata, content type, cache control, tags and encryption go along; `tags` come on top.
        case promoted(tags: [Tag])
        /// Nothing that the uploader chose has effect any more; what it was is told in metadata, with `facts`.
        case inert(facts: [(name: String, value: String)], tags: [Tag])
    }

    /// 5 GiB (Amazon S3 API Reference, "CopyObject").
    package static let greatestSingleCopy: Int64 = 5 << 30

    /// Copies an object and proves the copy; `CopyProof.swift` tells what the proof rests on.
    ///
    /// - Parameters:
    ///   - source: pinned by its version, else by its ETag.
    ///   - head: what a GET or HEAD of exactly this version told.
    ///   - size: bytes of the object.
    ///   - inspected: the SHA-256 of the bytes that were judged, in lowercase hexadecimal; nil where not all were read.
    ///   - job: whose copy it is.
    ///   - inspectedBytes: brings those bytes; called where `comparesParts` says so alone, and before anything is changed.
    ///   - mayBeThere: an earlier attempt may have made the copy: then it is looked for first.
    ///   - holds: asked between two parts and two tries, and before an upload is completed; throws where the right to go on is lost.
    package func copy(
        _ source: ObjectVersion, _ head: ObjectHead, size: Int64, inspected: String?, to location: ObjectLocation,
        _ manner: Manner, for job: JobID, mayBeThere: Bool = false,
        inspectedBytes: @Sendable () async throws -> SpooledBytes,
        while holds: @escaping @Sendable () async throws -> Void = {}
    ) async throws(TransferError) -> Destination {
        let mark = CopyMark(job, source, inspected: inspected)
        do {
            if mayBeThere, let copy = try await look(for: mark, of: source, head, at: location) { return copy }
            if isCopiedInParts(size) {
                return try await copyInParts(
                    source, head, size: size, to: location, manner, mark, inspectedBytes, holds)
            }
            return try await copyWhole(source, head, size: size, to: location, manner, mark, holds)
        } catch {
            throw TransferError(error)
        }
    }

    /// Whether a copy needs the inspected bytes once more: of a source by parts, S3 tells no hash but those of the parts.
    package func comparesParts(of source: ObjectVersion, size: Int64) -> Bool {
        source.versionID == nil && isCopiedInParts(size)
    }

    private func isCopiedInParts(_ size: Int64) -> Bool {
        size > min(configuration.copyInPartsOver, Self.greatestSingleCopy)
    }

    /// Tries of a copy whose answer was lost each time.
    static let tries = 3

    private func copyWhole(
        _ source: ObjectVersion, _ head: ObjectHead, size: Int64, to location: ObjectLocation, _ manner: Manner,
        _ mark: CopyMark, _ holds: @Sendable () async throws -> Void
    ) async throws -> Destination {
        let request = try await request(source, head, to: location, manner, mark)
        let result: ObjectCopyResult
        switch try await asking(request, head, mark, holds) {
        case .found(let copy): return copy
        case .made(let made): result = made
        }
        // First of all, so that other bytes stay for no other reason.
        let isProven = try await isOfInspectedBytes(result, source, at: location, mark, holds)
        if let version = source.versionID, let told = result.sourceVersionID, told != version {
            throw TransferError.unproven("version \(told) was copied, not \(version)")
        }
        if result.etag != source.etag, isPlainMD5(source.etag) {
            destinations.learn(.changingETags, of: location.bucket)
        }
        if !isProven, result.etag != source.etag {
            // Of an object that came in parts, or under a KMS key, the ETag is not the MD5 of the bytes, and the copy has
            // another. Then the copy itself is looked at.
            let copy = try await prove(location, version: result.versionID, etag: result.etag, size: size)
            if isPlainMD5(source.etag), head.encryption?.isByKMS != true, copy.encryption?.isByKMS != true {
                try await clear(copy, at: location, as: source, holds)
            }
        }
        return Destination(location, versionID: result.versionID)
    }

    private enum Copied {
        case made(ObjectCopyResult)
        case found(Destination)
    }

    /// Sends a copy, and where its answer is lost, looks for the copy before it is sent once more: in a bucket with versions a
    /// second copy would stay beside the first.
    private func asking(
        _ request: ObjectCopy, _ head: ObjectHead, _ mark: CopyMark, _ holds: @Sendable () async throws -> Void
    ) async throws -> Copied {
        var attempt = 1
        while true {
            do {
                return .made(try await send(request))
            } catch {
                guard error.leavesOutcomeOpen else { throw error }
                if let copy = try await look(for: mark, of: request.source, head, at: request.destination) {
                    return .found(copy)
                }
                guard attempt < Self.tries else { throw error }
                attempt += 1
                try await asked(holds)
            }
        }
    }

    private func request(
        _ source: ObjectVersion, _ head: ObjectHead, to location: ObjectLocation, _ manner: Manner, _ mark: CopyMark
    ) async throws -> ObjectCopy {
        var copy = ObjectCopy(source: source, destination: location)
        copy.storageClass = head.storageClass
        copy.encryption = carried(head.encryption)
        switch manner {
        case .promoted(let tags):
            var leftOver: [Tag] = []
            if !tags.isEmpty {
                let own = head.tagCount > 0 ? try await store.tags(of: source) : []
                if let all = merged(own, tags) { copy.tags = .replace(all) } else { leftOver = tags }
            }
            if !leftOver.isEmpty || needsMark(source, head, location) {
                copy.metadata = .replace(ObjectProperties(of: head, mark: mark, tagsAsMetadata: leftOver))
            }
        case .inert(let facts, let tags):
            let own = head.tagCount > 0 ? try await store.tags(of: source) : []
            copy.metadata = .replace(.inert(source, head, mark: mark, facts: facts, tags: own))
            copy.tags = .replace(tags)
        }
        return copy
    }

    /// A copy whose ETag will be the source's is known by that, and the uploader's metadata stays untouched.
    private func needsMark(_ source: ObjectVersion, _ head: ObjectHead, _ location: ObjectLocation) -> Bool {
        !isPlainMD5(source.etag) || head.encryption?.isByKMS == true
            || destinations.isKnown(.changingETags, of: location.bucket)
            || head.metadata.contains { $0.name == CopyMark.name }
    }

    /// What a HEAD of exactly this version tells.
    package func head(_ source: ObjectVersion) async throws(TransferError) -> ObjectHead {
        do {
            var head = try await store.head(source)
            // Unlike a GET, a HEAD does not tell of tags: let them be looked for.
            head.tagCount = max(head.tagCount, 1)
            return head
        } catch {
            throw await missing(source, error)
        }
    }

    /// What a failed HEAD means. Its answers have no body, so that 404 may be said of the object, of its bucket, or by a
    /// server that is no S3, and 400 of a key that only the uploader has; a GET tells which.
    func missing(_ object: ObjectVersion, _ error: AWSError) async -> TransferError {
        let isUnexplained =
            (error.status == 404 && error.code == "NotFound") || (error.status == 400 && error.code == "BadRequest")
        guard isUnexplained else { return TransferError(error) }
        do {
            _ = try await store.get(object, range: 0..<1, into: Unread())
            return .untrustworthy(
                "HeadObject of s3://\(object.bucket)/\(object.key.text) is answered with \(error.status ?? 0), GetObject finds it there"
            )
        } catch { return TransferError(error) }
    }
}

extension Relocation {
    /// Asks whether the right to go on is still there.
    func asked(_ holds: @Sendable () async throws -> Void) async throws(TransferError) {
        do { try await holds() } catch { throw .stopped(error) }
    }
}

/// What S3 does by itself today is not asked for, so that the destination's own default holds, which may be a KMS key.
func carried(_ encryption: ObjectEncryption?) -> ObjectEncryption? {
    encryption?.algorithm == "AES256" ? nil : encryption
}

extension ObjectEncryption {
    var isByKMS: Bool { algorithm.hasPrefix("aws:kms") }
}

/// What is known of buckets that copies go to, learnt from the first copy there.
final class StoreCapabilities: Sendable {
    enum Habit: Sendable {
        /// Copies get another ETag than the source has, since the bucket encrypts with a KMS key by itself.
        case changingETags
        /// A copy that asks for a checksum is refused.
        case refusingChecksums
        /// The same of a copy by parts.
        case refusingChecksumsOfParts
        /// No SHA-256 is told of a copy.
        case tellingNoSHA256
    }

    private let known = Locked<[Habit: Set<String>]>([:])

    func isKnown(_ habit: Habit, of bucket: String) -> Bool {
        known.withLock { $0[habit]?.contains(bucket) ?? false }
    }

    /// - Returns: whether it is news.
    @discardableResult func learn(_ habit: Habit, of bucket: String) -> Bool {
        known.withLock { $0[habit, default: []].insert(bucket).inserted }
    }
}

/// Takes no bytes: for a GET that is made for its status.
private final class Unread: ObjectSink {
    func begin(_ head: ObjectHead) {}
    func receive(_ bytes: UnsafeRawBufferPointer) {}
}
