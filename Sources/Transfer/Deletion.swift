package import AWS
package import Domain

extension Relocation {
    /// Deletes exactly this state of an object. That it is gone already, or that a newer one stands there, is as good.
    ///
    /// A version is deleted by its id, also where the event did not tell it. In a bucket without versions the delete depends on the
    /// ETag; where the store does not keep to such a condition, a HEAD goes before each delete, and an upload that comes between the
    /// two is lost: only a store with conditions excludes that.
    ///
    /// - Parameter head: what a GET or HEAD of exactly this state told.
    package func delete(_ source: ObjectVersion, _ head: ObjectHead) async throws(TransferError) {
        let location = ObjectLocation(bucket: source.bucket, key: source.key)
        do {
            if let version = source.versionID ?? head.versionID {
                return try await store.delete(ObjectDeletion(location, version: .id(version)))
            }
            guard let etag = source.etag ?? head.etag else {
                throw TransferError.untrustworthy("\(location) has neither version nor ETag, so it is not deleted")
            }
            let state = ObjectVersion(bucket: source.bucket, key: source.key, versionID: nil, etag: etag)
            if head.isNullVersion {
                try await deleteNullVersion(state)
            } else {
                try await delete(state, ObjectDeletion(location))
            }
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

    /// What was written without versions, in a bucket that has them (again), or had them: named, so that S3 does not merely put
    /// a delete marker over it.
    private func deleteNullVersion(_ state: ObjectVersion) async throws {
        let location = ObjectLocation(bucket: state.bucket, key: state.key)
        do {
            try await delete(state, ObjectDeletion(location, version: .null))
        } catch {
            switch TransferError(error) {
            case .gone, .superseded: break
            default: throw error
            }
            // The condition is held against what is on top: that may be a version or a marker of a later day, with ours below.
            try await deletingWhatWasSeen(ObjectDeletion(location, version: .null)) { () async throws in
                guard try await store.headOfNullVersion(state).etag == state.etag else {
                    throw TransferError.superseded
                }
            }
        }
    }

    private func delete(_ state: ObjectVersion, _ deletion: ObjectDeletion) async throws {
        var conditional = deletion
        conditional.ifMatch = state.etag
        switch deletes.plan(for: state.bucket) {
        case .conditional: try await store.delete(conditional)
        case .probe: try await probe(state, deletion, conditional)
        case .lookThenConditional:
            try await look(at: state)
            try await store.delete(conditional)
        case .lookThenPlain: try await deletingWhatWasSeen(deletion) { () async throws in try await look(at: state) }
        }
    }

    /// A delete without condition, with a look right before each try.
    private func deletingWhatWasSeen(_ deletion: ObjectDeletion, _ look: () async throws -> Void) async throws {
        var once = deletion
        once.isSentOnce = true
        var attempt = 1
        while true {
            try await look()
            do {
                return try await store.delete(once)
            } catch {
                guard error.isRetryable, attempt < Self.tries else { throw error }
                attempt += 1
            }
        }
    }

    /// Finds out with an object that is to be deleted anyway, by a condition that no object fulfils.
    private func probe(
        _ state: ObjectVersion, _ deletion: ObjectDeletion, _ conditional: ObjectDeletion
    ) async throws {
        var areHonoured: Bool?
        defer { deletes.learn(state.bucket, areHonoured: areHonoured) }
        try await look(at: state)
        var impossible = deletion
        impossible.ifMatch = impossibleETag
        impossible.isSentOnce = true
        do {
            try await store.delete(impossible)
            areHonoured = false
            return
        } catch {
            switch error.status {
            case 412: areHonoured = true
            // A store that does not know the header, and says so.
            case 400, 501: areHonoured = false
            default: throw error
            }
        }
        if areHonoured == true { return try await store.delete(conditional) }
        try await deletingWhatWasSeen(deletion) { () async throws in try await look(at: state) }
    }

    /// Throws unless the object is still in that state.
    func look(at state: ObjectVersion) async throws(TransferError) {
        let head: ObjectHead
        do {
            head = try await store.head(state)
        } catch {
            throw await missing(state, error)
        }
        guard head.etag == state.etag else { throw .superseded }
    }
}

/// No ETag of S3 has this form.
let impossibleETag = "lazaret-asks-whether-conditions-are-kept"

/// The words of S3 and of stores like it.
private func isObjectLock(_ error: AWSError) -> Bool {
    let message = error.message.lowercased()
    return message.contains("object lock") || message.contains("object protected") || message.contains("worm")
        || message.contains("legal hold")
}
