internal import AWS
internal import Domain
internal import Intake
internal import Ledger
internal import Pipelines
internal import Support
internal import Transfer

extension JobRun {
    /// What is known of an object before anything is done to it.
    struct JudgedObject: Sendable {
        let judgement: Judgement
        let source: ObjectVersion
        let head: ObjectHead
        let size: Int64
        /// Whether an earlier attempt may have begun to move it.
        let mayBeMoved: Bool
        /// The bytes, where this attempt judged them and the copy needs them once more.
        var bytes: SpooledBytes?
        /// How other uploads of its key stood to it when the judgement was recorded; nil where that was before.
        var precedence: PromotionOrder.Told?
    }

    /// Nil where nothing but this job goes to the place, or nobody can tell what came first.
    func promotionTurn(of ruling: JudgedObject, _ pipeline: Pipeline, _ token: ClaimToken) -> PromotionOrder? {
        guard ruling.judgement.verdict == .clean, job.event.sequencer != nil,
            case .move(let template, _) = pipeline.action(for: .clean), !template.isUniquePerJob
        else { return nil }
        return PromotionOrder(token, parts)
    }

    /// Does what the pipeline asks for.
    ///
    /// - Parameter turn: of what is to be promoted; it has come.
    func act(
        on ruling: JudgedObject, _ pipeline: Pipeline, _ token: ClaimToken, _ turn: PromotionOrder?
    ) async throws -> Outcome {
        let judgement = ruling.judgement
        switch pipeline.action(for: judgement.verdict) {
        case .keep(let tags):
            try await checkCustody(token)
            let fit = try await parts.relocation.add(
                try await resolve(tags, judgement, pipeline), to: ruling.source, ruling.head)
            return .settled(fit ? judgement : judgement.notingTagsLeftOut(), .kept, nil)
        case .delete:
            try await checkCustody(token)
            try await parts.relocation.delete(ruling.source, ruling.head)
            return .settled(judgement, .deleted, nil)
        case .move(let template, let tags):
            let manner = Relocation.Manner.promoted(tags: try await resolve(tags, judgement, pipeline))
            let copy = try await move(
                ruling, to: try await location(template, judgement, pipeline), manner, token, turn)
            return .settled(judgement, .promoted, copy)
        case .quarantine(let template, let tags):
            let tags = try await resolve(tags, judgement, pipeline)
            let manner = Relocation.Manner.inert(facts: facts(judgement), tags: tags)
            let copy = try await move(ruling, to: try await location(template, judgement, pipeline), manner, token)
            return .settled(judgement, .quarantined, copy)
        }
    }

    private func move(
        _ ruling: JudgedObject, to location: ObjectLocation, _ manner: Relocation.Manner, _ token: ClaimToken,
        _ turn: PromotionOrder? = nil
    ) async throws -> Destination {
        try await checkCustody(token)
        try await checkTurn(turn, token)
        let copy: Destination
        do {
            copy = try await parts.relocation.copy(
                ruling.source, ruling.head, size: ruling.size, inspected: ruling.judgement.evidence.sha256,
                to: location, manner, for: job.id, mayBeThere: ruling.mayBeMoved,
                inspectedBytes: { try await bytes(of: ruling) }
            ) {
                try checkHold()
                try await checkTurn(turn, token)
            }
        } catch TransferError.stopped(let cause) {
            throw cause
        }
        try await deleteSource(ruling, copiedTo: location, token)
        return copy
    }

    /// The bytes that were judged; fetched once more where an earlier attempt has judged them.
    private func bytes(of ruling: JudgedObject) async throws -> SpooledBytes {
        if let bytes = ruling.bytes { return bytes }
        return try await scope.heeding {
            let again = try await parts.fetch.first(of: ruling.source, size: ruling.size)
            try await parts.fetch.rest(of: again)
            guard try await again.bytes.sha256() == ruling.judgement.evidence.sha256 else {
                throw TransferError.otherBytes(
                    "the object has other bytes than were inspected, under the same ETag: it was overwritten in between. Nothing was copied"
                )
            }
            return again.bytes
        }
    }

    /// The end of an upload that is overtaken. Where an earlier attempt came as far as the copy, and that stands there still,
    /// its source goes: whatever becomes of the later upload, the bytes are not in two places.
    func overtaken(_ ruling: JudgedObject, _ pipeline: Pipeline, _ token: ClaimToken) async throws -> Outcome {
        let judgement = ruling.judgement
        guard ruling.mayBeMoved, case .move(let template, _) = pipeline.action(for: judgement.verdict) else {
            return .superseded
        }
        let location = try await location(template, judgement, pipeline)
        let found = try await parts.relocation.find(
            copyOf: ruling.source, ruling.head, inspected: judgement.evidence.sha256, writtenAt: job.event.time,
            for: job.id, at: location, removal: twinRemoval(judgement, of: ruling.source, token))
        guard let copy = found else { return .superseded }
        try await deleteSource(ruling, copiedTo: location, token)
        return .settled(judgement, .promoted, copy)
    }

