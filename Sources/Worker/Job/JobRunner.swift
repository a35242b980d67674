internal import AWS
package import Domain
internal import Ledger
internal import Notices
internal import Pipelines
internal import Support
internal import Transfer

/// One attempt at a job: does the steps of `JobStateMachine`, and holds the guards of the job meanwhile.
package struct JobRunner: Sendable {
    let job: Job
    let context: WorkerContext
    let guards: JobGuards
    /// Nil if no pipeline takes the object.
    let pipeline: Pipeline?
    let receivedAt: Timestamp
    private let isLastReceive: Bool
    let hasCopy: Bool

    var scope: AttemptScope { guards.scope }

    /// - Parameters:
    ///   - isLastReceive: whether the message goes to the dead-letter queue unless this attempt ends the job.
    ///   - hasCopy: whether the object was found at its destination already, so that the judgement on record is not
    ///     what moves it there.
    ///   - scope: cancels the attempt.
    ///   - checkLease: throws if the lease on the message is lost.
    package init(
        _ job: Job, receivedAt: Timestamp, isLastReceive: Bool = false, hasCopy: Bool = false, context: WorkerContext,
        scope: AttemptScope = AttemptScope(), checkLease: @escaping @Sendable () throws -> Void
    ) {
        let pipeline = context.pipelines.pipeline(for: job.object.bucket, key: job.object.key)
        self.job = job
        self.pipeline = pipeline
        self.context = context.using(pipeline)
        self.receivedAt = receivedAt
        self.isLastReceive = isLastReceive
        self.hasCopy = hasCopy
        guards = JobGuards(context, scope, checkLease: checkLease)
    }

    package func callAsFunction() async -> AttemptResult { await run { $0.start() } }

    /// Puts the job on record as stranded without working on it.
    package func giveUp(_ reason: String) async -> AttemptResult { await run { $0.giveUp(reason) } }

    private func run(_ start: (inout JobStateMachine) -> JobStateMachine.Step) async -> AttemptResult {
        var machine = JobStateMachine(job, pipeline: pipeline, isLastReceive: isLastReceive)
        var attempt = Attempt()
        var step = start(&machine)
        defer { end(&attempt) }
        while true {
            if case .settle(let result) = step { return result }
            step = machine.handle(await result(of: step, &attempt))
        }
    }

    /// What the runner holds between the steps of an attempt.
    struct Attempt: Sendable {
        var hasMutex = false
        var claim: ClaimToken?
        var hasBegunMove = false
        /// The answer of the latest HEAD or GET of the source.
        var head: ObjectHead?
        /// The uploader's tags, if the GET reported any.
        var tags: [Tag]?
        /// Why the object can't be fetched whole; nil if the spool's disk can hold it.
        var tooLarge: TooLargeForSpool?
        /// The first range, until the object is judged.
        var fetched: FetchedObject?
        /// The judgement on an object that need not be fetched.
        var known: Judgement?
        /// Where an earlier attempt may have copied the object.
        var earlierDestination: ObjectLocation?
        /// The judgement of an earlier attempt.
        var earlier: Judgement?
        /// The verified copy, before the source is deleted.
        var copied: Destination?
        /// The inspected bytes, if the copy needs them again.
        var bytes: SpooledBytes?
        /// How other uploads of the key stood when the judgement was recorded.
        var recordedPrecedence: PromotionOrder.Answer?
        /// Nil if only this job writes to the destination.
        var order: PromotionOrder?

        func heldClaim() throws -> ClaimToken {
            guard let claim else { throw OutOfOrder() }
            return claim
        }

        func seenHead() throws -> ObjectHead {
            guard let head else { throw OutOfOrder() }
            return head
        }
    }

    /// A step came before the claim, or before the object was looked at. `JobStateMachine` asks for none such.
    struct OutOfOrder: Error, CustomStringConvertible {
        var description: String { "a step came before its claim, or before a look at the object" }
    }

    private func result(
        of step: JobStateMachine.Step, _ attempt: inout Attempt
    ) async -> JobStateMachine.StepResult {
        do {
            if step.isMove, !attempt.hasBegunMove {
                try scope.check()
                attempt.hasBegunMove = true
            }
            let result = try await perform(step, &attempt)
            noteSuccess(of: step)
            return result
        } catch {
            let cause = if case TransferError.stopped(let cause) = error { cause } else { error }
            return cause is PromotionOrder.Overtaken ? .overtaken : .failed(failure(of: step, cause))
        }
    }

    private func perform(
        _ step: JobStateMachine.Step, _ attempt: inout Attempt
    ) async throws -> JobStateMachine.StepResult {
        switch step {
        case .claim: return try await claim(&attempt)
        case .head: return try await head(&attempt)
        case .fetch: return try await fetch(&attempt)
        case .charge(let object): return try await charge(object, attempt)
        case .inspect: return try await inspect(&attempt)
        case .record(let judgement): return try await record(judgement, &attempt)
        case .firstReceipt: return try await firstReceipt()
        case .order: return try await order(&attempt)
        case .tag(let tags, let object): return try await tag(tags, object, attempt)
        case .copy(let copy): return try await self.copy(copy, &attempt)
        case .delete(let object): return try await delete(object, attempt)
        case .precedence: return try await precedence()
        case .findCopy(let search): return try await findCopy(search, &attempt)
        case .removeSidecars: return try await removeSidecars(attempt)
        case .finish(let outcome): return try await finish(outcome, attempt)
        case .release(let reason, let strands): return try await release(reason, attempt, strands: strands)
        case .strand(let reason): return .stranded(await strand(reason, &attempt))
        case .settle: throw OutOfOrder()
        }
    }
}

