import Domain

extension PostgresWrite {
    static func recordUnreadable(_ message: UnreadableMessage, at time: Timestamp) -> PostgresWrite {
        let record = UnreadableMessageRecord(message: message, firstSeenAt: time, lastSeenAt: time)
        return PostgresWrite("record an unreadable message", of: message.messageID, isDurable: true) { _ in
            PostgresStatement(upsert, UnreadableMessageRecord.bindings.values(of: record))
        }
    }

    private static let upsert = """
        \(UnreadableMessageRecord.bindings.insert(into: "unreadable_messages AS known", "$"))
        ON CONFLICT (message_id) DO UPDATE SET reason = excluded.reason,
            receive_count = greatest(known.receive_count, excluded.receive_count),
            last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at)
        """
}

extension PostgresSession {
    func unreadableMessages(limit: Int) throws(PostgresFailure) -> [UnreadableMessageRecord] {
        try all(
            """
            SELECT \(UnreadableMessageColumn.selectList) FROM unreadable_messages
            ORDER BY last_seen_at DESC, message_id LIMIT $1
            """,
            [SQLValue(max(0, limit))]
        ) { UnreadableMessageRecord($0) }
    }
}
