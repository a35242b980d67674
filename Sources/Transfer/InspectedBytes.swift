internal import AWS
internal import Domain
internal import Support

// A source without versions is pinned by its ETag alone, an MD5 at best: whoever uploads can make two bodies of one MD5, let the
// first be judged, and put the second in its place before the copy. So S3 is asked for the SHA-256 of what it copies, and a copy
// counts only where that is the SHA-256 of what was inspected, if it is told. Of a copy by parts S3 hashes each part; the same
// ranges of the inspected bytes are hashed for that once more, before S3 puts anything together.

extension Relocation {
    /// Asks for a copy and its SHA-256; of a store that refuses that, for the copy alone.
    func send(_ copy: ObjectCopy) async throws(AWSError) -> ObjectCopyResult {
        var copy = copy
        copy.wantsSHA256 = !destinations.isKnown(.refusingChecksums, of: copy.destination.bucket)
        do {
            return try await store.copy(copy)
        } catch {
            guard copy.wantsSHA256, error.isOfChecksum else { throw error }
            copy.wantsSHA256 = false
            let result = try await store.copy(copy)
            // What it had refused was nothing else.
            destinations.learn(.refusingChecksums, of: copy.destination.bucket)
            return result
        }
    }

    /// Whether S3's answer proves that the bytes of a copy are those that were inspected; false where it does not tell.
    ///
    /// - Throws: where they are others, once the copy is taken away again: `otherBytes`; of a version, whose bytes never change,
    ///   `refused`, for then it was not read as it is.
    func isOfInspectedBytes(
        _ result: ObjectCopyResult, _ source: ObjectVersion, at location: ObjectLocation, _ mark: CopyMark,
        _ holds: @Sendable () async throws -> Void
    ) async throws(TransferError) -> Bool {
        guard let inspected = mark.inspected else { return false }
        guard let copied = result.sha256 else {
            if source.versionID == nil { noteUntold(location.bucket) }
            return false
        }
        guard copied != inspected else { return true }
        let copy = ObjectVersion(
            bucket: location.bucket, key: location.key, versionID: result.versionID, etag: result.etag)
        try await takeAway(copy, nil, of: copied, source, inspected, holds)
        let difference =
            "S3 copied bytes with SHA-256 \(copied) to \(location), and inspected were bytes with \(inspected)"
        guard source.versionID == nil else {
            throw .refused(
                "\(difference), of one and the same version; the copy was taken away. Look at what stands between here and S3, then replay the job"
            )
        }
        throw .otherBytes(
            "\(difference), under the same ETag: the object was overwritten in between. The copy was taken away")
    }

    /// What stands at `location`, once what earlier attempts of the job have copied there of other bytes than were inspected is
    /// taken away.
    ///
    /// - Parameter writtenAt: when the source was written, as its event told: the store would tell of a twin that is there by now.
    func present(
        at location: ObjectLocation, besidesTwinsOf source: ObjectVersion, writtenAt: Timestamp?, _ mark: CopyMark,
        _ removal: MismatchedCopyRemoval
    ) async throws(TransferError) -> ObjectHead? {
        // In a bucket with versions one may lie below the other.
        for _ in 0...Self.tries {
            guard let found = try await headAt(location, mark) else { return nil }
            guard let held = found.sha256, let inspected = mark.inspected,
                try await isTwinOfOurs(found, held, source, writtenAt: writtenAt, mark, removal)
            else { return found }
            let reason =
                "an attempt that was cut off had copied bytes with SHA-256 \(held) to \(location), and inspected were bytes with \(inspected): they are taken away"
            do { try await removal.tell(reason) } catch { throw .stopped(error) }
            let copy = ObjectVersion(
                bucket: location.bucket, key: location.key, versionID: found.versionID, etag: found.etag)
            try await takeAway(copy, found, of: held, source, inspected, removal.holds)
        }
        throw .unproven("copies of other bytes than were inspected do not go away from \(location)")
    }

    private func isTwinOfOurs(
        _ found: ObjectHead, _ held: String, _ source: ObjectVersion, writtenAt: Timestamp?, _ mark: CopyMark,
        _ removal: MismatchedCopyRemoval
    ) async throws(TransferError) -> Bool {
        switch Likeness(found, mark, source) {
        case .markedTwin: return true
        case .twin:
            guard !wasWritten(found, before: writtenAt) else { return false }
            do { return try await !removal.isAnothers(held) } catch { throw .stopped(error) }
        case .marked, .sameBytes, .otherETag, .other: return false
        }
    }

