package import Domain

/// Which jobs to list. Every condition that is given must hold.
package struct JobQuery: Sendable, Equatable {
    package var outcome: Outcome.Kind?
    /// Only jobs that have not ended; excludes every outcome.
    package var openOnly: Bool
    package var verdict: Verdict?
    package var pipeline: String?
    package var bucket: String?
    /// The start of the key, byte for byte.
    package var prefix: String?
    /// First received at this time or later.
    package var since: Timestamp?
    /// At most so many.
    package var limit: Int
    /// Only what comes after this job in the list: give the last job of one page to get the next. Jobs that arrive
    /// between two pages do not move what is on them.
    package var before: JobID?

    package init(
        outcome: Outcome.Kind? = nil, openOnly: Bool = false, verdict: Verdict? = nil, pipeline: String? = nil,
        bucket: String? = nil, prefix: String? = nil, since: Timestamp? = nil, limit: Int = 50, before: JobID? = nil
    ) {
        self.outcome = outcome
        self.openOnly = openOnly
        self.verdict = verdict
        self.pipeline = pipeline
        self.bucket = bucket
        self.prefix = prefix
        self.since = since
        self.limit = limit
        self.before = before
    }
}
