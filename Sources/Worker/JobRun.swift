internal import AWS
package import Domain
internal import Intake
package import Ledger
package import Pipelines
internal import Support
package import Transfer

/// The stages of one job, in the order in which they happen: claim, fetch, inspect, record, copy, prove, delete, finish.
///
/// Each stage can be run again after a kill at any instant: the verdict is on record before the object is touched, and
/// the source is deleted only after the copy was proven and while the lease is held.
package struct JobRun: Sendable {
    package struct Parts: Sendable {
        package let worker: String
        package let pipelines: PipelineSet
        package let ledger: any Ledger
        package let fetch: RangedFetch
        package let relocation: Relocation
        package let examination: Examination
        package let claims: ClaimKeeper
        package let turns = JobTurns()

        package init(
            worker: String, pipelines: PipelineSet, ledger: any Ledger, fetch: RangedFetch, relocation: Relocation,
            examination: Examination, claims: ClaimKeeper
        ) {
            self.worker = worker
            self.pipelines = pipelines
            self.ledger = ledger
            self.fetch = fetch
            self.relocation = relocation
            self.examination = examination
            self.claims = claims
        }
    }

    /// What became of the attempt.
    package enum Result: Sendable {
        /// The job has ended, by this attempt.
        case finished(Outcome)
        /// An earlier attempt had ended it.
        case duplicate(Outcome)
        /// The job is as open as it was; the reason is for people.
        case open(reason: String)
    }

    let parts: Parts
    let job: Job
    private let checkLease: @Sendable () throws -> Void
    private let receivedAt: Timestamp

    /// - Parameter checkLease: throws where the right to work on the job's message is lost.
    package init(
        _ job: Job, receivedAt: Timestamp, parts: Parts, checkLease: @escaping @Sendable () throws -> Void
    ) {
        self.job = job
        self.checkLease = checkLease
        self.receivedAt = receivedAt
        self.parts = parts
    }

    package func callAsFunction() async -> Result {
        let pipeline = parts.pipelines.pipeline(for: job.object.bucket, key: job.object.key)
        await parts.turns.take(job.id)
        defer { parts.turns.giveBack(job.id) }
        do {
            switch try await claim(pipeline) {
            case .finished(let outcome): return .duplicate(outcome)
            case .held(let owner, let until): return .open(reason: "\(owner) works on it until \(until)")
            case .granted(let token, let earlier):
                return await attempt(token, pipeline: pipeline, earlier: earlier)
            }
        } catch {
            return .open(reason: "\(error)")
        }
    }

    private func claim(_ pipeline: Pipeline?) async throws -> Claim {
        let now = Timestamp.now()
        return try await parts.ledger.claim(
            job, by: parts.worker, pipeline: pipeline?.name, receivedAt: receivedAt,
            until: now.advanced(by: parts.claims.life), now: now)
    }

    private func attempt(_ token: ClaimToken, pipeline: Pipeline?, earlier: Judgement?) async -> Result {
        parts.claims.keep(token)
        defer { parts.claims.drop(token) }
        do {
            let outcome = try await outcome(pipeline, token, earlier: earlier)
            guard try await parts.ledger.finish(token, with: outcome, at: .now()) else {
                return .open(reason: "another worker has claimed the job meanwhile")
            }
            return .finished(outcome)
        } catch {
            let reason = "\(error)"
            do {
                try await parts.ledger.release(token, error: reason, strands: false, at: .now())
                return .open(reason: reason)
            } catch let second {
                return .open(reason: "\(reason); nor could the ledger be told: \(second)")
            }
        }
    }

    /// The job's outcome; throws where it stays open and should be tried again.
    private func outcome(_ pipeline: Pipeline?, _ token: ClaimToken, earlier: Judgement?) async throws -> Outcome {
        guard let pipeline else { return .unmatched }
        var judgement = earlier
        do {
            // Of an event with neither version nor ETag it is not known which bytes were judged: look again.
            if let earlier, job.object.isPinned { return try await resume(earlier, pipeline) }
            if let told = job.event.size, parts.examination.judgement(ofSize: told, pipeline: pipeline) != nil {
                let head = try await parts.relocation.head(job.object)
                // Where the event was wrong about the size, the store's word counts.
                if let size = head.contentLength,
                    let early = parts.examination.judgement(ofSize: size, pipeline: pipeline)
                {
                    judgement = early
                    try await parts.ledger.record(early, for: token, at: .now())
                    return try await act(on: early, pipeline, pinned(head), head, size: size)
                }
            }

            let fetched = try await parts.fetch.first(of: job.object, size: job.event.size)
            let judged = try await parts.examination.judge(
                fetched.bytes, declared: fetched.head.contentType, pipeline: pipeline
            ) {
                try await parts.fetch.rest(of: fetched)
            }
            judgement = judged
            try await parts.ledger.record(judged, for: token, at: .now())
            return try await act(on: judged, pipeline, fetched.version, fetched.head, size: fetched.bytes.size)
        } catch let error as TransferError {
            switch error {
            case .gone:
                if let earlier, !job.object.isPinned { return try await ended(earlier, pipeline) ?? .gone }
                return .gone
            case .superseded: return .superseded
            case .refused(let reason): return .failed(reason: reason, judgement)
            case .spool, .untrustworthy, .unproven, .store: throw error
            }
        }
    }

    /// Ends what an earlier attempt began after its verdict was on record. The source may be gone or replaced by then, and
    /// the copy there.
    private func resume(_ judgement: Judgement, _ pipeline: Pipeline) async throws -> Outcome {
        do {
            let head = try await parts.relocation.head(job.object)
            let source = pinned(head)
            guard let size = head.contentLength else { throw TransferError.untrustworthy("a HEAD without a length") }
            return try await act(on: judgement, pipeline, source, head, size: size)
        } catch TransferError.gone {
            return try await ended(judgement, pipeline) ?? .gone
        } catch TransferError.superseded {
            if case .delete = pipeline.action(for: judgement.verdict) { return .superseded }
            return try await ended(judgement, pipeline) ?? .superseded
        }
    }

    /// The outcome of an earlier attempt that had done all but say so; nil where there is no trace of that.
    private func ended(_ judgement: Judgement, _ pipeline: Pipeline) async throws -> Outcome? {
        switch pipeline.action(for: judgement.verdict) {
        case .delete: .settled(judgement, .deleted, nil)
        case .keep: nil
        case .move(let template, _):
            try await found(judgement, .promoted, at: try location(template, judgement, pipeline))
        case .quarantine(let template, _):
            try await found(judgement, .quarantined, at: try location(template, judgement, pipeline))
        }
    }

    private func found(
        _ judgement: Judgement, _ disposition: Disposition, at location: ObjectLocation
    ) async throws -> Outcome? {
        let size = job.event.size ?? judgement.evidence.bytesRead
        let copy = try await parts.relocation.find(
            copyOf: job.object, size: size, writtenAt: job.event.time, at: location)
        return copy.map { .settled(judgement, disposition, $0) }
    }

    /// Does what the pipeline asks for.
    private func act(
        on judgement: Judgement, _ pipeline: Pipeline, _ source: ObjectVersion, _ head: ObjectHead, size: Int64
    ) async throws -> Outcome {
        switch pipeline.action(for: judgement.verdict) {
        case .keep(let tags):
            try checkLease()
            let fit = try await parts.relocation.add(resolve(tags, judgement, pipeline), to: source, head)
            return .settled(fit ? judgement : judgement.notingTagsLeftOut(), .kept, nil)
        case .delete:
            try checkLease()
            try await parts.relocation.delete(source)
            return .settled(judgement, .deleted, nil)
        case .move(let template, let tags):
            let manner = Relocation.Manner.promoted(tags: resolve(tags, judgement, pipeline))
            let copy = try await move(source, head, size, to: location(template, judgement, pipeline), manner)
            return .settled(judgement, .promoted, copy)
        case .quarantine(let template, let tags):
            let manner = Relocation.Manner.inert(facts: facts(judgement), tags: resolve(tags, judgement, pipeline))
            let copy = try await move(source, head, size, to: location(template, judgement, pipeline), manner)
            return .settled(judgement, .quarantined, copy)
        }
    }

    private func move(
        _ source: ObjectVersion, _ head: ObjectHead, _ size: Int64, to location: ObjectLocation,
        _ manner: Relocation.Manner
    ) async throws -> Destination {
        try checkLease()
        let copy = try await parts.relocation.copy(source, head, size: size, to: location, manner)
        try checkLease()
        do {
            try await parts.relocation.delete(source)
        } catch TransferError.refused(let reason) {
            throw TransferError.refused("\(reason); the copy is at \(location)")
        }
        return copy
    }
}

