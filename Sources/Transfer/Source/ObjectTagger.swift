package import AWS
package import Domain

/// Sets tags on objects that stay where they are.
///
/// S3 sets tags without conditions. A version is tagged by its id; in a bucket without versions the tags may meet
/// another upload. There one more tag binds them to the content and to the job, and the object is looked at afterwards.
/// A store without tags may take the request that sets them for an upload, and replace the object: tags are read before
/// the first ones are set in a bucket.
package struct ObjectTagger: Sendable {
    let store: any ObjectStore
    let reader: SourceReader
    let capabilities: StoreCapabilities

    /// The tag that names the ETag which the others are about, and the job that set them: `ETag:job`.
    package static let binding = "lazaret-object"

    /// Adds tags to an object. S3 holds ten: those of the uploader make room.
    ///
    /// - Parameter head: the answer of a GET or HEAD of exactly this version.
    /// - Returns: the uploader's tags that made room.
    /// - Throws: `superseded` if the object was overwritten meanwhile; the tags are then removed again.
    package func add(
        _ tags: [Tag], to object: ObjectVersion, head: ObjectHead, by job: JobID
    ) async throws(TransferError) -> [Tag] {
        guard !tags.isEmpty else { return [] }
        do {
            let own = try await ownTags(of: object, head)
            var added = tags
            if object.versionID == nil {
                added.append(Tag(key: Self.binding, value: "\(object.etag ?? "none"):\(job.text)"))
            }
            let all = merged(own, added)
            if Set(all.tags) != Set(own.filter { !isOfAWS($0) }) {
                try await store.setTags(all.tags, of: object)
                if object.versionID == nil {
                    try await removeIfOverwritten(Set(tags.map(\.key)), on: object, head, job)
                }
            }
            return all.dropped
        } catch {
            throw TransferError(error)
        }
    }

    /// Removes the uploader's tags of these names, before the object is inspected: nobody may take them for a verdict.
    package func remove(
        _ names: Set<String>, from object: ObjectVersion, head: ObjectHead
    ) async throws(TransferError) {
        guard head.tagCount > 0, !names.isEmpty else { return }
        do {
            let own = try await ownTags(of: object, head).filter { !isOfAWS($0) }
            let left = own.filter { !names.contains($0.key) && $0.key != Self.binding }
            guard left.count < own.count else { return }
            if object.versionID == nil { _ = try await reader.head(of: object) }
            try await store.setTags(left, of: object)
        } catch {
            throw TransferError(error)
        }
    }

    private func ownTags(of object: ObjectVersion, _ head: ObjectHead) async throws(TransferError) -> [Tag] {
        guard head.tagCount > 0 || !capabilities.has(.keepsTags, bucket: object.bucket) else { return [] }
        do {
            let tags = try await store.tags(of: object)
            capabilities.learn(.keepsTags, bucket: object.bucket)
            return tags
        } catch {
            // Reading them may be denied: that is an answer of a store with tags.
            if head.tagCount == 0, error.status == 403 { return [] }
            guard error.isOfMissingTags else { throw TransferError(error) }
            capabilities.learn(.keepsNoTags, bucket: object.bucket)
            throw TransferError.refused(
                "the store of \(object.bucket) keeps no tags (\(error.message)): let the pipeline move or keep the object, then replay the job"
            )
        }
    }

    /// Takes the tags of a job off the object that is under the key by now, unless another job's have replaced them.
    package func undo(
        _ names: Set<String>, of job: JobID, on object: ObjectVersion
    ) async throws(TransferError) {
        let current = ObjectVersion(bucket: object.bucket, key: object.key, versionID: nil, etag: nil)
        do {
            let present = try await store.tags(of: current).filter { !isOfAWS($0) }
            guard present.contains(where: { $0.key == Self.binding && $0.value.hasSuffix(":\(job.text)") }) else {
                return
            }
            try await store.setTags(present.filter { !names.contains($0.key) && $0.key != Self.binding }, of: current)
        } catch {
            throw TransferError(error)
        }
    }

    /// The ETag is an MD5, of which an uploader can make two bodies: the time of writing counts too.
    private func removeIfOverwritten(
        _ names: Set<String>, on object: ObjectVersion, _ seen: ObjectHead, _ job: JobID
    ) async throws {
        do {
            let head = try await store.head(object)
            guard let before = seen.lastModified, let now = head.lastModified, before != now else { return }
        } catch  where error.status == 412 {
            // Another upload is there.
        } catch {
            throw await reader.explain(error, of: object)
        }
        try await undo(names, of: job, on: object)
        throw TransferError.superseded
    }
}

/// Tags of AWS itself do not count towards the ten, and S3 accepts them from nobody else.
private func isOfAWS(_ tag: Tag) -> Bool { tag.key.lowercased().hasPrefix("aws:") }

/// Returns `added`, and as many of `own` as S3's ten tags leave room for, in their order; and those of `own` that found
/// no room.
func merged(_ own: [Tag], _ added: [Tag]) -> (tags: [Tag], dropped: [Tag]) {
    let names = Set(added.map(\.key))
    let others = own.filter { !names.contains($0.key) && !isOfAWS($0) }
    let room = max(0, 10 - added.count)
    return (Array(others.prefix(room)) + added, Array(others.dropFirst(room)))
}
