internal import Domain
internal import Judging
internal import Pipelines

// From a judgement on record to the end of the move.
extension JobStateMachine {
    mutating func decide(_ next: AfterPlan) -> Step {
        if job.event.time == nil, let pipeline, MovePlan.needsDate(pipeline, next.judgement.verdict) {
            return go(to: .readingFirstReceipt(next), .firstReceipt)
        }
        return plan(next, since: job.event.time)
    }

    /// - Parameter time: of the event, else of the first receipt: the same for every attempt.
    mutating func plan(_ next: AfterPlan, since time: Timestamp?) -> Step {
        guard let pipeline else { return finish(.unmatched) }
        let plan = MovePlan(pipeline, for: job, next.judgement, date: time?.date ?? "")
        switch next {
        case .search(let judgement, let loss): return search(Search(judgement: judgement, loss: loss, plan: plan))
        case .move(let judgement, let object):
            let move = Move(judgement: judgement, seen: object, plan: plan)
            guard plan.needsOrder else { return begin(move) }
            return go(to: .ordering(move), .order)
        }
    }

    mutating func begin(_ move: Move) -> Step {
        switch move.plan {
        case .delete: return go(to: .deleting(move, nil), .delete(move.seen))
        case .tag(let tags): return go(to: .tagging(move), .tag(tags, move.seen))
        case .copy(let copy):
            switch copy.destination {
            case .failure(let reason): return finish(.failed(reason: "\(reason)", move.judgement))
            case .success(let location):
                let step = CopyStep(
                    plan: copy, location: location, object: move.seen, judgement: move.judgement,
                    mayBeThere: attempt.mayBeMoved)
                return go(to: .copying(move), .copy(step))
            }
        }
    }

    mutating func tagged(_ move: Move, _ dropped: [String]) -> Step {
        finish(.settled(dropped.isEmpty ? move.judgement : move.judgement.noting(dropped: dropped), .kept, nil))
    }

    mutating func deleteSource(_ move: Move, _ copy: Destination) -> Step {
        go(to: .deleting(move, copy), .delete(move.seen))
    }

    /// Ends a promotion whose key has a later upload. If an earlier attempt made the copy, and the copy is still there,
    /// the source is deleted: the bytes must not be in two places, whatever happens to the later upload.
    mutating func overtaken(_ move: Move) -> Step {
        guard attempt.mayBeMoved, let copy = move.plan.copy else { return finish(.superseded) }
        switch copy.destination {
        case .failure(let reason): return finish(.failed(reason: "\(reason)", move.judgement))
        case .success(let location):
            let search = CopySearch(location: location, source: .present(move.seen), judgement: move.judgement)
            return go(to: .findingOvertakenCopy(move), .findCopy(search))
        }
    }
}

extension JobStateMachine.AfterPlan {
    var judgement: Judgement {
        switch self {
        case .move(let judgement, _), .search(let judgement, _): judgement
        }
    }
}

extension Judgement {
    /// The same with a note that tags of the uploader's made room for the verdict's.
    fileprivate func noting(dropped names: [String]) -> Judgement {
        noting(
            Self.tagsReplaced, "S3 holds ten tags; these of the uploader's made room: \(names.joined(separator: ", "))")
    }

    /// The same with a note that S3 copied other bytes than those it is about.
    func notingOtherBytes(_ reason: String) -> Judgement { noting(Self.otherBytesCopied, reason) }

    private func noting(_ name: String, _ detail: String) -> Judgement {
        let note = Finding(.note, name, detail: detail)
        return Judgement(verdict: verdict, findings: findings + [note], evidence: evidence)
    }
}
