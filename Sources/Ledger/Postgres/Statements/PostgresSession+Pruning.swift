import Domain

extension PostgresSession: PruneConnection {
    static func isAmong(_ parameter: String) -> String { "number = ANY (\(parameter)::text::bigint[])" }

    static func list(_ numbers: [Int64]) -> SQLValue { .text(arrayLiteral(numbers)) }

    static func isJobAmong(_ parameter: String) -> String { "job = ANY (\(parameter)::text::text[])" }

    static func list(_ jobs: [String]) -> SQLValue { .text("{\(jobs.joined(separator: ","))}") }
}

extension PostgresSession {
    func discardUnreadable(_ messageID: String, _ entry: AuditEntry) throws(PostgresFailure) -> Bool {
        let removed = try all(
            "DELETE FROM unreadable_messages WHERE message_id = $1 RETURNING receive_count", [.text(messageID)]
        ) { $0.integer(0) }
        guard !removed.isEmpty else { return false }
        try append(insert(entry))
        return true
    }
}
