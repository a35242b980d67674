import Domain

extension PostgresSession: PruneConnection {
    static var sign: String { "$" }

    static func isAmong(_ parameter: String) -> String { "number = ANY (\(parameter)::text::bigint[])" }

    static func list(_ numbers: [Int64]) -> SQLValue { .text(arrayLiteral(numbers)) }

    func candidates(_ sql: String, _ values: [SQLValue]) throws(PostgresFailure) -> [PruneStatements.Candidate] {
        try all(sql, values) { PruneStatements.Candidate($0) }
    }

    func rows(_ sql: String, _ values: [SQLValue]) throws(PostgresFailure) -> Int { try run(sql, values).count }
}

extension PostgresSession {
    func discardUnreadable(_ messageID: String, _ entry: AuditEntry) throws(PostgresFailure) -> Bool {
        let removed = try all(
            "DELETE FROM unreadable_messages WHERE message_id = $1 RETURNING receive_count", [.text(messageID)]
        ) { $0.integer(0) }
        guard !removed.isEmpty else { return false }
        _ = try run([PostgresWrite.audit(entry).statement(nil)])
        return true
    }
}
