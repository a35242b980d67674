package import Domain
package import Intake
package import Ledger

/// What was done about one job, or would be; or about a message that tells of none.
package struct ReplayStep: Sendable {
    package enum Deed: Sendable {
        /// Opened again and sent.
        case reopened
        /// Sent.
        case sent
        /// Its message in the dead-letter queue was deleted: the job is done.
        case acknowledged
        case left(ReplayDecision.Reason)
        /// The message was left where it is, for a reason of its own.
        case leftMessage(String)
        /// Not sent. A job stands open and is stranded, so that `--failed` finds it.
        case unsent(SendFailure)
        /// The ledger has no such job.
        case unknown
    }

    package let deed: Deed
    package let job: JobID?
    package let object: ObjectVersion?
    /// How the job stood before.
    package let outcome: Outcome.Kind?
    /// Of the dead-letter queue, where it is about that.
    package let messageID: String?

    init(
        _ deed: Deed, job: JobID? = nil, object: ObjectVersion? = nil, outcome: Outcome.Kind? = nil,
        message: String? = nil
    ) {
        self.deed = deed
        self.job = job
        self.object = object
        self.outcome = outcome
        messageID = message
    }

    init(_ deed: Deed, _ record: JobRecord) {
        self.init(deed, job: record.job.id, object: record.job.object, outcome: record.outcome?.kind)
    }
}

/// On whose word jobs are worked on again, and whether they really are.
package struct ReplayOrder: Sendable {
    /// For the audit trail, as all of this.
    package let actor: String
    package let reason: String
    /// Whether it is only told what would be done.
    package let isDry: Bool
    package let now: @Sendable () -> Timestamp

    package init(actor: String, reason: String, isDry: Bool, now: @escaping @Sendable () -> Timestamp) {
        self.actor = actor
        self.reason = reason
        self.isDry = isDry
        self.now = now
    }

    func entry(_ action: String, _ job: Job) -> AuditEntry {
        let location = ObjectLocation(bucket: job.object.bucket, key: job.object.key)
        return AuditEntry(
            at: now(), actor: actor, action: action, subject: location.description, job: job.id, reason: reason)
    }
}

/// Why a replay did not come to its end.
package enum ReplayFailure: Error, Sendable {
    /// It was told to stop. What was done is done, and nothing is half-done.
    case stopped
    case ledger(LedgerError)
    /// Messages were not sent. Their jobs stand open and stranded.
    case sending(SendFailure)
    /// The dead-letter queue can't be read.
    case queue(any Error)
}
