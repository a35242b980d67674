internal import Digest
package import Domain
internal import HTTP

extension S3Client {
    /// Sets or ends the legal hold on a version (Amazon S3 API Reference, "PutObjectLegalHold").
    ///
    /// - Returns: false, with nothing changed, if the bucket has no Object Lock or the store does not know it.
    package func setLegalHold(_ isOn: Bool, of object: ObjectVersion) async throws(AWSError) -> Bool {
        var call = call("PutObjectLegalHold", "PUT", bucket: object.bucket, key: object.key)
        call.addQuery("legal-hold")
        if let version = object.versionID { call.addQuery("versionId", version) }
        call.body = Array(
            "<LegalHold xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>\(isOn ? "ON" : "OFF")</Status></LegalHold>"
                .utf8)
        call.addHeader("content-type", "application/xml")
        // S3 requires a checksum besides the signature here.
        call.addHeader("x-amz-sdk-checksum-algorithm", "SHA256")
        call.addHeader("x-amz-checksum-sha256", base64(SHA256.hash(call.body)))
        do {
            try await client.send(call) { _ in }
            return true
        } catch {
            // S3: 400 InvalidRequest, "Bucket is missing Object Lock Configuration".
            let isWithoutLock =
                error.status == 501 || error.status == 405
                || error.code == "ObjectLockConfigurationNotFoundError"
                || (error.status == 400 && error.message.lowercased().contains("object lock"))
            guard isWithoutLock else { throw error }
            return false
        }
    }
}
