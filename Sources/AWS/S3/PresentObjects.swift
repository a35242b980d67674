internal import Domain

/// The present objects of a bucket, page by page, in the order of their keys' bytes. In a bucket with versions each has
/// its version id, and older versions are listed too if they are asked for.
package struct PresentObjects: Sendable {
    private enum Position {
        case objects(String?)
        case versions(VersionPage.Continuation?)
        case end
    }

    private let s3: S3Client
    private let bucket: String
    private let prefix: String
    private let startAfter: String?
    private let everyVersion: Bool
    private var position: Position

    /// Requests whether the bucket has versions.
    ///
    /// - Parameters:
    ///   - startAfter: the listing begins after this key.
    ///   - everyVersion: whether older versions are listed, also those below a delete marker.
    package init(
        of bucket: String, prefix: String = "", startAfter: String? = nil, everyVersion: Bool = false, by s3: S3Client
    ) async throws(AWSError) {
        self.s3 = s3
        self.bucket = bucket
        self.prefix = prefix
        self.startAfter = startAfter
        self.everyVersion = everyVersion
        position = try await s3.versioning(of: bucket) == .never ? .objects(nil) : .versions(nil)
    }

    /// Returns the next page, which may be empty, or nil after the last. May be called again after an error.
    package mutating func nextPage() async throws(AWSError) -> [ListedObject]? {
        switch position {
        case .end: return nil
        case .objects(let continuation):
            let page = try await s3.list(
                bucket: bucket, prefix: prefix, startAfter: startAfter, continuation: continuation)
            position = page.continuation.map { .objects($0) } ?? .end
            return page.objects
        case .versions(let continuation):
            let page = try await s3.listVersions(
                bucket: bucket, prefix: prefix, startAfter: startAfter, continuation: continuation,
                all: everyVersion)
            position = page.continuation.map { .versions($0) } ?? .end
            return page.objects
        }
    }
}
