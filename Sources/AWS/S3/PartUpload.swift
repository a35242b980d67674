internal import Digest
internal import Domain
internal import HTTP

extension S3Client {
    /// Sends a part of few bytes with the SHA-256 of other bytes, which S3 refuses (Amazon S3 API Reference,
    /// "UploadPart"). The upload must have been created with checksums.
    ///
    /// - Returns: whether the store refused the part because of it; false if it took the part.
    package func refusesWrongSHA256(in upload: MultipartUpload) async throws(AWSError) -> Bool {
        var call = call("UploadPart", "PUT", bucket: upload.location.bucket, key: upload.location.key)
        call.retries = .ifRefused
        call.addQuery("partNumber", "1")
        call.addQuery("uploadId", upload.id)
        call.body = Array("sent".utf8)
        call.addHeader("x-amz-checksum-sha256", base64(SHA256.hash(Array("other".utf8))))
        do {
            try await client.send(call) { _ in }
            return false
        } catch {
            guard error.status == 400, ["BadDigest", "XAmzContentChecksumMismatch"].contains(error.code) else {
                throw error
            }
            return true
        }
    }
}
