internal import AWS
internal import Domain
internal import Support

extension ObjectCopier {
    /// Multipart copy for objects over 5 GiB.
    ///
    /// The upload is aborted unless it succeeds. Uploads that a killed worker left at the same key are aborted first:
    /// the claim keeps other attempts at the same job away; if another worker copies another job to that key, its
    /// attempt fails with the upload and is repeated.
    func copyInParts(
        _ move: MoveRequest, inspectedBytes: @Sendable () async throws -> SpooledBytes, _ checkHold: HoldCheck
    ) async throws -> Destination {
        let bucket = move.destination.bucket
        var parts = Array((0..<move.size).split(into: try partSize(for: move.size))).map { InspectedPart(range: $0) }
        var request = try await uploadRequest(for: move)
        // A version needs no comparison; an object that was not read completely allows none.
        let isCompared = move.source.versionID == nil && move.expected.sha256 != nil
        if isCompared, !capabilities.has(.refusesPartChecksums, bucket: bucket) {
            request.wantsSHA256 = true
            try await hash(&parts, inspectedBytes: inspectedBytes, checkHold)
            do {
                return try await copyInParts(move, request, parts: parts, checkHold: checkHold)
            } catch {
                guard error is MissingChecksum || (error as? AWSError)?.isOfChecksum == true else { throw error }
            }
            request.wantsSHA256 = false
        }
        let copy = try await copyInParts(move, request, parts: parts, checkHold: checkHold)
        if isCompared { verifier.learnRefusesPartChecksums(bucket) }
        return copy
    }

    private func copyInParts(
        _ move: MoveRequest, _ request: UploadRequest, parts: [InspectedPart], checkHold: HoldCheck
    ) async throws -> Destination {
        let upload = try await creation.withPermit { () async throws in try await create(request, checkHold) }
        defer { uploads.remove(upload) }
        do {
            let copier = PartCopier(copier: self, move: move, upload: upload, isHashed: request.wantsSHA256)
            let copied = try await copier.copy(parts, checkHold)
            try await checkHold()
            return try await complete(upload, copied, of: move, checkHold)
        } catch {
            await abort(upload)
            // Another process aborted the upload: that is not about the source.
            if (error as? AWSError)?.code == "NoSuchUpload" {
                throw TransferError.unverified("the upload to \(move.destination) was aborted by another process")
            }
            throw error
        }
    }

    private func complete(
        _ upload: MultipartUpload, _ parts: [CopiedPart], of move: MoveRequest, _ checkHold: HoldCheck
    ) async throws -> Destination {
        let result: ObjectCopyResult
        do {
            result = try await store.completeUpload(upload, parts: parts, size: move.size) {
                await checkHold.isPassed
            }
        } catch {
            // An earlier try may have completed it.
            guard error.leavesOutcomeOpen || error.code == "NoSuchUpload", let copy = try await findCopy(move)
            else {
                try await checkHold()
                throw error
            }
            return copy
        }
        try await verifier.checkPresent(result, at: move.destination, size: move.size)
        return Destination(move.destination, versionID: result.versionID)
    }

    /// S3 takes 10,000 parts of up to 5 GiB (Amazon S3 User Guide, "Multipart upload limits").
    private func partSize(for size: Int64) throws(TransferError) -> Int64 {
        let partSize = max(configuration.partSize, (size + 9_999) / 10_000)
        guard partSize <= Self.maxSingleCopy else {
            throw .refused("\(size) bytes are more than S3 copies in 10,000 parts of 5 GiB")
        }
        return partSize
    }

    private func hash(
        _ parts: inout [InspectedPart], inspectedBytes: @Sendable () async throws -> SpooledBytes,
        _ checkHold: HoldCheck
    ) async throws(TransferError) {
        let bytes: SpooledBytes
        do {
            bytes = try await inspectedBytes()
        } catch let error as TransferError { throw error } catch { throw .stopped(error) }
        for index in parts.indices {
            parts[index].sha256 = try await bytes.sha256(of: parts[index].range)
            // Hashing takes time. An attempt that has lost the job would go on to abort the upload of its successor.
            try await checkHold()
        }
    }

    private func create(_ request: UploadRequest, _ checkHold: HoldCheck) async throws -> MultipartUpload {
        var attempt = 1
        while true {
            try await abortLeftovers(at: request.location)
            do {
                let upload = try await store.createUpload(request)
                uploads.insert(upload)
                return upload
            } catch {
                guard error.leavesOutcomeOpen, attempt < Self.maxAttempts else { throw error }
                // If it was created after all, it is one of the leftovers.
                attempt += 1
                try await checkHold()
            }
        }
    }

    /// Aborts the uploads to that key that this process is not working on. A caller without the permission to list
    /// uploads skips this: a lifecycle rule of the bucket does the same.
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

    /// Also runs if the task is cancelled. If it fails, the next attempt aborts the upload.
    private func abort(_ upload: MultipartUpload) async {
        await Task { [store] in try? await store.abortUpload(upload) }.value
    }
}

/// Copies the parts of one upload.
private struct PartCopier: Sendable {
    let copier: ObjectCopier
    let move: MoveRequest
    let upload: MultipartUpload
    /// Whether S3 was asked for the SHA-256 of each part, which is then compared with that of the inspected part.
    let isHashed: Bool

    func copy(_ parts: [InspectedPart], _ checkHold: HoldCheck) async throws -> [CopiedPart] {
        try await withThrowingTaskGroup(of: (index: Int, part: CopiedPart).self) { group in
            var copied = [CopiedPart](repeating: CopiedPart(etag: ""), count: parts.count)
            var running = 0
            for (index, part) in parts.enumerated() {
                if running == copier.configuration.partsAtOnce {
                    if let done = try await group.next() { copied[done.index] = done.part }
                } else {
                    running += 1
                }
                group.addTask {
                    try await copier.parts.withPermit { () async throws in
                        try await checkHold()
                        let range = parts.count == 1 ? nil : part.range
                        let done = try await copier.store.copyPart(
                            index + 1, of: upload, from: move.source, range: range)
                        if isHashed { try copier.verifier.check(done, part, of: move.expected) }
                        return (index, done)
                    }
                }
            }
            for try await done in group { copied[done.index] = done.part }
            return copied
        }
    }
}

/// The uploads that this process is working on.
final class RunningUploads: Sendable {
    private let uploads = Locked<Set<MultipartUpload>>([])

    func contains(_ upload: MultipartUpload) -> Bool { uploads.withLock { $0.contains(upload) } }
    func insert(_ upload: MultipartUpload) { uploads.withLock { _ = $0.insert(upload) } }
    func remove(_ upload: MultipartUpload) { uploads.withLock { _ = $0.remove(upload) } }
}