// MARK: Claim and outcome

extension JobRunner {
    /// A message that does not come again is worked on even while the worker drains.
    private var patience: AttemptScope.Patience { isLastReceive ? .untilStopped : .untilDraining }

    private func claim(_ attempt: inout Attempt) async throws -> JobStateMachine.StepResult {
        drop(&attempt)
        if !attempt.hasMutex {
            try await guards.takeMutex(of: job.id, patience, regardless: isLastReceive)
            attempt.hasMutex = true
        }
        try scope.check()
        let claim = JobClaim(
            job: job, pipeline: pipeline, receivedAt: receivedAt, mustWait: isLastReceive, context: context)
        switch try await scope.run(patience, { try await claim() }) {
        case .finished(let outcome): return .alreadyFinished(outcome)
        case .granted(let token, let earlier, let start):
            guards.hold(token, since: start)
            attempt.claim = token
            guard token.attempt > 1 else { return .claimed(earlier: earlier) }
            return try await resume(earlier, &attempt)
        }
    }

    /// Drops the claim, and everything that was found out under it.
    private func drop(_ attempt: inout Attempt) {
        if let claim = attempt.claim { guards.drop(claim) }
        attempt = Attempt(hasMutex: attempt.hasMutex)
    }

    private func end(_ attempt: inout Attempt) {
        drop(&attempt)
        if attempt.hasMutex { context.mutex.release(job.id) }
    }

    private func finish(_ outcome: Outcome, _ attempt: Attempt) async throws -> JobStateMachine.StepResult {
        let claim = try attempt.heldClaim()
        // The object may have been moved: the outcome is recorded even if the worker should have stopped by now.
        let now = context.clocks.wall()
        let notices = pipeline?.notices(about: job, .outcome(outcome, attempt: claim.attempt), at: now) ?? []
        let isOurs = try await scope.run {
            try await context.ledger.finish(claim, with: outcome, at: now, notices: notices)
        }
        if !notices.isEmpty { context.onNotices() }
        return .finished(isOurs: isOurs)
    }

    private func release(
        _ reason: String, _ attempt: Attempt, strands: Bool
    ) async throws -> JobStateMachine.StepResult {
        let claim = try attempt.heldClaim()
        try await scope.run {
            try await context.ledger.release(claim, error: reason, strands: strands, at: context.clocks.wall())
        }
        return .released
    }

    /// Claims the job and releases it as stranded. If another attempt has the job, that attempt records how it ends.
    ///
    /// - Returns: the job's outcome, if it has one already.
    private func strand(_ reason: String, _ attempt: inout Attempt) async -> Outcome? {
        // Another attempt of this worker has the job. A repeated claim could not be told from that attempt's own.
        if !attempt.hasMutex {
            guard context.mutex.takeIfFree(job.id) else { return nil }
            attempt.hasMutex = true
        }
        let known: Outcome?? = try? await scope.run {
            let now = context.clocks.wall()
            let claim = try await context.ledger.claim(
                job, by: context.worker, pipeline: pipeline?.name, receivedAt: receivedAt,
                until: now.advanced(by: context.claims.life), now: now)
            switch claim {
            case .finished(let outcome): return outcome
            case .held: return nil
            case .granted(let token, _):
                try await context.ledger.release(token, error: reason, strands: true, at: context.clocks.wall())
                return nil
            }
        }
        return known ?? nil
    }

    /// Returns when the job was first received. `{date}` is that day if the event has no time.
    private func firstReceipt() async throws -> JobStateMachine.StepResult {
        let time = try await scope.run { try await context.ledger.job(job.id)?.firstReceivedAt }
        return .firstReceipt(time ?? receivedAt)
    }
}
