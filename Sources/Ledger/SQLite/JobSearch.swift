import Domain

extension Connection {
    func job(_ id: JobID) throws(LedgerError) -> JobRecord? {
        guard let found = try row(of: id) else { return nil }
        var record = found.record
        record.attempts = try all(
            "SELECT \(Attempt.columns) FROM attempts WHERE job = ?1 ORDER BY number", [.integer(found.number)]
        ) { Attempt($0) }
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
            [.blob(bytes), .blob(SearchTerms.successor(of: bytes))]
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

    private func signatureSets(before bound: SignatureCutoff) throws(LedgerError) -> [Int64] {
        try sets.numbers(before: bound, among: try all(StoredSignatureSet.all) { StoredSignatureSet($0) }, operation)
    }

    private func position(of id: JobID) throws(LedgerError) -> JobPosition {
        let found = try first("SELECT \(JobPosition.columns) FROM jobs WHERE id = ?1", [.text(id.text)]) {
            JobPosition($0)
        }
        guard let found else { throw JobPosition.unknown(id, operation) }
        return found
    }

    func summary() throws(LedgerError) -> LedgerSummary {
        try LedgerSummary(
            outcomes: try all(LedgerSummary.countingOutcomes) { LedgerSummary.Count($0) },
            verdicts: try all(LedgerSummary.countingVerdicts) { LedgerSummary.Count($0) },
            unreadable: try first(LedgerSummary.countingUnreadable) { Int($0.integer(0)) } ?? 0, operation)
    }
}

/// The statement that a query for jobs becomes.
struct JobSearch {
    let sql: String
    let values: [SQLiteValue]

    /// The signature sets that a judgement may rest on, and when the newest job of all of them was received.
    struct Signatures {
        let sets: [Int64]
        let newestReceipt: Int64
    }

    /// - Parameter signatures: nil for any.
    init(
        _ query: JobQuery, along index: SearchIndex, after position: JobPosition?,
        judgedBy signatures: Signatures? = nil
    ) {
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
            conditions.append("outcome IS NULL AND first_received_at < \(time) AND \(SearchTerms.lastClaim) < \(time)")
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
                "key >= " + parameter(.blob(bytes)) + " AND key < " + parameter(.blob(SearchTerms.successor(of: bytes)))
            )
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

    private static let findings = """
        SELECT json_extract(finding.value, '$.name') FROM json_each(lists, '$.findings') AS finding
        """
}

/// Numbers for `json_each`.
private func list(_ numbers: [Int64]) -> String { "[\(numbers.map(String.init).joined(separator: ","))]" }
