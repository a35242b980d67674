package import AWS
package import Domain

/// The S3 operations of this module. Each is pinned to one version of an object.
package protocol ObjectStore: Sendable {
    func get(_ object: ObjectVersion, range: Range<Int64>?, into sink: any ObjectSink) async throws -> ObjectHead
    func head(_ object: ObjectVersion, wantsSHA256: Bool) async throws(AWSError) -> ObjectHead
    func copy(_ request: ObjectCopy) async throws(AWSError) -> ObjectCopyResult
    func delete(_ deletion: ObjectDeletion) async throws(AWSError)
    func headOfNullVersion(_ object: ObjectVersion) async throws(AWSError) -> ObjectHead
    func tags(of object: ObjectVersion) async throws(AWSError) -> [Tag]
    func setTags(_ tags: [Tag], of object: ObjectVersion) async throws(AWSError)
    func uploads(of location: ObjectLocation) async throws(AWSError) -> [MultipartUpload]
    func createUpload(_ request: UploadRequest) async throws(AWSError) -> MultipartUpload
    func copyPart(
        _ number: Int, of upload: MultipartUpload, from source: ObjectVersion, range: Range<Int64>?
    ) async throws(AWSError) -> CopiedPart
    func completeUpload(
        _ upload: MultipartUpload, parts: [CopiedPart], size: Int64, mayRepeat: (@Sendable () async -> Bool)?
    ) async throws(AWSError) -> ObjectCopyResult
    func abortUpload(_ upload: MultipartUpload) async throws(AWSError)
}

extension S3Client: ObjectStore {}

extension ObjectStore {
    package func head(_ object: ObjectVersion) async throws(AWSError) -> ObjectHead {
        try await head(object, wantsSHA256: false)
    }
}
