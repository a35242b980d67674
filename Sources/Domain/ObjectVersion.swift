/// One state of one object: what a read, a copy and a delete are pinned to.
package struct ObjectVersion: Hashable, Sendable {
    package let bucket: String
    package let key: ObjectKey
    /// Nil in a bucket without versions. S3 says `null` for objects written while versions were off or suspended; that
    /// names no fixed state, so it is kept here as nil.
    package let versionID: String?
    /// Without quotation marks, as events carry it.
    package let etag: String?

    package init(bucket: String, key: ObjectKey, versionID: String?, etag: String?) {
        self.bucket = bucket
        self.key = key
        self.versionID = versionID == "null" || versionID == "" ? nil : versionID
        self.etag = etag == "" ? nil : etag
    }
}

/// Where an object is put: the name without a state.
package struct ObjectLocation: Hashable, Sendable, CustomStringConvertible {
    package let bucket: String
    package let key: ObjectKey

    package init(bucket: String, key: ObjectKey) {
        self.bucket = bucket
        self.key = key
    }

    package var description: String { "s3://\(bucket)/\(key.text)" }
}
