internal import HTTP

/// The versioning state of a bucket.
package enum BucketVersioning: String, Sendable {
    case never = ""
    case enabled = "Enabled"
    /// Earlier versions remain; an object that is written now gets the version `null`, and replaces the one that had
    /// it.
    case suspended = "Suspended"
}

extension S3Client {
    /// Returns whether the bucket keeps, or once kept, versions of its objects (Amazon S3 API Reference,
    /// "GetBucketVersioning").
    package func versioning(of bucket: String) async throws(AWSError) -> BucketVersioning {
        var call = call("GetBucketVersioning", "GET", bucket: bucket)
        call.addQuery("versioning")
        return try await client.send(call) { response throws(AWSError) in
            var isAnswer = false
            var status = ""
            do {
                try XMLReader.read(response.body) { path, text in
                    if path == ["VersioningConfiguration"] { isAnswer = true }
                    if path == ["VersioningConfiguration", "Status"] { status = text }
                }
            } catch { throw AWSError(unreadable: response, to: call, error) }
            guard isAnswer, let versioning = BucketVersioning(rawValue: status) else {
                throw AWSError(
                    call, kind: .invalid, code: "UnreadableAnswer",
                    message: "the answer does not say whether the bucket has versions", head: response.head)
            }
            return versioning
        }
    }
}
