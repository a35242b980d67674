internal import AWS
internal import Domain
internal import Support

extension Relocation {
    /// Copies what S3 does not copy in one request. All that a single copy takes over is said again here.
    ///
    /// The upload is aborted however this ends but well. What a killed worker left behind at the same key is aborted
    /// first: the claim keeps other attempts at the same job away, and where another job copies to that key from
    /// another worker, its attempt fails with the upload and is made again.
    func copyInParts(
        _ source: ObjectVersion, _ head: ObjectHead, size: Int64, to location: ObjectLocation, _ manner: Manner,
        _ mark: CopyMark, _ inspectedBytes: @Sendable () async throws -> SpooledBytes,
        _ holds: @escaping @Sendable () async throws -> Void
    ) async throws -> Destination {
        var parts = Array((0..<size).split(into: try partSize(for: size))).map { InspectedPart(range: $0) }
        var request = try await uploadRequest(source, head, to: location, manner, mark)
        // A version needs no comparison; what was not wholly read allows none.
        let isCompared = source.versionID == nil && mark.inspected != nil
        if isCompared, !destinations.isKnown(.refusingChecksumsOfParts, of: location.bucket) {
            request.wantsSHA256 = true
            try await hash(&parts, inspectedBytes, holds)
            do {
                return try await copyInParts(request, source, head, size: size, parts, mark, holds)
            } catch {
                guard error is UntoldChecksum || (error as? AWSError)?.isOfChecksum == true else { throw error }
            }
            request.wantsSHA256 = false
        }
        let copy = try await copyInParts(request, source, head, size: size, parts, mark, holds)
        if isCompared { learn(refusesChecksumsOfParts: location.bucket) }
        return copy
    }

    private func copyInParts(
        _ request: UploadRequest, _ source: ObjectVersion, _ head: ObjectHead, size: Int64, _ parts: [InspectedPart],
        _ mark: CopyMark, _ holds: @escaping @Sendable () async throws -> Void
    ) async throws -> Destination {
        let location = request.location
        let upload = try await beginnings.withPermit { () async throws in try await begin(request, holds) }
        defer { uploads.remove(upload) }
        do {
            let copied = try await copyParts(of: upload, source, parts, isHashed: request.wantsSHA256, holds)
            try await asked(holds)
            return try await complete(upload, copied, source, head, size: size, mark)
        } catch {
            await abort(upload)
            // Where somebody else ended the upload, it is no word about the source.
            if (error as? AWSError)?.code == "NoSuchUpload" {
                throw TransferError.unproven("the upload to \(location) was ended by somebody else")
            }
            throw error
        }
    }

    private func complete(
        _ upload: MultipartUpload, _ parts: [CopiedPart], _ source: ObjectVersion, _ head: ObjectHead, size: Int64,
        _ mark: CopyMark
    ) async throws -> Destination {
        let result: ObjectCopyResult
        do {
            result = try await store.completeUpload(upload, parts: parts, size: size)
        } catch {
            // An earlier try may have made the object.
            guard error.leavesOutcomeOpen || error.code == "NoSuchUpload",
                let copy = try await look(for: mark, of: source, head, at: upload.location)
            else { throw error }
            return copy
        }
        try await prove(upload.location, version: result.versionID, etag: result.etag, size: size)
        return Destination(upload.location, versionID: result.versionID)
    }

    /// S3 takes 10,000 parts of up to 5 GiB (Amazon S3 User Guide, "Multipart upload limits").
    private func partSize(for size: Int64) throws(TransferError) -> Int64 {
        let partSize = max(configuration.partSize, (size + 9_999) / 10_000)
        guard partSize <= Self.greatestSingleCopy else {
            throw .refused("\(size) bytes are more than S3 copies in 10,000 parts of 5 GiB")
        }
        return partSize
    }

