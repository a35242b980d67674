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
    /// Any of these; every verdict, and none, if empty.
    package var verdicts: [Verdict]
    package var disposition: Disposition?
    /// A part of a finding's name, or of the error.
    package var reason: String?
    /// The hash of the whole object, in lowercase hexadecimal.
    package var sha256: String?
    /// The whole name of a finding.
    package var finding: String?
    /// The detected type, or the declared one if none was detected; `image/*` stands for all that start so.
    package var type: String?
    /// The principal that uploaded the object, as the event names it.
    package var uploader: String?
    /// Any of these states of the object's review; every object, also one that was never in quarantine, if empty.
    package var reviews: [ReviewState] = []
    /// Only jobs whose objects never came to review.
    package var hasNoReview = false
    /// Only jobs that were judged with signatures older than this.
    package var signaturesBefore: SignatureCutoff?
    /// With `signaturesBefore`, the signatures that serve now: jobs whose objects were inspected again with these, or
    /// with others that are not older, are left out. Nil takes no account of further inspections.
    package var servingSignatures: [SignatureDatabase]?
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
        unclaimedSince: Timestamp? = nil, verdict: Verdict? = nil, verdicts: [Verdict] = [],
        disposition: Disposition? = nil, reason: String? = nil, sha256: String? = nil,
        signaturesBefore: SignatureCutoff? = nil, pipeline: String? = nil, bucket: String? = nil,
        prefix: String? = nil, since: Timestamp? = nil, until: Timestamp? = nil, limit: Int = 50, before: JobID? = nil
    ) {
        self.outcome = outcome
        self.openOnly = openOnly
        self.strandedOnly = strandedOnly
        self.unclaimedSince = unclaimedSince
        self.verdicts = verdicts + (verdict.map { [$0] } ?? [])
        self.disposition = disposition
        self.reason = reason
        self.sha256 = sha256
        self.signaturesBefore = signaturesBefore
        self.pipeline = pipeline
        self.bucket = bucket
        self.prefix = prefix
        self.since = since
        self.until = until
        self.limit = limit
        self.before = before
    }

    /// The only one of `verdicts`; nil if there are none or several.
    package var verdict: Verdict? {
        get { verdicts.count == 1 ? verdicts[0] : nil }
        set { verdicts = newValue.map { [$0] } ?? [] }
    }
}
