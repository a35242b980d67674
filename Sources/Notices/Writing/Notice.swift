package import Domain
package import Ledger
package import Pipelines

/// What a notice reports about an object. `docs/notice.schema.json` describes its JSON.
package struct Notice: Sendable {
    package enum Content: Sendable {
        /// Work on the object has begun.
        case received
        case outcome(Outcome, attempt: Int)
        /// - Parameter place: where the object lies now; nil if it was deleted.
        case review(ReviewWork, Judgement?, place: Destination?, attempt: Int)
    }

    let job: Job
    let pipeline: String
    let content: Content
    let time: Timestamp

    /// The same for each process that writes the notice.
    var id: String {
        switch content {
        case .received: "\(job.id)-received"
        case .outcome(_, let attempt): "\(job.id)-outcome-\(attempt)"
        case .review(let work, _, _, _): "\(job.id)-review-\(work.number)"
        }
    }

    /// Of two notices about a job, the later one has the greater number. The reviews of an object are counted over all
    /// attempts of its job.
    var revision: Int64 {
        switch content {
        case .received: 0
        case .outcome(_, let attempt): Int64(attempt) << 20
        case .review(let work, _, _, let attempt): Int64(attempt) << 20 | Int64(min(work.number, 1 << 20 - 1))
        }
    }

    var kind: NoticeKind {
        switch content {
        case .received: .received
        case .outcome: .outcome
        case .review: .review
        }
    }

    var judgement: Judgement? {
        switch content {
        case .received: nil
        case .outcome(let outcome, _): outcome.judgement
        case .review(_, let judgement, _, _): judgement
        }
    }

    /// What became of the object.
    var disposition: Disposition? {
        switch content {
        case .outcome(.settled(_, let disposition, _), _): disposition
        case .received, .outcome: nil
        case .review(let work, _, _, _):
            switch work.kind {
            case .release: .promoted
            case .delete, .expire: .deleted
            case .recall: .quarantined
            }
        }
    }

    var place: Destination? {
        switch content {
        case .received: nil
        case .outcome(.settled(_, _, let place), _): place
        case .outcome: nil
        case .review(_, _, let place, _): place
        }
    }

    var attributes: NoticeAttributes {
        NoticeAttributes(
            kind: kind, pipeline: pipeline, bucket: job.object.bucket, verdict: judgement?.verdict,
            disposition: disposition)
    }

    /// Whether the notice goes to the destination of a rule.
    func matches(_ rule: NotifyRule) -> Bool {
        switch content {
        case .received: return rule.received
        case .outcome:
            guard let verdicts = rule.verdicts else { return matchesDisposition(rule) }
            return judgement.map { verdicts.contains($0.verdict) } ?? false && matchesDisposition(rule)
        case .review: return rule.reviews && matchesDisposition(rule)
        }
    }

    private func matchesDisposition(_ rule: NotifyRule) -> Bool {
        guard let dispositions = rule.dispositions else { return true }
        return disposition.map { dispositions.contains($0) } ?? false
    }
}

extension Pipeline {
    /// Returns the notice for each destination that gets it.
    package func notices(about job: Job, _ content: Notice.Content, at time: Timestamp) -> [NewNotice] {
        guard !notify.isEmpty else { return [] }
        let notice = Notice(job: job, pipeline: name, content: content, time: time)
        let rules = notify.filter { notice.matches($0) }
        guard !rules.isEmpty else { return [] }
        let body = notice.json
        return rules.map { rule in
            NewNotice(
                id: notice.id, destination: rule.target.id, attributes: notice.attributes, job: job.id, body: body,
                createdAt: time)
        }
    }
}