    /// - Parameter head: what is known of the copy; nil: nothing yet.
    private func takeAway(
        _ copy: ObjectVersion, _ head: ObjectHead?, of copied: String, _ source: ObjectVersion, _ inspected: String,
        _ holds: @Sendable () async throws -> Void
    ) async throws(TransferError) {
        let location = ObjectLocation(bucket: copy.bucket, key: copy.key)
        log?.recordOtherBytes(source, location, inspected: inspected, copied: copied)
        do throws(TransferError) {
            if copy.versionID != nil { return try await delete(copy, ObjectHead(status: 200)) }
            // A version is this copy for ever; what stands there without one may be another attempt's by now.
            try await asked(holds)
            if let head { return try await delete(copy, head) }
            let found: ObjectHead
            do throws(AWSError) {
                found = try await store.head(copy)
            } catch {
                // It is not there any more.
                guard error.status == 404 || error.status == 412 else { throw TransferError(error) }
                return
            }
            try await delete(copy, found)
        } catch {
            guard case .refused(let reason) = error else { throw error }
            throw .refused("bytes that nobody has inspected were copied to \(location), and stay there: \(reason)")
        }
    }
}

// MARK: Parts

/// A part of an object that is to be copied by parts.
struct InspectedPart: Sendable {
    let range: Range<Int64>
    /// Of the bytes that were inspected, in lowercase hexadecimal; nil where nothing is compared.
    var sha256: String?
}

/// S3 was asked for the SHA-256 of a part, and did not tell it.
struct UntoldChecksum: Error {}

extension Relocation {
    func hash(
        _ parts: inout [InspectedPart], _ inspectedBytes: @Sendable () async throws -> SpooledBytes,
        _ holds: @Sendable () async throws -> Void
    ) async throws(TransferError) {
        let bytes: SpooledBytes
        do {
            bytes = try await inspectedBytes()
        } catch let error as TransferError { throw error } catch { throw .stopped(error) }
        for index in parts.indices {
            parts[index].sha256 = try await bytes.sha256(of: parts[index].range)
            // It takes its time, and who has lost the job would go on to abort the upload of whoever has it now.
            try await asked(holds)
        }
    }

    /// - Throws: `otherBytes`; nothing is there yet that would have to be taken away. `UntoldChecksum`.
    func check(
        _ copied: CopiedPart, _ inspected: InspectedPart, of source: ObjectVersion, to location: ObjectLocation
    ) throws {
        guard let told = copied.sha256, let expected = inspected.sha256 else { throw UntoldChecksum() }
        guard told != expected else { return }
        log?.recordOtherBytes(source, location, inspected: expected, copied: told, range: inspected.range)
        throw TransferError.otherBytes(
            "S3 copied bytes \(inspected.range) with SHA-256 \(told) for \(location), and inspected were bytes with \(expected), under the same ETag: the object was overwritten in between. The copy was not completed"
        )
    }

    func learn(refusesChecksumsOfParts bucket: String) {
        destinations.learn(.refusingChecksumsOfParts, of: bucket)
        noteUntold(bucket)
    }

    private func noteUntold(_ bucket: String) {
        if destinations.learn(.tellingNoSHA256, of: bucket) { log?.recordUntold(bucket) }
    }
}

/// What has to be known and done where an attempt that was cut off may have left a copy of bytes that nobody has inspected.
package struct MismatchedCopyRemoval: Sendable {
    /// Throws where the right to change anything is lost.
    let holds: @Sendable () async throws -> Void
    /// Whether another job puts bytes with this SHA-256 in the place.
    let isAnothers: @Sendable (_ sha256: String) async throws -> Bool
    /// Told why, before something is taken away.
    let tell: @Sendable (_ reason: String) async throws -> Void

    package init(
        while holds: @escaping @Sendable () async throws -> Void,
        isAnothers: @escaping @Sendable (_ sha256: String) async throws -> Bool,
        tell: @escaping @Sendable (_ reason: String) async throws -> Void
    ) {
        self.holds = holds
        self.isAnothers = isAnothers
        self.tell = tell
    }
}

extension Log {
    fileprivate func recordOtherBytes(
        _ source: ObjectVersion, _ location: ObjectLocation, inspected: String, copied: String,
        range: Range<Int64>? = nil
    ) {
        self(.warning, "other bytes were copied than were inspected: the copy does not stay") { json in
            json.field("bucket", source.bucket)
            json.field("key", source.key.text)
            json.field("versionId", source.versionID)
            json.field("destination", location.description)
            if let range { json.field("range", "\(range)") }
            json.field("inspected", inspected)
            json.field("copied", copied)
        }
    }

    /// Said once of a bucket.
    fileprivate func recordUntold(_ bucket: String) {
        self(
            .warning, "the store tells no SHA-256 of its copies: of a source without versions the ETag alone pins them"
        ) {
            json in
            json.field("bucket", bucket)
            json.field("hint", "switch versions on in the incoming bucket")
        }
    }
}
