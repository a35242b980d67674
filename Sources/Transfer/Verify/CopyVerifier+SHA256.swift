internal import AWS
internal import Domain
internal import Support

extension CopyVerifier {
    /// Compares the SHA-256 that S3 returned with that of the inspected bytes.
    ///
    /// - Returns: false if S3 returned none, or if the inspected bytes have none.
    /// - Throws: after a mismatched copy was deleted, `mismatchedBytes`; for a version, whose bytes never change,
    ///   `refused`, since it was not read as it is.
    func checkSHA256(
        of result: ObjectCopyResult, _ expected: ExpectedCopy, _ checkHold: HoldCheck
    ) async throws(TransferError) -> Bool {
        guard let inspected = expected.sha256 else { return false }
        let (source, location) = (expected.source, expected.destination)
        guard let copied = result.sha256 else {
            if source.versionID == nil { noteNoSHA256(location.bucket) }
            return false
        }
        guard copied != inspected else { return true }
        let copy = ObjectVersion(at: location, versionID: result.versionID, etag: result.etag)
        log?.recordMismatch(expected, inspected: inspected, copied: copied)
        try await remove(copy, head: nil, checkHold)
        let difference =
            "S3 copied bytes with SHA-256 \(copied) to \(location), but the inspected bytes have \(inspected)"
        guard source.versionID == nil else {
            throw .refused(
                "\(difference), though the version is the same; the copy was deleted. Check the proxies and caches before S3, then replay the job"
            )
        }
        throw .mismatchedBytes(
            "\(difference), under the same ETag: the object was overwritten in between. The copy was deleted")
    }

    /// Compares the SHA-256 of a copied part with that of the same inspected range.
    ///
    /// - Throws: `mismatchedBytes`; there is no object yet to be deleted. `MissingChecksum` if S3 returned none.
    func check(_ copied: CopiedPart, _ part: InspectedPart, of expected: ExpectedCopy) throws {
        guard let sha256 = copied.sha256, let inspected = part.sha256 else { throw MissingChecksum() }
        guard sha256 != inspected else { return }
        log?.recordMismatch(expected, inspected: inspected, copied: sha256, range: part.range)
        throw TransferError.mismatchedBytes(
            "S3 copied bytes \(part.range) with SHA-256 \(sha256) for \(expected.destination), but the inspected bytes have \(inspected), under the same ETag: the object was overwritten in between. The copy was not completed"
        )
    }

    func learnRefusesPartChecksums(_ bucket: String) {
        capabilities.learn(.refusesPartChecksums, bucket: bucket)
        noteNoSHA256(bucket)
    }

    private func noteNoSHA256(_ bucket: String) {
        if capabilities.learn(.returnsNoSHA256, bucket: bucket) { log?.recordNoSHA256(bucket) }
    }
}

/// A part of an object that is copied by parts.
struct InspectedPart: Sendable {
    let range: Range<Int64>
    /// Of the inspected bytes, in lowercase hexadecimal; nil if the part is not compared.
    var sha256: String?
}

/// S3 was asked for the SHA-256 of a part, and did not return it.
struct MissingChecksum: Error {}

extension Log {
    func recordMismatch(_ expected: ExpectedCopy, inspected: String, copied: String, range: Range<Int64>? = nil) {
        self(.warning, "S3 copied other bytes than were inspected; the copy is discarded") { json in
            json.field("bucket", expected.source.bucket)
            json.field("key", expected.source.key.text)
            json.field("versionId", expected.source.versionID)
            json.field("destination", expected.destination.description)
            if let range { json.field("range", "\(range)") }
            json.field("inspected", inspected)
            json.field("copied", copied)
        }
    }

    /// Logged once per bucket.
    fileprivate func recordNoSHA256(_ bucket: String) {
        self(
            .warning, "CopyObject returned no SHA-256; copies from this unversioned bucket are verified by ETag only"
        ) {
            json in
            json.field("bucket", bucket)
            json.field("hint", "enable versioning on the incoming bucket")
        }
    }
}
