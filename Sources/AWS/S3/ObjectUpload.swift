internal import Digest
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
    ///
    /// - Parameter ifAbsent: whether the write fails with `preconditionFailed` if the key has an object. It has a
    ///   checksum then, which S3 requires in a bucket whose objects are retained.
    package func put(
        _ bytes: [UInt8], at location: ObjectLocation, ifAbsent: Bool = false
    ) async throws(AWSError) -> WrittenObject {
        var call = call("PutObject", "PUT", bucket: location.bucket, key: location.key)
        call.body = bytes
        if ifAbsent {
            call.addHeader("if-none-match", "*")
            call.addHeader("x-amz-checksum-sha256", base64(SHA256.hash(bytes)))
        }
        return try await client.send(call) { response in
            let headers = response.head.headers
            return WrittenObject(
                etag: headers["etag"].map(unquoted), versionID: versionName(headers["x-amz-version-id"]))
        }
    }

    /// Reads an object of few bytes.
    ///
    /// - Parameter limit: the most bytes that are read; the rest is left out.
    package func read(_ object: ObjectVersion, limit: Int) async throws(AWSError) -> [UInt8] {
        var call = call("GetObject", "GET", bucket: object.bucket, key: object.key)
        pin(&call, to: object)
        call.addHeader("range", "bytes=0-\(limit - 1)")
        return try await client.send(call) { response in Array(response.body.prefix(limit)) }
    }
}
