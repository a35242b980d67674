import Domain

/// A column of `false_positives`.
enum FalsePositiveColumn: String, TableColumn {
    case number
    case sha256
    case kind
    case finding
    case pipeline
    case job
    case actor
    case addedAt = "added_at"
    case reason
    case expiresAt = "expires_at"
    case revokedBy = "revoked_by"
    case revokedAt = "revoked_at"
    case revocationReason = "revocation_reason"

    static let selected = allCases

    /// Those that are NULL until it is revoked.
    static let ofRevocation: [FalsePositiveColumn] = [.revokedBy, .revokedAt, .revocationReason]
}

extension FalsePositive {
    private typealias Column = FalsePositiveColumn

    static let bindings = ColumnBindings<FalsePositiveColumn, FalsePositive>([
        (.sha256, { .text($0.sha256) }),
        (.kind, { .text($0.kind.rawValue) }),
        (.finding, { .text($0.finding) }),
        (.pipeline, { .text($0.pipeline) }),
        (.job, { .text($0.job.text) }),
        (.actor, { .text($0.added.actor) }),
        (.addedAt, { SQLValue($0.added.at) }),
        (.reason, { .text($0.added.reason) }),
        (.expiresAt, { SQLValue($0.expiresAt) }),
    ])

    /// Reads a row of `FalsePositiveColumn.selectList`.
    init(_ row: borrowing some LedgerRow & ~Copyable, _ operation: String) throws(LedgerError) {
        guard let kind = row.text(Column.kind).flatMap({ Finding.Kind(rawValue: $0) }),
            let job = row.text(Column.job).flatMap({ JobID($0) })
        else { throw .corrupt(operation, "false positive \(row.integer(Column.number)) can't be read") }
        let revoked = row.text(Column.revokedBy).map {
            ReviewEntry(actor: $0, at: row.time(Column.revokedAt), reason: row.text(Column.revocationReason) ?? "")
        }
        self.init(
            number: row.integer(Column.number), sha256: row.text(Column.sha256) ?? "", kind: kind,
            finding: row.text(Column.finding) ?? "", pipeline: row.text(Column.pipeline) ?? "", job: job,
            added: ReviewEntry(
                actor: row.text(Column.actor) ?? "", at: row.time(Column.addedAt),
                reason: row.text(Column.reason) ?? ""),
            expiresAt: row.time(Column.expiresAt), revoked: revoked)
    }
}

extension FalsePositiveQuery {
    /// The statement for the query, and its values.
    ///
    /// - Parameter sign: opens the name of a parameter.
    func select(_ sign: Character) -> (sql: String, values: [SQLValue]) {
        var conditions: [String] = []
        var values: [SQLValue] = [SQLValue(max(0, limit))]
        func require(_ condition: String, _ value: SQLValue) {
            values.append(value)
            conditions.append("\(condition) \(sign)\(values.count)")
        }
        if let sha256 { require("sha256 =", .text(sha256)) }
        if let pipeline { require("pipeline =", .text(pipeline)) }
        if let activeAt {
            conditions.append("revoked_at IS NULL")
            require("expires_at >", SQLValue(activeAt))
        }
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let sql = """
            SELECT \(FalsePositiveColumn.selectList) FROM false_positives \(condition)
            ORDER BY number DESC LIMIT \(sign)1
            """
        return (sql, values)
    }
}
