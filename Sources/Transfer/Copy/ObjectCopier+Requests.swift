internal import AWS
internal import Domain

extension ObjectCopier {
    func copyRequest(for move: MoveRequest) async throws -> ObjectCopy {
        let (head, mark) = (move.head, move.expected.mark)
        var copy = ObjectCopy(source: move.source, destination: move.destination)
        (copy.storageClass, copy.encryption) = storage(for: move)
        switch move.manner {
        case .promoted(let tags):
            var leftOver: [Tag] = []
            if !tags.isEmpty {
                let all = merged(try await ownTags(move), tags)
                copy.tags = .replace(all.tags)
                leftOver = all.dropped
            }
            if !leftOver.isEmpty || needsMark(move) {
                copy.metadata = .replace(ObjectProperties(of: head, mark: mark, tagsAsMetadata: leftOver))
            }
        case .inert(let facts, let tags):
            let own = try await ownTags(move)
            copy.metadata = .replace(.inert(move.source, head, mark: mark, facts: facts, tags: own))
            copy.tags = .replace(tags)
        case .restored(let original, let tags):
            let all = merged(original.tags, tags)
            copy.metadata = .replace(original.marked(mark, tagsAsMetadata: all.dropped))
            copy.tags = .replace(all.tags)
        }
        return copy
    }

    /// CopyObject would copy metadata and tags; a multipart upload sets them explicitly.
    func uploadRequest(for move: MoveRequest) async throws -> UploadRequest {
        let (head, mark) = (move.head, move.expected.mark)
        var request: UploadRequest
        switch move.manner {
        case .promoted(let tags):
            let own = try await ownTags(move)
            let all = merged(own, tags)
            let properties = ObjectProperties(of: head, mark: mark, tagsAsMetadata: all.dropped)
            request = UploadRequest(move.destination, properties, tags: all.tags)
        case .inert(let facts, let tags):
            let own = try await ownTags(move)
            let properties = ObjectProperties.inert(move.source, head, mark: mark, facts: facts, tags: own)
            request = UploadRequest(move.destination, properties, tags: tags)
        case .restored(let original, let tags):
            let all = merged(original.tags, tags)
            request = UploadRequest(
                move.destination, original.marked(mark, tagsAsMetadata: all.dropped), tags: all.tags)
        }
        (request.storageClass, request.encryption) = storage(for: move)
        return request
    }

    /// A quarantined object has the destination's storage class and encryption: under a key of the uploader's the
    /// evidence could be made unreadable. So has one that is restored from there. A promoted one has the source's if
    /// its pipeline asks for that.
    private func storage(for move: MoveRequest) -> (String?, ObjectEncryption?) {
        switch move.manner {
        case .promoted where move.keepsStorage: (move.head.storageClass, requestedEncryption(move.head))
        case .promoted, .inert, .restored: (nil, nil)
        }
    }

    private func ownTags(_ move: MoveRequest) async throws(AWSError) -> [Tag] {
        let bucket = move.source.bucket
        guard move.head.tagCount > 0, !capabilities.has(.keepsNoTags, bucket: bucket) else { return [] }
        do {
            return try await store.tags(of: move.source)
        } catch {
            // After a HEAD, whose answer has no number of tags, they are asked for although there may be none.
            guard error.isOfMissingTags else { throw error }
            capabilities.learn(.keepsNoTags, bucket: bucket)
            return []
        }
    }

    /// A copy that will have the source's ETag is recognised by that; it needs no mark, and the uploader's metadata
    /// stays unchanged.
    private func needsMark(_ move: MoveRequest) -> Bool {
        !isPlainMD5(move.source.etag) || move.head.encryption?.isByKMS == true
            || capabilities.has(.changesETags, bucket: move.destination.bucket)
            || move.head.metadata.contains { $0.name == CopyMark.name }
    }

    /// Returns nil for `AES256`, which S3 applies by default: naming it would override the destination's own default,
    /// which may be a KMS key.
    private func requestedEncryption(_ head: ObjectHead) -> ObjectEncryption? {
        head.encryption?.algorithm == "AES256" ? nil : head.encryption
    }
}
