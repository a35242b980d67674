import Domain

extension PostgresWrite {
    static func audit(_ entry: AuditEntry) -> PostgresWrite {
        PostgresWrite("add to the audit trail", of: "", isDurable: true) { _ in
            PostgresStatement(
                "INSERT INTO audit_trail (\(AuditEntry.columns)) VALUES ($1, $2, $3, $4, $5, $6)",
                [
                    .integer(entry.at.milliseconds), .text(entry.actor), .text(entry.action), .text(entry.subject),
                    PostgresValue(entry.job?.text), .text(entry.reason),
                ])
        }
    }

    static func recordUnreadable(_ message: UnreadableMessage, at time: Timestamp) -> PostgresWrite {
        PostgresWrite("record an unreadable message", of: message.messageID, isDurable: true) { _ in
            PostgresStatement(
                """
                INSERT INTO unreadable_messages AS known (\(UnreadableMessageRecord.columns))
                VALUES ($1, $2, $3, $4, $5, $5)
                ON CONFLICT (message_id) DO UPDATE SET reason = excluded.reason,
                    receive_count = greatest(known.receive_count, excluded.receive_count),
                    last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at)
                """,
                [
                    .text(message.messageID), .text(message.reason), .text(message.body),
                    PostgresValue(message.receiveCount), .integer(time.milliseconds),
                ])
        }
    }
}

extension PostgresSession {
    func auditTrail(of job: JobID?, limit: Int) throws(PostgresFailure) -> [AuditEntry] {
        // The order is that of the entries themselves: clocks of several machines may disagree.
        try all(
            """
            SELECT \(AuditEntry.columns) FROM audit_trail \(job == nil ? "" : "WHERE job = $2")
            ORDER BY number DESC LIMIT $1
            """,
            [PostgresValue(max(0, limit))] + (job.map { [.text($0.text)] } ?? [])
        ) { AuditEntry($0) }
    }

    func unreadableMessages(limit: Int) throws(PostgresFailure) -> [UnreadableMessageRecord] {
        try all(
            """
            SELECT \(UnreadableMessageRecord.columns) FROM unreadable_messages
            ORDER BY last_seen_at DESC, message_id LIMIT $1
            """,
            [PostgresValue(max(0, limit))]
        ) { UnreadableMessageRecord($0) }
    }
}
