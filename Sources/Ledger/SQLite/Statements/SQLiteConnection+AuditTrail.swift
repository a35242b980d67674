import Domain

extension SQLiteConnection {
    func audit(_ entry: AuditEntry) throws(LedgerError) {
        try insert(into: .audits, Self.auditInsert, AuditEntry.bindings.values(of: entry))
    }

    func auditTrail(of job: JobID?, limit: Int) throws(LedgerError) -> [AuditEntry] {
        // Entries are in the order of their insertion: clocks of several machines may disagree.
        try all(
            """
            SELECT \(AuditColumn.selectList) FROM audit_trail \(job == nil ? "" : "WHERE job = ?2")
            ORDER BY number DESC LIMIT ?1
            """,
            [SQLValue(max(0, limit))] + (job.map { [.text($0.text)] } ?? [])
        ) { AuditEntry($0) }
    }

    private static let auditInsert = AuditEntry.bindings.insert(into: "audit_trail", "?")
}
