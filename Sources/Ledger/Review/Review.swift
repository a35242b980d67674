package import Domain

/// Where the review of a quarantined object stands.
package enum ReviewState: String, Sendable, CaseIterable {
    /// Nobody has decided yet.
    case pending
    /// A person keeps it: it is neither purged, released nor deleted.
    case held
    /// Moved to where a clean object goes.
    case released
    /// Deleted by a person.
    case deleted
    /// Deleted by a purge.
    case expired

    /// Whether the object lies in quarantine.
    package var isInQuarantine: Bool { self == .pending || self == .held }
}

/// Who did something, when, and why.
package struct ReviewEntry: Sendable, Equatable {
    package let actor: String
    package let at: Timestamp
    package let reason: String

    package init(actor: String, at: Timestamp, reason: String) {
        self.actor = actor
        self.at = at
        self.reason = reason
    }

    init(_ entry: AuditEntry) { self.init(actor: entry.actor, at: entry.at, reason: entry.reason) }
}

/// What people decided about the object of one job.
package struct Review: Sendable, Equatable {
    /// Nil for an object that was never in quarantine.
    package var state: ReviewState?
    /// The latest change of the state by a person; nil if there was none.
    package var change: ReviewEntry?
    /// Where a review moved the object; nil while it lies where its job moved it.
    package var place: Destination?
    /// The consent of a second person to a release.
    package var approval: ReviewEntry?
    /// What is done to the object now, or was when a process was killed.
    package var work: ReviewWork?
    /// How many works were begun.
    package var workCount = 0
    /// The earliest first. `Ledger.changeReview` does not set it.
    package var notes: [ReviewEntry] = []

    package init(state: ReviewState? = nil) { self.state = state }
}

/// A change of an object that takes several steps, each of which a kill may interrupt.
package struct ReviewWork: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// To where a clean object goes.
        case release
        case delete
        /// The same, by a purge.
        case expire
        /// Of a promoted or released object, into quarantine.
        case recall

        /// The state when it is done.
        var result: ReviewState {
            switch self {
            case .release: .released
            case .delete: .deleted
            case .expire: .expired
            case .recall: .pending
            }
        }
    }

    package let kind: Kind
    /// Where the object is moved; nil if it is deleted.
    package let target: ObjectLocation?
    package let request: ReviewEntry
    /// Until when the bytes of a release are remembered as false positives; nil if they are not.
    package let rememberedUntil: Timestamp?
    /// The process that does it, and until when no other may.
    package let worker: String
    package var until: Timestamp
    /// Counts the works of an object from 1.
    package let number: Int
}

/// The right to do a review's work.
package struct ReviewToken: Sendable, Equatable {
    package let job: JobID
    package let number: Int
    package let worker: String

    package init(job: JobID, number: Int, worker: String) {
        self.job = job
        self.number = number
        self.worker = worker
    }
}
