import Domain

extension PostgresSession {
    func job(_ id: JobID) throws(PostgresFailure) -> JobRecord? {
        guard let (number, found) = try row(of: id) else { return nil }
        var record = found
        record.attempts = try all(
            "SELECT \(AttemptColumn.selectList) FROM attempts WHERE job = $1 ORDER BY number", [.integer(number)]
        ) { Attempt($0) }
        record.history = try history(of: number)
        return record
    }

    /// A job without its attempts, and the number that `attempts` refers to it by.
    func row(of id: JobID) throws(PostgresFailure) -> (number: Int64, record: JobRecord)? {
        try first("SELECT \(JobColumn.selectList) FROM jobs WHERE id = $1", [.text(id.text)], numbered)
    }

    /// The same, and locks the job until the transaction ends.
    ///
    /// Two statements: a single one that waited for the lock would see the row as it is then, and other tables as they
    /// were before.
    func lockedRow(of id: JobID) throws(PostgresFailure) -> (number: Int64, record: JobRecord)? {
        let results = try run([
            PostgresStatement("SELECT 1 FROM jobs WHERE id = $1 FOR NO KEY UPDATE", [.text(id.text)]),
            PostgresStatement("SELECT \(JobColumn.selectList) FROM jobs WHERE id = $1", [.text(id.text)]),
        ])
        return results[1].count == 0 ? nil : try numbered(results[1][0])
    }

    private func numbered(_ row: PostgresRow) throws(PostgresFailure) -> (number: Int64, record: JobRecord) {
        (row.integer(JobColumn.number), try record(row))
    }

    func record(_ row: PostgresRow) throws(PostgresFailure) -> JobRecord {
        try asPostgresFailure { () throws(LedgerError) in try JobRecord(row, &sets, operation) }
    }

    func vouchingJob(_ query: KnownContentQuery) throws(PostgresFailure) -> JobRecord? {
        let (sql, values) = query.select("$")
        return try first(sql, values) { (row) throws(PostgresFailure) in try record(row) }
    }

    func jobs(_ query: JobQuery) throws(PostgresFailure) -> [JobRecord] {
        guard let search = try search(query) else { return [] }
        return try all(search.statement) { (row) throws(PostgresFailure) in try record(row) }
    }

    /// Returns nil if no job can match.
    func search(_ query: JobQuery) throws(PostgresFailure) -> PostgresJobSearch? {
        let numbers = try numbersWithReason(of: query)
        if numbers?.isEmpty == true { return nil }
        var search = PostgresJobSearch(query, among: numbers)
        if let id = query.before { search.start(after: try cursor(at: id)) }
        if let cutoff = query.signaturesBefore {
            let stored = try all(StoredSignatureSet.all) { StoredSignatureSet($0) }
            let older = try asPostgresFailure { () throws(LedgerError) in
                try sets.numbers(before: cutoff, among: stored, operation)
            }
            // Old sets belong to old jobs: from the newest such job on, most jobs match.
            guard let newest = try newestReceipt(of: older) else { return nil }
            search.require(
                signatureSets: older, receivedUntil: newest,
                further: query.servingSignatures.map { sets.numbers(older, without: $0, among: stored) })
        }
        return search
    }

    /// If so many findings and errors match, a list sorts all their jobs. If more do, it reads the newest jobs until
    /// enough match.
    private static let mostSorted: Int64 = 4000
    /// Of a longer text, `job_reasons` has so many characters.
    private static let longestReason = 512

    /// Returns the jobs that may have the finding or the reason of a query, by number; nil if it has neither, or if so
    /// many may have it that the newest are found sooner than all are sorted.
    private func numbersWithReason(of query: JobQuery) throws(PostgresFailure) -> [Int64]? {
        let (longest, most) = (Self.longestReason, Self.mostSorted)
        var found: [Int64?]
        if let finding = query.finding {
            found = try all(
                "SELECT job FROM job_reasons WHERE text = left($1, \(longest)) LIMIT $2",
                [.text(JudgementLists.escaped(finding)), .integer(most + 1)]
            ) { $0.integer(0) }
        } else if let reason = query.reason {
            let values = [.text(reason), .text(JudgementLists.escaped(reason)), SQLValue.integer(most + 1)]
            found = try all(Self.jobsByText, values) { $0.optionalInteger(0) }
            if found.contains(nil) { found = try all(Self.jobsOfAllTexts, values) { $0.integer(0) } }
        } else {
            return nil
        }
        return found.count <= most ? found.compactMap(\.self) : nil
    }

    private static let hasReason =
        "strpos(text, $1) > 0 OR strpos(text, $2) > 0 OR length(text) = \(longestReason)"

    /// Looks each text up, which is found by the text before it: a few milliseconds for the few texts of many jobs. A
    /// job with two such texts comes twice: to drop the second, the server would read all before it returns the first.
    ///
    /// Where nearly each job has a text of its own, such as errors with names in them, reading all rows is the faster
    /// way by far: a look-up takes the time of some thirty rows. So the look-ups end after a thirtieth of the rows,
    /// with a NULL, and both ways together take at most twice the time of the faster one.
    static let jobsByText = """
        WITH RECURSIVE most (lookups) AS (
            SELECT greatest(1000, reltuples / 30) FROM pg_class WHERE oid = 'job_reasons'::regclass
        ), texts (text, number) AS (
            SELECT min(text), 1 FROM job_reasons
            UNION ALL SELECT (SELECT min(text) FROM job_reasons WHERE text > texts.text), number + 1 FROM texts, most
                WHERE text IS NOT NULL AND number <= lookups)
        SELECT job FROM (
            SELECT job FROM texts, most,
                LATERAL (SELECT job FROM job_reasons WHERE text = texts.text OFFSET 0) AS found
            WHERE (\(hasReason)) AND number <= lookups
            UNION ALL SELECT NULL FROM texts, most WHERE text IS NOT NULL AND number > lookups
        ) AS found LIMIT $3
        """

    private static let jobsOfAllTexts = "SELECT job FROM job_reasons WHERE \(hasReason) LIMIT $3"

    private func cursor(at id: JobID) throws(PostgresFailure) -> JobCursor {
        let found = try first("SELECT \(JobCursor.selectList) FROM jobs WHERE id = $1", [.text(id.text)]) {
            JobCursor($0)
        }
        guard let found else { throw .ledger(JobCursor.unknown(id, operation)) }
        return found
    }

    private func newestReceipt(of signatureSets: [Int64]) throws(PostgresFailure) -> Int64? {
        try first(
            """
            SELECT max(newest) FROM unnest($1::text::bigint[]) AS set (number), LATERAL (
                SELECT first_received_at AS newest FROM jobs WHERE signature_set = set.number
                ORDER BY signature_set DESC, first_received_at DESC LIMIT 1) AS job
            """, [.text(arrayLiteral(signatureSets))]
        ) { $0.optionalInteger(0) } ?? nil
    }

    func summary() throws(PostgresFailure) -> LedgerSummary {
        let outcomes = try all(LedgerSummary.outcomeCounts) { LedgerSummary.Count($0) }
        let verdicts = try all(LedgerSummary.verdictCounts) { LedgerSummary.Count($0) }
        let unreadable = try first(LedgerSummary.unreadableCount) { Int($0.integer(0)) } ?? 0
        return try asPostgresFailure { () throws(LedgerError) in
            try LedgerSummary(outcomes: outcomes, verdicts: verdicts, unreadable: unreadable, operation)
        }
    }
}
