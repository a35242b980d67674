internal import AWS
internal import Domain
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
        let fetched = try await scope.run {
            try await context.fetch.first(of: job.object, size: job.event.size)
        }
        (attempt.fetched, attempt.head) = (fetched, fetched.head)
        let names = pipeline?.tagsInPlace ?? []
        if !names.isEmpty, fetched.head.tagCount > 0 {
            try await guards.confirm(try attempt.heldClaim())
            try await context.mover.tagger.remove(names, from: fetched.version, head: fetched.head)
        }
        return .fetched(JobStateMachine.SeenObject(fetched.version, size: fetched.bytes.size))
    }

    func inspect(_ attempt: inout Attempt) async throws -> JobStateMachine.StepResult {
        guard let fetched = attempt.fetched.take() else { throw OutOfOrder() }
        let judgement = try await scope.run {
            try await context.inspection.judge(
                fetched.bytes, declared: fetched.head.contentType,
                encoding: ContentEncoding(field: fetched.head.contentEncoding), pipeline: pipeline
            ) {
                try await context.fetch.rest(of: fetched)
            }
        }
        let isNeeded = context.mover.copier.comparesParts(of: fetched.version, size: fetched.bytes.size)
        attempt.bytes = isNeeded ? fetched.bytes : nil
        return .judged(judgement)
    }

    func record(_ judgement: Judgement, _ attempt: inout Attempt) async throws -> JobStateMachine.StepResult {
        let claim = try attempt.heldClaim()
        let destination = try await plannedDestination(judgement)
        try await removeEarlierCopy(destination, judgement, attempt)
        let basis = JudgementBasis(rules: pipeline?.fingerprint, destination: destination)
        let askedAt = context.claims.now
        let precedence = try await scope.run {
            try await context.ledger.record(judgement, for: claim, under: basis, at: context.clocks.wall())
        }
        attempt.recordedPrecedence = (precedence, askedAt)
        return .recorded
    }
}
