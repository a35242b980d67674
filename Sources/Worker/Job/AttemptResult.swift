package import Domain

/// How an attempt ended for its message.
package enum AttemptResult: Sendable, Equatable {
    /// This attempt ended the job.
    case finished(Outcome)
    /// An earlier attempt had ended the job.
    case duplicate(Outcome)
    /// The job is still open: its message comes again after a delay.
    case open(reason: String)
    /// S3 can't be used and the job is still open: it waits in hand, with its message, until S3 is back.
    case parked(reason: String)
    /// The worker is stopping and the job is still open: its message is visible again at once.
    case handedBack(reason: String)
}
