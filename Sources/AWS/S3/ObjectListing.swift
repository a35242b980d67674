package import Domain
internal import HTTP

/// One object as a listing tells of it.
package struct ListedObject: Sendable, Hashable {
    package let key: ObjectKey
    /// Told by listings of versions alone; nil for S3's `null` there.
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
    /// Leads to the next page; nil on the last.
    package let continuation: String?
}

extension S3Client {
    /// One page of a bucket's objects in the order of their keys' bytes (Amazon S3 API Reference, "ListObjectsV2").
    ///
    /// - Parameters:
    ///   - startAfter: only keys beyond this one; for the first page.
    ///   - continuation: of the page before.
    ///   - limit: how many at the most; S3 gives no more than 1000.
    package func list(
        bucket: String, prefix: String = "", startAfter: String? = nil, continuation: String? = nil, limit: Int = 1000
    ) async throws(AWSError) -> ObjectPage {
        var call = call("ListObjectsV2", "GET", bucket: bucket)
        call.addQuery("list-type", "2")
        // XML cannot carry every character a key may hold.
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
                    call, kind: .invalid, code: "UnreadableAnswer", message: "the answer is no listing of objects",
                    head: response.head)
            }
            return page
        }
    }

    /// All objects whose keys start with the prefix, page after page as they are asked for.
    package func objects(bucket: String, prefix: String = "", startAfter: String? = nil) -> ObjectListing {
        ObjectListing(s3: self, bucket: bucket, prefix: prefix, startAfter: startAfter)
    }
}

/// A sequence over ListObjectsV2. It throws `AWSError`.
package struct ObjectListing: AsyncSequence, Sendable {
    package typealias Element = ListedObject
    package typealias Failure = AWSError

    let s3: S3Client
    let bucket: String
    let prefix: String
    let startAfter: String?

    package func makeAsyncIterator() -> Iterator { Iterator(listing: self) }

    package struct Iterator: AsyncIteratorProtocol {
        let listing: ObjectListing
        private var page: ArraySlice<ListedObject> = []
        private var continuation: String?
        private var isLast = false

        init(listing: ObjectListing) { self.listing = listing }

        package mutating func next() async throws(AWSError) -> ListedObject? {
            while page.isEmpty, !isLast {
                let next = try await listing.s3.list(
                    bucket: listing.bucket, prefix: listing.prefix, startAfter: listing.startAfter,
                    continuation: continuation)
                page = next.objects[...]
                continuation = next.continuation
                isLast = continuation == nil
            }
            return page.popFirst()
        }

        package mutating func next(isolation actor: isolated (any Actor)?) async throws(AWSError) -> ListedObject? {
            try await next()
        }
    }
}

/// Puts a page together out of the elements as they end.
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

    /// Nil where what came is no listing, or one that cannot be gone on with. The encoding may be told after the keys.
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
