package import Domain

/// An outcome of a job before it was reopened.
package struct PastOutcome: Sendable, Equatable {
    package let outcome: Outcome
    /// The judgement on record when the job ended, whatever the outcome.
    package let judgement: Judgement?
    /// The number of attempts until then.
    package let attemptCount: Int
    package let finishedAt: Timestamp
    package let reopenedAt: Timestamp

    package init(
        outcome: Outcome, judgement: Judgement?, attemptCount: Int, finishedAt: Timestamp, reopenedAt: Timestamp
    ) {
        self.outcome = outcome
        self.judgement = judgement
        self.attemptCount = attemptCount
        self.finishedAt = finishedAt
        self.reopenedAt = reopenedAt
    }
}