    private func deleteSource(_ ruling: JudgedObject, copiedTo location: ObjectLocation, _ token: ClaimToken)
        async throws
    {
        try await checkCustody(token)
        do {
            try await parts.relocation.delete(ruling.source, ruling.head)
        } catch TransferError.refused(let reason) {
            throw TransferError.refused("\(reason); the copy is at \(location)")
        }
    }

    /// Lets nothing appear at a place where a newer upload may be by now.
    private func checkTurn(_ turn: PromotionOrder?, _ token: ClaimToken) async throws {
        guard let turn, !turn.isHere else { return }
        // Renewed first, so that of those who ask from now on none goes by it.
        try await checkCustody(token)
        try await scope.heeding(.untilDraining) { try await turn.come() }
    }

    /// For where an attempt may have been cut off between a copy and its proof.
    func twinRemoval(_ judgement: Judgement, of source: ObjectVersion, _ token: ClaimToken) -> MismatchedCopyRemoval {
        MismatchedCopyRemoval(while: { try checkHold() }) { sha256 in
            // Bytes of the same ETag under the same key are another upload of it: a job with the same name but for its sequencer.
            let latest = try await scope.heeding { try await parts.ledger.latestJobs(of: [source])[0] }
            guard let latest, latest.job.id != job.id, let other = latest.judgement else { return false }
            return other.verdict == judgement.verdict && other.evidence.sha256 == sha256
        } tell: { reason in
            _ = try await scope.heeding {
                try await parts.ledger.record(judgement.notingOtherBytes(reason), for: token, at: parts.wallClock())
            }
        }
    }

    /// Throws where lease or claim are known to be lost; nobody is asked.
    func checkHold() throws {
        try checkLease()
        if scope.interruption(.untilStopped) == .claimLost { throw Interruption.claimLost }
    }

    /// Throws unless both the message and the job are this attempt's, so that nothing is done to the object that somebody
    /// else is at.
    private func checkCustody(_ token: ClaimToken) async throws {
        if !parts.claims.isProven(token) {
            try await scope.heeding { try await parts.claims.confirm(token) }
        }
        try checkLease()
    }
}

extension JobRun {
    private func values(_ judgement: Judgement, _ pipeline: Pipeline) async throws -> TemplateValues {
        TemplateValues(
            job: job, verdict: judgement.verdict, rest: job.object.key.rest(after: pipeline.match.prefix) ?? "",
            date: try await since().date)
    }

    /// The event's own time, so that every attempt comes to the same destination. Of an event that tells none, the first
    /// receipt's.
    private func since() async throws -> Timestamp {
        if let time = job.event.time { return time }
        return try await scope.heeding { try await parts.ledger.job(job.id)?.firstReceivedAt } ?? receivedAt
    }

    /// Nil where S3 could have no object of that key.
    func place(
        _ template: DestinationTemplate, _ judgement: Judgement, _ pipeline: Pipeline
    ) async throws -> ObjectLocation? {
        template.location(for: try await values(judgement, pipeline))
    }

    func location(
        _ template: DestinationTemplate, _ judgement: Judgement, _ pipeline: Pipeline
    ) async throws -> ObjectLocation {
        guard let location = try await place(template, judgement, pipeline) else {
            throw TransferError.refused(
                "the destination's key would be empty or longer than 1024 bytes: shorten the template in pipeline \(pipeline.name)"
            )
        }
        return location
    }

    private func resolve(
        _ tags: [TagTemplate], _ judgement: Judgement, _ pipeline: Pipeline
    ) async throws -> [Tag] {
        guard !tags.isEmpty else { return [] }
        let values = try await values(judgement, pipeline)
        return tags.map { Tag(key: $0.name, value: $0.value(for: values)) }
    }

    private func facts(_ judgement: Judgement) -> [(name: String, value: String)] {
        var facts = [(name: "job", value: job.id.text), (name: "verdict", value: judgement.verdict.rawValue)]
        let names = judgement.findings.filter { $0.kind != .note }.map(\.name)
        if !names.isEmpty { facts.append((name: "findings", value: names.prefix(8).joined(separator: ", "))) }
        if let hash = judgement.evidence.sha256 { facts.append((name: "sha256", value: hash)) }
        return facts
    }
}

extension Judgement {
    /// The same, with a note that the verdict is not on the object.
    fileprivate func notingTagsLeftOut() -> Judgement {
        noting("tags-left-out", "the object has ten tags of its own, and S3 holds no more")
    }

    /// The same, with a note that it is not about the bytes that S3 has copied.
    func notingOtherBytes(_ reason: String) -> Judgement { noting("other-bytes-copied", reason) }

    private func noting(_ name: String, _ detail: String) -> Judgement {
        let note = Finding(.note, name, detail: detail)
        return Judgement(verdict: verdict, findings: findings + [note], evidence: evidence)
    }
}
