package import Domain
internal import HTTP

/// A small object that was written.
package struct WrittenObject: Sendable, Hashable {
    /// Without quotation marks.
    package let etag: String?
    /// Nil if the bucket keeps no versions.
    package let versionID: String?
}

extension S3Client {
    /// Writes an object of few bytes (Amazon S3 API Reference, "PutObject").
    package func put(_ bytes: [UInt8], at location: ObjectLocation) async throws(AWSError) -> WrittenObject {
        var call = call("PutObject", "PUT", bucket: location.bucket, key: location.key)
        call.body = bytes
        return try await client.send(call) { response in
            let headers = response.head.headers
            return WrittenObject(
                etag: headers["etag"].map(unquoted), versionID: versionName(headers["x-amz-version-id"]))
        }
    }
}