    private func uploadRequest(
        _ source: ObjectVersion, _ head: ObjectHead, to location: ObjectLocation, _ manner: Manner, _ mark: CopyMark
    ) async throws -> UploadRequest {
        let own = head.tagCount > 0 ? try await store.tags(of: source) : []
        var request: UploadRequest
        switch manner {
        case .promoted(let tags):
            if let all = merged(own, tags) {
                request = UploadRequest(location, ObjectProperties(of: head, mark: mark), tags: all)
            } else {
                let properties = ObjectProperties(of: head, mark: mark, tagsAsMetadata: tags)
                request = UploadRequest(location, properties, tags: merged(own, []) ?? [])
            }
        case .inert(let facts, let tags):
            let properties = ObjectProperties.inert(source, head, mark: mark, facts: facts, tags: own)
            request = UploadRequest(location, properties, tags: tags)
        }
        request.storageClass = head.storageClass
        request.encryption = carried(head.encryption)
        return request
    }

    private func begin(
        _ request: UploadRequest, _ holds: @Sendable () async throws -> Void
    ) async throws -> MultipartUpload {
        var attempt = 1
        while true {
            try await abortLeftovers(at: request.location)
            do {
                let upload = try await store.createUpload(request)
                uploads.insert(upload)
                return upload
            } catch {
                guard error.leavesOutcomeOpen, attempt < Self.tries else { throw error }
                // It may have been begun all the same: then it is one of the leftovers.
                attempt += 1
                try await asked(holds)
            }
        }
    }

    /// Aborts what was begun at that key and is not under way in this process. Who may not list uploads is spared: a
    /// copy does not depend on it, and a lifecycle rule of the bucket does the same.
    private func abortLeftovers(at location: ObjectLocation) async throws(AWSError) {
        let found: [MultipartUpload]
        do {
            found = try await store.uploads(of: location)
        } catch {
            guard error.kind == .denied || error.status == 501 else { throw error }
            return
        }
        for upload in found where !uploads.contains(upload) { try await store.abortUpload(upload) }
    }

    /// - Parameter isHashed: whether S3 was asked for the SHA-256 of each part; then it must be that of the part that
    ///   was inspected.
    private func copyParts(
        of upload: MultipartUpload, _ source: ObjectVersion, _ wanted: [InspectedPart], isHashed: Bool,
        _ holds: @escaping @Sendable () async throws -> Void
    ) async throws -> [CopiedPart] {
        try await withThrowingTaskGroup(of: (index: Int, part: CopiedPart).self) { group in
            var copied = [CopiedPart](repeating: CopiedPart(etag: ""), count: wanted.count)
            var running = 0
            for (index, part) in wanted.enumerated() {
                if running == configuration.partsAtOnce {
                    if let done = try await group.next() { copied[done.index] = done.part }
                } else {
                    running += 1
                }
                group.addTask {
                    try await parts.withPermit { () async throws in
                        try await asked(holds)
                        let range = wanted.count == 1 ? nil : part.range
                        let done = try await store.copyPart(index + 1, of: upload, from: source, range: range)
                        if isHashed { try check(done, part, of: source, to: upload.location) }
                        return (index, done)
                    }
                }
            }
            for try await done in group { copied[done.index] = done.part }
            return copied
        }
    }

    /// Also where the task is cancelled. What can't be aborted now is so by the next attempt.
    private func abort(_ upload: MultipartUpload) async {
        await Task { [store] in try? await store.abortUpload(upload) }.value
    }
}

/// The uploads that this process works on.
final class RunningUploads: Sendable {
    private let uploads = Locked<Set<MultipartUpload>>([])

    func contains(_ upload: MultipartUpload) -> Bool { uploads.withLock { $0.contains(upload) } }
    func insert(_ upload: MultipartUpload) { uploads.withLock { _ = $0.insert(upload) } }
    func remove(_ upload: MultipartUpload) { uploads.withLock { _ = $0.remove(upload) } }
}
