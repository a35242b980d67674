package import Domain
internal import FoundationEssentials

/// What a put says of what it wrote.
package struct Written: Decodable, Sendable {
    /// Without quotation marks.
    package let etag: String
    package let version: String?
    /// Lowercase hexadecimal; only of objects that the operator made up.
    package let sha256: String?
}

/// An object as S3 holds it.
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

    /// Nil for more than 1 MiB.
    package var bytes: [UInt8]? { body.map(Array.init) }
}

package struct StoredVersion: Decodable, Sendable {
    package let key: String
    package let version: String
    package let isDeleteMarker: Bool
}

/// What an uploader says of an object beside its bytes.
package struct UploadOptions: Sendable {
    package var type: String?
    package var metadata: [String: String] = [:]
    package var tags: [String: String] = [:]
    package var cacheControl: String?
    package var contentDisposition: String?
    /// `AES256` or `aws:kms`.
    package var encryption: String?
    package var storageClass: String?
    /// 32 characters that only the uploader has (SSE-C).
    package var customerKey: String?

    package init(
        type: String? = nil, metadata: [String: String] = [:], tags: [String: String] = [:],
        cacheControl: String? = nil, contentDisposition: String? = nil, encryption: String? = nil,
        storageClass: String? = nil, customerKey: String? = nil
    ) {
        self.type = type
        self.metadata = metadata
        self.tags = tags
        self.cacheControl = cacheControl
        self.contentDisposition = contentDisposition
        self.encryption = encryption
        self.storageClass = storageClass
        self.customerKey = customerKey
    }

    fileprivate var fields: [String: JSONValue] {
        [
            "type": JSONValue(type), "metadata": JSONValue(metadata), "tags": JSONValue(tags),
            "cacheControl": JSONValue(cacheControl), "contentDisposition": JSONValue(contentDisposition),
            "encryption": JSONValue(encryption), "storageClass": JSONValue(storageClass),
            "customerKey": JSONValue(customerKey),
        ]
    }
}

extension CloudOperator {
    package func createBucket(_ bucket: String, versioned: Bool = false) async throws {
        try await tell("create-bucket", ["bucket": .text(bucket), "versioned": .truth(versioned)])
    }

    @discardableResult package func put(
        _ body: [UInt8], _ bucket: String, _ key: String, _ options: UploadOptions = .init()
    ) async throws -> Written {
        let named: [String: JSONValue] = [
            "bucket": .text(bucket), "key": .text(key), "body": .text(Data(body).base64EncodedString()),
        ]
        return try await ask("put", named.merging(options.fields) { old, _ in old }, as: Written.self)
    }

    /// `count` texts, no two the same, at `prefix` and a number of five digits from 00000.
    package func putMany(
        _ count: Int, size: Int, _ bucket: String, prefix: String, _ options: UploadOptions = .init()
    ) async throws {
        let named: [String: JSONValue] = [
            "bucket": .text(bucket), "prefix": .text(prefix), "count": JSONValue(count), "size": JSONValue(size),
        ]
        try await tell("put-many", named.merging(options.fields) { old, _ in old })
    }

    /// An object of `size` bytes, uploaded in parts of 8 MiB and made as it goes.
    package func putLarge(
        size: Int, _ bucket: String, _ key: String, _ options: UploadOptions = .init()
    ) async throws -> Written {
        let named: [String: JSONValue] = ["bucket": .text(bucket), "key": .text(key), "size": JSONValue(size)]
        return try await ask("put-large", named.merging(options.fields) { old, _ in old }, as: Written.self)
    }

    /// Nil where there is no such object or version.
    package func get(_ bucket: String, _ key: String, version: String? = nil) async throws -> Stored? {
        let named: [String: JSONValue] = [
            "bucket": .text(bucket), "key": .text(key), "version": JSONValue(version),
        ]
        return try await ask("get", named, as: Stored?.self)
    }

    /// Keys in the store's order. They compare by their bytes.
    package func keys(_ bucket: String, prefix: String = "") async throws -> [ObjectKey] {
        let listed = try await ask("keys", ["bucket": .text(bucket), "prefix": .text(prefix)], as: [String].self)
        return listed.compactMap { ObjectKey($0) }
    }

    /// Every version and every delete marker.
    package func versions(_ bucket: String, prefix: String = "") async throws -> [StoredVersion] {
        try await ask("versions", ["bucket": .text(bucket), "prefix": .text(prefix)], as: [StoredVersion].self)
    }

    /// Keys of multipart uploads that were begun and neither completed nor aborted.
    package func openUploads(_ bucket: String) async throws -> [String] {
        try await ask("uploads", ["bucket": .text(bucket)], as: [String].self)
    }

    package func delete(_ bucket: String, _ key: String, version: String? = nil) async throws {
        try await tell("delete", ["bucket": .text(bucket), "key": .text(key), "version": JSONValue(version)])
    }

    /// Waits until at least `count` objects stand under `prefix`. Returns how many there were in the end.
    package func awaitKeys(_ count: Int, _ bucket: String, prefix: String = "", seconds: Int = 30) async throws -> Int {
        let named: [String: JSONValue] = [
            "bucket": .text(bucket), "prefix": .text(prefix), "count": JSONValue(count), "seconds": JSONValue(seconds),
        ]
        return try await ask("await-keys", named, as: Int.self)
    }
}
