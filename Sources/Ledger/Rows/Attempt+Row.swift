import Domain

/// A column of `attempts`.
enum AttemptColumn: String, TableColumn {
    case number
    case worker
    case startedAt = "started_at"
    case endedAt = "ended_at"
    case error

    static let selected = allCases
}

extension Attempt {
    /// Reads a row of `AttemptColumn.selectList`.
    init(_ row: borrowing some LedgerRow & ~Copyable) {
        self.init(
            number: Int(row.integer(AttemptColumn.number)), worker: row.text(AttemptColumn.worker) ?? "",
            startedAt: row.time(AttemptColumn.startedAt), endedAt: row.optionalTime(AttemptColumn.endedAt),
            error: row.text(AttemptColumn.error))
    }
}

extension ClaimToken {
    /// The error of an attempt whose claim expired.
    static let expiry = "the claim expired: its worker did not renew it"
}
