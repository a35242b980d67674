import Domain
import Support

extension PostgresSession: NoticeConnection {
    static var passingOverLocked: String { "FOR UPDATE SKIP LOCKED" }

    func noticeRecords(_ sql: String, _ values: [SQLValue]) throws(PostgresFailure) -> [NoticeRecord] {
        try all(sql, values) { (row) throws(PostgresFailure) in
            try asPostgresFailure { () throws(LedgerError) in try NoticeRecord(row, operation) }
        }
    }

    func backlogs(_ sql: String, _ values: [SQLValue]) throws(PostgresFailure) -> [NoticeBacklog] {
        try all(sql, values) { NoticeBacklog($0) }
    }

    func add(_ entry: AuditEntry) throws(PostgresFailure) { try append(insert(entry)) }
}

extension PostgresStatement {
    /// Inserts notices.
    static func insert(_ notices: [NewNotice]) -> PostgresStatement {
        PostgresStatement(NewNotice.insert(of: "$1"), [NewNotice.list(notices)])
    }
}

extension NewNotice {
    /// The statement that inserts the notices of a parameter, which `list` made.
    ///
    /// - Parameter table: has a row if they are to be inserted.
    static func insert(of parameter: String, if table: String? = nil) -> String {
        let columns = bindings.columns
        let typed = columns.map { "\($0.rawValue) \([.createdAt, .dueAt].contains($0) ? "bigint" : "text")" }
        return """
            INSERT INTO notices (\(columns.list)) SELECT \(columns.map { "new.\($0.rawValue)" }.joined(separator: ", "))
            FROM \(table.map { "\($0), " } ?? "")json_to_recordset(\(parameter)::text::json -> 'notices')
                AS new (\(typed.joined(separator: ", ")))
            """
    }

    /// Any number of notices as one value, so that a statement has the same text for each number.
    static func list(_ notices: [NewNotice]) -> SQLValue {
        let columns = bindings.columns
        let json = JSONWriter.stored { json in
            json.objects("notices", notices) { notice, json in
                for (column, value) in zip(columns, bindings.values(of: notice)) {
                    switch value {
                    case .text(let text): json.field(column.rawValue, text)
                    case .integer(let integer): json.field(column.rawValue, integer)
                    case .null, .bytes: break
                    }
                }
            }
        }
        return .text(String(decoding: json, as: UTF8.self))
    }
}
