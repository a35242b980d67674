package import Domain

/// The result of `Ledger.claim`.
package enum Claim: Sendable, Equatable {
    /// The caller holds the job for one attempt. `earlier` is the judgement that an earlier attempt recorded: the
    /// caller continues from it.
    case granted(ClaimToken, earlier: Judgement?)
    /// The job has ended: the message is a duplicate, and can be acknowledged.
    case finished(Outcome)
    /// Another attempt holds the job.
    case held(by: String, until: Timestamp)
}

/// A fencing token: identifies the attempt that holds a claim. It is stale once a later attempt is granted.
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
