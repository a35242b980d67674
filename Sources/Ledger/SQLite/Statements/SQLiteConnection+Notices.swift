import Domain

extension SQLiteConnection: NoticeConnection {
    /// One connection writes at a time.
    static var passingOverLocked: String { "" }

    func noticeRecords(_ sql: String, _ values: [SQLValue]) throws(LedgerError) -> [NoticeRecord] {
        try all(sql, values) { (row) throws(LedgerError) in try NoticeRecord(row, operation) }
    }

    func backlogs(_ sql: String, _ values: [SQLValue]) throws(LedgerError) -> [NoticeBacklog] {
        try all(sql, values) { NoticeBacklog($0) }
    }

    func add(_ entry: AuditEntry) throws(LedgerError) { try audit(entry) }

    func add(_ notices: [NewNotice]) throws(LedgerError) {
        for notice in notices { try run(Self.noticeInsert, NewNotice.bindings.values(of: notice)) }
    }

    private static let noticeInsert = NewNotice.bindings.insert(into: "notices", "?")
}
