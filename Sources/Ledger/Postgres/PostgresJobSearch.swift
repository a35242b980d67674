import Domain
import Support

extension PostgresSession {
    func job(_ id: JobID) throws(PostgresFailure) -> JobRecord? {
        guard let (number, found) = try row(of: id) else { return nil }
        var record = found
        record.attempts = try all(
            "SELECT \(Attempt.columns) FROM attempts WHERE job = $1 ORDER BY number", [.integer(number)]
        ) { Attempt($0) }
        record.history = try history(of: number)
        return record
    }

    /// A job's row, without its attempts, and the number that attempts refer to it by.
    func row(of id: JobID) throws(PostgresFailure) -> (number: Int64, record: JobRecord)? {
        try first("SELECT \(JobRow.columns) FROM jobs WHERE id = $1", [.text(id.text)], numbered)
    }

    /// The same, and nobody else changes the job until the transaction ends.
    ///
    /// Two statements: one that waited for the lock sees the row as it is then, and other tables as they were before.
    func lockedRow(of id: JobID) throws(PostgresFailure) -> (number: Int64, record: JobRecord)? {
        let results = try run([
            PostgresStatement("SELECT 1 FROM jobs WHERE id = $1 FOR NO KEY UPDATE", [.text(id.text)]),
            PostgresStatement("SELECT \(JobRow.columns) FROM jobs WHERE id = $1", [.text(id.text)]),
        ])
        return results[1].count == 0 ? nil : try numbered(results[1][0])
    }

    private func numbered(_ row: PostgresRow) throws(PostgresFailure) -> (number: Int64, record: JobRecord) {
        (JobRow.number(row), try record(row))
    }

    func record(_ row: PostgresRow) throws(PostgresFailure) -> JobRecord {
        try refusing { () throws(LedgerError) in try JobRow.record(row, &sets, operation) }
    }

    func jobs(_ query: JobQuery) throws(PostgresFailure) -> [JobRecord] {
        guard let search = try search(query) else { return [] }
        return try all(search.statement) { (row) throws(PostgresFailure) in try record(row) }
    }

    /// Nil where it is clear that nothing matches.
    func search(_ query: JobQuery) throws(PostgresFailure) -> PostgresJobSearch? {
        var search = PostgresJobSearch(query)
        if let id = query.before { search.start(after: try position(of: id)) }
        if let bound = query.signaturesBefore {
            let older = try signatureSets(before: bound)
            // Which sets are old goes along with how old the jobs are: from the newest such job on, most match.
            guard let newest = try newestReceipt(of: older) else { return nil }
            search.require(signatureSets: older, since: newest)
        }
        return search
    }

    private func position(of id: JobID) throws(PostgresFailure) -> JobPosition {
        let found = try first("SELECT \(JobPosition.columns) FROM jobs WHERE id = $1", [.text(id.text)]) {
            JobPosition($0)
        }
        guard let found else { throw .refused(JobPosition.unknown(id, operation)) }
        return found
    }

    private func signatureSets(before bound: SignatureCutoff) throws(PostgresFailure) -> [Int64] {
        let stored = try all(StoredSignatureSet.all) { StoredSignatureSet($0) }
        return try refusing { () throws(LedgerError) in try sets.numbers(before: bound, among: stored, operation) }
    }

    private func newestReceipt(of signatureSets: [Int64]) throws(PostgresFailure) -> Int64? {
        try first(
            """
            SELECT max(newest) FROM unnest($1::text::bigint[]) AS set (number), LATERAL (
                SELECT first_received_at AS newest FROM jobs WHERE signature_set = set.number
                ORDER BY signature_set DESC, first_received_at DESC LIMIT 1) AS job
            """, [.text(list(signatureSets))]
        ) { $0.optionalInteger(0) } ?? nil
    }

    func summary() throws(PostgresFailure) -> LedgerSummary {
        let outcomes = try all(LedgerSummary.countingOutcomes) { LedgerSummary.Count($0) }
        let verdicts = try all(LedgerSummary.countingVerdicts) { LedgerSummary.Count($0) }
        let unreadable = try first(LedgerSummary.countingUnreadable) { Int($0.integer(0)) } ?? 0
        return try refusing { () throws(LedgerError) in
            try LedgerSummary(outcomes: outcomes, verdicts: verdicts, unreadable: unreadable, operation)
        }
    }
}

/// The statement that a query for jobs becomes.
struct PostgresJobSearch {
    private var conditions: [String] = []
    private var values: [PostgresValue] = []
    private let limit: Int

    /// Everything but `before` and `signaturesBefore`, which need a look at the store.
    init(_ query: JobQuery) {
        limit = max(0, query.limit)
        if let outcome = query.outcome { require("outcome = ?", .text(outcome.rawValue)) }
        if query.openOnly { require("outcome IS NULL") }
        if query.strandedOnly { require("stranded_at IS NOT NULL") }
        if let time = query.unclaimedSince {
            // A job is claimed after it was received: what came later need not be looked at.
            require("outcome IS NULL AND first_received_at < ?", .integer(time.milliseconds))
            require("\(SearchTerms.lastClaim) < ?", .integer(time.milliseconds))
        }
        if let verdict = query.verdict { require("verdict = ?", .text(verdict.rawValue)) }
        if let disposition = query.disposition { require("disposition = ?", .text(disposition.rawValue)) }
        if let reason = query.reason {
            // The first is what the index holds. In a JSON text a name is in quotes, and those within it are marked.
            require("(lists IS NOT NULL OR error IS NOT NULL)")
            require(
                "(strpos(lists, ?) > 0 OR strpos(error, ?) > 0)", .text(JudgementLists.name(reason)), .text(reason))
        }
        if let pipeline = query.pipeline { require("pipeline = ?", .text(pipeline)) }
        if let bucket = query.bucket { require("bucket = ?", .text(bucket)) }
        if let prefix = query.prefix, !prefix.isEmpty {
            let bytes = Array(prefix.utf8)
            require("key >= ? AND key < ?", .bytes(bytes), .bytes(SearchTerms.successor(of: bytes)))
        }
        if let since = query.since { require("first_received_at >= ?", .integer(since.milliseconds)) }
        if let until = query.until { require("first_received_at < ?", .integer(until.milliseconds)) }
    }

    mutating func start(after position: JobPosition) {
        require("(first_received_at, jobs.number) < (?, ?)", .integer(position.receivedAt), .integer(position.number))
    }

    /// - Parameter time: when the newest job of all of them was received.
    mutating func require(signatureSets: [Int64], since time: Int64) {
        require(
            "signature_set = ANY (?::text::bigint[]) AND first_received_at <= ?", .text(list(signatureSets)),
            .integer(time))
    }

    /// The server is to plan for these very values, so the statement is not kept.
    var statement: PostgresStatement {
        PostgresStatement(
            """
            SELECT \(JobRow.columns) FROM jobs \(conditions.isEmpty ? "" : "WHERE ")\(conditions.joined(separator: " AND "))
            ORDER BY first_received_at DESC, jobs.number DESC LIMIT \(limit)
            """, values, isKept: false)
    }

    /// - Parameter condition: with a question mark for each value.
    private mutating func require(_ condition: String, _ given: PostgresValue...) {
        var text = ""
        var next = values.count
        for character in condition {
            if character == "?" { next += 1 }
            text += character == "?" ? "$\(next)" : String(character)
        }
        conditions.append(text)
        values += given
    }
}

/// An array as the server reads it from a text.
private func list(_ numbers: [Int64]) -> String { "{\(numbers.map(String.init).joined(separator: ","))}" }
