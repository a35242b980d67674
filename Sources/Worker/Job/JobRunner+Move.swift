internal import AWS
internal import Domain
internal import Ledger
internal import Pipelines
internal import Support
internal import Transfer

// The steps of a move. They are not cancelled; before each change they check that lease and claim are held.
extension JobRunner {
    func order(_ attempt: inout Attempt) async throws -> JobStateMachine.StepResult {
        // The ledger may never have heard of the upload that is current by now.
        if job.event.sequencer == nil {
            let isCurrent = try await scope.run { try await context.mover.reader.isCurrent(job.object) }
            guard isCurrent else { throw PromotionOrder.Overtaken() }
        }
        let order = PromotionOrder(try attempt.heldClaim(), context)
        attempt.order = order
        let recorded = attempt.recordedPrecedence
        try await scope.run(.untilDraining) { try await order.wait(recorded) }
        return .inOrder
    }

    func precedence() async throws -> JobStateMachine.StepResult {
        let precedence = try await scope.run {
            try await context.ledger.precedence(of: job.id, now: context.clocks.wall())
        }
        if case .overtaken = precedence { return .precedence(isOvertaken: true) }
        return .precedence(isOvertaken: false)
    }

    func tag(
        _ tags: [MovePlan.Pair], _ object: JobStateMachine.SeenObject, _ attempt: Attempt
    ) async throws -> JobStateMachine.StepResult {
        let head = try attempt.seenHead()
        if !tags.isEmpty, object.source.versionID == nil, pipeline?.unversioned == .refuse {
            throw TransferError.refused(
                "the bucket has no versions, so a tag could meet an upload that nobody inspected: enable versioning, or accept the race in the pipeline (unversioned: accept-race)"
            )
        }
        try await guards.confirm(try attempt.heldClaim())
        let dropped = try await context.mover.tagger.add(
            tags.map { Tag($0) }, to: object.source, head: head, by: job.id)
        return .tagged(dropped: dropped.map(\.key))
    }

    func delete(_ object: JobStateMachine.SeenObject, _ attempt: Attempt) async throws -> JobStateMachine.StepResult {
        let head = try attempt.seenHead()
        let claim = try attempt.heldClaim()
        // If a program takes the copy from its place, the job must not look as if the object had never been moved.
        if let copied = attempt.copied {
            try await scope.run { try await context.ledger.recordCopy(copied, for: claim) }
        }
        try await guards.confirm(claim)
        try await context.mover.deleter.delete(object.source, head: head)
        return .deleted
    }

    func copy(_ copy: JobStateMachine.CopyStep, _ attempt: inout Attempt) async throws -> JobStateMachine.StepResult {
        let (claim, order, bytes) = (try attempt.heldClaim(), attempt.order, attempt.bytes)
        let expected = expectedCopy(copy.object.source, copy.object.size, copy.judgement, at: copy.location)
        let request = MoveRequest(
            expected, head: try attempt.seenHead(), manner: MoveRequest.Manner(copy.plan), mayBeThere: copy.mayBeThere,
            keepsStorage: pipeline?.storage == .source)
        try await guards.confirm(claim)
        try await guards.confirm(order, claim)
        let destination = try await context.mover.copier.copy(request) {
            if let bytes { bytes } else { try await inspectedBytes(of: expected) }
        } checkHold: {
            try guards.check()
            try await guards.confirm(claim)
            try await guards.confirm(order, claim)
        }
        attempt.copied = destination
        return .copied(destination)
    }

    /// Fetches again the bytes that an earlier attempt judged.
    private func inspectedBytes(of expected: ExpectedCopy) async throws -> SpooledBytes {
        try await scope.run {
            let again = try await context.fetch.first(of: expected.source, size: expected.size)
            try await context.fetch.rest(of: again)
            guard try await again.bytes.sha256() == expected.sha256 else {
                throw TransferError.mismatchedBytes(
                    "the object has other bytes than were inspected, under the same ETag: it was overwritten in between. Nothing was copied"
                )
            }
            return again.bytes
        }
    }

    func findCopy(_ search: JobStateMachine.CopySearch, _ attempt: inout Attempt) async throws
        -> JobStateMachine.StepResult
    {
        let (verifier, claim) = (context.mover.verifier, try attempt.heldClaim())
        let judgement = search.judgement
        let found: Destination?
        switch search.source {
        case .present(let object):
            found = try await verifier.findCertain(
                expectedCopy(object.source, object.size, judgement, at: search.location),
                sourceHead: try attempt.seenHead(),
                removal: mismatchedCopyRemoval(judgement, of: object.source, claim))
        case .missing(let seen, let mayGuess):
            let source = seen?.source ?? job.object
            let size = seen?.size ?? job.event.size ?? judgement.evidence.bytesRead
            // The pipeline may move the object elsewhere by now.
            let location = attempt.earlierDestination ?? search.location
            found = try await verifier.find(
                expectedCopy(source, size, judgement, at: location),
                sourceHead: seen == nil ? nil : attempt.head,
                mayGuess: mayGuess, removal: mismatchedCopyRemoval(judgement, of: source, claim))
        }
        attempt.copied = found
        return found.map { .copyFound($0) } ?? .copyMissing
    }

    func expectedCopy(
        _ source: ObjectVersion, _ size: Int64, _ judgement: Judgement, at location: ObjectLocation
    ) -> ExpectedCopy {
        ExpectedCopy(
            of: source, size: size, sha256: judgement.evidence.sha256, writtenAt: job.event.time, job: job.id,
            at: location)
    }

    /// An attempt may have been killed after a copy and before its verification.
    private func mismatchedCopyRemoval(
        _ judgement: Judgement, of source: ObjectVersion, _ claim: ClaimToken
    ) -> MismatchedCopyRemoval {
        MismatchedCopyRemoval {
            try guards.check()
        } belongsToAnotherJob: { sha256 in
            // Another upload with the same ETag under the same key: its job has the same name but for its sequencer.
            let latest = try await scope.run { try await context.ledger.latestJobs(of: [source])[0] }
            guard let latest, latest.job.id != job.id, let other = latest.judgement else { return false }
            return other.verdict == judgement.verdict && other.evidence.sha256 == sha256
        } report: { reason in
            _ = try await scope.run {
                try await context.ledger.record(
                    judgement.notingOtherBytes(reason), for: claim, at: context.clocks.wall())
            }
        }
    }
}

extension Tag {
    fileprivate init(_ pair: MovePlan.Pair) { self.init(key: pair.name, value: pair.value) }
}

extension MoveRequest.Manner {
    init(_ copy: MovePlan.Copy) {
        let tags = copy.tags.map { Tag($0) }
        self =
            switch copy.manner {
            case .promotion: .promoted(tags: tags)
            case .quarantine(let facts): .inert(facts: facts.map { (name: $0.name, value: $0.value) }, tags: tags)
            }
    }
}
