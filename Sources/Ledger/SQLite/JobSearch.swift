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
        guard let search = try search(query) else { return [] }
        return try all(search.sql, search.values) { (row) throws(LedgerError) in
            try JobRow.record(row, &sets, operation)
        }
    }

    /// Nil where it is clear that nothing matches.
    func search(_ query: JobQuery) throws(LedgerError) -> JobSearch? {
        let last = try query.before.map { (id) throws(LedgerError) in try position(of: id) }
        var judged: JobSearch.Signatures?
        if let bound = query.signaturesBefore {
            let older = try signatureSets(before: bound)
            // Which sets are old goes along with how old the jobs are: from the newest such job on, most match.
            guard let newest = try newestReceipt(of: older) else { return nil }
            judged = JobSearch.Signatures(sets: older, newestReceipt: newest)
        }
        let index = SearchIndex(for: query, hasNarrowPrefix: try isNarrow(query.prefix))
        return JobSearch(query, along: index, after: last, judgedBy: judged)
    }

    /// Whether few keys start so: those are sorted sooner than others are passed over.
    private func isNarrow(_ prefix: String?) throws(LedgerError) -> Bool {
        guard let prefix, !prefix.isEmpty else { return false }
        let bytes = Array(prefix.utf8)
        let count = try first(
            "SELECT count(*) FROM (SELECT 1 FROM jobs WHERE key >= ?1 AND key < ?2 LIMIT 5000)",
            [.blob(bytes), .blob(successor(of: bytes))]
        ) { $0.integer(0) }
        return count ?? 0 < 5000
    }

    private func newestReceipt(of signatureSets: [Int64]) throws(LedgerError) -> Int64? {
        try first(
            """
            SELECT max((SELECT first_received_at FROM jobs WHERE signature_set = value
                ORDER BY first_received_at DESC LIMIT 1)) FROM json_each(?1)
            """, [.text(list(signatureSets))]
        ) { $0.optionalInteger(0) } ?? nil
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

    /// The signature sets that a judgement may rest on, and when the newest job of all of them was received.
    struct Signatures {
        let sets: [Int64]
        let newestReceipt: Int64
    }

    /// - Parameter signatures: nil for any.
    init(_ query: JobQuery, along index: SearchIndex, after position: Position?, judgedBy signatures: Signatures? = nil)
    {
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
            let time = parameter(.integer(time.milliseconds))
            // A job is claimed after it was received: what came later need not be looked at.
            conditions.append("outcome IS NULL AND first_received_at < \(time) AND \(Self.lastClaim) < \(time)")
        }
        if let verdict = query.verdict { conditions.append("verdict = " + parameter(.text(verdict.rawValue))) }
        if let disposition = query.disposition {
            conditions.append("disposition = " + parameter(.text(disposition.rawValue)))
        }
        if let reason = query.reason {
            let reason = parameter(.text(reason))
            // What the index of reasons holds, and what is looked for in there.
            conditions.append("(lists IS NOT NULL OR error IS NOT NULL)")
            conditions.append("(\(reason) IN (\(Self.findings)) OR instr(error, \(reason)) > 0)")
        }
        if let signatures {
            conditions.append(
                "signature_set IN (SELECT value FROM json_each(\(parameter(.text(list(signatures.sets))))))")
            conditions.append("first_received_at <= " + parameter(.integer(signatures.newestReceipt)))
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
            SELECT \(JobRow.columns) FROM jobs INDEXED BY \(index.rawValue) \(conditions.isEmpty ? "" : "WHERE ")\(conditions.joined(separator: " AND "))
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

/// Numbers for `json_each`.
private func list(_ numbers: [Int64]) -> String { "[\(numbers.map(String.init).joined(separator: ","))]" }

/// The first bytes after all that start with `prefix`, which is UTF-8 and so holds no 0xFF.
func successor(of prefix: [UInt8]) -> [UInt8] {
    var next = prefix
    next[next.count - 1] += 1
    return next
}
