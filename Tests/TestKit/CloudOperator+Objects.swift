package import Domain
internal import FoundationEssentials

/// The result of a put.
package struct Written: Decodable, Sendable {
    /// Without quotation marks.
    package let etag: String
    package let version: String?
    /// Lowercase hexadecimal; nil unless the operator generated the bytes.
    package let sha256: String?
}

/// An object as S3 stores it.
package struct Stored: Decodable, Sendable {
    private let body: Data?
    package let size: Int64
    package let sha256: String
    package let etag: String
    package let version: String?
    package let type: String?
    package let metadata: [String: String]
    package let tags: [String: String]
    package let cacheControl: String?
    package let contentDisposition: String?
    package let encryption: String?

    /// Nil if there are more than 1 MiB.
    package var bytes: [UInt8]? { body.map(Array.init) }
}

package struct StoredVersion: Decodable, Sendable {
    package let key: String
    package let version: String
    package let isDeleteMarker: Bool
}

/// The properties that an uploader sets on an object.
package struct UploadOptions: Sendable {
    package var type: String?
    package var metadata: [String: String] = [:]
    package var tags: [String: String] = [:]
    package var cacheControl: String?
    package var contentDisposition: String?
    package var contentEncoding: String?
    /// Whether the upload carries the SHA-256 of its bytes.
    package var sendsSHA256 = false
    /// What the upload says of its SHA-256 instead, in base64.
    package var claimedSHA256: String?
    /// `AES256` or `aws:kms`.
    package var encryption: String?
    package var storageClass: String?
    /// A key of 32 characters that S3 does not store (SSE-C).
    package var customerKey: String?

    package init(
        type: String? = nil, metadata: [String: String] = [:], tags: [String: String] = [:],
        cacheControl: String? = nil, contentDisposition: String? = nil, contentEncoding: String? = nil,
        encryption: String? = nil,
        storageClass: String? = nil, customerKey: String? = nil
    ) {
        self.type = type
        self.metadata = metadata
        self.tags = tags
        self.cacheControl = cacheControl
        self.contentDisposition = contentDisposition
        self.contentEncoding = contentEncoding
        self.encryption = encryption
        self.storageClass = storageClass
        self.customerKey = customerKey
    }

    fileprivate var fields: [String: JSONValue] {
        [
            "type": JSONValue(type), "metadata": JSONValue(metadata), "tags": JSONValue(tags),
            "cacheControl": JSONValue(cacheControl), "contentDisposition": JSONValue(contentDisposition),
            "contentEncoding": JSONValue(contentEncoding), "sendsSHA256": .truth(sendsSHA256),
            "claimedSHA256": JSONValue(claimedSHA256),
            "encryption": JSONValue(encryption), "storageClass": JSONValue(storageClass),
            "customerKey": JSONValue(customerKey),
        ]
    }
}

extension CloudOperator {
    package func createBucket(_ bucket: String, versioned: Bool = false) async throws {
        try await call("create-bucket", ["bucket": .text(bucket), "versioned": .truth(versioned)])
    }

    @discardableResult package func put(
        _ body: [UInt8], _ bucket: String, _ key: String, _ options: UploadOptions = .init()
    ) async throws -> Written {
        let named: [String: JSONValue] = [
            "bucket": .text(bucket), "key": .text(key), "body": .text(Data(body).base64EncodedString()),
        ]
        return try await call("put", named.merging(options.fields) { old, _ in old }, as: Written.self)
    }

    /// Uploads `count` different texts. Each key is `prefix` and a number of five digits from 00000.
    package func putMany(
        _ count: Int, size: Int, _ bucket: String, prefix: String, _ options: UploadOptions = .init()
    ) async throws {
        let named: [String: JSONValue] = [
            "bucket": .text(bucket), "prefix": .text(prefix), "count": JSONValue(count), "size": JSONValue(size),
        ]
        try await call("put-many", named.merging(options.fields) { old, _ in old })
    }

    /// Uploads an object of `size` bytes in parts of 8 MiB that are generated during the upload.
    package func putLarge(
        size: Int, _ bucket: String, _ key: String, _ options: UploadOptions = .init()
    ) async throws -> Written {
        let named: [String: JSONValue] = ["bucket": .text(bucket), "key": .text(key), "size": JSONValue(size)]
        return try await call("put-large", named.merging(options.fields) { old, _ in old }, as: Written.self)
    }

    /// Returns nil if the object or version is missing.
    package func get(_ bucket: String, _ key: String, version: String? = nil) async throws -> Stored? {
        let named: [String: JSONValue] = [
            "bucket": .text(bucket), "key": .text(key), "version": JSONValue(version),
        ]
        return try await call("get", named, as: Stored?.self)
    }

    /// Returns the keys in the store's order.
    package func keys(_ bucket: String, prefix: String = "") async throws -> [ObjectKey] {
        let listed = try await call("keys", ["bucket": .text(bucket), "prefix": .text(prefix)], as: [String].self)
        return listed.compactMap { ObjectKey($0) }
    }

    /// Returns every version and every delete marker.
    package func versions(_ bucket: String, prefix: String = "") async throws -> [StoredVersion] {
        try await call("versions", ["bucket": .text(bucket), "prefix": .text(prefix)], as: [StoredVersion].self)
    }

    /// Returns the keys of multipart uploads that were created and neither completed nor aborted.
    package func openUploads(_ bucket: String) async throws -> [String] {
        try await call("uploads", ["bucket": .text(bucket)], as: [String].self)
    }

    package func delete(_ bucket: String, _ key: String, version: String? = nil) async throws {
        try await call("delete", ["bucket": .text(bucket), "key": .text(key), "version": JSONValue(version)])
    }

    /// Waits until there are at least `count` objects under `prefix`. Returns the number of objects found last.
    package func awaitKeys(_ count: Int, _ bucket: String, prefix: String = "", seconds: Int = 30) async throws -> Int {
        let named: [String: JSONValue] = [
            "bucket": .text(bucket), "prefix": .text(prefix), "count": JSONValue(count), "seconds": JSONValue(seconds),
        ]
        return try await call("await-keys", named, as: Int.self)
    }
}
