package import AWS
package import Domain

extension Relocation {
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

}

/// `own` with `ours` on top; nil where S3's ten do not hold them. Tags of AWS itself are not counted, and S3 does not take
/// them from anybody else.
func merged(_ own: [Tag], _ ours: [Tag]) -> [Tag]? {
    let names = Set(ours.map(\.key))
    let all = own.filter { !names.contains($0.key) && !$0.key.lowercased().hasPrefix("aws:") } + ours
    return all.count <= 10 ? all : nil
}
