internal import HTTP

/// Whether a bucket keeps versions of its objects.
package enum BucketVersioning: String, Sendable {
    case never = ""
    case enabled = "Enabled"
    /// Earlier versions stay; what is written meanwhile has the version `null`, and replaces what had it before.
    case suspended = "Suspended"
}

extension S3Client {
    /// Amazon S3 API Reference, "GetBucketVersioning".
    package func versioning(of bucket: String) async throws(AWSError) -> BucketVersioning {
        var call = call("GetBucketVersioning", "GET", bucket: bucket)
        call.addQuery("versioning", "")
        return try await client.send(call) { response throws(AWSError) in
            var status = ""
            do {
                try XMLReader.read(response.body) { path, text in
                    if path == ["VersioningConfiguration", "Status"] { status = text }
                }
            } catch { throw AWSError(unreadable: response, to: call, error) }
            guard let versioning = BucketVersioning(rawValue: status) else {
                throw AWSError(
                    call, kind: .invalid, code: "UnreadableAnswer", message: "a state '\(status)' that is not known",
                    head: response.head)
            }
            return versioning
        }
    }
}
