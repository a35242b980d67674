package import AWS
package import Domain
internal import Support

/// Asks a store which abilities it has.
package struct StoreProbe: Sendable {
    package typealias Answers = [StoreAbility: StoreAnswer]

    let s3: S3Client

    package init(_ s3: S3Client) { self.s3 = s3 }

    /// A condition that no object fulfils.
    static let impossibleETag = "lazaret-asks-whether-conditions-are-kept"

    /// Asks without writing anything: by an object that is there, and by a delete of a key that no object has.
    ///
    /// - Parameters:
    ///   - prefix: where uploads are expected.
    ///   - missing: a key that no object has; nil to send no delete.
    ///   - versioning: nil if it is unknown.
    /// - Returns: what could be asked; of an empty bucket that is little.
    package func ask(
        _ bucket: String, below prefix: String, missing: ObjectLocation?, _ versioning: BucketVersioning?
    ) async -> Answers {
        var answers: Answers = [:]
        if let missing { answers[.deleteConditions] = await deleteConditions(of: missing, versioning) }
        if versioning == .enabled { answers[.versions] = .kept }
        guard let listed = try? await s3.list(bucket: bucket, prefix: prefix, limit: 1).objects.first else {
            return answers
        }
        let object = ObjectVersion(bucket: bucket, key: listed.key, versionID: nil, etag: nil)
        if listed.size > 1 { answers[.ranges] = await ranges(of: object) }
        answers[.readConditions] = await answer { () async throws(AWSError) in
            _ = try await s3.head(ObjectVersion(object, etag: Self.impossibleETag))
        }
        answers[.tags] = await keepsTags(of: object)
        if await ignoresVersions(of: object) { answers[.versions] = .ignored }
        return answers
    }

    /// Whether `If-Match` on DeleteObject is honoured: for a missing key S3 answers 404 to a conditional delete and 204
    /// to an unconditional one.
    package func deleteConditions(of missing: ObjectLocation, _ versioning: BucketVersioning?) async -> StoreAnswer {
        guard let versioning else { return .unknown("whether the bucket keeps versions is unknown") }
        // Without a version ID, a delete in a bucket that ever had versioning leaves a delete marker.
        let plain = ObjectDeletion(missing, version: versioning == .never ? nil : .null)
        var conditional = plain
        conditional.ifMatch = Self.impossibleETag
        do {
            try await s3.delete(conditional)
            return .ignored
        } catch {
            switch error.status {
            case 412: return .kept
            case 400, 501: return .ignored
            case 404: break
            default: return .unknown("\(error)")
            }
        }
        do {
            try await s3.delete(plain)
            return .kept
        } catch {
            return .unknown("the store answers \(error.status ?? 0) to every delete of a missing object")
        }
    }

    func ranges(of object: ObjectVersion) async -> StoreAnswer {
        let sink = HeadSink()
        do {
            _ = try await s3.get(object, range: 0..<1, into: sink)
        } catch {
            guard sink.head != nil else { return .unknown("\(error)") }
        }
        guard let range = sink.head?.contentRange else { return .ignored }
        return range.first == 0 && range.last == 0 ? .kept : .ignored
    }

    /// Whether an object is found under a version that it does not have.
    func ignoresVersions(of object: ObjectVersion) async -> Bool {
        let other = ObjectVersion(
            bucket: object.bucket, key: object.key, versionID: "lazaret-asks-whether-versions-are-kept", etag: nil)
        return (try? await s3.head(other)) != nil
    }

    /// Whether tags can be read. A store without tags may take the request that sets them for an upload, and replace
    /// the object by it.
    func keepsTags(of object: ObjectVersion) async -> StoreAnswer {
        do {
            _ = try await s3.tags(of: object)
            return .kept
        } catch {
            return error.status == 403 || error.status == 404 || error.status == nil ? .unknown("\(error)") : .ignored
        }
    }

    /// The answer to a request whose condition no object fulfils.
    func answer(_ request: () async throws(AWSError) -> Void) async -> StoreAnswer {
        do {
            try await request()
            return .ignored
        } catch {
            switch error.status {
            case 412: return .kept
            // The store does not know the header, and reports it. A 400 may be about the object's encryption.
            case 501: return .ignored
            default: return .unknown("\(error)")
            }
        }
    }
}

/// Ends a GET when its head is there.
private final class HeadSink: ObjectSink {
    private struct Seen: Error {}

    private let last = Locked<ObjectHead?>(nil)

    var head: ObjectHead? { last.withLock { $0 } }

    func begin(_ head: ObjectHead) throws {
        last.withLock { $0 = head }
        throw Seen()
    }

    func receive(_ bytes: UnsafeRawBufferPointer) {}
}
