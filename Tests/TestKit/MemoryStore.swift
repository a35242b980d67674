package import AWS
internal import Digest
package import Domain
internal import Support

extension AWSError {
    /// An error as S3 would answer.
    package static func test(_ operation: String, code: String, status: Int, message: String = "") -> AWSError {
        AWSError(
            kind: status >= 500 ? .transient : .invalid, code: code, service: .s3, operation: operation, status: status,
            message: message, hint: "")
    }
}

/// S3 in memory, with the behaviour of an unversioned bucket. A test can make any call fail, or run code just before
/// it.
package final class MemoryStore: Sendable {
    package enum Call: Hashable, Sendable {
        case get(ObjectLocation, Range<Int64>?)
        case head(ObjectLocation)
        case copy(ObjectLocation, to: ObjectLocation)
        case delete(ObjectLocation)
        case tags(ObjectLocation)
        case setTags(ObjectLocation)
        case uploads(ObjectLocation)
        case createUpload(ObjectLocation)
        case copyPart(ObjectLocation, to: ObjectLocation, number: Int)
        case completeUpload(ObjectLocation)
        case abortUpload(ObjectLocation)
    }

    package struct Stored: Sendable {
        package var bytes: [UInt8]
        package var properties = ObjectProperties()
        package var tags: [Tag] = []
        package var etag: String
        /// `null` for one that was written while versioning was off.
        package var versionID: String?
        /// As in the `Last-Modified` header.
        package var lastModified: String?
        /// Whether the SHA-256 of the bytes is stored.
        package var keepsSHA256 = false
        /// What the store returns as the SHA-256 of an upload, if it keeps whatever uploaders send.
        package var claimedSHA256: String?

        package init(_ bytes: [UInt8], contentType: String? = nil) {
            self.bytes = bytes
            properties.contentType = contentType
            etag = hexadecimal(SHA256.hash(bytes).prefix(16))
        }
    }

    private struct Upload: Sendable {
        let request: UploadRequest
        var parts: [Int: [UInt8]] = [:]
    }

    private struct State {
        var objects: [ObjectLocation: Stored] = [:]
        var calls: [Call] = []
        var uploads: [MultipartUpload: Upload] = [:]
        var interruption: @Sendable (Call) throws(AWSError) -> Void = { (_) throws(AWSError) in }
    }

    private let state = Locked(State())

    package init() {}

    package var calls: [Call] { state.withLock { $0.calls } }
    /// The uploads that were created and neither completed nor aborted.
    package var openUploads: [MultipartUpload] { state.withLock { Array($0.uploads.keys) } }
    package var locations: Set<ObjectLocation> { state.withLock { Set($0.objects.keys) } }

    package subscript(bucket: String, key: String) -> Stored? {
        get { state.withLock { $0.objects[ObjectLocation(bucket: bucket, key: ObjectKey(key)!)] } }
        set { state.withLock { $0.objects[ObjectLocation(bucket: bucket, key: ObjectKey(key)!)] = newValue } }
    }

    /// Runs `body` before each call, which fails with the error that it throws.
    package func interrupt(_ body: @escaping @Sendable (Call) throws(AWSError) -> Void) {
        state.withLock { $0.interruption = body }
    }

    private func record(_ call: Call) throws(AWSError) {
        let interruption = state.withLock { state in
            state.calls.append(call)
            return state.interruption
        }
        try interruption(call)
    }

    private func find(_ object: ObjectVersion, operation: String) throws(AWSError) -> Stored {
        let found = state.withLock { $0.objects[ObjectLocation(bucket: object.bucket, key: object.key)] }
        guard let found else { throw .test(operation, code: "NoSuchKey", status: 404) }
        if let etag = object.etag, etag != found.etag {
            throw .test(operation, code: "PreconditionFailed", status: 412)
        }
        return found
    }
}

extension MemoryStore {
    package func get(
        _ object: ObjectVersion, range: Range<Int64>?, into sink: any ObjectSink
    ) async throws -> ObjectHead {
        try record(.get(ObjectLocation(bucket: object.bucket, key: object.key), range))
        let found = try find(object, operation: "GetObject")
        let size = Int64(found.bytes.count)
        var head = found.head
        var bytes = found.bytes[...]
        if let range {
            guard range.lowerBound < size else { throw AWSError.test("GetObject", code: "InvalidRange", status: 416) }
            let end = min(range.upperBound, size)
            bytes = found.bytes[Int(range.lowerBound)..<Int(end)]
            head.status = 206
            head.contentLength = end - range.lowerBound
            head.contentRange = ContentRange(first: range.lowerBound, last: end - 1, total: size)
        }
        try sink.begin(head)
        while !bytes.isEmpty {
            try bytes.prefix(64 << 10).withUnsafeBytes { try sink.receive($0) }
            bytes = bytes.dropFirst(64 << 10)
        }
        return head
    }

    package func head(_ object: ObjectVersion, wantsSHA256: Bool) async throws(AWSError) -> ObjectHead {
        try record(.head(ObjectLocation(bucket: object.bucket, key: object.key)))
        let found = try find(object, operation: "HeadObject")
        var head = found.head
        if wantsSHA256, found.keepsSHA256 {
            head.sha256 = found.claimedSHA256 ?? found.sha256
            head.fullObjectSHA256 = head.sha256
        }
        return head
    }

