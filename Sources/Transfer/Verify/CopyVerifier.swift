internal import AWS
internal import Domain
internal import Support

/// Verifies that a copy holds the bytes that were inspected.
///
/// A copy is verified by the first of these that applies:
///
/// - One request, and the answer has the copy's SHA-256: it is that of the inspected bytes.
/// - One request, and the source's ETag is the MD5 of its bytes: the answer's ETag is the source's.
/// - One request, otherwise: the copy was pinned to version or ETag, and a HEAD of the new ETag and version has the
///   source's length. If nothing explains the new ETag, a HEAD finds the source unchanged.
/// - By parts: each part was pinned to version and ETag and answered with an ETag, S3 completed exactly the parts with
///   those ETags and with this total size, and a HEAD as above. From a bucket without versions, besides, the SHA-256 of
///   each part is that of the same inspected range.
/// - The answer was lost, or the worker was killed (`find`): the mark of job and source in the copy's metadata, else
///   the ETag; and the SHA-256, if S3 keeps it with the copy.
///
/// A source without versions is pinned by its ETag alone, an MD5 at best. An uploader can make two bodies of one MD5,
/// have the first inspected, and replace it by the second before the copy. Therefore S3 is asked for the SHA-256 of
/// what it copies.
package struct CopyVerifier: Sendable {
    let store: any ObjectStore
    let reader: SourceReader
    let deleter: ObjectDeleter
    let capabilities: StoreCapabilities
    let log: Log?

    /// Verifies a copy that was made in one request.
    ///
    /// - Throws: `mismatchedBytes` or `refused` if other bytes were copied, after the copy was deleted.
    func verify(
        _ result: ObjectCopyResult, of request: MoveRequest, _ checkHold: HoldCheck
    ) async throws(TransferError) {
        let (source, destination) = (request.source, request.destination)
        // Before any other check can fail: a mismatched copy is never left behind.
        let hasInspectedSHA256 = try await checkSHA256(of: result, request.expected, checkHold)
        if let version = source.versionID, let copied = result.sourceVersionID, copied != version {
            throw .unverified("version \(copied) was copied, not \(version)")
        }
        if result.etag != source.etag, isPlainMD5(source.etag) {
            capabilities.learn(.changesETags, bucket: destination.bucket)
        }
        guard !hasInspectedSHA256, result.etag != source.etag else { return }
        // The ETag of a multipart upload, or under a KMS key, is not the MD5 of the bytes, and the copy's is another.
        let copy = try await checkPresent(result, at: destination, size: request.size)
        if isPlainMD5(source.etag), request.head.encryption?.isByKMS != true, copy.encryption?.isByKMS != true {
            try await checkSourceUnchanged(copy, request, checkHold)
        }
    }

    /// Checks that the copy with this version and ETag is at its destination, with the source's length.
    ///
    /// - Returns: the copy's head.
    @discardableResult
    func checkPresent(
        _ result: ObjectCopyResult, at location: ObjectLocation, size: Int64
    ) async throws(TransferError) -> ObjectHead {
        let head: ObjectHead
        do {
            head = try await store.head(ObjectVersion(at: location, versionID: result.versionID, etag: result.etag))
        } catch {
            // A 404 or 412 of the destination is not about the source.
            guard error.status == 404 || error.status == 412 else { throw TransferError(error) }
            throw .unverified("\(location) does not hold the copy (HeadObject, HTTP \(error.status ?? 0))")
        }
        guard head.etag == result.etag, head.contentLength == size else {
            throw .unverified(
                "\(location) has \(head.contentLength ?? -1) bytes and ETag \(head.etag ?? "none"), not \(size) and \(result.etag)"
            )
        }
        return head
    }

    /// Checks the source if neither parts nor a KMS key explain that the copy's ETag is not the source's: a store that
    /// ignores `x-amz-copy-source-if-match` may have copied bytes that were not inspected. If the source was
    /// overwritten, the copy is deleted. If the source is gone, the copy stays: another attempt may have moved the
    /// object.
    private func checkSourceUnchanged(
        _ copy: ObjectHead, _ request: MoveRequest, _ checkHold: HoldCheck
    ) async throws(TransferError) {
        do {
            try await reader.checkUnchanged(request.source)
        } catch {
            switch error {
            case .superseded:
                try await checkHold()
                let made = ObjectVersion(at: request.destination, versionID: copy.versionID, etag: copy.etag)
                try await deleter.delete(made, head: copy)
                throw .superseded
            case .gone: throw .unverified("\(request.destination) has another ETag than the source, which is gone")
            default: throw error
            }
        }
    }
}

extension ObjectEncryption {
    var isByKMS: Bool { algorithm.hasPrefix("aws:kms") }
}
