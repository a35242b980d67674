internal import AWS
internal import Domain
internal import Transfer

// Probes a source bucket with a key that does not exist, so that nothing is written, deleted or read.

extension S3Client {
    /// The facts that `lazaret check` prints about a pipeline's source bucket.
    ///
    /// - Parameter versioning: nil if it is unknown.
    func sourceBucketFacts(_ bucket: String, below prefix: String, _ versioning: BucketVersioning?) async -> String {
        guard let missing = missingObject(below: prefix, in: bucket) else {
            return unknown("the prefix is too long for a probe")
        }
        let facts = [await conditionalDeletes(of: missing, versioning), await deniedTags(of: missing, versioning)]
        return facts.compactMap(\.self).joined(separator: "; ")
    }

    /// Returns a warning if the tags of objects can't be read, or nil if they can or if that is unknown. Without the
    /// permission S3 does not report that an object has tags, and a copy that is inert or gets tags from a pipeline
    /// loses the uploader's.
    private func deniedTags(of missing: ObjectLocation, _ versioning: BucketVersioning?) async -> String? {
        var denied: [String] = []
        for (action, version) in [("s3:GetObjectTagging", nil), ("s3:GetObjectVersionTagging", "null")] {
            if version != nil, versioning == .never { continue }
            let object = ObjectVersion(bucket: missing.bucket, key: missing.key, versionID: version, etag: nil)
            do { _ = try await tags(of: object) } catch { if error.status == 403 { denied.append(action) } }
        }
        guard !denied.isEmpty else { return nil }
        return "WARNING: \(denied.joined(separator: " and ")) denied, so copies may lose the tags of their uploads"
    }

    /// Whether the store honours `If-Match` on DeleteObject, as text. If the answer is unclear, the text says why; the
    /// worker then learns it from its first delete.
    private func conditionalDeletes(of missing: ObjectLocation, _ versioning: BucketVersioning?) async -> String {
        if versioning == .enabled { return "deletes: by version ID" }
        switch await StoreProbe(self).deleteConditions(of: missing, versioning) {
        case .kept: return honoured
        case .ignored: return notHonoured
        case .unknown(let reason): return unknown(reason)
        }
    }
}

private let honoured = "conditional deletes: honoured"
private let notHonoured = "conditional deletes: not honoured, so each delete follows a HEAD"

private func unknown(_ reason: String) -> String {
    "conditional deletes: unknown (\(reason)); the worker learns it from its first delete"
}
