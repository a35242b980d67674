import Domain

extension PostgresWrite {
    static func audit(_ entry: AuditEntry) -> PostgresWrite {
        let row = ChainTable.audits.select("number = currval(pg_get_serial_sequence('audit_trail', 'number'))")
        return PostgresWrite(
            "add to the audit trail", of: "", isDurable: true, chained: (.audits, PostgresStatement(row))
        ) { _ in
            PostgresStatement(auditInsert + " RETURNING number", AuditEntry.bindings.values(of: entry))
        }
    }

    static let auditInsert = AuditEntry.bindings.insert(into: "audit_trail", "$")
}

extension PostgresSession {
    func auditTrail(of job: JobID?, limit: Int) throws(PostgresFailure) -> [AuditEntry] {
        // Entries are in the order of their insertion: clocks of several machines may disagree.
        try all(
            """
            SELECT \(AuditColumn.selectList) FROM audit_trail \(job == nil ? "" : "WHERE job = $2")
            ORDER BY number DESC LIMIT $1
            """,
            [SQLValue(max(0, limit))] + (job.map { [.text($0.text)] } ?? [])
        ) { AuditEntry($0) }
    }
}
