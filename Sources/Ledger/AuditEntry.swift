package import Domain

/// An entry of the audit trail: who did what, to which subject, when and why.
package struct AuditEntry: Sendable, Equatable {
    package let at: Timestamp
    /// The name of a person or a program.
    package let actor: String
    /// `release`, `delete`, `rescan`, …
    package let action: String
    /// The full name of the subject: `s3://bucket/key`, or a setting's name.
    package let subject: String
    /// The subject's job, if it has one.
    package let job: JobID?
    /// As the actor gave it.
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
