internal import Domain

// What a failed step means for the job.
extension JobStateMachine {
    mutating func failed(_ failure: StepFailure) -> Step {
        switch state {
        case .claiming:
            // The message does not come again: without a record of it the job could not be found.
            if isLastReceive, failure.kind != .unavailable { return strand(failure) }
            return end(attemptResult(after: failure))
        case .stranding(let cause): return end(attemptResult(after: cause))
        case .releasing(let cause): return notReleased(cause, failure)
        case .finishing, .recordingMismatch, .askingWhetherToGuess, .askingWhetherReplaced,
            .readingFirstReceipt(.search):
            return failure.kind == .claimLost ? claim() : release(failure)
        case .removingSidecars(let outcome): return sidecarsFailed(outcome, failure)
        case .searching(let search): return searchFailed(search, failure)
        case .deleting(let move, let copy?) where failure.kind == .refused:
            return finish(
                .failed(reason: "\(failure.reason); the copy is at \(copy.location)", move.judgement))
        case .resuming, .checkingSize, .fetching, .charging, .inspecting, .recording, .readingFirstReceipt(.move),
            .ordering,
            .tagging, .copying, .deleting, .findingOvertakenCopy, .ended:
            return stopped(by: failure)
        }
    }

    /// The attempt does not go on as it should: an outcome, if the failure says enough about the object; else a
    /// release.
    private mutating func stopped(by failure: StepFailure) -> Step {
        switch failure.kind {
        case .objectIsMarker where attempt.judgement == nil: return finish(.marker)
        case .objectGone, .objectIsMarker:
            guard let judgement = attempt.judgement else { return finish(.gone) }
            // The judged object may have been moved, also by this attempt: S3 may copy and then answer with an error.
            return decide(.search(judgement, .gone))
        case .objectReplaced:
            guard let judgement = attempt.judgement, (attempt.seen?.source ?? job.object).isPinned else {
                return finish(.superseded)
            }
            return decide(.search(judgement, .replaced))
        case .mismatchedBytes:
            guard let judgement = attempt.judgement?.notingOtherBytes(failure.reason) else {
                return finish(.superseded)
            }
            return go(to: .recordingMismatch(judgement), .record(judgement))
        case .refused: return finish(.failed(reason: failure.reason, attempt.judgement))
        case .claimLost: return claim()
        case .stopping, .transient, .unavailable: return release(failure)
        }
    }

    /// Side-cars that can't be removed keep no object from its outcome for good.
    private mutating func sidecarsFailed(_ outcome: Outcome, _ failure: StepFailure) -> Step {
        switch failure.kind {
        case .claimLost: claim()
        case .unavailable: release(failure)
        case .stopping, .transient: isLastReceive ? record(outcome) : release(failure)
        case .refused, .objectGone, .objectReplaced, .objectIsMarker, .mismatchedBytes: record(outcome)
        }
    }

    private mutating func searchFailed(_ search: Search, _ failure: StepFailure) -> Step {
        switch failure.kind {
        case .refused: finish(.failed(reason: failure.reason, search.judgement))
        case .claimLost: claim()
        case .objectGone, .objectReplaced, .objectIsMarker, .mismatchedBytes, .stopping, .transient, .unavailable:
            release(failure)
        }
    }

    private mutating func release(_ failure: StepFailure) -> Step {
        let strands = isLastReceive && failure.kind != .unavailable
        return go(to: .releasing(failure), .release(reason: failure.reason, strands: strands))
    }

    /// The claim expires without being released.
    private mutating func notReleased(_ cause: StepFailure, _ failure: StepFailure) -> Step {
        switch (failure.kind, attemptResult(after: cause)) {
        case (.claimLost, _): claim()
        case (_, .open(let reason)):
            end(.open(reason: "\(reason); the claim could not be released: \(failure.reason)"))
        case (_, let result): end(result)
        }
    }

    mutating func strand(_ failure: StepFailure) -> Step {
        go(to: .stranding(failure), .strand(reason: failure.reason))
    }

    func attemptResult(after failure: StepFailure) -> AttemptResult {
        switch failure.kind {
        case .stopping: .handedBack(reason: failure.reason)
        case .unavailable: .parked(reason: failure.reason)
        case .objectGone, .objectReplaced, .objectIsMarker, .mismatchedBytes, .refused, .claimLost, .transient:
            .open(reason: failure.reason)
        }
    }
}
