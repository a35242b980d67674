internal import AWS
internal import Domain
internal import Judging
internal import Ledger
internal import Pipelines
internal import Support
internal import Transfer

// What an earlier attempt left: a judgement that may be out of force, and a copy at a destination that may be another
// by now.
extension JobRunner {
    func resume(_ earlier: Judgement?, _ attempt: inout Attempt) async throws -> JobStateMachine.StepResult {
        let known = try await scope.run { try await context.ledger.job(job.id) }
        guard let record = known else {
            return .claimed(earlier: earlier, isInForce: false)
        }
        let destination = record.basis.destination
        attempt.earlier = earlier
        if destination == ownLocation {
            try await undoTags(attempt)
        } else {
            attempt.earlierDestination = destination
        }
        guard let earlier else {
            return .claimed(earlier: nil, mayBeMoved: attempt.earlierDestination != nil)
        }
        if pipeline == nil {
            return .claimed(earlier: earlier, copied: try await withdraw(earlier, record.copiedTo, &attempt))
        }
        return .claimed(
            earlier: earlier, isInForce: try await isInForce(earlier, record), copied: record.copiedTo)
    }

    /// Whether a judgement may be acted upon: under the rules and signatures that it was made with, or while it is
    /// younger than a visibility timeout, as after a crash. It never is if the pipeline moves the object elsewhere now.
    /// One that another job vouches for has only that time: what it rests on may have expired since, or been recalled.
    private func isInForce(_ judgement: Judgement, _ record: JobRecord) async throws -> Bool {
        if hasCopy { return true }
        // What a person decided about the same bytes may have been revoked.
        if judgement.isExcused { return false }
        if let known = record.basis.destination, try await plannedDestination(judgement) != known { return false }
        if let judgedAt = record.judgedAt {
            let age = context.clocks.wall().duration(since: judgedAt)
            let visibility = context.claims.life * 2
            if ((.zero - visibility)..<visibility).contains(age) { return true }
        }
        guard let pipeline, record.basis.rules == pipeline.fingerprint, judgement.evidence.vouchedBy == nil else {
            return false
        }
        return context.inspection.isUnderServingSignatures(judgement)
    }

    /// No pipeline takes the object any more. Removes what an earlier attempt may have copied, so that the object is
    /// not in two places.
    ///
    /// - Parameter copied: the copy on record.
    /// - Returns: the copy, if the source is gone: the object was moved before.
    private func withdraw(
        _ earlier: Judgement, _ copied: Destination?, _ attempt: inout Attempt
    ) async throws -> Destination? {
        guard let location = attempt.earlierDestination, job.object.isPinned else { return nil }
        do {
            attempt.head = try await scope.run { try await context.mover.reader.head(of: job.object) }
        } catch TransferError.gone, TransferError.superseded, TransferError.deleteMarker {
            if let copied { return copied }
            let size = job.event.size ?? earlier.evidence.bytesRead
            return try await context.mover.verifier.find(
                expectedCopy(job.object, size, earlier, at: location), mayGuess: false)
        }
        try await removeEarlierCopy(nil, earlier, attempt)
        return nil
    }

    private var ownLocation: ObjectLocation { ObjectLocation(bucket: job.object.bucket, key: job.object.key) }

    /// Takes the tags of an earlier attempt off an upload that has replaced the inspected one: the attempt may have
    /// been killed before it looked.
    private func undoTags(_ attempt: Attempt) async throws {
        do {
            _ = try await scope.run { try await context.mover.reader.head(of: job.object) }
        } catch TransferError.superseded {
            try await guards.confirm(try attempt.heldClaim())
            try await context.mover.tagger.undo(pipeline?.tagsInPlace ?? [], of: job.id, on: job.object)
        } catch TransferError.gone {
            return
        }
    }

    /// Where the pipeline moves the object; its own place if it is tagged there and tags could meet another upload.
    /// Returns nil if the object is not copied, or S3 could not hold the key.
    func plannedDestination(_ judgement: Judgement) async throws -> ObjectLocation? {
        guard let pipeline else { return nil }
        let action = pipeline.action(for: judgement.verdict)
        guard action.destination != nil else {
            return action.tags.isEmpty || job.object.versionID != nil ? nil : ownLocation
        }
        var time = job.event.time
        if time == nil { time = try await scope.run { try await context.ledger.job(job.id)?.firstReceivedAt } }
        let plan = MovePlan(pipeline, for: job, judgement, date: (time ?? receivedAt).date)
        return try? plan.copy?.destination.get()
    }

    /// Removes what an earlier attempt copied to a destination that is not the object's any more: the source is still
    /// there, and goes elsewhere. The destination stays on record until then.
    func removeEarlierCopy(_ planned: ObjectLocation?, _ judgement: Judgement, _ attempt: Attempt) async throws {
        guard let earlier = attempt.earlierDestination, earlier != planned else { return }
        let claim = try attempt.heldClaim()
        let head = try attempt.seenHead()
        // A copy without a mark may be that of a later upload of the same bytes.
        var isOvertaken = attempt.earlier?.verdict != .clean
        if !isOvertaken, case .overtaken = try await context.ledger.precedence(of: job.id, now: context.clocks.wall()) {
            isOvertaken = true
        }
        let expected = expectedCopy(
            job.object.pinned(by: head), head.contentRange?.total ?? head.contentLength ?? 0, judgement, at: earlier)
        try await guards.confirm(claim)
        try await context.mover.verifier.removeCopy(
            expected, sourceHead: head, mustBeMarked: isOvertaken
        ) { try guards.check() }
    }
}
