internal import AWS
package import Domain
internal import Ledger
internal import Pipelines
internal import Support
internal import Transfer

/// The stages of one job, in the order in which they happen: claim, fetch, inspect, record, copy, prove, delete, finish.
///
/// Each stage can be run again after a kill at any instant: the verdict is on record before the object is touched, and
/// the source is deleted only after the copy was proven and while the lease is held.
package struct JobRun: Sendable {
    /// What became of the attempt.
    package enum Result: Sendable {
        /// The job has ended, by this attempt.
        case finished(Outcome)
        /// An earlier attempt had ended it.
        case duplicate(Outcome)
        /// The job is as open as it was; the reason is for people.
        case open(reason: String)
        /// As `open`, but because the worker is to end: the message is to be had again at once.
        case handedBack(reason: String)
    }

    let parts: Parts
    let job: Job
    let scope: AttemptScope
    let checkLease: @Sendable () throws -> Void
    let receivedAt: Timestamp
    private let isLastReceive: Bool

    /// - Parameters:
    ///   - isLastReceive: whether the job's message goes to the dead-letter queue unless this attempt ends the job.
    ///   - scope: the calls that end the attempt before its time.
    ///   - checkLease: throws where the right to work on the job's message is lost.
    package init(
        _ job: Job, receivedAt: Timestamp, isLastReceive: Bool = false, parts: Parts,
        scope: AttemptScope = AttemptScope(),
        checkLease: @escaping @Sendable () throws -> Void
    ) {
        self.job = job
        self.scope = scope
        self.checkLease = checkLease
        self.receivedAt = receivedAt
        self.isLastReceive = isLastReceive
        self.parts = parts
    }

    package func callAsFunction() async -> Result {
        // A message that won't come again is not given up because the worker drains.
        let patience: AttemptScope.Patience = isLastReceive ? .untilStopped : .untilDraining
        do {
            if !parts.turns.takeIfFree(job.id) {
                try await parts.waitingRoom.waiting(regardless: isLastReceive) {
                    try await scope.heeding(patience) { try await parts.turns.take(job.id) }
                }
            }
        } catch {
            return await unclaimed(error)
        }
        defer { parts.turns.giveBack(job.id) }
        let pipeline = parts.pipelines.pipeline(for: job.object.bucket, key: job.object.key)
        let claim = JobClaim(
            job: job, pipeline: pipeline, receivedAt: receivedAt, mustWait: isLastReceive, parts: parts)
        do {
            while true {
                try scope.check()
                switch try await scope.heeding(patience, { try await claim() }) {
                case .finished(let outcome): return .duplicate(outcome)
                case .granted(let token, let earlier, let start):
                    if let result = await attempt(token, since: start, pipeline: pipeline, earlier: earlier) {
                        return result
                    }
                }
            }
        } catch {
            return await unclaimed(error)
        }
    }

    /// Ends an attempt at the last receipt that is not to be made.
    package func giveUp(_ reason: String) async -> Result {
        if let outcome = await strand(reason) { return .duplicate(outcome) }
        return .open(reason: reason)
    }

    private func unclaimed(_ error: any Error) async -> Result {
        if isLastReceive, let outcome = await strand("\(error)") { return .duplicate(outcome) }
        return unended(error)
    }

    /// Tells the ledger of a job whose message goes to the dead-letter queue though nobody worked on it. Where another attempt
    /// has the job, that one tells how it ends.
    ///
    /// - Returns: the job's outcome, where it has one already.
    private func strand(_ reason: String) async -> Outcome? {
        let pipeline = parts.pipelines.pipeline(for: job.object.bucket, key: job.object.key)
        let known: Outcome?? = try? await scope.heeding {
            let now = parts.wallClock()
            let claim = try await parts.ledger.claim(
                job, by: parts.worker, pipeline: pipeline?.name, receivedAt: receivedAt,
                until: now.advanced(by: parts.claims.life), now: now)
            switch claim {
            case .finished(let outcome): return outcome
            case .held: return nil
            case .granted(let token, _):
                try await parts.ledger.release(token, error: reason, strands: true, at: now)
                return nil
            }
        }
        return known ?? nil
    }

    private func unended(_ error: any Error) -> Result {
        switch error as? Interruption {
        case .draining, .stopped: .handedBack(reason: "\(error)")
        case .leaseLost, .claimLost, nil: .open(reason: "\(error)")
        }
    }

    /// Nil where another worker has claimed the job meanwhile: how that ends is to be waited for.
    private func attempt(
        _ token: ClaimToken, since start: Duration, pipeline: Pipeline?, earlier: Judgement?
    ) async -> Result? {
        scope.hold(token)
        parts.claims.keep(token, since: start) { [scope] in scope.lose(token) }
        defer {
            parts.claims.drop(token)
            scope.hold(nil)
        }
        do {
            let outcome = try await outcome(pipeline, token, earlier: earlier)
            // The object may be where it belongs by now: the ledger is told even where the worker should have ended.
            let isOurs = try await scope.heeding {
                try await parts.ledger.finish(token, with: outcome, at: parts.wallClock())
            }
            return isOurs ? .finished(outcome) : nil
        } catch {
            if error.isLossOfClaim { return nil }
            return await release(token, after: error)
        }
    }

    private func release(_ token: ClaimToken, after error: any Error) async -> Result? {
        do {
            try await scope.heeding {
                try await parts.ledger.release(
                    token, error: "\(error)", strands: isLastReceive, at: parts.wallClock())
            }
        } catch let second {
            if second.isLossOfClaim { return nil }
            // The claim expires by itself.
            if case .open(let reason) = unended(error) {
                return .open(reason: "\(reason); nor could the ledger be told: \(second)")
            }
        }
        return unended(error)
    }

    /// The job's outcome; throws where it stays open and should be tried again.
    private func outcome(_ pipeline: Pipeline?, _ token: ClaimToken, earlier: Judgement?) async throws -> Outcome {
        guard let pipeline else { return .unmatched }
        var judgement = earlier
        var seen: JudgedObject?
        do {
            let ruling = try await scope.heeding { try await rule(pipeline, token, earlier: earlier) }
            (judgement, seen) = (ruling.judgement, ruling)
            // From here on the attempt is not stopped any more: no move is left half done.
            try scope.check()
            do {
                let turn = promotionTurn(of: ruling, pipeline, token)
                if let turn { try await scope.heeding(.untilDraining) { try await turn.come(ruling.precedence) } }
                return try await act(on: ruling, pipeline, token, turn)
            } catch is PromotionOrder.Overtaken {
                return try await overtaken(ruling, pipeline, token)
            }
        } catch let error as TransferError {
            switch error {
            // Whatever was judged may have been copied, by this attempt too: a copy whose answer told otherwise is tried again.
            case .gone:
                guard let judgement else { return .gone }
                return try await vanished(judgement, seen, pipeline, token)
            case .superseded:
                guard let judgement, (seen?.source ?? job.object).isPinned else { return .superseded }
                if case .delete = pipeline.action(for: judgement.verdict) { return .superseded }
                return try await ended(judgement, seen, pipeline, token) ?? .superseded
            case .otherBytes(let reason):
                guard let judgement else { return .superseded }
                // The uploader has something to explain: it stays on record, with the judgement that the copy did not deserve.
                let noted = judgement.notingOtherBytes(reason)
                _ = try await scope.heeding {
                    try await parts.ledger.record(noted, for: token, at: parts.wallClock())
                }
                return try await ended(noted, seen, pipeline, token) ?? .superseded
            case .refused(let reason): return .failed(reason: reason, judgement)
            case .stopped(let cause): throw cause
            case .spool, .untrustworthy, .unproven, .store: throw error
            }
        }
    }

    /// Looks at the object and puts the judgement on record.
    private func rule(_ pipeline: Pipeline, _ token: ClaimToken, earlier: Judgement?) async throws -> JudgedObject {
        // Of an event with neither version nor ETag it is not known which bytes were judged: look again.
        if let earlier, job.object.isPinned {
            let head = try await parts.relocation.head(job.object)
            guard let size = head.contentLength else { throw TransferError.untrustworthy("a HEAD without a length") }
            return JudgedObject(judgement: earlier, source: pinned(head), head: head, size: size, mayBeMoved: true)
        }
        if let told = job.event.size, parts.examination.judgement(ofSize: told, pipeline: pipeline) != nil {
            let head = try await parts.relocation.head(job.object)
            // Where the event was wrong about the size, the store's word counts.
            if let size = head.contentLength,
                let early = parts.examination.judgement(ofSize: size, pipeline: pipeline)
            {
                try await parts.ledger.record(early, for: token, at: parts.wallClock())
                return JudgedObject(
                    judgement: early, source: pinned(head), head: head, size: size, mayBeMoved: earlier != nil)
            }
        }
        let fetched = try await parts.fetch.first(of: job.object, size: job.event.size)
        let judged = try await parts.examination.judge(
            fetched.bytes, declared: fetched.head.contentType, pipeline: pipeline
        ) {
            try await parts.fetch.rest(of: fetched)
        }
        let askedAt = parts.claims.now
        let precedence = try await parts.ledger.record(judged, for: token, at: parts.wallClock())
        return JudgedObject(
            judgement: judged, source: fetched.version, head: fetched.head, size: fetched.bytes.size,
            mayBeMoved: earlier != nil,
            bytes: parts.relocation.comparesParts(of: fetched.version, size: fetched.bytes.size) ? fetched.bytes : nil,
            precedence: (precedence, askedAt))
    }

    /// The outcome of an attempt that had done all but say so, an earlier one or this; nil where there is no trace of that.
    ///
    /// - Parameter seen: what this attempt saw of the source before it was gone.
    private func ended(
        _ judgement: Judgement, _ seen: JudgedObject?, _ pipeline: Pipeline, _ token: ClaimToken
    ) async throws -> Outcome? {
        switch pipeline.action(for: judgement.verdict) {
        case .delete: return .settled(judgement, .deleted, nil)
        case .keep: return nil
        case .move(let template, _):
            // Where a later upload goes to the same place, what can't be told from its copy is taken for that.
            guard let location = try await place(template, judgement, pipeline) else { return nil }
            let mayGuess = template.isUniquePerJob ? true : try await !isOvertaken()
            return try await found(judgement, seen, .promoted, at: location, mayGuess: mayGuess, token)
        case .quarantine(let template, _):
            guard let location = try await place(template, judgement, pipeline) else { return nil }
            // Each of these has the mark.
            return try await found(judgement, seen, .quarantined, at: location, mayGuess: false, token)
        }
    }

    /// The outcome of an object that was judged and that is gone now.
    private func vanished(
        _ judgement: Judgement, _ seen: JudgedObject?, _ pipeline: Pipeline, _ token: ClaimToken
    ) async throws -> Outcome {
        if let end = try await ended(judgement, seen, pipeline, token) { return end }
        // Its copy may have stood at its place, until a later upload came there.
        guard case .move(let template, _) = pipeline.action(for: judgement.verdict), !template.isUniquePerJob else {
            return .gone
        }
        return try await isOvertaken() ? .superseded : .gone
    }

    private func isOvertaken() async throws -> Bool {
        let precedence = try await scope.heeding {
            try await parts.ledger.precedence(of: job.id, now: parts.wallClock())
        }
        if case .overtaken = precedence { return true }
        return false
    }

    private func found(
        _ judgement: Judgement, _ seen: JudgedObject?, _ disposition: Disposition, at location: ObjectLocation,
        mayGuess: Bool, _ token: ClaimToken
    ) async throws -> Outcome? {
        let size = seen?.size ?? job.event.size ?? judgement.evidence.bytesRead
        let source = seen?.source ?? job.object
        let copy: Destination?
        do throws(TransferError) {
            copy = try await parts.relocation.find(
                copyOf: source, size: size, inspected: judgement.evidence.sha256, writtenAt: job.event.time,
                head: seen?.head, for: job.id, at: location, mayGuess: mayGuess,
                removal: twinRemoval(judgement, of: source, token))
        } catch {
            switch error {
            case .refused(let reason): return .failed(reason: reason, judgement)
            case .stopped(let cause): throw cause
            case .gone, .superseded, .spool, .untrustworthy, .unproven, .otherBytes, .store: throw error
            }
        }
        return copy.map { .settled(judgement, disposition, $0) }
    }

    func pinned(_ head: ObjectHead) -> ObjectVersion {
        ObjectVersion(
            bucket: job.object.bucket, key: job.object.key, versionID: job.object.versionID,
            etag: job.object.etag ?? head.etag)
    }
}

extension ObjectVersion {
    /// Whether it names one state of the object, and not whichever stands under the key.
    var isPinned: Bool { versionID != nil || etag != nil }
}

extension Error {
    /// Whether it says that another attempt has the job.
    fileprivate var isLossOfClaim: Bool {
        if let interruption = self as? Interruption { return interruption == .claimLost }
        return (self as? LedgerError)?.code == .claimLost
    }
}
