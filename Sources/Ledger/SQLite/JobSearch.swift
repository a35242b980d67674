import Domain

extension Connection {
    func job(_ id: JobID) throws(LedgerError) -> JobRecord? {
        guard let found = try row(of: id) else { return nil }
        var record = found.record
        record.attempts = try all(
            "SELECT number, worker, started_at, ended_at, error FROM attempts WHERE job = ?1 ORDER BY number",
            [.integer(found.number)]
        ) { row in
            Attempt(
                number: Int(row.integer(0)), worker: row.text(1) ?? "",
                startedAt: Timestamp(milliseconds: row.integer(2)),
                endedAt: row.optionalInteger(3).map { Timestamp(milliseconds: $0) }, error: row.text(4))
        }
        record.history = try history(of: found.number)
        return record
    }

    /// A job's row, without its attempts, and the number that attempts refer to it by.
    func row(of id: JobID) throws(LedgerError) -> (number: Int64, record: JobRecord)? {
        try first("SELECT \(JobRow.columns) FROM jobs WHERE id = ?1", [.text(id.text)]) {
            (row) throws(LedgerError) in (JobRow.number(row), try JobRow.record(row, &sets, operation))
        }
    }

    func jobs(_ query: JobQuery) throws(LedgerError) -> [JobRecord] {
        let last = try query.before.map { (id) throws(LedgerError) in try position(of: id) }
        let older = try query.signaturesBefore.map { (bound) throws(LedgerError) in try signatureSets(before: bound) }
        let search = JobSearch(query, after: last, signatureSets: older)
        return try all(search.sql, search.values) { (row) throws(LedgerError) in
            try JobRow.record(row, &sets, operation)
        }
    }

    /// The numbers of the sets that are older: a few hundred rows are looked through.
    private func signatureSets(before bound: SignatureBound) throws(LedgerError) -> [Int64] {
        let all = try all("SELECT number, databases FROM signature_sets") { (row) throws(LedgerError) in
            guard let databases = sets.databases(of: row.text(1)) else {
                throw .corrupt(operation, "signature set \(row.integer(0)) can't be read")
            }
            return (number: row.integer(0), databases: databases)
        }
        return all.filter { bound.isAfter($0.databases) }.map(\.number)
    }

    private func position(of id: JobID) throws(LedgerError) -> JobSearch.Position {
        let found = try first("SELECT first_received_at, number FROM jobs WHERE id = ?1", [.text(id.text)]) { row in
            JobSearch.Position(receivedAt: row.integer(0), number: row.integer(1))
        }
        guard let found else {
            throw LedgerError(
                .unknownJob, operation: operation, detail: "the page should start after job \(id), which is not here",
                hint: "Start from the first page.")
        }
        return found
    }

    func summary() throws(LedgerError) -> LedgerSummary {
        var summary = LedgerSummary()
        // Each of these reads one index and no row.
        for (word, count) in try counts("SELECT outcome, count(*) FROM jobs GROUP BY outcome") {
            guard let word else {
                summary.open = count
                continue
            }
            guard let kind = Outcome.Kind(rawValue: word) else {
                throw .corrupt(operation, "there are jobs with the unknown outcome \"\(word)\"")
            }
            summary.outcomes[kind] = count
        }
        let verdicts = "SELECT verdict, count(*) FROM jobs WHERE verdict IS NOT NULL GROUP BY verdict"
        for (word, count) in try counts(verdicts) {
            guard let verdict = word.flatMap(Verdict.init(rawValue:)) else {
                throw .corrupt(operation, "there are jobs with the unknown verdict \"\(word ?? "")\"")
            }
            summary.verdicts[verdict] = count
        }
        summary.unreadableMessages =
            try first("SELECT count(*) FROM unreadable_messages") { Int($0.integer(0)) } ?? 0
        return summary
    }

    private func counts(_ sql: String) throws(LedgerError) -> [(word: String?, count: Int)] {
        try all(sql) { ($0.text(0), Int($0.integer(1))) }
    }
}

/// The statement that a query for jobs becomes.
struct JobSearch {
    /// A place in the order of all lists.
    struct Position {
        let receivedAt: Int64
        let number: Int64
    }

    let sql: String
    let values: [SQLiteValue]

    /// - Parameter signatureSets: those that the judgement may rest on; nil for any.
    init(_ query: JobQuery, after position: Position?, signatureSets: [Int64]? = nil) {
        var conditions: [String] = []
        var values: [SQLiteValue] = []
        func parameter(_ value: SQLiteValue) -> String {
            values.append(value)
            return "?\(values.count)"
        }
        if let outcome = query.outcome { conditions.append("outcome = " + parameter(.text(outcome.rawValue))) }
        if query.openOnly { conditions.append("outcome IS NULL") }
        if query.strandedOnly { conditions.append("stranded_at IS NOT NULL") }
        if let time = query.unclaimedSince {
            conditions.append("outcome IS NULL AND \(Self.lastClaim) < " + parameter(.integer(time.milliseconds)))
        }
        if let verdict = query.verdict { conditions.append("verdict = " + parameter(.text(verdict.rawValue))) }
        if let disposition = query.disposition {
            conditions.append("disposition = " + parameter(.text(disposition.rawValue)))
        }
        if let reason = query.reason {
            let reason = parameter(.text(reason))
            conditions.append("(\(reason) IN (\(Self.findings)) OR instr(error, \(reason)) > 0)")
        }
        if let signatureSets {
            let numbers = "[\(signatureSets.map(String.init).joined(separator: ","))]"
            // The plus keeps the index of times in use, along which pages go on.
            conditions.append("+signature_set IN (SELECT value FROM json_each(\(parameter(.text(numbers)))))")
        }
        if let pipeline = query.pipeline { conditions.append("pipeline = " + parameter(.text(pipeline))) }
        if let bucket = query.bucket { conditions.append("bucket = " + parameter(.text(bucket))) }
        if let prefix = query.prefix, !prefix.isEmpty {
            let bytes = Array(prefix.utf8)
            conditions.append(
                "key >= " + parameter(.blob(bytes)) + " AND key < " + parameter(.blob(successor(of: bytes))))
        }
        if let since = query.since {
            conditions.append("first_received_at >= " + parameter(.integer(since.milliseconds)))
        }
        if let until = query.until {
            conditions.append("first_received_at < " + parameter(.integer(until.milliseconds)))
        }
        if let position {
            conditions.append(
                "(first_received_at, jobs.number) < (" + parameter(.integer(position.receivedAt)) + ", "
                    + parameter(.integer(position.number)) + ")")
        }
        let limit = parameter(SQLiteValue(max(0, query.limit)))
        sql = """
            SELECT \(JobRow.columns) FROM jobs \(conditions.isEmpty ? "" : "WHERE ")\(conditions.joined(separator: " AND "))
            ORDER BY first_received_at DESC, jobs.number DESC LIMIT \(limit)
            """
        self.values = values
    }

    /// When the claim expires or expired; of one that was given up, when that was.
    private static let lastClaim = """
        coalesce(claimed_until,
            (SELECT ended_at FROM attempts WHERE attempts.job = jobs.number AND attempts.number = jobs.attempts))
        """

    private static let findings = """
        SELECT json_extract(finding.value, '$.name') FROM json_each(lists, '$.findings') AS finding
        """
}

/// The first bytes after all that start with `prefix`, which is UTF-8 and so holds no 0xFF.
private func successor(of prefix: [UInt8]) -> [UInt8] {
    var next = prefix
    next[next.count - 1] += 1
    return next
}
