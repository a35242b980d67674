package import Domain
internal import HTTP

/// A copy that S3 makes by itself, of at most 5 GiB (Amazon S3 API Reference, "CopyObject").
package struct ObjectCopy: Sendable {
    /// Pinned by its version, else by its ETag.
    package let source: ObjectVersion
    package let destination: ObjectLocation
    package var metadata: Metadata
    package var tags: Tags
    /// S3 does not carry it over; nil for STANDARD.
    package var storageClass: String?
    /// S3 does not carry it over; nil for what the destination's bucket does by itself.
    package var encryption: ObjectEncryption?
    /// Whether S3 is to hash what it copies by SHA-256, to tell the hash, and to keep it with the copy in place of the checksum
    /// that the source has. Some stores do not know the request and refuse it: see `AWSError.isOfChecksum`.
    package var wantsSHA256 = false

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
    /// Of all bytes of the copy, in lowercase hexadecimal; nil where it is not told.
    package let sha256: String?

    package init(etag: String, versionID: String?, sourceVersionID: String?, sha256: String? = nil) {
        self.etag = etag
        self.versionID = versionID
        self.sourceVersionID = sourceVersionID
        self.sha256 = sha256
    }
}

extension S3Client {
    /// Copies an object. S3 answers 200 before it has copied, and an error may follow in the body: that is an error, and tried again
    /// where its code says that nothing was done.
    ///
    /// A copy whose answer was lost, tells of a failure within S3, or does not tell the copy's ETag, is not made again here, for it may be there, and in a
    /// bucket with versions it would be there twice: see `AWSError.leavesOutcomeOpen`.
    package func copy(_ request: ObjectCopy) async throws(AWSError) -> ObjectCopyResult {
        var call = call("CopyObject", "PUT", bucket: request.destination.bucket, key: request.destination.key)
        call.timeout = .seconds(600)
        call.retries = .ifRefused
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
            let told = try copied(in: response, of: call)
            return ObjectCopyResult(
                etag: told.etag, versionID: versionName(headers["x-amz-version-id"]),
                sourceVersionID: versionName(headers["x-amz-copy-source-version-id"]), sha256: told.sha256)
        }
    }

    /// Names the source of a copy, or of a copied part, and pins it.
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
    }

    /// What the body of a good answer tells: the ETag, without quotation marks, and the SHA-256 of all bytes, if there is one. An
    /// `<Error>` in it is thrown.
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
                call, kind: .transient, code: "NoETag", message: "the answer does not prove the copy: it has no ETag",
                head: response.head)
        }
        return (etag, wholeSHA256(checksum, type: checksumType, etag: etag))
    }
}

extension AWSError {
    /// A good answer whose body is not what the service sends; it may have been mutilated, so another try is made.
    init(unreadable response: HTTPResponse, to call: AWSCall, _ reason: any Error) {
        self.init(
            call, kind: .transient, code: "UnreadableAnswer", message: "the answer could not be read: \(reason)",
            head: response.head)
    }

    /// Whether the service refuses the request since it asks for a checksum, which not every store knows. Nothing was done then.
    package var isOfChecksum: Bool {
        status == 501 || (status == 400 && "\(code) \(message)".lowercased().contains("checksum"))
    }

    /// Whether the service may have done what it was asked for all the same: it never answered, it failed within or a gateway before
    /// it gave up waiting, or what came cannot be read. Who is told to slow down was refused.
    package var leavesOutcomeOpen: Bool {
        guard kind == .transient || kind == .timedOut else { return false }
        return status == nil || status == 500 || status == 502 || status == 504 || code == "InternalError"
            || codesOfUnreadAnswers.contains(code)
    }
}

/// Our codes of good answers that do not tell what they should.
let codesOfUnreadAnswers: Set<String> = ["NoETag", "UnreadableAnswer"]
