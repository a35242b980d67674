package import Domain

/// One try at a job.
package struct Attempt: Sendable, Equatable {
    /// Counts from 1.
    package let number: Int
    package let worker: String
    package let startedAt: Timestamp
    /// Nil while it goes on. For an attempt whose claim expired, the moment it did.
    package let endedAt: Timestamp?
    /// Why it did not end the job, or why the job failed with it.
    package let error: String?

    package init(number: Int, worker: String, startedAt: Timestamp, endedAt: Timestamp?, error: String?) {
        self.number = number
        self.worker = worker
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.error = error
    }
}

/// What the ledger holds about a job.
package struct JobRecord: Sendable, Equatable {
    package let job: Job
    /// The pipeline that took the object at the latest claim.
    package var pipeline: String?
    /// Nil while the job is open.
    package var outcome: Outcome?
    /// The latest on record, whether or not the job has ended.
    package var judgement: Judgement?
    package var attemptCount: Int
    /// The first one first. Filled by `Ledger.job(_:)` alone; a list of jobs goes without.
    package var attempts: [Attempt]
    /// How the job had ended before it was opened again, the first time first. Filled by `Ledger.job(_:)` alone.
    package var history: [PastOutcome]
    /// The worker of the latest attempt, and when its claim expires; nil where nobody has a claim.
    package var heldBy: String?
    package var heldUntil: Timestamp?
    /// Since when no message of this open job is known to be in the queue: its message went to the dead-letter queue, or
    /// the job was opened again and nobody has claimed it, or renewed a claim on it, since. Nil for every other job.
    package var strandedAt: Timestamp?
    package var firstReceivedAt: Timestamp
    package var finishedAt: Timestamp?
    /// Why the job failed, or for an open one why its last attempt did.
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
