import Domain

extension Connection {
    func recordUnreadable(_ message: UnreadableMessage, at time: Timestamp) throws(LedgerError) {
        try run(
            """
            INSERT INTO unreadable_messages (\(UnreadableMessageRecord.columns))
            VALUES (?1, ?2, ?3, ?4, ?5, ?5)
            ON CONFLICT (message_id) DO UPDATE SET reason = excluded.reason,
                receive_count = max(receive_count, excluded.receive_count),
                last_seen_at = max(last_seen_at, excluded.last_seen_at)
            """,
            [
                .text(message.messageID), .text(message.reason), .text(message.body), SQLiteValue(message.receiveCount),
                .integer(time.milliseconds),
            ])
    }

    func unreadableMessages(limit: Int) throws(LedgerError) -> [UnreadableMessageRecord] {
        try all(
            """
            SELECT \(UnreadableMessageRecord.columns) FROM unreadable_messages
            ORDER BY last_seen_at DESC, message_id LIMIT ?1
            """,
            [SQLiteValue(max(0, limit))]
        ) { UnreadableMessageRecord($0) }
    }
}
