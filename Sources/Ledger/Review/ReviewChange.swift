package import Domain

/// A change of a review.
package enum ReviewChange: Sendable, Equatable {
    case hold
    case unhold
    /// The consent of a second person to a release.
    case approve
    /// Begins a work, or goes on with one of the same kind whose process ended.
    ///
    /// - Parameters:
    ///   - target: where the object is moved; nil if it is deleted.
    ///   - needsApproval: whether another actor must have approved it.
    ///   - rememberedUntil: of a release, which may be finished by another process.
    case begin(
        ReviewWork.Kind, target: ObjectLocation?, needsApproval: Bool, worker: String, until: Timestamp,
        rememberedUntil: Timestamp? = nil)
    case renew(ReviewToken, until: Timestamp)
    /// Ends a work that was done.
    ///
    /// - Parameters:
    ///   - place: where the object lies now; nil if it was deleted.
    ///   - falsePositives: are put on record with it.
    ///   - notices: are written with it.
    case finish(ReviewToken, place: Destination?, falsePositives: [FalsePositive], notices: [NewNotice] = [])
    /// Ends a work that has changed no object.
    case abandon(ReviewToken)

    var falsePositives: [FalsePositive] {
        if case .finish(_, _, let falsePositives, _) = self { falsePositives } else { [] }
    }

    var notices: [NewNotice] {
        if case .finish(_, _, _, let notices) = self { notices } else { [] }
    }
}

/// The result of `Ledger.changeReview`.
package enum ReviewResult: Sendable, Equatable {
    /// The review after the change.
    case changed(Review)
    /// A work was begun; `isResumed` if an earlier process may have done a part of it.
    case begun(ReviewToken, ReviewWork, isResumed: Bool)
    case refused(ReviewRefusal)
}

/// Why a review was not changed.
package enum ReviewRefusal: Sendable, Equatable, CustomStringConvertible {
    case unknownJob
    case isOpen
    /// The job has ended, and its object neither is nor was in quarantine.
    case notQuarantined
    case isInState(ReviewState, ReviewEntry?)
    case isBusy(ReviewWork)
    case lacksApproval
    case isApprovedByActor(String)
    /// Another process has taken the work over, or it has ended.
    case isLost

    package var description: String {
        switch self {
        case .unknownJob: return "the ledger has no such job"
        case .isOpen: return "its job has not ended yet"
        case .notQuarantined: return "its object is not in quarantine"
        case .isInState(let state, let change):
            let by = change.map { " (by \($0.actor) at \($0.at): \($0.reason))" } ?? ""
            return "it is \(state.rawValue)\(by)"
        case .isBusy(let work):
            return
                "\(work.request.actor) began to \(work.kind.rawValue) it at \(work.request.at); until \(work.until) it is left to \(work.worker), then the same command or `lazaret reconcile` finishes it"
        case .lacksApproval:
            return "its pipeline asks for two people: another person must run `lazaret quarantine approve` first"
        case .isApprovedByActor(let actor):
            return "its pipeline asks for two people, and \(actor) alone approved it: another person must release it"
        case .isLost: return "another process has taken it over"
        }
    }
}

extension Review {
    /// Applies a change as a value: both drivers store what it leaves.
    ///
    /// - Parameters:
    ///   - record: the job as it is on record.
    ///   - entry: who changes it, when and why.
    mutating func apply(_ change: ReviewChange, to record: JobRecord, _ entry: AuditEntry) -> ReviewResult {
        switch change {
        case .hold: return set(.held, from: .pending, entry)
        case .unhold: return set(.pending, from: .held, entry)
        case .approve:
            if let refusal = refusal(of: .pending, entry) { return .refused(refusal) }
            approval = ReviewEntry(entry)
            return .changed(self)
        case .begin(let kind, let target, let needsApproval, let worker, let until, let rememberedUntil):
            let new = ReviewWork(
                kind: kind, target: target, request: ReviewEntry(entry), rememberedUntil: rememberedUntil,
                worker: worker, until: until, number: workCount + 1)
            return begin(new, needsApproval, record, entry)
        case .renew(let token, let until):
            guard holds(token) else { return .refused(.isLost) }
            work?.until = until
            return .changed(self)
        case .finish(let token, let place, _, _):
            guard holds(token), let work else { return .refused(.isLost) }
            (state, self.change, self.place) = (work.kind.result, work.request, place)
            (self.work, approval) = (nil, nil)
            return .changed(self)
        case .abandon(let token):
            guard holds(token) else { return .refused(.isLost) }
            work = nil
            return .changed(self)
        }
    }

    private func holds(_ token: ReviewToken) -> Bool { work?.number == token.number && work?.worker == token.worker }

    private mutating func set(_ new: ReviewState, from old: ReviewState, _ entry: AuditEntry) -> ReviewResult {
        if let refusal = refusal(of: old, entry) { return .refused(refusal) }
        (state, change) = (new, ReviewEntry(entry))
        return .changed(self)
    }

    /// Why a review that must be in a state and without work is not.
    private func refusal(of wanted: ReviewState, _ entry: AuditEntry) -> ReviewRefusal? {
        if let work { return .isBusy(work) }
        guard let state else { return .notQuarantined }
        return state == wanted ? nil : .isInState(state, change)
    }

    private mutating func begin(
        _ new: ReviewWork, _ needsApproval: Bool, _ record: JobRecord, _ entry: AuditEntry
    ) -> ReviewResult {
        if let work {
            guard work.until <= entry.at, work.kind == new.kind else { return .refused(.isBusy(work)) }
            // What was asked for stays.
            let resumed = ReviewWork(
                kind: work.kind, target: work.target, request: work.request, rememberedUntil: work.rememberedUntil,
                worker: new.worker, until: new.until, number: new.number)
            return start(resumed, of: record.job.id, isResumed: true)
        }
        switch new.kind {
        case .release, .delete, .expire:
            if let refusal = refusal(of: .pending, entry) { return .refused(refusal) }
        case .recall:
            if let state, state != .released { return .refused(.isInState(state, change)) }
            guard state != nil || record.disposition == .promoted else { return .refused(.notQuarantined) }
        }
        if needsApproval {
            guard let approval else { return .refused(.lacksApproval) }
            guard approval.actor != entry.actor else { return .refused(.isApprovedByActor(entry.actor)) }
        }
        return start(new, of: record.job.id, isResumed: false)
    }

    private mutating func start(_ work: ReviewWork, of job: JobID, isResumed: Bool) -> ReviewResult {
        (self.work, workCount) = (work, work.number)
        let token = ReviewToken(job: job, number: work.number, worker: work.worker)
        return .begun(token, work, isResumed: isResumed)
    }
}
