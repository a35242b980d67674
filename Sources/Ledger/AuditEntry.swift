package import Domain

/// One line of the audit trail: who did what to which thing, when and why.
package struct AuditEntry: Sendable, Equatable {
    package let at: Timestamp
    /// A person's or a program's name.
    package let actor: String
    /// One word or two: `release`, `delete`, `rescan`, …
    package let action: String
    /// What it was done to, in full: `s3://bucket/key`, or a setting's name.
    package let subject: String
    /// The job that the subject came by, where it came by one.
    package let job: JobID?
    /// In the actor's words.
    package let reason: String

    package init(at: Timestamp, actor: String, action: String, subject: String, job: JobID? = nil, reason: String) {
        self.at = at
        self.actor = actor
        self.action = action
        self.subject = subject
        self.job = job
        self.reason = reason
    }
}
