import Domain

extension SQLiteConnection {
    func recordUnreadable(_ message: UnreadableMessage, at time: Timestamp) throws(LedgerError) {
        let record = UnreadableMessageRecord(message: message, firstSeenAt: time, lastSeenAt: time)
        try run(Self.unreadableUpsert, UnreadableMessageRecord.bindings.values(of: record))
    }

    func unreadableMessages(limit: Int) throws(LedgerError) -> [UnreadableMessageRecord] {
        try all(
            """
            SELECT \(UnreadableMessageColumn.selectList) FROM unreadable_messages
            ORDER BY last_seen_at DESC, message_id LIMIT ?1
            """,
            [SQLValue(max(0, limit))]
        ) { UnreadableMessageRecord($0) }
    }

    private static let unreadableUpsert = """
        \(UnreadableMessageRecord.bindings.insert(into: "unreadable_messages", "?"))
        ON CONFLICT (message_id) DO UPDATE SET reason = excluded.reason,
            receive_count = max(receive_count, excluded.receive_count),
            last_seen_at = max(last_seen_at, excluded.last_seen_at)
        """
}
