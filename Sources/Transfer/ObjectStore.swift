package import AWS
package import Domain

/// What the transfer asks of S3, pinned to one object version each time.
package protocol ObjectStore: Sendable {
    func get(_ object: ObjectVersion, range: Range<Int64>?, into sink: any ObjectSink) async throws -> ObjectHead
    func head(_ object: ObjectVersion) async throws(AWSError) -> ObjectHead
    func copy(_ request: ObjectCopy) async throws(AWSError) -> ObjectCopyResult
    func delete(_ object: ObjectVersion) async throws(AWSError)
    func tags(of object: ObjectVersion) async throws(AWSError) -> [Tag]
    func setTags(_ tags: [Tag], of object: ObjectVersion) async throws(AWSError)
}

extension S3Client: ObjectStore {}
