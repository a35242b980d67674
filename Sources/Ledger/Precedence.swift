package import Domain

/// Whether a clean upload may be promoted, given the other uploads of its key, which have the same destination.
///
/// Events arrive in any order and jobs run concurrently, so the last upload to be copied need not be the last that was
/// made. S3's sequencer orders the uploads of a key (Amazon S3 User Guide, "Event message structure").
///
/// Each job records its judgement before it reads its precedence, so of two jobs that do this at the same time at least
/// one sees the other. A job whose event has no sequencer does not block any other.
package enum Precedence: Sendable, Equatable {
    /// The upload may be promoted.
    case free
    /// A later upload of the key is clean, and was promoted or will be: this one must not replace it.
    case overtaken(by: JobID)
    /// An earlier upload of the key is clean, and its move may be in progress: this one must wait for it. `until` is
    /// when the earlier job's claim expires.
    case behind(JobID, until: Timestamp)
}
