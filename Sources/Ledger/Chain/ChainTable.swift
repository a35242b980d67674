import Domain

/// A table whose rows are chained, as SQL of both drivers.
struct ChainTable: Sendable {
    let kind: ChainKind
    /// Named in findings.
    let name: String
    /// The tables that a row is read from.
    let from: String
    let condition: String
    /// The number by which the rows are read in steps.
    let key: String
    /// The job whose pruning removes the row; `NULL` if none does.
    let job: String
    let number: String
    let at: String
    /// The state of the review that the row leaves.
    let state: String
    /// What is hashed, after the kind.
    let columns: String

    private init(
        _ kind: ChainKind, _ name: String, from: String, where condition: String = "1 = 1", key: String,
        job: String = "NULL", number: String, at: String, state: String = "NULL", columns: String
    ) {
        self.kind = kind
        self.name = name
        self.from = from
        self.condition = condition
        self.key = key
        self.job = job
        self.number = number
        self.at = at
        self.state = state
        self.columns = columns
    }

    /// In the order in which the rows of an older ledger enter the chain.
    static let all = [pastOutcomes, outcomes, reviews, notes, audits, falsePositives, revocations]

    private static let ofJobs = " JOIN jobs ON jobs.number ="

    static let pastOutcomes = ChainTable(
        .outcome, "past_outcomes", from: "past_outcomes\(ofJobs) past_outcomes.job", key: "past_outcomes.job",
        job: "jobs.id", number: "past_outcomes.attempts", at: "past_outcomes.finished_at",
        columns: JobColumn.chainedList(outcomeFrom: "past_outcomes"))
    static let outcomes = ChainTable(
        .outcome, "jobs", from: "jobs", where: "jobs.outcome IS NOT NULL", key: "jobs.number", job: "jobs.id",
        number: "jobs.attempts", at: "jobs.finished_at", state: "jobs.review",
        columns: JobColumn.chainedList(outcomeFrom: "jobs"))
    static let reviews = ChainTable(
        .review, "reviews", from: "reviews\(ofJobs) reviews.job", key: "reviews.job", job: "jobs.id", number: "0",
        at: "coalesce(reviews.requested_at, reviews.approved_at, reviews.changed_at, 0)", state: "jobs.review",
        columns: list(
            "reviews", ReviewColumn.allCases.filter { $0 != .worker && $0 != .claimedUntil }, after: "jobs.id"))
    static let notes = ChainTable(
        .note, "review_notes", from: "review_notes\(ofJobs) review_notes.job", key: "review_notes.number",
        job: "jobs.id", number: "review_notes.number", at: "review_notes.at",
        columns: list("review_notes", NoteColumn.allCases, after: "jobs.id"))
    static let audits = ChainTable(
        .audit, "audit_trail", from: "audit_trail", key: "audit_trail.number", number: "audit_trail.number",
        at: "audit_trail.at", columns: list("audit_trail", AuditColumn.allCases, after: "audit_trail.number"))
    static let falsePositives = ChainTable(
        .falsePositive, "false_positives", from: "false_positives", key: "false_positives.number",
        number: "false_positives.number", at: "false_positives.added_at",
        columns: list(
            "false_positives", FalsePositiveColumn.allCases.filter { !FalsePositiveColumn.ofRevocation.contains($0) }))
    static let revocations = ChainTable(
        .revocation, "false_positives", from: "false_positives",
        where: "(\(FalsePositiveColumn.ofRevocation.map { "\($0.rawValue) IS NOT NULL" }.joined(separator: " OR ")))",
        key: "false_positives.number", number: "false_positives.number", at: "coalesce(revoked_at, 0)",
        columns: list("false_positives", [.number] + FalsePositiveColumn.ofRevocation))

    private static func list<Column: TableColumn>(
        _ table: String, _ columns: [Column], after first: String? = nil
    ) -> String {
        ((first.map { [$0] } ?? []) + columns.map { "\(table).\($0.rawValue)" }).joined(separator: ", ")
    }
}

extension ChainTable {
    /// Selects rows as `ChainContent(_:_:)` reads them.
    ///
    /// - Parameter last: a further column behind them; nil if there is none.
    func select(_ condition: String, with last: String? = nil) -> String {
        let columns = [job, number, at, state, columns] + (last.map { [$0] } ?? [])
        return """
            SELECT \(columns.joined(separator: ", ")) FROM \(from)
            WHERE \(self.condition) AND \(condition)
            """
    }

    /// Whether a program of a version without the chain changes rows that have an entry: it reopens jobs, whose past
    /// outcomes then lack columns, and continues reviews.
    var isChangedByOthers: Bool { kind == .review || name == "past_outcomes" }

    /// Selects one row.
    ///
    /// - Parameters:
    ///   - id: nil if the table's rows belong to no job.
    ///   - sign: opens the name of a parameter.
    func row(ofJob id: JobID?, number: Int64, _ sign: String) -> (sql: String, values: [SQLValue]) {
        let ofJob = id == nil ? "" : " AND \(job) = \(sign)2"
        return (select("\(self.number) = \(sign)1\(ofJob)"), [.integer(number)] + (id.map { [.text($0.text)] } ?? []))
    }

    /// The condition that an entry is about the row.
    func isChained(by entry: String) -> String {
        let ofJob = job == "NULL" ? "\(entry).job IS NULL" : "\(entry).job = \(job)"
        return "\(ofJob) AND \(entry).kind = '\(kind.rawValue)' AND \(entry).number = \(number)"
    }
}

/// The stored bytes of each column of a row: numbers in decimal, nil for NULL.
typealias StoredRow = [[UInt8]?]

extension StoredRow {
    func text(_ index: Int) -> String? { self[index].map { String(decoding: $0, as: UTF8.self) } }

    /// 0 for NULL.
    func integer(_ index: Int) -> Int64 { text(index).flatMap { Int64($0) } ?? 0 }
}

extension ChainContent {
    /// Reads a row of `ChainTable.select`.
    init(_ row: StoredRow, _ kind: ChainKind) {
        self.init(
            kind: kind, job: row.text(0), number: row.integer(1), at: row.integer(2), state: row.text(3),
            content: Self.hash(row[4...], kind))
    }

    /// Returns the hash of a row's canonical bytes.
    static func hash(_ columns: some Sequence<[UInt8]?>, _ kind: ChainKind) -> [UInt8] {
        var bytes = CanonicalBytes()
        bytes.add(kind.rawValue)
        for column in columns { bytes.add(column) }
        return bytes.sha256
    }
}

extension JobColumn {
    /// The columns of an outcome that are chained. Left out are those of a job's claims, and the state of the review,
    /// which an entry has itself.
    static func chainedList(outcomeFrom table: String) -> String {
        selectList(
            of: selected.filter { ![.number, .claimedUntil, .strandedAt, .review].contains($0) }, outcomeFrom: table)
    }
}
