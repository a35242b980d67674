import AWS
import Domain
import Support
import TestKit
import Transfer

let someJob = JobID("0123456789abcdef0123456789abcdef")!

extension ObjectCopier {
    /// Copies for some job, without the SHA-256 of inspected bytes.
    func copy(
        _ source: ObjectVersion, head: ObjectHead, size: Int64, to location: ObjectLocation, manner: MoveRequest.Manner
    ) async throws(TransferError) -> Destination {
        let expected = ExpectedCopy(
            of: source, size: size, sha256: nil, writtenAt: nil, job: someJob, at: location)
        return try await copy(
            MoveRequest(expected, head: head, manner: manner), inspectedBytes: { throw TransferError.gone })
    }
}

extension ObjectDeleter {
    func delete(_ source: ObjectVersion) async throws(TransferError) {
        try await delete(source, head: ObjectHead(status: 200))
    }
}

/// An S3 with one object at `in/a`, and an `ObjectMover` that moves it to `out/done/a`.
struct MoveFixture {
    let s3: ScriptedS3
    let mover: ObjectMover
    let destination = ObjectLocation(bucket: "out", key: ObjectKey("done/a")!)

    init(
        _ s3: ScriptedS3, _ configuration: ObjectCopier.Configuration = .init(), knowsConditionalDeletes: Bool = true,
        log: Log? = nil
    ) throws {
        self.s3 = s3
        let known: Set<String> = knowsConditionalDeletes ? ["in"] : []
        mover = ObjectMover(
            store: try s3.client(), configuration: configuration,
            capabilities: StoreCapabilities(conditionalDeletesIn: known), log: log)
    }

    /// Parts of four bytes, from the fifth byte on.
    static var inParts: ObjectCopier.Configuration {
        var configuration = ObjectCopier.Configuration()
        configuration.multipartThreshold = 4
        configuration.partSize = 4
        configuration.partsAtOnce = 2
        return configuration
    }

    var source: ObjectVersion {
        let object = s3["in", "a"]!
        return ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: object.versionID, etag: object.etag)
    }

    /// The head that a GET of the source would return.
    var head: ObjectHead {
        let object = s3["in", "a"]!
        var head = ObjectHead(status: 200)
        head.etag = object.etag
        head.versionID = object.versionID
        head.contentLength = object.size
        head.contentType = object.header("content-type")
        head.contentDisposition = object.header("content-disposition")
        head.cacheControl = object.header("cache-control")
        head.lastModified = object.header("last-modified")
        head.storageClass = object.header("x-amz-storage-class")
        head.encryption = object.header("x-amz-server-side-encryption").map {
            ObjectEncryption(algorithm: $0, kmsKeyID: object.header("x-amz-server-side-encryption-aws-kms-key-id"))
        }
        head.metadata = object.headers.filter { $0.0.hasPrefix("x-amz-meta-") }.map {
            MetadataItem(name: String($0.0.dropFirst("x-amz-meta-".count)), value: $0.1)
        }
        head.tagCount = object.tags.count
        return head
    }

    func copy(
        _ manner: MoveRequest.Manner = .promoted(tags: []), inspected: String? = nil, mayBeThere: Bool = false,
        checkHold: @escaping @Sendable () throws -> Void = {},
        inspectedBytes: @Sendable () async throws -> SpooledBytes = { throw TransferError.gone }
    ) async throws(TransferError) -> Destination {
        let expected = ExpectedCopy(
            of: source, size: s3["in", "a"]!.size, sha256: inspected, writtenAt: nil, job: someJob, at: destination)
        return try await mover.copier.copy(
            MoveRequest(expected, head: head, manner: manner, mayBeThere: mayBeThere),
            inspectedBytes: inspectedBytes, checkHold: checkHold)
    }
}
