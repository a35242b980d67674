package import AWS
package import Domain

extension CopyVerifier {
    /// Finds the copy that a job made earlier. Returns nil if none is there, or if it can't be verified.
    ///
    /// One guess remains if S3 keeps no SHA-256 with the copy: a worker's first copies into a bucket with a default KMS
    /// key have neither the mark nor the source's ETag, and a source whose event had no ETag allows no comparison. Then
    /// an object of the right length that is not older than the source counts as the copy.
    ///
    /// - Parameters:
    ///   - sourceHead: the source's head while it was there. An object of the same bytes that is older is not its copy.
    ///   - made: the copy as it was once verified. Then nothing is guessed: only this version, or the mark or ETag,
    ///     count.
    ///   - mayGuess: false if the destination may hold another job's copy by now.
    ///   - removal: how to remove mismatched copies of the job; nil to change nothing.
    package func find(
        _ expected: ExpectedCopy, sourceHead: ObjectHead? = nil, made: Destination? = nil, mayGuess: Bool = true,
        removal: MismatchedCopyRemoval? = nil
    ) async throws(TransferError) -> Destination? {
        guard let found = try await present(expected, removal) else { return nil }
        let (source, written) = (expected.source, sourceHead?.writtenAt)
        let isCopy =
            switch CopyMatch(found, expected) {
            case .marked: true
            case .sameBytes: !wasWritten(found, before: written)
            case .otherETag where made != nil: found.versionID != nil && found.versionID == made?.versionID
            case .otherETag:
                mayGuess && (source.etag == nil || (isPlainMD5(source.etag) && found.encryption?.isByKMS == true))
                    && found.contentLength == expected.size
                    && !wasWritten(found, before: written ?? expected.writtenAt)
            case .markedMismatch, .mismatch, .other: false
            }
        return isCopy ? Destination(expected.destination, versionID: found.versionID) : nil
    }

    /// Finds the copy while the source is still there. Equal bytes do not suffice: they may be of an earlier upload
    /// with other properties. Returns nil if in doubt; the caller then copies again, or leaves the source.
    ///
    /// - Parameters:
    ///   - sourceHead: the answer of a GET or HEAD of exactly this version.
    ///   - removal: how to remove mismatched copies of the job; nil to change nothing.
    package func findCertain(
        _ expected: ExpectedCopy, sourceHead: ObjectHead, removal: MismatchedCopyRemoval? = nil
    ) async throws(TransferError) -> Destination? {
        guard let found = try await present(expected, removal) else { return nil }
        let isCopy =
            switch CopyMatch(found, expected) {
            case .marked: true
            case .sameBytes:
                copiedProperties(found) == copiedProperties(sourceHead)
                    && !wasWritten(found, before: sourceHead.writtenAt)
            case .markedMismatch, .mismatch, .otherETag, .other: false
            }
        return isCopy ? Destination(expected.destination, versionID: found.versionID) : nil
    }

    /// Returns the head of whatever is at a location; nil if nothing is.
    package func occupant(of location: ObjectLocation) async throws(TransferError) -> ObjectHead? {
        do throws(AWSError) {
            return try await store.head(ObjectVersion(at: location, etag: nil))
        } catch {
            // A delete marker answers 405 or 404.
            if error.status == 404 || error.status == 405 { return nil }
            throw TransferError(error)
        }
    }

    private func present(
        _ expected: ExpectedCopy, _ removal: MismatchedCopyRemoval?
    ) async throws(TransferError) -> ObjectHead? {
        guard let removal else { return try await headOfDestination(expected) }
        return try await removeMismatchedCopies(expected, removal)
    }

    /// Returns the head of the object at the destination, with its SHA-256 if there is one to compare; nil if it is
    /// missing.
    func headOfDestination(_ expected: ExpectedCopy) async throws(TransferError) -> ObjectHead? {
        let object = ObjectVersion(at: expected.destination, etag: nil)
        do throws(AWSError) {
            guard expected.sha256 != nil else { return try await store.head(object) }
            do throws(AWSError) {
                return try await store.head(object, wantsSHA256: true)
            } catch {
                // The caller may not decrypt with the destination's key, or the store does not know checksums.
                guard [400, 403, 501].contains(error.status) else { throw error }
                return try await store.head(object)
            }
        } catch {
            if error.status == 404 { return nil }
            throw TransferError(error)
        }
    }
}

/// The properties that CopyObject copies by default.
private func copiedProperties(_ head: ObjectHead) -> ObjectProperties {
    var properties = ObjectProperties(head)
    properties.websiteRedirect = nil
    properties.metadata.sort { $0.name < $1.name }
    return properties
}

/// Returns false if either time is unknown. `Last-Modified` has whole seconds.
func wasWritten(_ head: ObjectHead, before time: Timestamp?) -> Bool {
    guard let time, let modified = head.writtenAt else { return false }
    return modified.advanced(by: .seconds(1)) <= time
}
