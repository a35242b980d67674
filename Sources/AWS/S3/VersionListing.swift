internal import Domain
internal import HTTP

/// Some of a bucket's present objects, taken from a listing of all versions.
package struct VersionPage: Sendable {
    /// The latest version of each key, or every version if those were asked for; no delete markers.
    package let objects: [ListedObject]
    /// The start of the next page; nil on the last.
    package let continuation: Continuation?

    package struct Continuation: Sendable, Hashable {
        package let key: String
        package let versionID: String?
    }
}

extension S3Client {
    /// The present objects, or all versions, among one page of a bucket's versions, in the order of their keys' bytes,
    /// newest first for each key (Amazon S3 API Reference, "ListObjectVersions").
    ///
    /// - Parameters:
    ///   - startAfter: the page begins after this key; for the first page.
    ///   - continuation: of the page before.
    ///   - all: whether every version is returned, also those below a delete marker.
    ///   - limit: the maximum number of versions and delete markers; S3 returns at most 1000.
    package func listVersions(
        bucket: String, prefix: String = "", startAfter: String? = nil, continuation: VersionPage.Continuation? = nil,
        all: Bool = false, limit: Int = 1000
    ) async throws(AWSError) -> VersionPage {
        var call = call("ListObjectVersions", "GET", bucket: bucket)
        call.addQuery("versions")
        call.addQuery("encoding-type", "url")
        call.addQuery("max-keys", String(limit))
        if !prefix.isEmpty { call.addQuery("prefix", prefix) }
        // A key marker without a version marker skips all versions of that key.
        if let key = continuation?.key ?? startAfter { call.addQuery("key-marker", key) }
        if let version = continuation?.versionID { call.addQuery("version-id-marker", version) }
        return try await client.send(call) { response throws(AWSError) in
            var reading = VersionReader(takesAll: all)
            do {
                try XMLReader.read(response.body) { path, text in reading.take(path, text) }
            } catch { throw AWSError(unreadable: response, to: call, error) }
            guard let page = reading.page else {
                throw AWSError(
                    call, kind: .invalid, code: "UnreadableAnswer", message: "the answer is not a listing of versions",
                    head: response.head)
            }
            return page
        }
    }
}

/// Builds a page from the elements as they end.
private struct VersionReader {
    private let takesAll: Bool
    private var taken: [[String: String]] = []
    private var current: [String: String] = [:]
    private var isListing = false
    private var isEncoded = false
    private var isTruncated = false
    private var nextKey: String?
    private var nextVersion: String?

    init(takesAll: Bool) { self.takesAll = takesAll }

    mutating func take(_ path: [String], _ text: String) {
        switch path.count {
        case 1: isListing = path[0] == "ListVersionsResult"
        case 2:
            switch path[1] {
            case "EncodingType": isEncoded = text == "url"
            case "IsTruncated": isTruncated = text == "true"
            case "NextKeyMarker": nextKey = text
            case "NextVersionIdMarker": nextVersion = text
            case "Version":
                if takesAll || current["IsLatest"] == "true" { taken.append(current) }
                current.removeAll(keepingCapacity: true)
            default: break
            }
        case 3 where path[1] == "Version": current[path[2]] = text
        default: break
        }
    }

    /// Nil if the answer is not a listing, or one that cannot be continued. The encoding may come after the keys.
    var page: VersionPage? {
        guard isListing, !isTruncated || nextKey != nil else { return nil }
        var listed: [ListedObject] = []
        listed.reserveCapacity(taken.count)
        for version in taken {
            guard let key = ObjectKey(decoded(version["Key"] ?? "")), let size = version["Size"].flatMap({ Int64($0) })
            else { return nil }
            listed.append(
                ListedObject(
                    key: key, versionID: versionName(version["VersionId"]), size: size,
                    etag: version["ETag"].map(unquoted),
                    lastModified: version["LastModified"].flatMap { Timestamp(iso8601: $0) },
                    storageClass: version["StorageClass"]))
        }
        let next = isTruncated ? nextKey : nil
        return VersionPage(
            objects: listed, continuation: next.map { .init(key: decoded($0), versionID: nextVersion) })
    }

    private func decoded(_ text: String) -> String { isEncoded ? PercentEncoding.decoded(text) : text }
}
