package import Domain

/// What came of asking for a job to be worked on again.
package enum Reopening: Sendable, Equatable {
    /// It had ended and is open again. What it had come to is in its history.
    case reopened
    /// It had not ended, and nobody has a claim on it.
    case open
    /// An attempt is at work on it; nothing was changed.
    case held(by: String, until: Timestamp)
    /// It has ended since the caller looked at it; nothing was changed.
    case ended(Outcome.Kind)
    /// The ledger has no such job; nothing was changed.
    case unknown
}

/// What is known of a job's end by who wants it to be opened again. Time passes between a look and a deed, and others may
/// bring the job to a good end meanwhile: that one is not to be opened.
package enum KnownEnding: Sendable, Equatable {
    /// However it has ended.
    case any
    /// It was open, or not there.
    case none
    /// It had ended by the attempt of this number.
    case attempt(Int)

    /// - Parameter record: what was read of the job; nil where it was not there.
    package init(of record: JobRecord?) {
        guard let record, record.outcome != nil else {
            self = .none
            return
        }
        self = .attempt(record.attemptCount)
    }

    /// Whether a job that has ended by this attempt is as it was known.
    func isOf(attempt: Int) -> Bool {
        switch self {
        case .any: true
        case .none: false
        case .attempt(let known): known == attempt
        }
    }
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
