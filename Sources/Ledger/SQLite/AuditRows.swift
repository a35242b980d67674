import Domain

extension Connection {
    func audit(_ entry: AuditEntry) throws(LedgerError) {
        try run(
            "INSERT INTO audit_trail (\(AuditEntry.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            [
                .integer(entry.at.milliseconds), .text(entry.actor), .text(entry.action), .text(entry.subject),
                SQLiteValue(entry.job?.text), .text(entry.reason),
            ])
    }

    func auditTrail(of job: JobID?, limit: Int) throws(LedgerError) -> [AuditEntry] {
        // The order is that of the entries themselves: clocks of several machines may disagree.
        try all(
            """
            SELECT \(AuditEntry.columns) FROM audit_trail \(job == nil ? "" : "WHERE job = ?2")
            ORDER BY number DESC LIMIT ?1
            """,
            [SQLiteValue(max(0, limit))] + (job.map { [.text($0.text)] } ?? [])
        ) { AuditEntry($0) }
    }
}
