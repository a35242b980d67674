package import Domain
internal import HTTP

/// One object of a listing.
package struct ListedObject: Sendable, Hashable {
    package let key: ObjectKey
    /// Only in listings of versions; nil for S3's `null`.
    package let versionID: String?
    package let size: Int64
    /// Without quotation marks.
    package let etag: String?
    package let lastModified: Timestamp?
    package let storageClass: String?

    package init(
        key: ObjectKey, versionID: String? = nil, size: Int64, etag: String?, lastModified: Timestamp?,
        storageClass: String? = nil
    ) {
        self.key = key
        self.versionID = versionID
        self.size = size
        self.etag = etag
        self.lastModified = lastModified
        self.storageClass = storageClass
    }
}

package struct ObjectPage: Sendable {
    package let objects: [ListedObject]
    /// The token for the next page; nil on the last.
    package let continuation: String?
}

extension S3Client {
    /// One page of a bucket's objects in the order of their keys' bytes (Amazon S3 API Reference, "ListObjectsV2").
    ///
    /// - Parameters:
    ///   - startAfter: the page begins after this key; for the first page.
    ///   - continuation: of the page before.
    ///   - limit: the maximum number of objects; S3 returns at most 1000.
    package func list(
        bucket: String, prefix: String = "", startAfter: String? = nil, continuation: String? = nil, limit: Int = 1000
    ) async throws(AWSError) -> ObjectPage {
        var call = call("ListObjectsV2", "GET", bucket: bucket)
        call.addQuery("list-type", "2")
        // XML cannot encode every character that a key may hold.
        call.addQuery("encoding-type", "url")
        call.addQuery("max-keys", String(limit))
        if !prefix.isEmpty { call.addQuery("prefix", prefix) }
        if let continuation {
            call.addQuery("continuation-token", continuation)
        } else if let startAfter {
            call.addQuery("start-after", startAfter)
        }
        return try await client.send(call) { response throws(AWSError) in
            var reading = ListingReader()
            do {
                try XMLReader.read(response.body) { path, text in reading.take(path, text) }
            } catch { throw AWSError(unreadable: response, to: call, error) }
            guard let page = reading.page else {
                throw AWSError(
                    call, kind: .invalid, code: "UnreadableAnswer", message: "the answer is not a listing of objects",
                    head: response.head)
            }
            return page
        }
    }
}

/// Builds a page from the elements as they end.
private struct ListingReader {
    private var objects: [(key: String, size: Int64?, etag: String?, modified: String?, storageClass: String?)] = []
    private var current: [String: String] = [:]
    private var isListing = false
    private var isEncoded = false
    private var isTruncated = false
    private var continuation: String?

    mutating func take(_ path: [String], _ text: String) {
        switch path.count {
        case 1: isListing = path[0] == "ListBucketResult"
        case 2:
            switch path[1] {
            case "EncodingType": isEncoded = text == "url"
            case "IsTruncated": isTruncated = text == "true"
            case "NextContinuationToken": continuation = text
            case "Contents":
                objects.append(
                    (
                        current["Key"] ?? "", current["Size"].flatMap { Int64($0) }, current["ETag"],
                        current["LastModified"], current["StorageClass"]
                    ))
                current.removeAll(keepingCapacity: true)
            default: break
            }
        case 3 where path[1] == "Contents": current[path[2]] = text
        default: break
        }
    }

    /// Nil if the answer is not a listing, or one that cannot be continued. The encoding may come after the keys.
    var page: ObjectPage? {
        guard isListing, !isTruncated || continuation != nil else { return nil }
        var listed: [ListedObject] = []
        listed.reserveCapacity(objects.count)
        for object in objects {
            guard let key = ObjectKey(isEncoded ? PercentEncoding.decoded(object.key) : object.key),
                let size = object.size
            else { return nil }
            listed.append(
                ListedObject(
                    key: key, size: size, etag: object.etag.map(unquoted),
                    lastModified: object.modified.flatMap { Timestamp(iso8601: $0) },
                    storageClass: object.storageClass))
        }
        return ObjectPage(objects: listed, continuation: isTruncated ? continuation : nil)
    }
}
