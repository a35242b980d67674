package import Domain
package import Ledger
package import Pipelines
package import Support
package import Transfer

/// What the works of a review share.
package struct ReviewContext: StoreContext, Sendable {
    /// Names the process in the ledger.
    package let worker: String
    package let pipelines: PipelineSet
    package let ledger: any Ledger
    package internal(set) var fetch: RangedFetch
    package internal(set) var mover: ObjectMover
    let others: [String: StoreAccess]
    package let clocks: Clocks

    /// How long a work's claim lasts unless it is renewed.
    static let claimLife = Duration.seconds(60)

    /// - Parameter others: for the pipelines that do not use their buckets as the worker, by name.
    package init(
        worker: String, pipelines: PipelineSet, ledger: any Ledger, fetch: RangedFetch, mover: ObjectMover,
        others: [String: StoreAccess] = [:], clocks: Clocks = .system
    ) {
        self.worker = worker
        self.pipelines = pipelines
        self.ledger = ledger
        self.fetch = fetch
        self.mover = mover
        self.others = others
        self.clocks = clocks
    }

    /// Returns the context for the buckets of a job's pipeline.
    func using(pipelineOf record: JobRecord) -> ReviewContext { using(pipeline(of: record)) }

    /// As `PipelineSet.pipeline(of:)`.
    func pipeline(of record: JobRecord) -> Pipeline? { pipelines.pipeline(of: record) }
}

/// Who asks for a change of a review, and why.
package struct ReviewRequest: Sendable {
    package let actor: String
    package let reason: String
    /// For how long released bytes are remembered as false positives; nil to forget them.
    package let remembering: Duration?
    /// Whether a release may replace an object of an earlier upload at its destination.
    package let replaces: Bool

    package init(actor: String, reason: String, remembering: Duration? = nil, replaces: Bool = false) {
        self.actor = actor
        self.reason = reason
        self.remembering = remembering
        self.replaces = replaces
    }

    package func entry(_ action: String, of record: JobRecord, at time: Timestamp) -> AuditEntry {
        let object = record.job.object
        return AuditEntry(
            at: time, actor: actor, action: action,
            subject: "\(object.location)", job: record.job.id, reason: reason)
    }
}

/// What became of a request.
package enum ReviewOutcome: Sendable, Equatable {
    /// The text says what was done.
    case done(String)
    /// Nothing is left to be done; the text says why.
    case leftAlone(String)
    /// Nothing was changed, and another try will not help; the text says why.
    case refused(String)
    /// A service failed, or somebody else works on the object: another run may succeed.
    case failed(String)
}

extension JobRecord {
    /// Where the object lies now: where a review moved it, else where its job did; nil if it is nowhere.
    package func place(_ review: Review) -> Destination? {
        if let state = review.state, !state.isInQuarantine, state != .released { return nil }
        return review.place ?? destination
    }

    /// The findings that made the verdict.
    package var decidingFindings: [Finding] { judgement?.findings.filter { $0.kind != .note } ?? [] }
}

extension PipelineSet {
    /// The pipeline that judged a job's object; by its name, else the one that takes the object today.
    package func pipeline(of record: JobRecord) -> Pipeline? {
        record.pipeline.flatMap { self[$0] } ?? pipeline(for: record.job.object.bucket, key: record.job.object.key)
    }
}
