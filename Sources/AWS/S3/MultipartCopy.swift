package import Domain
internal import HTTP

/// A multipart upload that was neither completed nor aborted.
package struct MultipartUpload: Sendable, Hashable {
    package let location: ObjectLocation
    package let id: String

    package init(_ location: ObjectLocation, id: String) {
        self.location = location
        self.id = id
    }
}

/// The properties of an object that is made of parts. S3 copies none of the source's.
package struct UploadRequest: Sendable {
    package let location: ObjectLocation
    package var properties: ObjectProperties
    package var tags: [Tag]
    /// Nil for STANDARD.
    package var storageClass: String?
    /// Nil for the bucket's default.
    package var encryption: ObjectEncryption?
    /// Whether S3 should compute and return the SHA-256 of each part. Some stores refuse the request, or honour it in
    /// part: see `AWSError.isOfChecksum` and `CopiedPart.sha256`.
    package var wantsSHA256 = false

    package init(
        _ location: ObjectLocation, _ properties: ObjectProperties, tags: [Tag] = [], storageClass: String? = nil,
        encryption: ObjectEncryption? = nil
    ) {
        self.location = location
        self.properties = properties
        self.tags = tags
        self.storageClass = storageClass
        self.encryption = encryption
    }
}

/// A part that S3 has copied.
package struct CopiedPart: Sendable, Hashable {
    /// Without quotation marks.
    package let etag: String
    /// Of the part's bytes, in lowercase hexadecimal; nil if S3 returned none. S3 completes an upload that was created
    /// with checksums only if each part has one.
    package let sha256: String?

    package init(etag: String, sha256: String? = nil) {
        self.etag = etag
        self.sha256 = sha256
    }
}

extension S3Client {
    /// Creates a multipart upload (Amazon S3 API Reference, "CreateMultipartUpload"). If the answer is lost, an upload
    /// with an unknown id may exist: see `AWSError.leavesOutcomeOpen`.
    package func createUpload(_ request: UploadRequest) async throws(AWSError) -> MultipartUpload {
        var call = call("CreateMultipartUpload", "POST", bucket: request.location.bucket, key: request.location.key)
        call.retries = .ifRefused
        call.addQuery("uploads", "")
        request.properties.add(to: &call)
        if !request.tags.isEmpty { call.addHeader("x-amz-tagging", Tag.headerValue(request.tags)) }
        call.addHeader("x-amz-storage-class", request.storageClass)
        request.encryption?.add(to: &call)
        if request.wantsSHA256 { call.addHeader("x-amz-checksum-algorithm", "SHA256") }
        return try await client.send(call) { response throws(AWSError) in
            var id = ""
            do {
                try XMLReader.read(replacingInvalidXMLCharacters(in: response.body)) { path, text in
                    if path == ["InitiateMultipartUploadResult", "UploadId"] { id = text }
                }
            } catch { throw AWSError(unreadable: response, to: call, error) }
            guard !id.isEmpty else {
                throw AWSError(
                    call, kind: .transient, code: "UnreadableAnswer", message: "the answer has no upload id",
                    head: response.head)
            }
            return MultipartUpload(request.location, id: id)
        }
    }