extension JobRun {
    private func pinned(_ head: ObjectHead) -> ObjectVersion {
        ObjectVersion(
            bucket: job.object.bucket, key: job.object.key, versionID: job.object.versionID,
            etag: job.object.etag ?? head.etag)
    }

    private func values(_ judgement: Judgement, _ pipeline: Pipeline) -> TemplateValues {
        // The event's own date, so that every attempt comes to the same destination.
        TemplateValues(
            job: job, verdict: judgement.verdict, rest: job.object.key.rest(after: pipeline.match.prefix) ?? "",
            date: (job.event.time ?? receivedAt).date)
    }

    func location(
        _ template: DestinationTemplate, _ judgement: Judgement, _ pipeline: Pipeline
    ) throws -> ObjectLocation {
        guard let location = template.location(for: values(judgement, pipeline)) else {
            throw TransferError.refused(
                "the destination's key would be empty or longer than 1024 bytes: shorten the template in pipeline \(pipeline.name)"
            )
        }
        return location
    }

    private func resolve(_ tags: [TagTemplate], _ judgement: Judgement, _ pipeline: Pipeline) -> [Tag] {
        guard !tags.isEmpty else { return [] }
        let values = values(judgement, pipeline)
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

extension ObjectVersion {
    /// Whether it names one state of the object, and not whichever stands under the key.
    var isPinned: Bool { versionID != nil || etag != nil }
}

extension Judgement {
    /// The same, with a note that the verdict is not on the object.
    fileprivate func notingTagsLeftOut() -> Judgement {
        let note = Finding(.note, "tags-left-out", detail: "the object has ten tags of its own, and S3 holds no more")
        return Judgement(verdict: verdict, findings: findings + [note], evidence: evidence)
    }
}
