internal import AWS
internal import Domain

extension ObjectVersion {
    /// Whether it names one state of the object, and not whatever is under the key.
    var isPinned: Bool { versionID != nil || etag != nil }

    /// The same, pinned by the ETag that a HEAD returned if it has none.
    func pinned(by head: ObjectHead) -> ObjectVersion {
        ObjectVersion(bucket: bucket, key: key, versionID: versionID, etag: etag ?? head.etag)
    }
}
