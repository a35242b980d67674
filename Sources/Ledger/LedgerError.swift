/// Why the ledger did not do what it was asked. Nothing of the call has happened then, unless the ledger was `unavailable`.
package struct LedgerError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// Another process held the store for longer than we wait.
        case busy
        /// The server can't be reached or can't serve us now. Where it went away with a call under way, the call may have been
        /// carried out and only its answer lost.
        case unavailable
        /// No room on its disk.
        case full
        case readOnly
        /// The store, or the folder it should be in, is not there; or its tables are not.
        case missing
        /// The operating system or the server refuses us.
        case denied
        /// The connection would not be as safe as the address asks for: the server's certificate is not trusted, or it
        /// speaks no TLS.
        case untrusted
        /// What the store holds can't be read or contradicts itself.
        case corrupt
        /// A database, but of another program.
        case foreign
        /// Written by a later version of this program.
        case tooNew
        /// The address is not one of a ledger that this build can open, or names a database that is not there.
        case badAddress
        /// The claim belongs to a later attempt, or was given up or ended before.
        case claimLost
        /// A job that should be there is not.
        case unknownJob
        case closed
        /// Anything else; the detail says what.
        case failed
    }

    package let code: Code
    /// What was being done: `claim a job`.
    package let operation: String
    /// What happened, in the store's own words where it has some.
    package let detail: String
    /// What to do about it.
    package let hint: String

    package init(_ code: Code, operation: String, detail: String, hint: String) {
        self.code = code
        self.operation = operation
        self.detail = detail
        self.hint = hint
    }

    /// Whether the same call may succeed later with nothing changed but the store's surroundings: a lock let go, a disk
    /// with room again.
    package var isTransient: Bool {
        switch code {
        case .busy, .unavailable, .full: true
        case .readOnly, .missing, .denied, .untrusted, .corrupt, .foreign, .tooNew, .badAddress, .claimLost,
            .unknownJob, .closed,
            .failed:
            false
        }
    }

    package var description: String { "ledger: can't \(operation): \(detail). \(hint)" }
}

extension LedgerError {
    static func closed(_ operation: String) -> LedgerError {
        LedgerError(.closed, operation: operation, detail: "the ledger is closed", hint: "Open it again.")
    }

    /// A row that this program did not write, or a disk that changed it.
    static func corrupt(_ operation: String, _ detail: String) -> LedgerError {
        LedgerError(
            .corrupt, operation: operation, detail: detail,
            hint: "Stop the workers, keep a copy of the ledger, and restore it from a backup.")
    }

    static func claimLost(_ claim: ClaimToken, _ operation: String) -> LedgerError {
        LedgerError(
            .claimLost, operation: operation,
            detail: "attempt \(claim.attempt) of job \(claim.job) by \(claim.worker) has no claim on it any more",
            hint: "Stop work on it: another attempt has taken over, or this one was given up or ended.")
    }
}
