package import Domain

/// What came of asking for a job to be worked on again.
package enum Reopening: Sendable, Equatable {
    /// It had ended and is open again. What it had come to is in its history.
    case reopened
    /// It had not ended, and nobody has a claim on it.
    case open
    /// An attempt is at work on it; nothing was changed.
    case held(by: String, until: Timestamp)
    /// The ledger has no such job; nothing was changed.
    case unknown
}

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
