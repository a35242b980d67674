/// An error of the ledger. The call has changed nothing, except that after `unavailable` it may have been carried out.
package struct LedgerError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// Another process held the store for longer than the time-out.
        case busy
        /// The server can't be reached or can't serve requests now. If the connection was lost during the call, the
        /// call may have been carried out.
        case unavailable
        /// The store's disk is full.
        case full
        case readOnly
        /// The store, its folder or its tables are missing.
        case missing
        /// The operating system or the server denies access.
        case denied
        /// The connection is not as secure as the address requires: the server's certificate is not trusted, or the
        /// server does not support TLS.
        case untrusted
        /// The store's data can't be read, or is inconsistent.
        case corrupt
        /// The database belongs to another program.
        case foreign
        /// The store was written by a later version of this program.
        case tooNew
        /// The address is not that of a ledger that this program can open, or names a database that does not exist.
        case badAddress
        /// A later attempt holds the claim, or the claim was released or ended.
        case claimLost
        /// The ledger does not have the job.
        case unknownJob
        case closed
        /// Any other failure; see the detail.
        case failed
    }

    package let code: Code
    /// The operation that failed: `claim a job`.
    package let operation: String
    /// What happened; the store's own message if it has one.
    package let detail: String
    /// What to do about it.
    package let hint: String

    package init(_ code: Code, operation: String, detail: String, hint: String) {
        self.code = code
        self.operation = operation
        self.detail = detail
        self.hint = hint
    }

    /// Whether the same call may succeed later without a change of configuration: when a lock is released or the disk
    /// has space again.
    package var isTransient: Bool {
        switch code {
        case .busy, .unavailable, .full: true
        case .readOnly, .missing, .denied, .untrusted, .corrupt, .foreign, .tooNew, .badAddress, .claimLost,
            .unknownJob, .closed, .failed:
            false
        }
    }

    /// Whether the store that was open is not there any more, or is another one.
    package var isLoss: Bool {
        switch code {
        case .missing, .corrupt, .foreign, .tooNew: true
        case .busy, .unavailable, .full, .readOnly, .denied, .untrusted, .badAddress, .claimLost, .unknownJob, .closed,
            .failed:
            false
        }
    }

    package var description: String { "ledger: can't \(operation): \(detail). \(hint)" }
}

extension LedgerError {
    /// What to do about a store of a later version.
    static let tooNewHint =
        "Use the version of lazaret that wrote it, or a later one; to go back, restore the backup from before the upgrade."

    static func closed(_ operation: String) -> LedgerError {
        LedgerError(.closed, operation: operation, detail: "the ledger is closed", hint: "Open it again.")
    }

    /// A row that this program did not write, or that was damaged on the disk.
    static func corrupt(_ operation: String, _ detail: String) -> LedgerError {
        LedgerError(
            .corrupt, operation: operation, detail: detail,
            hint: "Stop the workers, keep a copy of the ledger, and restore it from a backup.")
    }

    static func claimLost(_ claim: ClaimToken, _ operation: String) -> LedgerError {
        LedgerError(
            .claimLost, operation: operation,
            detail: "attempt \(claim.attempt) of job \(claim.job) by \(claim.worker) no longer holds the claim",
            hint: "Stop the attempt: another one has taken over, or this one was released or has ended.")
    }
}
