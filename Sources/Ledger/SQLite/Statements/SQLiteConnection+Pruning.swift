import Domain

extension SQLiteConnection: PruneConnection {
    static func isAmong(_ parameter: String) -> String { "number IN (SELECT value FROM json_each(\(parameter)))" }

    static func list(_ numbers: [Int64]) -> SQLValue { .text(jsonArray(numbers)) }

    static func isJobAmong(_ parameter: String) -> String { "job IN (SELECT value FROM json_each(\(parameter)))" }

    static func list(_ jobs: [String]) -> SQLValue {
        .text("[\(jobs.map { "\"\($0)\"" }.joined(separator: ","))]")
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
