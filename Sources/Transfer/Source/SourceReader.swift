package import AWS
package import Domain

/// HEAD requests for the source of a move.
package struct SourceReader: Sendable {
    let store: any ObjectStore

    /// Returns the head of exactly this version.
    package func head(of source: ObjectVersion) async throws(TransferError) -> ObjectHead {
        do {
            var head = try await store.head(source)
            // Unlike a GET, a HEAD does not return the number of tags: let them be asked for.
            head.tagCount = max(head.tagCount, 1)
            return head
        } catch {
            throw await explain(error, of: source)
        }
    }

    /// Returns the head of exactly this version, with its SHA-256 if the store keeps one and the caller may read it.
    package func headWithSHA256(of source: ObjectVersion) async throws(TransferError) -> ObjectHead {
        do {
            var head = try await store.head(source, wantsSHA256: true)
            head.tagCount = max(head.tagCount, 1)
            return head
        } catch {
            guard [400, 403, 501].contains(error.status) else { throw await explain(error, of: source) }
            return try await head(of: source)
        }
    }

    /// Returns the tags of exactly this version.
    package func tags(of source: ObjectVersion) async throws(TransferError) -> [Tag] {
        do { return try await store.tags(of: source) } catch { throw TransferError(error) }
    }

    /// Returns whether no other version has taken the place of this one under its key. A deleted key counts as current:
    /// nothing newer is there.
    package func isCurrent(_ source: ObjectVersion) async throws(TransferError) -> Bool {
        guard let version = source.versionID else { return true }
        do throws(AWSError) {
            let latest = try await store.head(
                ObjectVersion(bucket: source.bucket, key: source.key, versionID: nil, etag: nil))
            return !latest.isNullVersion && (latest.versionID ?? version) == version
        } catch {
            guard error.status == 404 || error.status == 405 else { throw TransferError(error) }
            return true
        }
    }

    /// Throws unless the object still has this version or ETag.
    func checkUnchanged(_ state: ObjectVersion) async throws(TransferError) {
        let head: ObjectHead
        do {
            head = try await store.head(state)
        } catch {
            throw await explain(error, of: state)
        }
        guard head.etag == state.etag else { throw .superseded }
    }

    /// The reason of a failed HEAD, whose answer has no body. A 404 may be about the object, its bucket, or come from a
    /// server that is not S3; a 400 may be about a key that only the uploader has. A GET tells them apart.
    func explain(_ error: AWSError, of object: ObjectVersion) async -> TransferError {
        let isUnexplained =
            (error.status == 404 && error.code == "NotFound") || (error.status == 400 && error.code == "BadRequest")
        guard isUnexplained else { return TransferError(error) }
        do {
            do { _ = try await store.get(object, range: 0..<1, into: StatusSink()) } catch is StatusSink.Found {}
            let name = "s3://\(object.bucket)/\(object.key.text)"
            return .untrustworthy("HeadObject of \(name) returned \(error.status ?? 0), but GetObject finds it")
        } catch { return TransferError(error) }
    }
}

/// Ends a GET that is made for its status when its head is there: a store that ignores ranges sends the whole object.
private final class StatusSink: ObjectSink {
    struct Found: Error {}

    func begin(_ head: ObjectHead) throws { throw Found() }
    func receive(_ bytes: UnsafeRawBufferPointer) {}
}
