package import Domain
internal import HTTP

/// A copy in one request, of at most 5 GiB (Amazon S3 API Reference, "CopyObject").
package struct ObjectCopy: Sendable {
    /// Pinned by its version, else by its ETag.
    package let source: ObjectVersion
    package let destination: ObjectLocation
    package var metadata: Metadata
    package var tags: Tags
    /// Not copied by S3; nil for STANDARD.
    package var storageClass: String?
    /// Not copied by S3; nil for the default of the destination's bucket.
    package var encryption: ObjectEncryption?
    /// Whether S3 should compute the SHA-256 of the copied bytes, return it, and keep it with the copy in place of the
    /// source's checksum. Some stores refuse the request: see `AWSError.isOfChecksum`.
    package var wantsSHA256 = false
    /// See `AWSCall.mayRepeat`.
    package var mayRepeat: (@Sendable () async -> Bool)?

    package enum Metadata: Sendable, Hashable {
        /// The source's content type, its other properties and its user metadata; not its website redirect.
        case keep
        case replace(ObjectProperties)
    }

    package enum Tags: Sendable, Hashable {
        case keep
        case replace([Tag])
    }

    package init(
        source: ObjectVersion, destination: ObjectLocation, metadata: Metadata = .keep, tags: Tags = .keep,
        storageClass: String? = nil, encryption: ObjectEncryption? = nil
    ) {
        self.source = source
        self.destination = destination
        self.metadata = metadata
        self.tags = tags
        self.storageClass = storageClass
        self.encryption = encryption
    }
}

package struct ObjectCopyResult: Sendable, Hashable {
    /// Of the copy, without quotation marks.
    package let etag: String
    /// Of the copy.
    package let versionID: String?
    package let sourceVersionID: String?
    /// Of all bytes of the copy, in lowercase hexadecimal; nil if S3 returned none.
    package let sha256: String?

    package init(etag: String, versionID: String?, sourceVersionID: String?, sha256: String? = nil) {
        self.etag = etag
        self.versionID = versionID
        self.sourceVersionID = sourceVersionID
        self.sha256 = sha256
    }
}

extension S3Client {
    /// Copies an object. S3 answers 200 before it has copied, and an error may follow in the body: that error is
    /// thrown, and retried if its code says that nothing was done.
    ///
    /// A request is not retried if its answer was lost, reports a failure within S3, or has no ETag. The copy may
    /// exist, and in a bucket with versions a second one would be added: see `AWSError.leavesOutcomeOpen`.
    package func copy(_ request: ObjectCopy) async throws(AWSError) -> ObjectCopyResult {
        var call = call("CopyObject", "PUT", bucket: request.destination.bucket, key: request.destination.key)
        call.timeout = .seconds(600)
        call.retries = .ifRefused
        call.mayRepeat = request.mayRepeat
        addSource(request.source, to: &call)
        switch request.metadata {
        case .keep: call.addHeader("x-amz-metadata-directive", "COPY")
        case .replace(let properties):
            call.addHeader("x-amz-metadata-directive", "REPLACE")
            properties.add(to: &call)
        }
        switch request.tags {
        case .keep: call.addHeader("x-amz-tagging-directive", "COPY")
        case .replace(let tags):
            call.addHeader("x-amz-tagging-directive", "REPLACE")
            if !tags.isEmpty { call.addHeader("x-amz-tagging", Tag.headerValue(tags)) }
        }
        call.addHeader("x-amz-storage-class", request.storageClass)
        request.encryption?.add(to: &call)
        if request.wantsSHA256 { call.addHeader("x-amz-checksum-algorithm", "SHA256") }
        return try await client.send(call) { response throws(AWSError) in
            let headers = response.head.headers
            let copied = try copied(in: response, of: call)
            return ObjectCopyResult(
                etag: copied.etag, versionID: versionName(headers["x-amz-version-id"]),
                sourceVersionID: versionName(headers["x-amz-copy-source-version-id"]), sha256: copied.sha256)
        }
    }

    /// Adds the pinned source of a copy, or of a copied part.
    func addSource(_ source: ObjectVersion, to call: inout AWSCall) {
        var text: [UInt8] = []
        PercentEncoding.append(path: "\(source.bucket)/\(source.key.text)".utf8, to: &text)
        if let version = source.versionID {
            text.append(contentsOf: "?versionId=".utf8)
            PercentEncoding.append(component: version, to: &text)
        } else if let etag = source.etag {
            call.addHeader("x-amz-copy-source-if-match", "\"\(etag)\"")
        }
        call.addHeader("x-amz-copy-source", String(decoding: text, as: UTF8.self))
        call.addHeader("x-amz-source-expected-bucket-owner", owner(of: source.bucket))
    }

    /// Returns the ETag, without quotation marks, and the SHA-256 of all bytes from the body of a successful answer.
    /// Throws an `<Error>` in the body.
    func copied(
        in response: HTTPResponse, of call: AWSCall
    ) throws(AWSError) -> (etag: String, sha256: String?) {
        var (etag, checksum, checksumType): (String?, String?, String?)
        var isError = false
        do {
            try XMLReader.read(replacingInvalidXMLCharacters(in: response.body)) { path, text in
                switch path.last {
                case "ETag": etag = unquoted(text)
                case "ChecksumSHA256": checksum = text
                case "ChecksumType": checksumType = text
                default: break
                }
                if path.first == "Error" { isError = true }
            }
        } catch {
            throw AWSError(unreadable: response, to: call, error)
        }
        if isError { throw AWSError(call, ServiceError(xml: response.body), head: response.head) }
        guard let etag, !etag.isEmpty else {
            throw AWSError(
                call, kind: .transient, code: "NoETag", message: "the answer has no ETag, so the copy is not confirmed",
                head: response.head)
        }
        return (etag, wholeSHA256(checksum, type: checksumType, etag: etag))
    }
}

extension AWSError {
    /// A successful answer with a malformed body. The body may have been damaged on the way, so the request is retried.
    init(unreadable response: HTTPResponse, to call: AWSCall, _ reason: any Error) {
        self.init(
            call, kind: .transient, code: "UnreadableAnswer", message: "the answer could not be read: \(reason)",
            head: response.head)
    }

    /// Whether the service refused the request because it asks for a checksum, which some stores do not support. The
    /// request had no effect then.
    package var isOfChecksum: Bool {
        status == 501 || (status == 400 && "\(code) \(message)".lowercased().contains("checksum"))
    }

    /// Whether the request may have taken effect in spite of the error: no answer, an internal error, a gateway's
    /// time-out, or an unreadable answer. A request to slow down is a refusal.
    package var leavesOutcomeOpen: Bool {
        guard kind == .transient || kind == .timedOut else { return false }
        return status == nil || status == 500 || status == 502 || status == 504 || code == "InternalError"
            || codesOfUnreadAnswers.contains(code)
    }
}

/// Lazaret's own codes for successful answers without the expected content.
let codesOfUnreadAnswers: Set<String> = ["NoETag", "UnreadableAnswer"]
