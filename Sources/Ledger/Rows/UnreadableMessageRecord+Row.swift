import Domain

/// A column of `unreadable_messages`.
enum UnreadableMessageColumn: String, TableColumn {
    case messageID = "message_id"
    case reason
    case body
    case receiveCount = "receive_count"
    case firstSeenAt = "first_seen_at"
    case lastSeenAt = "last_seen_at"

    static let selected = allCases
}

extension UnreadableMessageRecord {
    private typealias Column = UnreadableMessageColumn

    static let bindings = ColumnBindings<UnreadableMessageColumn, UnreadableMessageRecord>([
        (.messageID, { .text($0.message.messageID) }),
        (.reason, { .text($0.message.reason) }),
        (.body, { .text($0.message.body) }),
        (.receiveCount, { SQLValue($0.message.receiveCount) }),
        (.firstSeenAt, { SQLValue($0.firstSeenAt) }),
        (.lastSeenAt, { SQLValue($0.lastSeenAt) }),
    ])

    /// Reads a row of `UnreadableMessageColumn.selectList`.
    init(_ row: borrowing some LedgerRow & ~Copyable) {
        self.init(
            message: UnreadableMessage(
                messageID: row.text(Column.messageID) ?? "", reason: row.text(Column.reason) ?? "",
                body: row.text(Column.body) ?? "", receiveCount: Int(row.integer(Column.receiveCount))),
            firstSeenAt: row.time(Column.firstSeenAt), lastSeenAt: row.time(Column.lastSeenAt))
    }
}
