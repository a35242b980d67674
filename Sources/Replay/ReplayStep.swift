package import AWS
package import Domain
internal import Intake
internal import Ledger

/// What a replay did with one job, or would do; or with a message without a job.
package struct ReplayStep: Sendable {
    package enum Result: Sendable {
        /// The job was reopened and its event sent.
        case reopened
        /// The event of the open job was sent.
        case sent
        /// The job is done: its message in the dead-letter queue was deleted.
        case acknowledged
        /// The unreadable message was deleted from the dead-letter queue, for this reason.
        case discarded(String)
        case left(ReplayDecision.Reason)
        /// The message was left where it is, for this reason.
        case leftMessage(String)
        /// The event was not sent. A reopened job is stranded, so that `--failed` finds it.
        case unsent(SQSBatchFailure)
        /// The ledger has no such job.
        case unknown
    }

    package let result: Result
    package let job: JobID?
    package let object: ObjectVersion?
    /// How the job had ended before.
    package let outcome: Outcome.Kind?
    /// The id of the message in the dead-letter queue, if there is one.
    package let messageID: String?

    init(
        _ result: Result, job: JobID? = nil, object: ObjectVersion? = nil, outcome: Outcome.Kind? = nil,
        message: String? = nil
    ) {
        self.result = result
        self.job = job
        self.object = object
        self.outcome = outcome
        messageID = message
    }

    init(_ result: Result, _ record: JobRecord) {
        self.init(result, job: record.job.id, object: record.job.object, outcome: record.outcome?.kind)
    }

    init(_ result: Result, _ event: Event?, _ message: SQSMessage) {
        self.init(result, job: event.map { JobID(of: $0) }, object: event?.object, message: message.id)
    }
}
