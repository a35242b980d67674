import Domain
import Support

/// A column of `notices`.
enum NoticeColumn: String, TableColumn {
    case number
    case id
    case destination
    case kind
    case job
    case pipeline
    case bucket
    case verdict
    case disposition
    case body
    case createdAt = "created_at"
    case dueAt = "due_at"
    case attempts
    case sentAt = "sent_at"
    case error

    static let selected = allCases
}

extension NewNotice {
    static let bindings = ColumnBindings<NoticeColumn, NewNotice>([
        (.id, { .text($0.id) }),
        (.destination, { .text($0.destination) }),
        (.kind, { .text($0.attributes.kind.rawValue) }),
        (.job, { SQLValue($0.job?.text) }),
        (.pipeline, { .text($0.attributes.pipeline) }),
        (.bucket, { .text($0.attributes.bucket) }),
        (.verdict, { SQLValue($0.attributes.verdict?.rawValue) }),
        (.disposition, { SQLValue($0.attributes.disposition?.rawValue) }),
        (.body, { .text($0.body) }),
        (.createdAt, { SQLValue($0.createdAt) }),
        (.dueAt, { SQLValue($0.createdAt) }),
    ])
}

extension NoticeRecord {
    private typealias Column = NoticeColumn

    /// Reads a row of `NoticeColumn.selectList`.
    init(_ row: borrowing some LedgerRow & ~Copyable, _ operation: String) throws(LedgerError) {
        let number = row.integer(Column.number)
        guard let kind = row.text(Column.kind).flatMap({ NoticeKind(rawValue: $0) }) else {
            throw .corrupt(operation, "notice \(number) can't be read")
        }
        let attributes = NoticeAttributes(
            kind: kind, pipeline: row.text(Column.pipeline) ?? "", bucket: row.text(Column.bucket) ?? "",
            verdict: row.text(Column.verdict).flatMap { Verdict(rawValue: $0) },
            disposition: row.text(Column.disposition).flatMap { Disposition(rawValue: $0) })
        self.init(
            number: number,
            notice: NewNotice(
                id: row.text(Column.id) ?? "", destination: row.text(Column.destination) ?? "",
                attributes: attributes, job: row.text(Column.job).flatMap { JobID($0) },
                body: row.text(Column.body) ?? "", createdAt: row.time(Column.createdAt)),
            attempts: Int(row.integer(Column.attempts)), dueAt: row.time(Column.dueAt),
            sentAt: row.optionalTime(Column.sentAt), error: row.text(Column.error))
    }
}

/// A connection of either driver, as the outbox uses it.
protocol NoticeConnection: PruneConnection {
    func noticeRecords(_ sql: String, _ values: [SQLValue]) throws(Failure) -> [NoticeRecord]
    func backlogs(_ sql: String, _ values: [SQLValue]) throws(Failure) -> [NoticeBacklog]
    /// Adds an entry to the audit trail. Call it after all other statements.
    func add(_ entry: AuditEntry) throws(Failure)
    /// Ends a `SELECT` whose rows are about to be changed: those that another connection changes are passed over.
    static var passingOverLocked: String { get }
}

extension NoticeConnection {
    func takeNotices(
        for destination: String, limit: Int, now: Timestamp, until: Timestamp
    ) throws(Failure) -> [NoticeRecord] {
        let values: [SQLValue] = [.text(destination), SQLValue(now), SQLValue(max(0, limit)), SQLValue(until)]
        return try noticeRecords(
            """
            WITH due AS MATERIALIZED (
                SELECT number FROM notices
                WHERE destination = \(Self.sign)1 AND sent_at IS NULL AND due_at <= \(Self.sign)2
                    AND NOT EXISTS (\(Self.holdingBack))
                ORDER BY due_at, number LIMIT \(Self.sign)3 \(Self.passingOverLocked)
            )
            UPDATE notices SET due_at = \(Self.sign)4, attempts = attempts + 1
            WHERE number IN (SELECT number FROM due) RETURNING \(NoticeColumn.selectList)
            """, values
        ).sorted { $0.number < $1.number }
    }

    /// Earlier notices about the same job that are to arrive first. One that the destination does not take, or that was
    /// tried often, holds nothing back.
    private static var holdingBack: String {
        """
        SELECT 1 FROM notices AS earlier WHERE earlier.job = notices.job
            AND earlier.destination = notices.destination AND earlier.number < notices.number
            AND earlier.sent_at IS NULL AND earlier.is_refused = 0 AND earlier.attempts < 10
        """
    }

