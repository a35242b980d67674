internal import Domain
internal import Ledger
package import Support

/// Who asks for a replay and why, whether it is a dry run, and its clocks.
package struct ReplayContext: Sendable {
    /// Recorded in the audit trail, as is `reason`.
    package let actor: String
    package let reason: String
    /// Whether to only report what would be done.
    package let isDryRun: Bool
    let clocks: Clocks

    package init(actor: String, reason: String, isDryRun: Bool, clocks: Clocks = .system) {
        self.actor = actor
        self.reason = reason
        self.isDryRun = isDryRun
        self.clocks = clocks
    }

    var now: Timestamp { clocks.wall() }

    func entry(_ action: String, _ job: Job) -> AuditEntry {
        let location = job.object.location
        return AuditEntry(
            at: now, actor: actor, action: action, subject: location.description, job: job.id, reason: reason)
    }
}
