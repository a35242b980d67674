package import Domain

/// What a worker is told when it asks for a job.
package enum Claim: Sendable, Equatable {
    /// The job is the caller's for one attempt. `earlier` is the judgement that an attempt before it put on record, so
    /// that what was begun about it can be brought to its end.
    case granted(ClaimToken, earlier: Judgement?)
    /// The job has ended: the message is a duplicate, to be acknowledged without work.
    case finished(Outcome)
    /// Another attempt is at work on it.
    case held(by: String, until: Timestamp)
}

/// Proof of one attempt's right to a job. It is stale as soon as a later attempt has been granted.
package struct ClaimToken: Sendable, Hashable {
    package let job: JobID
    /// Counts from 1.
    package let attempt: Int
    package let worker: String

    package init(job: JobID, attempt: Int, worker: String) {
        self.job = job
        self.attempt = attempt
        self.worker = worker
    }
}
