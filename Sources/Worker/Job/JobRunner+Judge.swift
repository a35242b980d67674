internal import AWS
internal import Domain
internal import Inspection
internal import Ledger
internal import Pipelines
internal import Support
internal import Transfer

// The steps up to a judgement on record. They can be repeated, so they are cancelled when the attempt is to stop.
extension JobRunner {
    func head(_ attempt: inout Attempt) async throws -> JobStateMachine.StepResult {
        let head = try await scope.run { try await context.mover.reader.head(of: job.object) }
        attempt.head = head
        return .head(job.object.pinned(by: head), size: head.contentLength)
    }

    func fetch(_ attempt: inout Attempt) async throws -> JobStateMachine.StepResult {
        let fetched = if let known = try await knownObject(&attempt) { known } else { try await fetchFirst(&attempt) }
        attempt.head = fetched.head
        // For the record only: a missing permission costs no attempt.
        if fetched.head.tagCount > 0 {
            attempt.tags = try? await scope.run { try await context.mover.reader.tags(of: fetched.version) }
        }
        let names = pipeline?.tagsInPlace ?? []
        if !names.isEmpty, fetched.head.tagCount > 0 {
            try await guards.confirm(try attempt.heldClaim())
            try await context.mover.tagger.remove(names, from: fetched.version, head: fetched.head)
        }
        return .fetched(JobStateMachine.SeenObject(fetched.version, size: fetched.size))
    }

    private func fetchFirst(_ attempt: inout Attempt) async throws -> FetchedState {
        let fetched = try await scope.run {
            try await context.fetch.first(of: job.object, size: job.event.size)
        }
        attempt.fetched = fetched
        attempt.tooLarge = TooLargeForSpool(fetched.bytes.size, on: context.fetch.folder.space)
        return FetchedState(version: fetched.version, head: fetched.head, size: fetched.bytes.size)
    }

    func inspect(_ attempt: inout Attempt) async throws -> JobStateMachine.StepResult {
        if let known = attempt.known.take() { return .judged(known) }
        guard let fetched = attempt.fetched.take() else { throw OutOfOrder() }
        let tooLarge = attempt.tooLarge
        let vouching: ObjectInspection.VouchingSource? =
            if reusesVerdicts(attempt) {
                { [attempt] sha256 in try await self.vouching(sha256, fetched.head, attempt) }
            } else { nil }
        let owner = pipeline.map { "\($0.name)/\($0.uploader(of: job.object.key))" } ?? ""
        let judgement = try await scope.run {
            try await ObjectOwner.$current.withValue(owner) {
                try await context.inspection.judge(
                    fetched.bytes, declared: fetched.head.contentType,
                    encoding: ContentEncoding(field: fetched.head.contentEncoding), pipeline: pipeline,
                    vouching: vouching
                ) {
                    if let tooLarge { throw tooLarge }
                    try await context.fetch.rest(of: fetched)
                }
            }
        }
        let isNeeded = context.mover.copier.comparesParts(of: fetched.version, size: fetched.bytes.size)
        attempt.bytes = isNeeded ? fetched.bytes : nil
        return .judged(try await excused(judgement, size: fetched.bytes.size))
    }

    func charge(
        _ object: JobStateMachine.SeenObject, _ attempt: Attempt
    ) async throws -> JobStateMachine.StepResult {
        let claim = try attempt.heldClaim()
        guard let pipeline, let quota = pipeline.accept.quota else { throw OutOfOrder() }
        var time = job.event.time
        if time == nil { time = try await scope.run { try await context.ledger.job(job.id)?.firstReceivedAt } }
        let charge = QuotaCharge(
            pipeline: pipeline.name, subject: pipeline.quotaSubject(of: job.object.key), time: time ?? receivedAt,
            bytes: object.size, objectsPerHour: quota.objectsPerHour, bytesPerDay: quota.bytesPerDay)
        let answer = try await scope.run { try await context.ledger.charge(charge, for: claim) }
        return .charged(breach: Finding(answer, of: charge))
    }

    func record(_ judgement: Judgement, _ attempt: inout Attempt) async throws -> JobStateMachine.StepResult {
        let claim = try attempt.heldClaim()
        let destination = try await plannedDestination(judgement)
        try await removeEarlierCopy(destination, judgement, attempt)
        let isTagged = destination == ObjectLocation(bucket: job.object.bucket, key: job.object.key)
        let basis = JudgementBasis(
            rules: pipeline?.fingerprint, destination: destination,
            taggingSince: isTagged ? context.clocks.wall() : nil, facts: ObjectFacts(attempt.head, tags: attempt.tags),
            reuseKey: reuseKey(of: judgement, attempt.head))
        let askedAt = context.claims.now
        let precedence = try await scope.run {
            try await context.ledger.record(judgement, for: claim, under: basis, at: context.clocks.wall())
        }
        attempt.recordedPrecedence = (precedence, askedAt)
        return .recorded
    }
}

extension Finding {
    /// Nil if the object is within its quota.
    fileprivate init?(_ answer: QuotaAnswer, of charge: QuotaCharge) {
        let detail: String
        switch answer {
        case .within: return nil
        case .beyondObjects(let used):
            detail = "\(used) objects were uploaded in the same hour; \(charge.objectsPerHour ?? 0) are accepted"
        case .beyondBytes(let used):
            detail =
                "\(used) bytes were uploaded on the same day, and this has \(charge.bytes); \(charge.bytesPerDay ?? 0) are accepted"
        }
        self.init(.rule, "quota", detail: charge.subject.isEmpty ? detail : "\(detail) under \(charge.subject)/")
    }
}

extension ObjectFacts {
    fileprivate init(_ head: ObjectHead?, tags: [Tag]?) {
        func json(_ pairs: [(String, String)]) -> String? {
            guard !pairs.isEmpty else { return nil }
            let text = JSONWriter.stored { json in for (name, value) in pairs { json.field(name, value) } }
            return String(decoding: text, as: UTF8.self)
        }
        self.init(
            userMetadata: json(head?.metadata.map { ($0.name, $0.value) } ?? []),
            userTags: json(tags?.map { ($0.key, $0.value) } ?? []), contentDisposition: head?.contentDisposition,
            lastModified: head?.writtenAt)
    }
}
