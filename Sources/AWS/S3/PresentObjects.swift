internal import Domain

/// The present objects of a bucket, a page at a time, in the order of their keys' bytes. Those of a bucket with versions
/// come with their version ids.
package struct PresentObjects: Sendable {
    private enum Place {
        case objects(String?)
        case versions(VersionPage.Continuation?)
        case end
    }

    private let s3: S3Client
    private let bucket: String
    private let prefix: String
    private let startAfter: String?
    private var place: Place

    /// Asks whether the bucket has versions.
    ///
    /// - Parameter startAfter: only keys beyond this one.
    package init(
        of bucket: String, prefix: String = "", startAfter: String? = nil, by s3: S3Client
    ) async throws(AWSError) {
        self.s3 = s3
        self.bucket = bucket
        self.prefix = prefix
        self.startAfter = startAfter
        place = try await s3.hasVersions(bucket) ? .versions(nil) : .objects(nil)
    }

    /// The next page, which may be empty; nil after the last. One that failed can be asked for again.
    package mutating func nextPage() async throws(AWSError) -> [ListedObject]? {
        switch place {
        case .end: return nil
        case .objects(let continuation):
            let page = try await s3.list(
                bucket: bucket, prefix: prefix, startAfter: startAfter, continuation: continuation)
            place = page.continuation.map { .objects($0) } ?? .end
            return page.objects
        case .versions(let continuation):
            let page = try await s3.listVersions(
                bucket: bucket, prefix: prefix, startAfter: startAfter, continuation: continuation)
            place = page.continuation.map { .versions($0) } ?? .end
            return page.objects
        }
    }
}
