package import Domain
internal import HTTP

/// The headers of a GET or HEAD (Amazon S3 API Reference, "GetObject").
package struct ObjectHead: Sendable {
    /// 200 for a whole object, 206 for a part.
    package var status: Int
    /// Bytes of this answer, which may be a part of the object.
    package var contentLength: Int64?
    package var contentRange: ContentRange?
    /// Without quotation marks.
    package var etag: String?
    /// Nil for S3's `null`, the version of an object without versions.
    package var versionID: String?
    /// Whether this is the `null` version in a bucket that has, or had, versions.
    package var isNullVersion = false
    package var contentType: String?
    package var contentEncoding: String?
    package var contentDisposition: String?
    package var contentLanguage: String?
    package var cacheControl: String?
    package var expires: String?
    package var websiteRedirect: String?
    /// The header's text.
    package var lastModified: String?
    package var metadata: [MetadataItem] = []
    package var tagCount = 0
    /// Nil for STANDARD, which S3 does not name.
    package var storageClass: String?
    package var encryption: ObjectEncryption?
    /// Nil if there is none, or if the caller may not read it.
    package var lock: ObjectLock?
    /// The SHA-256 of all bytes of the object, in lowercase hexadecimal; nil if S3 has none, or was not asked for it.
    package var sha256: String?
    /// The same, if S3 says that it is that of the whole object.
    package var fullObjectSHA256: String?

    /// `lastModified` as a time, to the second.
    package var writtenAt: Timestamp? { lastModified.flatMap { Timestamp(httpDate: $0) } }

    /// A head with no more than a status.
    package init(status: Int) { self.status = status }

    init(_ head: HTTPHead) {
        let headers = head.headers
        status = head.status
        contentLength = headers["content-length"].flatMap { Int64($0) }
        contentRange = headers["content-range"].flatMap { ContentRange($0) }
        etag = headers["etag"].map(unquoted)
        versionID = versionName(headers["x-amz-version-id"])
        isNullVersion = headers["x-amz-version-id"] == "null"
        contentType = headers["content-type"]
        contentEncoding = headers["content-encoding"]
        contentDisposition = headers["content-disposition"]
        contentLanguage = headers["content-language"]
        cacheControl = headers["cache-control"]
        expires = headers["expires"]
        websiteRedirect = headers["x-amz-website-redirect-location"]
        lastModified = headers["last-modified"]
        headers.forEach(startingWith: "x-amz-meta-") { name, value in
            metadata.append(MetadataItem(name: name, bytes: value))
        }
        tagCount = headers["x-amz-tagging-count"].flatMap { Int($0) } ?? 0
        storageClass = headers["x-amz-storage-class"].flatMap { $0 == "STANDARD" ? nil : $0 }
        encryption = headers["x-amz-server-side-encryption"].map { algorithm in
            ObjectEncryption(
                algorithm: algorithm, kmsKeyID: headers["x-amz-server-side-encryption-aws-kms-key-id"],
                bucketKeyEnabled: headers["x-amz-server-side-encryption-bucket-key-enabled"] == "true")
        }
        lock = ObjectLock(
            retainedUntil: headers["x-amz-object-lock-retain-until-date"].flatMap { Timestamp(iso8601: $0) },
            hasLegalHold: headers["x-amz-object-lock-legal-hold"] == "ON")
        let type = headers["x-amz-checksum-type"]
        sha256 = wholeSHA256(headers["x-amz-checksum-sha256"], type: type, etag: etag)
        fullObjectSHA256 = type == "FULL_OBJECT" ? sha256 : nil
    }
}

/// The Object Lock on a version (Amazon S3 User Guide, "Locking objects with Object Lock").
package struct ObjectLock: Sendable, Hashable {
    package let retainedUntil: Timestamp?
    package let hasLegalHold: Bool

    /// Returns nil if the version is not locked.
    package init?(retainedUntil: Timestamp?, hasLegalHold: Bool) {
        guard retainedUntil != nil || hasLegalHold else { return nil }
        self.retainedUntil = retainedUntil
        self.hasLegalHold = hasLegalHold
    }

    package func holds(at time: Timestamp) -> Bool { hasLegalHold || retainedUntil.map { time < $0 } ?? false }
}

/// `bytes 0-9/100`: the first and the last byte of an answer, and the object's size; `total` is nil for `*` (RFC 9110,
/// section 14.4).
package struct ContentRange: Sendable, Hashable {
    package let first: Int64
    package let last: Int64
    package let total: Int64?

    package init(first: Int64, last: Int64, total: Int64?) {
        self.first = first
        self.last = last
        self.total = total
    }

    /// Returns nil unless the text is a consistent, satisfied range of bytes.
    package init?(_ text: String) {
        guard text.lowercased().hasPrefix("bytes ") else { return nil }
        let halves = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = decimal(ends[0]), let last = decimal(ends[1]), first <= last else {
            return nil
        }
        if halves[1] == "*" {
            self.init(first: first, last: last, total: nil)
        } else {
            guard let total = decimal(halves[1]), last < total else { return nil }
            self.init(first: first, last: last, total: total)
        }
    }
}

/// Accepts digits only: `Int64` would accept a sign too.
private func decimal(_ text: Substring) -> Int64? {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
}

/// One item of an object's user metadata, without `x-amz-meta-`.
package struct MetadataItem: Sendable, Hashable {
    package let name: String
    /// S3's text, at times in MIME's encoded words (RFC 2047), which are left as they are.
    package let value: String
    /// The value's bytes if they are not UTF-8; these are sent on.
    package let rawValue: [UInt8]?

    package init(name: String, value: String) {
        self.name = name
        self.value = value
        rawValue = nil
    }

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        value = String(decoding: bytes, as: UTF8.self)
        rawValue = value.utf8.elementsEqual(bytes) ? nil : bytes
    }

    var header: HTTPHeader {
        let name = "x-amz-meta-\(name)"
        return rawValue.map { HTTPHeader(name, bytes: $0) } ?? HTTPHeader(name, value)
    }
}

/// Server-side encryption of an object.
package struct ObjectEncryption: Sendable, Hashable {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`.
    package let algorithm: String
    package let kmsKeyID: String?
    package let bucketKeyEnabled: Bool

    package init(algorithm: String, kmsKeyID: String? = nil, bucketKeyEnabled: Bool = false) {
        self.algorithm = algorithm
        self.kmsKeyID = kmsKeyID
        self.bucketKeyEnabled = bucketKeyEnabled
    }

    func add(to call: inout AWSCall) {
        call.addHeader("x-amz-server-side-encryption", algorithm)
        call.addHeader("x-amz-server-side-encryption-aws-kms-key-id", kmsKeyID)
        if bucketKeyEnabled { call.addHeader("x-amz-server-side-encryption-bucket-key-enabled", "true") }
    }
}

/// Returns an ETag without its quotation marks.
func unquoted(_ etag: String) -> String {
    guard etag.utf8.count >= 2, etag.hasPrefix("\""), etag.hasSuffix("\"") else { return etag }
    return String(etag.dropFirst().dropLast())
}

/// Returns nil for S3's `null` and for an empty header.
func versionName(_ header: String?) -> String? { header.flatMap { $0 == "null" || $0.isEmpty ? nil : $0 } }
