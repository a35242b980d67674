import Domain

extension SQLiteConnection: PruneConnection {
    static var sign: String { "?" }

    static func isAmong(_ parameter: String) -> String { "number IN (SELECT value FROM json_each(\(parameter)))" }

    static func list(_ numbers: [Int64]) -> SQLValue { .text(jsonArray(numbers)) }

    func candidates(_ sql: String, _ values: [SQLValue]) throws(LedgerError) -> [PruneStatements.Candidate] {
        try all(sql, values) { PruneStatements.Candidate($0) }
    }

    func rows(_ sql: String, _ values: [SQLValue]) throws(LedgerError) -> Int {
        try all(sql, values) { _ in true }.count
    }
}

extension SQLiteConnection {
    func discardUnreadable(_ messageID: String, _ entry: AuditEntry) throws(LedgerError) -> Bool {
        let removed = try first(
            "DELETE FROM unreadable_messages WHERE message_id = ?1 RETURNING 1", [.text(messageID)]
        ) { _ in true }
        guard removed != nil else { return false }
        try audit(entry)
        return true
    }
}
