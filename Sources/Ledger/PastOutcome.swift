package import Domain

/// How a job had ended before it was opened again.
package struct PastOutcome: Sendable, Equatable {
    package let outcome: Outcome
    /// On record when it ended, whatever the outcome.
    package let judgement: Judgement?
    /// How many attempts it had taken.
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
