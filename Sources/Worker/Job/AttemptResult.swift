package import Domain

/// How an attempt ended for its message.
package enum AttemptResult: Sendable, Equatable {
    /// This attempt ended the job.
    case finished(Outcome)
    /// An earlier attempt had ended the job.
    case duplicate(Outcome)
    /// The job is still open: its message comes again after a delay.
    case open(reason: String)
    /// The worker is stopping and the job is still open: its message is visible again at once.
    case handedBack(reason: String)
}
