package import Domain

/// Which jobs to list. Every condition that is given must hold.
package struct JobQuery: Sendable, Equatable {
    package var outcome: Outcome.Kind?
    /// Only jobs that have not ended; excludes every outcome.
    package var openOnly: Bool
    /// Only open jobs of which no message is known to be in the queue.
    package var strandedOnly: Bool
    /// Only open jobs that nobody has had a claim on since this time.
    package var unclaimedSince: Timestamp?
    package var verdict: Verdict?
    package var disposition: Disposition?
    /// The name of one of the findings, or a part of the error, letter for letter.
    package var reason: String?
    /// Only jobs whose judgement rests on signatures older than this.
    package var signaturesBefore: SignatureCutoff?
    package var pipeline: String?
    package var bucket: String?
    /// The start of the key, byte for byte.
    package var prefix: String?
    /// First received at this time or later.
    package var since: Timestamp?
    /// First received before this time.
    package var until: Timestamp?
    /// At most so many.
    package var limit: Int
    /// Only what comes after this job in the list: give the last job of one page to get the next. Jobs that arrive
    /// between two pages do not move what is on them.
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
