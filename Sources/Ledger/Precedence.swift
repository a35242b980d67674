package import Domain

/// How the uploads of one key stand to each other: whether a clean one may go to its permanent place, where the others
/// go as well. Events come in any order and jobs run side by side, so the last to be copied need not be the last that
/// was uploaded; S3's sequencer tells (Amazon S3 User Guide, "Event message structure").
///
/// Each puts its judgement on record before it asks, so of two that ask at once at least one sees the other. A job whose
/// event has no sequencer is in nobody's way.
package enum Precedence: Sendable, Equatable {
    /// Nothing is in the way.
    case free
    /// A later upload of the key was judged clean, and is promoted or about to be: this one must not replace it.
    case overtaken(by: JobID)
    /// An earlier upload of the key was judged clean, and may be on its way: this one must come after it. It has a claim
    /// until then.
    case behind(JobID, until: Timestamp)
}
