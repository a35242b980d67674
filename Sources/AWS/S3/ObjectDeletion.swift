package import Domain
internal import HTTP

/// A delete of one object (Amazon S3 API Reference, "DeleteObject").
package struct ObjectDeletion: Sendable, Hashable {
    package let location: ObjectLocation
    /// Nil for whichever state stands under the key.
    package var version: Version?
    /// Only while the key's present state has this ETag. Stores that know no such condition delete without it.
    package var ifMatch: String?
    /// Not sent again after a failure: a second try would hit whatever has come to stand there meanwhile.
    package var isSentOnce = false

    package enum Version: Sendable, Hashable {
        case id(String)
        /// The one of an object written while the bucket had no versions, or while they were suspended.
        case null

        var text: String {
            switch self {
            case .id(let id): id
            case .null: "null"
            }
        }
    }

    package init(
        _ location: ObjectLocation, version: Version? = nil, ifMatch: String? = nil, isSentOnce: Bool = false
    ) {
        self.location = location
        self.version = version
        self.ifMatch = ifMatch
        self.isSentOnce = isSentOnce
    }

    /// Of exactly this state: by its version id, else by its ETag.
    package init(_ object: ObjectVersion) {
        location = ObjectLocation(bucket: object.bucket, key: object.key)
        version = object.versionID.map { .id($0) }
        ifMatch = object.versionID == nil ? object.etag : nil
    }
}

extension S3Client {
    /// Deletes exactly this version; without a version id, only while the object has the ETag. One that is not there any more is
    /// as good as deleted, for that is what the second try of a delete finds.
    package func delete(_ object: ObjectVersion) async throws(AWSError) {
        do {
            try await delete(ObjectDeletion(object))
        } catch {
            guard error.kind == .notFound, error.code != "NoSuchBucket" else { throw error }
        }
    }

    /// Deletes an object, or throws what S3 says: where there is a condition and no object, that is 404.
    package func delete(_ deletion: ObjectDeletion) async throws(AWSError) {
        var call = call("DeleteObject", "DELETE", bucket: deletion.location.bucket, key: deletion.location.key)
        if let version = deletion.version { call.addQuery("versionId", version.text) }
        if deletion.isSentOnce { call.retries = .never }
        if let etag = deletion.ifMatch { call.addHeader("if-match", "\"\(etag)\"") }
        try await client.send(call) { _ in }
    }
}
