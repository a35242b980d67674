import AWS
import Domain
import Support
import TestKit
import Transfer

let someJob = JobID("0123456789abcdef0123456789abcdef")!

/// The same for tests to which it does not matter whose copy it is.
extension Relocation {
    func copy(
        _ source: ObjectVersion, _ head: ObjectHead, size: Int64, inspected: String? = nil,
        to location: ObjectLocation, _ manner: Manner
    ) async throws(TransferError) -> Destination {
        try await copy(
            source, head, size: size, inspected: inspected, to: location, manner, for: someJob,
            inspectedBytes: { throw TransferError.gone })
    }

    func delete(_ source: ObjectVersion) async throws(TransferError) {
        try await delete(source, ObjectHead(status: 200))
    }
}

/// An S3 with one object at `in/a`, and the worker's way to bring it to `out/done/a`.
struct MoveBench {
    let s3: ScriptedS3
    let relocation: Relocation
    let place = ObjectLocation(bucket: "out", key: ObjectKey("done/a")!)

    init(
        _ s3: ScriptedS3, _ configuration: Relocation.Configuration = .init(), knowsDeletes: Bool = true,
        log: Log? = nil
    ) throws {
        self.s3 = s3
        let known: Set<String> = knowsDeletes ? ["in"] : []
        relocation = Relocation(
            store: try s3.client(), configuration: configuration, deletes: ConditionalDeletes(honouredIn: known),
            log: log)
    }

    /// Parts of four bytes, from the fifth byte on.
    static var inParts: Relocation.Configuration {
        var configuration = Relocation.Configuration()
        configuration.copyInPartsOver = 4
        configuration.partSize = 4
        configuration.partsAtOnce = 2
        return configuration
    }

    var source: ObjectVersion {
        let object = s3["in", "a"]!
        return ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: object.versionID, etag: object.etag)
    }

    /// What a GET of the source would say.
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
        _ manner: Relocation.Manner = .promoted(tags: []), inspected: String? = nil, mayBeThere: Bool = false,
        while holds: @escaping @Sendable () throws -> Void = {},
        inspectedBytes: @Sendable () async throws -> SpooledBytes = { throw TransferError.gone }
    ) async throws(TransferError) -> Destination {
        try await relocation.copy(
            source, head, size: s3["in", "a"]!.size, inspected: inspected, to: place, manner, for: someJob,
            mayBeThere: mayBeThere,
            inspectedBytes: inspectedBytes, while: holds)
    }
}
