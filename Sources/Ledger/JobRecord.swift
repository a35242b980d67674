package import Domain

/// An attempt at a job.
package struct Attempt: Sendable, Equatable {
    /// Counts from 1.
    package let number: Int
    package let worker: String
    package let startedAt: Timestamp
    /// Nil while the attempt is in progress. If its claim expired: when it expired.
    package let endedAt: Timestamp?
    /// Why the attempt did not end the job, or why the job failed.
    package let error: String?

    package init(number: Int, worker: String, startedAt: Timestamp, endedAt: Timestamp?, error: String?) {
        self.number = number
        self.worker = worker
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.error = error
    }
}

/// A job in the ledger.
package struct JobRecord: Sendable, Equatable {
    package let job: Job
    /// The pipeline of the latest claim.
    package var pipeline: String?
    /// Nil while the job is open.
    package var outcome: Outcome?
    /// The latest judgement, whether or not the job has ended.
    package var judgement: Judgement?
    /// When the judgement was made; nil if it was recorded by a release that did not keep it.
    package var judgedAt: Timestamp?
    /// What the judgement was made under, and the destination that was decided before the copy. It stays when the job
    /// is reopened.
    package var basis = JudgementBasis()
    /// Where an attempt has copied the object, if the job is open: the source may be deleted already.
    package var copiedTo: Destination?
    /// Where the review of the object stands; nil if it was never in quarantine.
    package var review: ReviewState?
    package var attemptCount: Int
    /// The first attempt first. Only `Ledger.job(_:)` sets it.
    package var attempts: [Attempt]
    /// The outcomes before the job was reopened, the first one first. Only `Ledger.job(_:)` sets it.
    package var history: [PastOutcome]
    /// The worker that holds the claim, and when the claim expires; nil if no worker does.
    package var heldBy: String?
    package var heldUntil: Timestamp?
    /// Since when this open job has no known message in the queue: its message went to the dead-letter queue, or the
    /// job was reopened, and no worker has claimed it, or renewed its claim, since. Nil for every other job.
    package var strandedAt: Timestamp?
    package var firstReceivedAt: Timestamp
    package var finishedAt: Timestamp?
    /// Why the job failed, or, if it is open, why its last attempt failed.
    package var error: String?

    package init(
        job: Job, pipeline: String? = nil, outcome: Outcome? = nil, judgement: Judgement? = nil,
        attemptCount: Int = 1, attempts: [Attempt] = [], history: [PastOutcome] = [], heldBy: String? = nil,
        heldUntil: Timestamp? = nil, strandedAt: Timestamp? = nil, firstReceivedAt: Timestamp,
        finishedAt: Timestamp? = nil, error: String? = nil
    ) {
        self.job = job
        self.pipeline = pipeline
        self.outcome = outcome
        self.judgement = judgement
        self.attemptCount = attemptCount
        self.attempts = attempts
        self.history = history
        self.heldBy = heldBy
        self.heldUntil = heldUntil
        self.strandedAt = strandedAt
        self.firstReceivedAt = firstReceivedAt
        self.finishedAt = finishedAt
        self.error = error
    }
}
