package import AWS
package import Domain

/// Brings objects to their place: copy, proof, delete, each on its own, so that the caller can stop in between.
package struct Relocation: Sendable {
    private let store: any ObjectStore

    package init(store: any ObjectStore) { self.store = store }

    /// How a copy relates to its source.
    package enum Manner: Sendable {
        /// As it was: metadata, content type, cache control, tags and encryption go along; `tags` come on top.
        case promoted(tags: [Tag])
        /// Nothing that the uploader chose has effect any more; what it was is told in metadata, with `facts`.
        case inert(facts: [(name: String, value: String)], tags: [Tag])
    }

    /// Copies an object and proves the copy.
    ///
    /// - Parameters:
    ///   - head: what a GET or HEAD of exactly this version told.
    ///   - size: bytes of the object.
    package func copy(
        _ source: ObjectVersion, _ head: ObjectHead, size: Int64, to location: ObjectLocation, _ manner: Manner
    ) async throws(TransferError) -> Destination {
        guard size <= Self.greatestSingleCopy else {
            throw .refused("\(size) bytes are more than S3 copies in one request (5 GiB)")
        }
        do {
            let request = try await request(source, head, to: location, manner)
            let result = try await store.copy(request)
            if let version = source.versionID, let told = result.sourceVersionID, told != version {
                throw TransferError.unproven("version \(told) was copied, not \(version)")
            }
            if result.etag != source.etag {
                // Of an object that came in parts, or with a KMS key, the ETag is not the MD5 of the bytes, and the
                // copy has another. Then the copy itself is looked at.
                try await prove(location, version: result.versionID, etag: result.etag, size: size)
            }
            return Destination(location, versionID: result.versionID)
        } catch {
            throw TransferError(error)
        }
    }

    /// Whether `location` holds the bytes of `source`, after a copy whose answer is not known. Nil where it does not.
    ///
    /// - Parameter writtenAt: when the source was written, by S3's clock.
    package func find(
        copyOf source: ObjectVersion, size: Int64, writtenAt: Timestamp?, at location: ObjectLocation
    ) async throws(TransferError) -> Destination? {
        do {
            let head = try await store.head(
                ObjectVersion(bucket: location.bucket, key: location.key, versionID: nil, etag: nil))
            // Where ETags are not the MD5 of the bytes, source and copy never share one. Then the length has to do, of
            // something that is not older than the source: under that name an earlier upload of that length may stand.
            let hasOwnETag = !isPlainMD5(source.etag) || head.encryption?.algorithm.hasPrefix("aws:kms") == true
            let isSame =
                head.etag == source.etag
                || (hasOwnETag && head.contentLength == size && !wasWritten(head, before: writtenAt))
            return isSame ? Destination(location, versionID: head.versionID) : nil
        } catch {
            if error.status == 404 { return nil }
            throw TransferError(error)
        }
    }

    /// False where it is not known. `Last-Modified` has whole seconds.
    private func wasWritten(_ head: ObjectHead, before time: Timestamp?) -> Bool {
        guard let time, let modified = head.lastModified.flatMap({ Timestamp(httpDate: $0) }) else { return false }
        return modified.advanced(by: .seconds(1)) <= time
    }

    /// Deletes exactly this version. That it is gone already, or that a newer one stands there, is as good.
    package func delete(_ source: ObjectVersion) async throws(TransferError) {
        do {
            try await store.delete(source)
        } catch {
            switch TransferError(error) {
            case .gone, .superseded: return
            case .store(let error) where error.status == 403 && isObjectLock(error):
                throw .refused(
                    "\(error.operation ?? "S3") is refused by an Object Lock, so the source stays: \(error.message); delete it when the lock has ended"
                )
            case let error: throw error
            }
        }
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
    /// server that is no S3; a GET tells which.
    private func missing(_ object: ObjectVersion, _ error: AWSError) async -> TransferError {
        guard error.status == 404, error.code == "NotFound" else { return TransferError(error) }
        do {
            _ = try await store.get(object, range: 0..<1, into: Unread())
            return .untrustworthy(
                "HeadObject tells that s3://\(object.bucket)/\(object.key.text) is missing, GetObject that it is there")
        } catch { return TransferError(error) }
    }

    /// Adds tags to an object that stays where it is. Where they do not fit beside its own (S3 holds ten), the
    /// object's own stay and ours are left out.
    ///
    /// - Returns: whether the tags are on the object.
    /// - Throws: `superseded` where the object was overwritten meanwhile; the tags are then taken off again.
    package func add(
        _ tags: [Tag], to object: ObjectVersion, _ head: ObjectHead
    ) async throws(TransferError) -> Bool {
        guard !tags.isEmpty else { return true }
        do {
            let own = head.tagCount > 0 ? try await store.tags(of: object) : []
            guard let all = merged(own, tags) else { return false }
            if !Set(all).isSubset(of: own) {
                try await store.setTags(all, of: object)
                if object.versionID == nil { try await confirm(tags, on: object) }
            }
            return true
        } catch {
            throw TransferError(error)
        }
    }

    /// Takes tags off again where the object is not the one that they were meant for: S3 sets tags without conditions,
    /// and a verdict must not stand on bytes that nobody has looked at.
    private func confirm(_ tags: [Tag], on object: ObjectVersion) async throws {
        do {
            _ = try await store.head(object)
        } catch  where error.status == 412 {
            let ours = Set(tags)
            let theirs = try await store.tags(of: object)
            let left = theirs.filter { !ours.contains($0) }
            if left.count < theirs.count { try await store.setTags(left, of: object) }
            throw TransferError.superseded
        } catch {
            throw await missing(object, error)
        }
    }

    /// 5 GiB (Amazon S3 API Reference, "CopyObject").
    package static let greatestSingleCopy: Int64 = 5 << 30

    private func request(
        _ source: ObjectVersion, _ head: ObjectHead, to location: ObjectLocation, _ manner: Manner
    ) async throws -> ObjectCopy {
        var copy = ObjectCopy(source: source, destination: location)
        copy.storageClass = head.storageClass
        copy.encryption = head.encryption
        switch manner {
        case .promoted(let tags):
            guard !tags.isEmpty else { break }
            let own = head.tagCount > 0 ? try await store.tags(of: source) : []
            if let all = merged(own, tags) {
                copy.tags = .replace(all)
            } else {
                copy.metadata = .replace(ObjectProperties(of: head, tagsAsMetadata: tags))
            }
        case .inert(let facts, let tags):
            let own = head.tagCount > 0 ? try await store.tags(of: source) : []
            copy.metadata = .replace(.inert(source, head, facts: facts, tags: own))
            copy.tags = .replace(tags)
        }
        return copy
    }

    private func prove(
        _ location: ObjectLocation, version: String?, etag: String, size: Int64
    ) async throws {
        let copy = ObjectVersion(bucket: location.bucket, key: location.key, versionID: version, etag: etag)
        let head = try await headOfCopy(copy)
        guard head.etag == etag, head.contentLength == size else {
            throw TransferError.unproven(
                "\(location) has \(head.contentLength ?? -1) bytes and ETag \(head.etag ?? "none"), not \(size) and \(etag)"
            )
        }
    }
}

extension Relocation {
    /// A 404 or 412 of the destination is no word about the source.
    private func headOfCopy(_ copy: ObjectVersion) async throws(TransferError) -> ObjectHead {
        do {
            return try await store.head(copy)
        } catch {
            guard error.status == 404 || error.status == 412 else { throw TransferError(error) }
            throw .unproven(
                "s3://\(copy.bucket)/\(copy.key.text) does not hold the copy (HeadObject, HTTP \(error.status ?? 0))")
        }
    }
}

/// `own` with `ours` on top; nil where S3's ten do not hold them. Tags of AWS itself are not counted, and S3 does not take
/// them from anybody else.
private func merged(_ own: [Tag], _ ours: [Tag]) -> [Tag]? {
    let names = Set(ours.map(\.key))
    let all = own.filter { !names.contains($0.key) && !$0.key.lowercased().hasPrefix("aws:") } + ours
    return all.count <= 10 ? all : nil
}

/// Takes no bytes: for a GET that is made for its status.
private final class Unread: ObjectSink {
    func begin(_ head: ObjectHead) {}
    func receive(_ bytes: UnsafeRawBufferPointer) {}
}

/// Whether an ETag is the MD5 of the object's bytes, by its form: of parts it has a `-` and their number.
private func isPlainMD5(_ etag: String?) -> Bool {
    guard let etag else { return false }
    return etag.utf8.count == 32 && !etag.utf8.contains(UInt8(ascii: "-"))
}

private func isObjectLock(_ error: AWSError) -> Bool {
    let message = error.message.lowercased()
    return message.contains("object lock") || message.contains("object protected") || message.contains("worm")
        || message.contains("legal hold")
}
