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
    package func find(
        copyOf source: ObjectVersion, size: Int64, at location: ObjectLocation
    ) async throws(TransferError) -> Destination? {
        do {
            let head = try await store.head(
                ObjectVersion(bucket: location.bucket, key: location.key, versionID: nil, etag: nil))
            // Where ETags are not the MD5 of the bytes, source and copy never share one, and the length has to do.
            let hasOwnETag = !isPlainMD5(source.etag) || head.encryption?.kmsKeyID != nil
            let isSame = head.etag == source.etag || (hasOwnETag && head.contentLength == size)
            return isSame ? Destination(location, versionID: head.versionID) : nil
        } catch {
            switch TransferError(error) {
            case .gone: return nil
            case let error: throw error
            }
        }
    }

    /// Deletes exactly this version. That it is gone already, or that a newer one stands there, is as good.
    package func delete(_ source: ObjectVersion) async throws(TransferError) {
        do {
            try await store.delete(source)
        } catch {
            switch TransferError(error) {
            case .gone, .superseded: return
            case .store(let error) where error.status == 403 && isObjectLock(error):
                throw .refused("the source is under Object Lock and stays: \(error.message)")
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
            throw TransferError(error)
        }
    }

    /// Adds tags to an object that stays where it is. Where they do not fit beside its own (S3 holds ten), the
    /// object's own stay and ours are left out.
    ///
    /// - Returns: whether the tags are on the object.
    package func add(
        _ tags: [Tag], to object: ObjectVersion, _ head: ObjectHead
    ) async throws(TransferError) -> Bool {
        guard !tags.isEmpty else { return true }
        do {
            let own = head.tagCount > 0 ? try await store.tags(of: object) : []
            guard let all = merged(own, tags) else { return false }
            if head.tagCount == 0 || Set(all) != Set(own) { try await store.setTags(all, of: object) }
            return true
        } catch {
            throw TransferError(error)
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
                var properties = ObjectProperties(of: head)
                properties.metadata += tags.map {
                    MetadataItem(name: "lazaret-tag-\(headerName($0.key))", value: percentEncoded($0.value))
                }
                copy.metadata = .replace(properties)
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
        let head = try await store.head(copy)
        guard head.etag == etag, head.contentLength == size else {
            throw TransferError.unproven(
                "\(location) has \(head.contentLength ?? -1) bytes and ETag \(head.etag ?? "none"), not \(size) and \(etag)"
            )
        }
    }
}

/// `own` with `ours` on top; nil where S3's ten do not hold them.
private func merged(_ own: [Tag], _ ours: [Tag]) -> [Tag]? {
    let names = Set(ours.map(\.key))
    let all = own.filter { !names.contains($0.key) } + ours
    return all.count <= 10 ? all : nil
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
