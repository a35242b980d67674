package import Domain
internal import HTTP

/// An upload in parts that was begun and neither completed nor aborted.
package struct MultipartUpload: Sendable, Hashable {
    package let location: ObjectLocation
    package let id: String

    package init(_ location: ObjectLocation, id: String) {
        self.location = location
        self.id = id
    }
}

/// What an object made of parts is to be. S3 carries nothing of a source over to it.
package struct UploadRequest: Sendable {
    package let location: ObjectLocation
    package var properties: ObjectProperties
    package var tags: [Tag]
    /// Nil for STANDARD.
    package var storageClass: String?
    /// Nil for what the bucket does by itself.
    package var encryption: ObjectEncryption?
    /// Whether S3 is to hash each part by SHA-256 and to tell the hash. Some stores do not know the request and refuse it, or heed
    /// it by half: see `AWSError.isOfChecksum` and `CopiedPart.sha256`.
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
    /// Of the part's bytes, in lowercase hexadecimal; nil where it is not told. Of an upload that was begun with the wish for it,
    /// S3 makes no object out of parts without.
    package let sha256: String?

    package init(etag: String, sha256: String? = nil) {
        self.etag = etag
        self.sha256 = sha256
    }
}

extension S3Client {
    /// Begins an object that is put together out of parts (Amazon S3 API Reference, "CreateMultipartUpload"). Where the answer is
    /// lost, there may be an upload that nobody knows the name of: see `AWSError.leavesOutcomeOpen`.
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
                    call, kind: .transient, code: "UnreadableAnswer", message: "the answer names no upload",
                    head: response.head)
            }
            return MultipartUpload(request.location, id: id)
        }
    }

    /// Copies bytes of an object into a part, which may be done again (Amazon S3 API Reference, "UploadPartCopy"). As with a whole
    /// copy, an error may follow in a good answer's body.
    ///
    /// - Parameters:
    ///   - source: pinned by its version, and by its ETag where that is known.
    ///   - number: from 1 to 10,000.
    ///   - range: nil for all of the source. Of one of no more than 5 MiB, S3 copies no range.
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
            let told = versionName(response.head.headers["x-amz-copy-source-version-id"])
            if let version = source.versionID, let told, told != version {
                throw AWSError(
                    call, kind: .invalid, code: "AnotherVersion", message: "version \(told) was copied, not \(version)",
                    head: response.head)
            }
            let part = try copied(in: response, of: call)
            return CopiedPart(etag: part.etag, sha256: part.sha256)
        }
    }

    /// Makes the object out of its parts (Amazon S3 API Reference, "CompleteMultipartUpload"). S3 answers 200 before it has done so, and
    /// an error may follow in the body. Where an answer is lost, S3 takes the same request again, and makes no second object; later it
    /// knows nothing of the upload any more (`NoSuchUpload`).
    ///
    /// - Parameters:
    ///   - parts: from the first on.
    ///   - size: bytes of all parts; S3 refuses where they are not so many.
    package func completeUpload(
        _ upload: MultipartUpload, parts: [CopiedPart], size: Int64
    ) async throws(AWSError) -> ObjectCopyResult {
        var call = call("CompleteMultipartUpload", "POST", bucket: upload.location.bucket, key: upload.location.key)
        call.timeout = .seconds(600)
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

    /// Ends an upload and drops its parts. One that is not there any more is as good.
    package func abortUpload(_ upload: MultipartUpload) async throws(AWSError) {
        var call = call("AbortMultipartUpload", "DELETE", bucket: upload.location.bucket, key: upload.location.key)
        call.addQuery("uploadId", upload.id)
        do {
            try await client.send(call) { _ in }
        } catch {
            guard error.code == "NoSuchUpload" else { throw error }
        }
    }

    /// The uploads that were begun for exactly this key (Amazon S3 API Reference, "ListMultipartUploads"); at most the first thousand
    /// of all keys that begin with it.
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
