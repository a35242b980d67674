package import AWS
internal import Domain

/// Removal of mismatched copies that an interrupted attempt may have left.
package struct MismatchedCopyRemoval: Sendable {
    /// Whether another job puts bytes with this SHA-256 at the destination.
    let belongsToAnotherJob: @Sendable (_ sha256: String) async throws -> Bool
    /// Called with the reason before a copy is deleted.
    let report: @Sendable (_ reason: String) async throws -> Void
    let checkHold: HoldCheck

    /// - Parameter checkHold: throws if the attempt has lost its lease or claim.
    package init(
        checkHold: @escaping @Sendable () async throws -> Void,
        belongsToAnotherJob: @escaping @Sendable (_ sha256: String) async throws -> Bool,
        report: @escaping @Sendable (_ reason: String) async throws -> Void
    ) {
        self.checkHold = HoldCheck(checkHold)
        self.belongsToAnotherJob = belongsToAnotherJob
        self.report = report
    }
}

extension CopyVerifier {
    private static let maxAttempts = 3

    /// Removes the mismatched copies that earlier attempts of the job left at the destination.
    ///
    /// - Returns: the head of the object that is there then; nil if it is missing.
    func removeMismatchedCopies(
        _ expected: ExpectedCopy, _ removal: MismatchedCopyRemoval
    ) async throws(TransferError) -> ObjectHead? {
        let location = expected.destination
        // In a bucket with versions a deleted copy may uncover another.
        for _ in 0...Self.maxAttempts {
            guard let found = try await headOfDestination(expected) else { return nil }
            guard let copied = found.sha256, let inspected = expected.sha256,
                try await isMismatchedCopyOfJob(found, sha256: copied, expected, removal)
            else { return found }
            let reason =
                "an interrupted attempt had copied bytes with SHA-256 \(copied) to \(location), but the inspected bytes have \(inspected): the copy is deleted"
            do { try await removal.report(reason) } catch { throw .stopped(error) }
            log?.recordMismatch(expected, inspected: inspected, copied: copied)
            let copy = ObjectVersion(at: location, versionID: found.versionID, etag: found.etag)
            try await remove(copy, head: found, removal.checkHold)
        }
        throw .unverified("copies of other bytes than were inspected can't be removed from \(location)")
    }

    /// Removes the copy that an earlier attempt made at a destination that is not the object's any more. Leaves any
    /// other object there.
    ///
    /// - Parameters:
    ///   - sourceHead: the answer of a GET or HEAD of the source.
    ///   - mustBeMarked: whether a copy without a mark may be that of another job.
    package func removeCopy(
        _ expected: ExpectedCopy, sourceHead: ObjectHead, mustBeMarked: Bool,
        checkHold: @escaping @Sendable () async throws -> Void
    ) async throws(TransferError) {
        guard let found = try await headOfDestination(expected) else { return }
        let isCopy =
            switch CopyMatch(found, expected) {
            case .marked, .markedMismatch: true
            case .sameBytes: !mustBeMarked && !wasWritten(found, before: sourceHead.writtenAt)
            case .mismatch, .otherETag, .other: false
            }
        guard isCopy else { return }
        let copy = ObjectVersion(at: expected.destination, versionID: found.versionID, etag: found.etag)
        try await remove(copy, head: found, HoldCheck(checkHold))
    }

    private func isMismatchedCopyOfJob(
        _ found: ObjectHead, sha256: String, _ expected: ExpectedCopy, _ removal: MismatchedCopyRemoval
    ) async throws(TransferError) -> Bool {
        switch CopyMatch(found, expected) {
        case .markedMismatch: return true
        case .mismatch:
            // The event's time: the store would return that of the object which has replaced the source by now.
            guard !wasWritten(found, before: expected.writtenAt) else { return false }
            do { return try await !removal.belongsToAnotherJob(sha256) } catch { throw .stopped(error) }
        case .marked, .sameBytes, .otherETag, .other: return false
        }
    }

    /// Deletes a mismatched copy.
    ///
    /// - Parameter head: the copy's head, if known.
    func remove(
        _ copy: ObjectVersion, head: ObjectHead?, _ checkHold: HoldCheck
    ) async throws(TransferError) {
        do throws(TransferError) {
            // A version is this copy for ever; an object without one may be another attempt's by now.
            if copy.versionID != nil { return try await deleter.delete(copy, head: ObjectHead(status: 200)) }
            try await checkHold()
            if let head { return try await deleter.delete(copy, head: head) }
            let found: ObjectHead
            do throws(AWSError) {
                found = try await store.head(copy)
            } catch {
                // It is gone already.
                guard error.status == 404 || error.status == 412 else { throw TransferError(error) }
                return
            }
            try await deleter.delete(copy, head: found)
        } catch {
            guard case .refused(let reason) = error else { throw error }
            let location = ObjectLocation(bucket: copy.bucket, key: copy.key)
            throw .refused("bytes that were not inspected were copied to \(location), and stay there: \(reason)")
        }
    }
}