    /// Copies bytes of an object into a part (Amazon S3 API Reference, "UploadPartCopy"). The request is idempotent. As
    /// with a whole copy, a successful answer may have an error in its body.
    ///
    /// - Parameters:
    ///   - source: pinned by its version, and by its ETag if that is known.
    ///   - number: from 1 to 10,000.
    ///   - range: nil for all of the source. S3 copies ranges only of a source of more than 5 MiB.
    package func copyPart(
        _ number: Int, of upload: MultipartUpload, from source: ObjectVersion, range: Range<Int64>?
    ) async throws(AWSError) -> CopiedPart {
        var call = call("UploadPartCopy", "PUT", bucket: upload.location.bucket, key: upload.location.key)
        call.timeout = .seconds(600)
        call.addQuery("partNumber", String(number))
        call.addQuery("uploadId", upload.id)
        addSource(source, to: &call)
        if source.versionID != nil, let etag = source.etag {
            call.addHeader("x-amz-copy-source-if-match", "\"\(etag)\"")
        }
        if let range {
            call.addHeader("x-amz-copy-source-range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
        }
        return try await client.send(call) { response throws(AWSError) in
            let copied = versionName(response.head.headers["x-amz-copy-source-version-id"])
            if let version = source.versionID, let copied, copied != version {
                throw AWSError(
                    call, kind: .invalid, code: "AnotherVersion",
                    message: "version \(copied) was copied, not \(version)",
                    head: response.head)
            }
            let part = try self.copied(in: response, of: call)
            return CopiedPart(etag: part.etag, sha256: part.sha256)
        }
    }

    /// Makes the object of its parts (Amazon S3 API Reference, "CompleteMultipartUpload"). S3 answers 200 before it has
    /// done so, and an error may follow in the body. If an answer is lost, S3 accepts the same request again, and makes
    /// no second object; some time later it answers `NoSuchUpload`.
    ///
    /// - Parameters:
    ///   - parts: all parts in order.
    ///   - size: bytes of all parts together; S3 refuses another total.
    ///   - mayRepeat: see `AWSCall.mayRepeat`.
    package func completeUpload(
        _ upload: MultipartUpload, parts: [CopiedPart], size: Int64, mayRepeat: (@Sendable () async -> Bool)? = nil
    ) async throws(AWSError) -> ObjectCopyResult {
        var call = call("CompleteMultipartUpload", "POST", bucket: upload.location.bucket, key: upload.location.key)
        call.timeout = .seconds(600)
        call.mayRepeat = mayRepeat
        call.addQuery("uploadId", upload.id)
        call.addHeader("content-type", "application/xml")
        call.addHeader("x-amz-mp-object-size", String(size))
        var xml = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        for (index, part) in parts.enumerated() {
            let checksum = part.sha256.map { "<ChecksumSHA256>\(base64(ofHexadecimal: $0))</ChecksumSHA256>" } ?? ""
            xml += "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(xmlEscaped("\"\(part.etag)\""))</ETag>"
            xml += checksum + "</Part>"
        }
        call.body = Array((xml + "</CompleteMultipartUpload>").utf8)
        return try await client.send(call) { response throws(AWSError) in
            ObjectCopyResult(
                etag: try copied(in: response, of: call).etag,
                versionID: versionName(response.head.headers["x-amz-version-id"]), sourceVersionID: nil)
        }
    }

    /// Aborts an upload and drops its parts. Succeeds if the upload does not exist any more.
    package func abortUpload(_ upload: MultipartUpload) async throws(AWSError) {
        var call = call("AbortMultipartUpload", "DELETE", bucket: upload.location.bucket, key: upload.location.key)
        call.addQuery("uploadId", upload.id)
        do {
            try await client.send(call) { _ in }
        } catch {
            guard error.code == "NoSuchUpload" else { throw error }
        }
    }

    /// Returns the open uploads for exactly this key (Amazon S3 API Reference, "ListMultipartUploads"), among the first
    /// thousand for all keys that begin with it.
    package func uploads(of location: ObjectLocation) async throws(AWSError) -> [MultipartUpload] {
        var call = call("ListMultipartUploads", "GET", bucket: location.bucket)
        call.addQuery("uploads", "")
        call.addQuery("encoding-type", "url")
        call.addQuery("prefix", location.key.text)
        return try await client.send(call) { response throws(AWSError) in
            var isEncoded = false
            var found: [(key: String, id: String)] = []
            var (key, id) = ("", "")
            do {
                try XMLReader.read(replacingInvalidXMLCharacters(in: response.body)) { path, text in
                    switch path.dropFirst() {
                    case ["EncodingType"]: isEncoded = text == "url"
                    case ["Upload", "Key"]: key = text
                    case ["Upload", "UploadId"]: id = text
                    case ["Upload"]: found.append((key, id))
                    default: break
                    }
                }
            } catch { throw AWSError(unreadable: response, to: call, error) }
            return found.compactMap { upload in
                let name = isEncoded ? PercentEncoding.decoded(upload.key) : upload.key
                return ObjectKey(name) == location.key ? MultipartUpload(location, id: upload.id) : nil
            }
        }
    }
}
