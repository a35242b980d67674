package import Domain

/// The result of `Ledger.reopen`.
package enum ReopenResult: Sendable, Equatable {
    /// The job had ended and is open again. Its former outcome is in its history.
    case reopened
    /// The job had not ended, and no worker holds a claim on it.
    case open
    /// An attempt is in progress; nothing was changed.
    case held(by: String, until: Timestamp)
    /// The job has ended since the caller read it; nothing was changed.
    case ended(Outcome.Kind)
    /// The ledger has no such job; nothing was changed.
    case unknown
}

/// The precondition under which an ended job is reopened. Between the read and the call another worker may have settled
/// the job: such an outcome must not be reopened.
package enum ReopenCondition: Sendable, Equatable {
    /// The job is reopened whatever its outcome.
    case always
    /// A job that has ended is not reopened: when the caller read it, it was open or missing.
    case notEnded
    /// The job is reopened only if this attempt ended it.
    case endedBy(attempt: Int)

    /// - Parameter record: the job as the caller read it; nil if it was missing.
    package init(unchangedSince record: JobRecord?) {
        guard let record, record.outcome != nil else {
            self = .notEnded
            return
        }
        self = .endedBy(attempt: record.attemptCount)
    }

    /// Returns whether a job that this attempt ended may be reopened.
    func allowsReopening(endedBy attempt: Int) -> Bool {
        switch self {
        case .always: true
        case .notEnded: false
        case .endedBy(let expected): expected == attempt
        }
    }
}
