package import AWS
package import Domain

/// Deletes exactly the version of an object that was read.
package struct ObjectDeleter: Sendable {
    let store: any ObjectStore
    let reader: SourceReader
    let capabilities: StoreCapabilities

    private static let maxAttempts = 3

    /// Deletes exactly this state of an object. Succeeds if it is gone already, or if a newer one is there.
    ///
    /// A version is deleted by its id, also if only `head` has it. In a bucket without versions the delete is
    /// conditional on the ETag. If the store ignores such a condition, a HEAD precedes each delete, and an upload
    /// between the two is lost: only a store with conditional deletes excludes that.
    ///
    /// - Parameter head: the answer of a GET or HEAD of exactly this state.
    package func delete(_ object: ObjectVersion, head: ObjectHead) async throws(TransferError) {
        let location = object.location
        do {
            if let version = object.versionID ?? head.versionID {
                return try await store.delete(ObjectDeletion(location, version: .id(version)))
            }
            guard let etag = object.etag ?? head.etag else {
                throw TransferError.untrustworthy("\(location) has neither version nor ETag, so it is not deleted")
            }
            let state = ObjectVersion(at: location, etag: etag)
            if head.isNullVersion {
                try await deleteNullVersion(state)
            } else {
                try await delete(state, ObjectDeletion(location))
            }
        } catch {
            switch TransferError(error) {
            case .gone, .deleteMarker, .superseded: return
            case .store(let error) where error.status == 403 && isObjectLock(error):
                throw .refused(
                    "\(error.operation ?? "S3") is refused by an Object Lock, so the source stays: \(error.message); delete it when the lock has ended"
                )
            case let error: throw error
            }
        }
    }

    /// Deletes an object that was written without versioning, in a bucket that has or had versions. The delete names
    /// the version `null`, since S3 would otherwise only add a delete marker.
    private func deleteNullVersion(_ state: ObjectVersion) async throws {
        let deletion = ObjectDeletion(ObjectLocation(bucket: state.bucket, key: state.key), version: .null)
        do {
            try await delete(state, deletion)
        } catch {
            switch TransferError(error) {
            case .gone, .deleteMarker, .superseded: break
            default: throw error
            }
            // S3 checks the condition against the latest version: that may be a later version or marker above ours.
            try await deleteUnconditionally(deletion) { () async throws in
                guard try await store.headOfNullVersion(state).etag == state.etag else {
                    throw TransferError.superseded
                }
            }
        }
    }

    private func delete(_ state: ObjectVersion, _ deletion: ObjectDeletion) async throws {
        var conditional = deletion
        conditional.ifMatch = state.etag
        switch capabilities.deletePlan(for: state.bucket) {
        case .conditional: try await store.delete(conditional)
        case .probe:
            if try await honoursIfMatch(state, deletion) { try await store.delete(conditional) }
        case .headThenConditional:
            try await reader.checkUnchanged(state)
            try await store.delete(conditional)
        case .headThenUnconditional:
            try await deleteUnconditionally(deletion) { () async throws in try await reader.checkUnchanged(state) }
        }
    }

    /// Deletes without a condition, with a check right before each try.
    private func deleteUnconditionally(
        _ deletion: ObjectDeletion, check: () async throws -> Void
    ) async throws {
        var once = deletion
        once.isSentOnce = true
        var attempt = 1
        while true {
            try await check()
            do {
                return try await store.delete(once)
            } catch {
                guard error.isRetryable, attempt < Self.maxAttempts else { throw error }
                attempt += 1
            }
        }
    }

    /// Sends a delete whose condition no object fulfils, of an object that is to be deleted anyway.
    ///
    /// - Returns: whether the store honours the condition. Otherwise the object is deleted when this returns.
    private func honoursIfMatch(_ state: ObjectVersion, _ deletion: ObjectDeletion) async throws -> Bool {
        var honoured: Bool?
        defer { capabilities.finishProbe(of: state.bucket, honoursIfMatch: honoured) }
        var impossible = deletion
        impossible.ifMatch = impossibleETag
        impossible.isSentOnce = true
        var attempt = 1
        while true {
            try await reader.checkUnchanged(state)
            do {
                try await store.delete(impossible)
                honoured = false
                return false
            } catch {
                switch error.status {
                case 412:
                    honoured = true
                    return true
                // The store does not know the header, and reports it.
                case 400, 501:
                    honoured = false
                    try await deleteUnconditionally(deletion) { () async throws in
                        try await reader.checkUnchanged(state)
                    }
                    return false
                default:
                    guard error.isRetryable, attempt < Self.maxAttempts else { throw error }
                    attempt += 1
                }
            }
        }
    }
}

extension ObjectVersion {
    init(at location: ObjectLocation, versionID: String? = nil, etag: String?) {
        self.init(bucket: location.bucket, key: location.key, versionID: versionID, etag: etag)
    }
}

/// S3 has no ETags of this form.
private let impossibleETag = "lazaret-asks-whether-conditions-are-kept"

/// Recognises the messages of S3 and of compatible stores.
private func isObjectLock(_ error: AWSError) -> Bool {
    let message = error.message.lowercased()
    return message.contains("object lock") || message.contains("object protected") || message.contains("worm")
        || message.contains("legal hold")
}
