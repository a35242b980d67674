package import AWS
package import Domain

/// An object whose first range, or all of whose bytes, are in a spool.
package struct FetchedObject: Sendable {
    /// Pinned by the version id if the bucket has versions, else by the ETag of the first answer.
    package let version: ObjectVersion
    package let head: ObjectHead
    package let bytes: SpooledBytes

    init(_ requested: ObjectVersion, _ head: ObjectHead, _ bytes: SpooledBytes) {
        version = ObjectVersion(requested, etag: head.etag)
        self.head = head
        self.bytes = bytes
    }

    /// Whether the store answered the first range with all of the object: it ignores ranges.
    var cameWhole: Bool { head.status == 200 && head.contentLength == bytes.size }
}

extension ObjectVersion {
    init(_ version: ObjectVersion, etag: String?) {
        self.init(bucket: version.bucket, key: version.key, versionID: version.versionID, etag: etag)
    }
}
