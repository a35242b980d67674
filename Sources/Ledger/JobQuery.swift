package import Domain

/// The conditions of a list of jobs. A job must meet each one that is set.
package struct JobQuery: Sendable, Equatable {
    package var outcome: Outcome.Kind?
    /// Only jobs that have not ended; with `outcome` no job matches.
    package var openOnly: Bool
    /// Only stranded jobs: open, with no known message in the queue.
    package var strandedOnly: Bool
    /// Only open jobs that no worker has held since this time.
    package var unclaimedSince: Timestamp?
    package var verdict: Verdict?
    package var disposition: Disposition?
    /// The exact name of a finding, or a part of the error.
    package var reason: String?
    /// Only jobs that were judged with signatures older than this.
    package var signaturesBefore: SignatureCutoff?
    package var pipeline: String?
    package var bucket: String?
    /// The start of the key, byte for byte.
    package var prefix: String?
    /// First received at this time or later.
    package var since: Timestamp?
    /// First received before this time.
    package var until: Timestamp?
    /// The most jobs to return.
    package var limit: Int
    /// Only jobs that follow this one in the list: the last job of a page is the cursor of the next page. Jobs that
    /// arrive between two pages don't shift them.
    package var before: JobID?

    package init(
        outcome: Outcome.Kind? = nil, openOnly: Bool = false, strandedOnly: Bool = false,
        unclaimedSince: Timestamp? = nil, verdict: Verdict? = nil, disposition: Disposition? = nil,
        reason: String? = nil, signaturesBefore: SignatureCutoff? = nil, pipeline: String? = nil, bucket: String? = nil,
        prefix: String? = nil, since: Timestamp? = nil, until: Timestamp? = nil, limit: Int = 50, before: JobID? = nil
    ) {
        self.outcome = outcome
        self.openOnly = openOnly
        self.strandedOnly = strandedOnly
        self.unclaimedSince = unclaimedSince
        self.verdict = verdict
        self.disposition = disposition
        self.reason = reason
        self.signaturesBefore = signaturesBefore
        self.pipeline = pipeline
        self.bucket = bucket
        self.prefix = prefix
        self.since = since
        self.until = until
        self.limit = limit
        self.before = before
    }
}
