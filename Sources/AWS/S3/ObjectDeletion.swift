package import Domain
internal import HTTP

/// A delete of one object (Amazon S3 API Reference, "DeleteObject").
package struct ObjectDeletion: Sendable, Hashable {
    package let location: ObjectLocation
    /// Nil for the present state of the key.
    package var version: Version?
    /// Deletes only if the key's present state has this ETag. Some stores ignore the condition.
    package var ifMatch: String?
    /// Whether the request is never repeated: a second try would delete an object that was written meanwhile.
    package var isSentOnce = false

    package enum Version: Sendable, Hashable {
        case id(String)
        /// The version of an object that was written before versioning was enabled, or while it was suspended.
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
}

extension S3Client {
    /// Deletes an object. A conditional delete of a missing object throws 404.
    package func delete(_ deletion: ObjectDeletion) async throws(AWSError) {
        var call = call("DeleteObject", "DELETE", bucket: deletion.location.bucket, key: deletion.location.key)
        if let version = deletion.version { call.addQuery("versionId", version.text) }
        if deletion.isSentOnce { call.retries = .never }
        if let etag = deletion.ifMatch { call.addHeader("if-match", "\"\(etag)\"") }
        try await client.send(call) { _ in }
    }
}
