package import AWS
package import Domain

/// Adds tags to objects that stay where they are.
package struct ObjectTagger: Sendable {
    let store: any ObjectStore
    let reader: SourceReader

    /// Adds tags to an object. If they do not fit beside its own (S3 holds ten), the object is left as it is.
    ///
    /// - Returns: whether the tags are on the object.
    /// - Throws: `superseded` if the object was overwritten meanwhile; the tags are then removed again.
    package func add(
        _ tags: [Tag], to object: ObjectVersion, head: ObjectHead
    ) async throws(TransferError) -> Bool {
        guard !tags.isEmpty else { return true }
        do {
            let own = head.tagCount > 0 ? try await store.tags(of: object) : []
            guard let all = merged(own, tags) else { return false }
            if !Set(all).isSubset(of: own) {
                try await store.setTags(all, of: object)
                if object.versionID == nil { try await removeIfOverwritten(tags, on: object) }
            }
            return true
        } catch {
            throw TransferError(error)
        }
    }

    /// Removes the tags again if another object is there by now: S3 sets tags without conditions, and bytes that were
    /// not inspected must not carry a verdict.
    private func removeIfOverwritten(_ tags: [Tag], on object: ObjectVersion) async throws {
        do {
            _ = try await store.head(object)
        } catch  where error.status == 412 {
            let ours = Set(tags)
            let present = try await store.tags(of: object)
            let left = present.filter { !ours.contains($0) }
            if left.count < present.count { try await store.setTags(left, of: object) }
            throw TransferError.superseded
        } catch {
            throw await reader.explain(error, of: object)
        }
    }
}

/// Returns `own` with `added` on top, or nil if they are more than ten. Tags of AWS itself do not count, and S3 accepts
/// them from nobody else.
func merged(_ own: [Tag], _ added: [Tag]) -> [Tag]? {
    let names = Set(added.map(\.key))
    let all = own.filter { !names.contains($0.key) && !$0.key.lowercased().hasPrefix("aws:") } + added
    return all.count <= 10 ? all : nil
}