    func settleNotice(_ ticket: NoticeTicket, _ result: NoticeResult, at time: Timestamp) throws(Failure) -> Bool {
        let sign = Self.sign
        let held: [SQLValue] = [.integer(ticket.number), SQLValue(ticket.attempt)]
        let condition = "WHERE number = \(sign)1 AND attempts = \(sign)2 AND sent_at IS NULL RETURNING number"
        switch result {
        case .sent:
            return try !storedRows(
                "UPDATE notices SET sent_at = \(sign)3, error = NULL \(condition)", held + [SQLValue(time)]
            ).isEmpty
        case .failed(let error, let until), .refused(let error, let until):
            let isRefused = if case .refused = result { 1 } else { 0 }
            return try !storedRows(
                "UPDATE notices SET due_at = \(sign)3, error = \(sign)4, is_refused = \(isRefused) \(condition)",
                held + [SQLValue(until), .text(error)]
            ).isEmpty
        case .handedBack:
            return try !storedRows(
                "UPDATE notices SET due_at = \(sign)3 \(condition)", held + [SQLValue(time)]
            ).isEmpty
        }
    }

    func noticeBacklog() throws(Failure) -> [NoticeBacklog] {
        try backlogs(
            """
            SELECT destination, count(*), min(created_at) FROM notices WHERE sent_at IS NULL
            GROUP BY destination ORDER BY destination
            """, [])
    }

    func notices(_ query: NoticeQuery) throws(Failure) -> [NoticeRecord] {
        let (condition, values) = condition(query)
        return try noticeRecords(
            """
            SELECT \(NoticeColumn.selectList) FROM notices \(condition)
            ORDER BY number DESC LIMIT \(Self.sign)\(values.count + 1)
            """, values + [SQLValue(max(0, query.limit))])
    }

    func retryNotices(_ query: NoticeQuery, _ entry: AuditEntry) throws(Failure) -> Int {
        let (condition, values) = condition(query)
        let count = try storedRows(
            "UPDATE notices SET due_at = \(Self.sign)\(values.count + 1), sent_at = NULL, is_refused = 0 \(condition) RETURNING number",
            values + [SQLValue(entry.at)]
        ).count
        try add(entry)
        return count
    }

    func discardNotices(_ query: NoticeQuery, _ entry: AuditEntry) throws(Failure) -> Int {
        let (condition, values) = condition(query)
        let count = try storedRows("DELETE FROM notices \(condition) RETURNING number", values).count
        try add(entry)
        return count
    }

    func pruneNotices(sentBefore time: Timestamp, limit: Int) throws(Failure) -> Int {
        try storedRows(
            """
            DELETE FROM notices WHERE number IN (
                SELECT number FROM notices WHERE sent_at < \(Self.sign)1 ORDER BY sent_at LIMIT \(Self.sign)2
            ) RETURNING number
            """, [SQLValue(time), SQLValue(max(0, limit))]
        ).count
    }

    private func condition(_ query: NoticeQuery) -> (sql: String, values: [SQLValue]) {
        var conditions: [String] = []
        var values: [SQLValue] = []
        func require(_ value: SQLValue, _ condition: (String) -> String) {
            values.append(value)
            conditions.append(condition("\(Self.sign)\(values.count)"))
        }
        if let numbers = query.numbers { require(Self.list(numbers)) { Self.isAmong($0) } }
        if let destination = query.destination { require(.text(destination)) { "destination = \($0)" } }
        if let job = query.job { require(.text(job.text)) { "job = \($0)" } }
        if let before = query.before { require(.integer(before)) { "number < \($0)" } }
        if let isPending = query.isPending { conditions.append("sent_at IS \(isPending ? "" : "NOT ")NULL") }
        return (conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "), values)
    }
}

extension NoticeBacklog {
    /// Reads a row of `NoticeConnection.noticeBacklog`.
    init(_ row: borrowing some LedgerRow & ~Copyable) {
        self.init(
            destination: row.text(0) ?? "", pending: Int(row.integer(1)),
            oldest: Timestamp(milliseconds: row.integer(2)))
    }
}
