/// One version of one object, to which reads, copies and deletes are pinned.
package struct ObjectVersion: Hashable, Sendable {
    package let bucket: String
    package let key: ObjectKey
    /// Nil in a bucket without versioning. S3 reports `null` for objects written while versioning was off or suspended.
    /// The bytes behind `null` can change, so it is nil here.
    package let versionID: String?
    /// Without quotation marks, as in events.
    package let etag: String?

    package init(bucket: String, key: ObjectKey, versionID: String?, etag: String?) {
        self.bucket = bucket
        self.key = key
        self.versionID = versionID == "null" || versionID == "" ? nil : versionID
        self.etag = etag == "" ? nil : etag
    }

    package var location: ObjectLocation { ObjectLocation(bucket: bucket, key: key) }
}

/// A bucket and a key, without a version.
package struct ObjectLocation: Hashable, Sendable, CustomStringConvertible {
    package let bucket: String
    package let key: ObjectKey

    package init(bucket: String, key: ObjectKey) {
        self.bucket = bucket
        self.key = key
    }

    package var description: String { "s3://\(bucket)/\(key.text)" }
}
