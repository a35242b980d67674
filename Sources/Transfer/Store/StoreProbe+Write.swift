package import AWS
package import Domain
internal import Support

extension StoreProbe {
    /// Asks by two small objects of its own, and deletes them.
    ///
    /// - Parameters:
    ///   - locations: two keys that no object has.
    ///   - versioning: nil if it is unknown.
    /// - Throws: if an object can't be written or deleted.
    package func askByWriting(
        _ locations: (ObjectLocation, ObjectLocation), _ versioning: BucketVersioning?
    ) async throws(AWSError) -> Answers {
        let first = try await s3.put(Self.content, at: locations.0)
        var written = [(locations.0, first.versionID)]
        var answers: Answers = [:]
        let failure: AWSError?
        do {
            try await ask(locations, first, &answers, &written)
            failure = nil
        } catch { failure = error }
        for (location, version) in written.reversed() {
            try await s3.delete(ObjectDeletion(location, version: version.map { .id($0) }))
        }
        if let failure { throw failure }
        if versioning == .enabled, answers[.versions] == nil {
            answers[.versions] = first.versionID == nil ? .ignored : .kept
        }
        return answers
    }

    private static let content = Array("Written by lazaret check, to see what this store does.\n".utf8)

    private typealias Written = [(ObjectLocation, String?)]

    private func ask(
        _ locations: (ObjectLocation, ObjectLocation), _ first: WrittenObject, _ answers: inout Answers,
        _ written: inout Written
    ) async throws(AWSError) {
        let (original, copy) = locations
        let present = ObjectVersion(at: original, etag: nil)
        answers[.ranges] = await ranges(of: present)
        answers[.readConditions] = await answer { () async throws(AWSError) in
            _ = try await s3.head(ObjectVersion(at: original, etag: Self.impossibleETag))
        }
        var copied: ObjectCopyResult?
        answers[.copyConditions] = await answer { () async throws(AWSError) in
            copied = try await s3.copy(
                ObjectCopy(source: ObjectVersion(at: original, etag: Self.impossibleETag), destination: copy))
        }
        if let copied { written.append((copy, copied.versionID)) }
        if await ignoresVersions(of: present) { answers[.versions] = .ignored }
        let state = ObjectVersion(at: original, versionID: first.versionID, etag: first.etag)
        answers[.partCopies] = await partCopies(of: state, to: copy, &written)
        answers[.uploadChecksums] = await uploadChecksums(at: copy)
        var request = ObjectCopy(source: state, destination: copy)
        request.wantsSHA256 = true
        do {
            let result = try await s3.copy(request)
            written.append((copy, result.versionID))
            answers[.copyChecksums] = result.sha256 == nil ? .ignored : .kept
        } catch {
            guard error.isOfChecksum else { throw error }
            answers[.copyChecksums] = .ignored
        }
        answers[.tags] = await tags(on: original, first)
        // Last, since it may delete the copy.
        if first.versionID == nil {
            answers[.deleteConditions] = await answer { () async throws(AWSError) in
                try await s3.delete(ObjectDeletion(copy, ifMatch: Self.impossibleETag))
            }
        }
    }

    /// Whether a part can be copied from an object. S3 has no least size for the last part.
    private func partCopies(
        of source: ObjectVersion, to location: ObjectLocation, _ written: inout Written
    ) async -> StoreAnswer {
        await answer(from: UploadRequest(location, ObjectProperties())) { upload throws(AWSError) in
            let part = try await s3.copyPart(1, of: upload, from: source, range: nil)
            let result = try await s3.completeUpload(upload, parts: [part], size: Int64(Self.content.count))
            written.append((location, result.versionID))
            let head = try await s3.head(ObjectVersion(at: location, etag: nil))
            return head.contentLength == Int64(Self.content.count) ? .kept : .ignored
        }
    }

    /// Whether tags can be set and read, and the object stays as it was: some stores take the request for an upload.
    private func tags(on location: ObjectLocation, _ object: WrittenObject) async -> StoreAnswer {
        let state = ObjectVersion(at: location, versionID: object.versionID, etag: nil)
        let tag = Tag(key: "lazaret-check", value: "1")
        do {
            try await s3.setTags([tag], of: state)
            guard try await s3.head(state).etag == object.etag else { return .ignored }
            return try await s3.tags(of: state).contains(tag) ? .kept : .ignored
        } catch { return error.status == 403 ? .unknown("\(error)") : .ignored }
    }
}
