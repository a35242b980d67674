import Domain

/// A column of `audit_trail`.
enum AuditColumn: String, TableColumn {
    case at, actor, action, subject, job, reason

    static let selected = allCases
}

extension AuditEntry {
    static let bindings = ColumnBindings<AuditColumn, AuditEntry>([
        (.at, { SQLValue($0.at) }),
        (.actor, { .text($0.actor) }),
        (.action, { .text($0.action) }),
        (.subject, { .text($0.subject) }),
        (.job, { SQLValue($0.job?.text) }),
        (.reason, { .text($0.reason) }),
    ])

    /// Reads a row of `AuditColumn.selectList`.
    init(_ row: borrowing some LedgerRow & ~Copyable) {
        self.init(
            at: row.time(AuditColumn.at), actor: row.text(AuditColumn.actor) ?? "",
            action: row.text(AuditColumn.action) ?? "", subject: row.text(AuditColumn.subject) ?? "",
            job: row.text(AuditColumn.job).flatMap(JobID.init), reason: row.text(AuditColumn.reason) ?? "")
    }
}
