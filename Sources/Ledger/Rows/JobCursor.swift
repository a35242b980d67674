import Domain

/// A position in a list of jobs, newest first: the next page starts after it.
struct JobCursor {
    static let selectList = "first_received_at, number"

    let receivedAt: Int64
    let number: Int64

    static func unknown(_ id: JobID, _ operation: String) -> LedgerError {
        LedgerError(
            .unknownJob, operation: operation,
            detail: "the page should start after job \(id), which the ledger does not have",
            hint: "Start from the first page.")
    }
}

extension JobCursor {
    /// Reads a row of `selectList`.
    init(_ row: borrowing some LedgerRow & ~Copyable) {
        self.init(receivedAt: row.integer(0), number: row.integer(1))
    }
}