    package func copy(_ request: ObjectCopy) async throws(AWSError) -> ObjectCopyResult {
        let source = ObjectLocation(bucket: request.source.bucket, key: request.source.key)
        try record(.copy(source, to: request.destination))
        var found = try find(request.source, operation: "CopyObject")
        if case .replace(let properties) = request.metadata { found.properties = properties }
        if case .replace(let tags) = request.tags { found.tags = tags }
        if request.wantsSHA256 { found.keepsSHA256 = true }
        let copy = found
        state.withLock { $0.objects[request.destination] = copy }
        return ObjectCopyResult(
            etag: found.etag, versionID: nil, sourceVersionID: nil, sha256: request.wantsSHA256 ? found.sha256 : nil)
    }

    package func headOfNullVersion(_ object: ObjectVersion) async throws(AWSError) -> ObjectHead {
        try await head(object, wantsSHA256: false)
    }

    package func delete(_ deletion: ObjectDeletion) async throws(AWSError) {
        try record(.delete(deletion.location))
        let object = ObjectVersion(
            bucket: deletion.location.bucket, key: deletion.location.key, versionID: nil, etag: deletion.ifMatch)
        _ = try find(object, operation: "DeleteObject")
        state.withLock { $0.objects[deletion.location] = nil }
    }

    package func tags(of object: ObjectVersion) async throws(AWSError) -> [Tag] {
        try record(.tags(ObjectLocation(bucket: object.bucket, key: object.key)))
        return try find(object, operation: "GetObjectTagging").tags
    }

    package func setTags(_ tags: [Tag], of object: ObjectVersion) async throws(AWSError) {
        let location = ObjectLocation(bucket: object.bucket, key: object.key)
        try record(.setTags(location))
        _ = try find(object, operation: "PutObjectTagging")
        state.withLock { $0.objects[location]?.tags = tags }
    }
}

extension MemoryStore.Stored {
    fileprivate var sha256: String { hexadecimal(SHA256.hash(bytes)) }

    fileprivate var head: ObjectHead {
        var head = ObjectHead(status: 200)
        head.contentLength = Int64(bytes.count)
        head.etag = etag
        head.versionID = versionID == "null" ? nil : versionID
        head.isNullVersion = versionID == "null"
        head.lastModified = lastModified
        head.contentType = properties.contentType
        head.contentEncoding = properties.contentEncoding
        head.cacheControl = properties.cacheControl
        head.contentDisposition = properties.contentDisposition
        head.metadata = properties.metadata
        head.tagCount = tags.count
        return head
    }
}

extension MemoryStore {
    package func uploads(of location: ObjectLocation) async throws(AWSError) -> [MultipartUpload] {
        try record(.uploads(location))
        return state.withLock { $0.uploads.keys.filter { $0.location == location } }
    }

    package func createUpload(_ request: UploadRequest) async throws(AWSError) -> MultipartUpload {
        try record(.createUpload(request.location))
        return state.withLock { state in
            let upload = MultipartUpload(request.location, id: "upload-\(state.calls.count)")
            state.uploads[upload] = Upload(request: request)
            return upload
        }
    }

    package func copyPart(
        _ number: Int, of upload: MultipartUpload, from source: ObjectVersion, range: Range<Int64>?
    ) async throws(AWSError) -> CopiedPart {
        let location = ObjectLocation(bucket: source.bucket, key: source.key)
        try record(.copyPart(location, to: upload.location, number: number))
        let found = try find(source, operation: "UploadPartCopy")
        let bytes = range.map { Array(found.bytes[Int($0.lowerBound)..<Int($0.upperBound)]) } ?? found.bytes
        let request = state.withLock { state in
            state.uploads[upload]?.parts[number] = bytes
            return state.uploads[upload]?.request
        }
        guard let request else { throw .test("UploadPartCopy", code: "NoSuchUpload", status: 404) }
        let hash = SHA256.hash(bytes)
        return CopiedPart(etag: hexadecimal(hash.prefix(16)), sha256: request.wantsSHA256 ? hexadecimal(hash) : nil)
    }

    package func completeUpload(
        _ upload: MultipartUpload, parts: [CopiedPart], size: Int64, mayRepeat: (@Sendable () async -> Bool)?
    ) async throws(AWSError) -> ObjectCopyResult {
        try record(.completeUpload(upload.location))
        guard let pending = state.withLock({ $0.uploads.removeValue(forKey: upload) }) else {
            throw .test("CompleteMultipartUpload", code: "NoSuchUpload", status: 404)
        }
        let bodies = (1...parts.count).map { pending.parts[$0] ?? [] }
        guard bodies.map({ hexadecimal(SHA256.hash($0).prefix(16)) }) == parts.map(\.etag),
            bodies.joined().count == size
        else {
            throw .test("CompleteMultipartUpload", code: "InvalidPart", status: 400)
        }
        var stored = Stored(Array(bodies.joined()))
        stored.etag += "-\(parts.count)"
        stored.properties = pending.request.properties
        stored.tags = pending.request.tags
        let copy = stored
        state.withLock { $0.objects[upload.location] = copy }
        return ObjectCopyResult(etag: copy.etag, versionID: nil, sourceVersionID: nil)
    }

    package func abortUpload(_ upload: MultipartUpload) async throws(AWSError) {
        try record(.abortUpload(upload.location))
        state.withLock { $0.uploads[upload] = nil }
    }
}
