internal import AWS
internal import Domain

// What is asked of a source bucket about a name that nothing has, so that nothing is written, removed or read.

extension S3Client {
    /// What `lazaret check` says of a bucket that a pipeline takes objects from.
    func sourceBucketFacts(_ bucket: String, below prefix: String) async -> String {
        let name = "\(prefix).lazaret-check-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        guard let key = ObjectKey(name) else { return notKnown("the prefix is too long to ask below it") }
        let nothing = ObjectLocation(bucket: bucket, key: key)
        let versioning = try? await versioning(of: bucket)
        let facts = [await conditionalDeletes(of: nothing, versioning), await deniedTags(of: nothing, versioning)]
        return facts.compactMap(\.self).joined(separator: "; ")
    }

    /// A warning where the tags of objects can't be read: then S3 does not even tell that there are any, and a copy that is
    /// given tags by a pipeline, or is made inert, loses the uploader's. Nil where they can, or where that is not known.
    private func deniedTags(of nothing: ObjectLocation, _ versioning: BucketVersioning?) async -> String? {
        var denied: [String] = []
        for (action, version) in [("s3:GetObjectTagging", nil), ("s3:GetObjectVersionTagging", "null")] {
            if version != nil, versioning == .never { continue }
            let object = ObjectVersion(bucket: nothing.bucket, key: nothing.key, versionID: version, etag: nil)
            do { _ = try await tags(of: object) } catch { if error.status == 403 { denied.append(action) } }
        }
        guard !denied.isEmpty else { return nil }
        return "WARNING: \(denied.joined(separator: " and ")) denied, so copies may lose their uploads' tags"
    }

    /// How objects of a source bucket are deleted, in words: whether the store keeps to a condition.
    ///
    /// Under a condition S3 answers 404 to the delete of a name that nothing has, without one 204. Where it can't be told, the
    /// words say why; the worker finds out by itself.
    private func conditionalDeletes(of nothing: ObjectLocation, _ versioning: BucketVersioning?) async -> String {
        if versioning == .enabled { return "each delete names its version" }
        // A delete that names no version leaves a marker behind in a bucket that had versions.
        let plain = ObjectDeletion(nothing, version: versioning == .never ? nil : .null)
        var conditional = plain
        conditional.ifMatch = "lazaret-asks-whether-conditions-are-kept"
        do {
            try await delete(conditional)
            return notKept
        } catch {
            switch error.status {
            case 412: return kept
            case 400, 501: return notKept
            case 404: break
            default: return notKnown("\(error)")
            }
        }
        do {
            try await delete(plain)
            return kept
        } catch {
            return notKnown("the store answers every delete of what is not there with \(error.status ?? 0)")
        }
    }
}

private let kept = "conditional deletes: honoured"
private let notKept = "conditional deletes: not honoured, so a HEAD goes before each delete"

private func notKnown(_ reason: String) -> String {
    "conditional deletes: not known (\(reason)); the worker finds out with its first delete"
}
