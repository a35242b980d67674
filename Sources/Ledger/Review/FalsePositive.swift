package import Domain

/// Bytes that a person released in spite of a finding. Until it expires or is revoked, the finding alone does not keep
/// the same bytes from being promoted by the same pipeline.
package struct FalsePositive: Sendable, Equatable {
    /// Identifies it; 0 until it is on record.
    package let number: Int64
    /// The hash of the whole object, in lowercase hexadecimal.
    package let sha256: String
    /// The finding's kind and name.
    package let kind: Finding.Kind
    package let finding: String
    package let pipeline: String
    /// The job whose object was released.
    package let job: JobID
    package let added: ReviewEntry
    package let expiresAt: Timestamp
    package let revoked: ReviewEntry?

    package init(
        number: Int64 = 0, sha256: String, kind: Finding.Kind, finding: String, pipeline: String, job: JobID,
        added: ReviewEntry, expiresAt: Timestamp, revoked: ReviewEntry? = nil
    ) {
        self.number = number
        self.sha256 = sha256
        self.kind = kind
        self.finding = finding
        self.pipeline = pipeline
        self.job = job
        self.added = added
        self.expiresAt = expiresAt
        self.revoked = revoked
    }

    package func isActive(at time: Timestamp) -> Bool { revoked == nil && time < expiresAt }
}

/// The conditions of a list of false positives. One must meet each that is set.
package struct FalsePositiveQuery: Sendable, Equatable {
    package var sha256: String?
    package var pipeline: String?
    /// Only those that count at this time.
    package var activeAt: Timestamp?
    package var limit: Int

    package init(
        sha256: String? = nil, pipeline: String? = nil, activeAt: Timestamp? = nil, limit: Int = 1000
    ) {
        self.sha256 = sha256
        self.pipeline = pipeline
        self.activeAt = activeAt
        self.limit = limit
    }
}
