import Domain

extension SQLiteConnection {
    func job(_ id: JobID) throws(LedgerError) -> JobRecord? {
        guard let found = try row(of: id) else { return nil }
        var record = found.record
        record.attempts = try all(
            "SELECT \(AttemptColumn.selectList) FROM attempts WHERE job = ?1 ORDER BY number", [.integer(found.number)]
        ) { Attempt($0) }
        record.history = try history(of: found.number)
        return record
    }

    /// A job without its attempts, and the number that `attempts` refers to it by.
    func row(of id: JobID) throws(LedgerError) -> (number: Int64, record: JobRecord)? {
        try first("SELECT \(JobColumn.selectList) FROM jobs WHERE id = ?1", [.text(id.text)]) {
            (row) throws(LedgerError) in (row.integer(JobColumn.number), try JobRecord(row, &sets, operation))
        }
    }

    func vouchingJob(_ query: KnownContentQuery) throws(LedgerError) -> JobRecord? {
        let (sql, values) = query.select("?")
        return try first(sql, values) { (row) throws(LedgerError) in try JobRecord(row, &sets, operation) }
    }

    func jobs(_ query: JobQuery) throws(LedgerError) -> [JobRecord] {
        guard let search = try search(query) else { return [] }
        return try all(search.sql, search.values) { (row) throws(LedgerError) in
            try JobRecord(row, &sets, operation)
        }
    }

    /// Returns nil if no job can match.
    func search(_ query: JobQuery) throws(LedgerError) -> SQLiteJobSearch? {
        let cursor = try query.before.map { (id) throws(LedgerError) in try self.cursor(at: id) }
        var signatures: SQLiteJobSearch.Signatures?
        if let cutoff = query.signaturesBefore {
            let stored = try all(StoredSignatureSet.all) { StoredSignatureSet($0) }
            let older = try sets.numbers(before: cutoff, among: stored, operation)
            // Old sets belong to old jobs: from the newest such job on, most jobs match.
            guard let newest = try newestReceipt(of: older) else { return nil }
            signatures = SQLiteJobSearch.Signatures(
                sets: older, newestReceipt: newest,
                ofFurtherInspection: query.servingSignatures.map { sets.numbers(older, without: $0, among: stored) })
        }
        let index = SQLiteSearchIndex(for: query, hasNarrowPrefix: try isNarrow(query.prefix))
        return SQLiteJobSearch(query, using: index, after: cursor, judgedBy: signatures)
    }

    /// Returns whether few keys start with the prefix: sorting those is faster than skipping all others.
    private func isNarrow(_ prefix: String?) throws(LedgerError) -> Bool {
        guard let prefix, !prefix.isEmpty else { return false }
        let bytes = Array(prefix.utf8)
        let count = try first(
            "SELECT count(*) FROM (SELECT 1 FROM jobs WHERE key >= ?1 AND key < ?2 LIMIT 5000)",
            [.bytes(bytes), .bytes(JobConditions.successor(of: bytes))]
        ) { $0.integer(0) }
        return count ?? 0 < 5000
    }

    private func newestReceipt(of signatureSets: [Int64]) throws(LedgerError) -> Int64? {
        try first(
            """
            SELECT max((SELECT first_received_at FROM jobs WHERE signature_set = value
                ORDER BY first_received_at DESC LIMIT 1)) FROM json_each(?1)
            """, [.text(jsonArray(signatureSets))]
        ) { $0.optionalInteger(0) } ?? nil
    }

    private func cursor(at id: JobID) throws(LedgerError) -> JobCursor {
        let found = try first("SELECT \(JobCursor.selectList) FROM jobs WHERE id = ?1", [.text(id.text)]) {
            JobCursor($0)
        }
        guard let found else { throw JobCursor.unknown(id, operation) }
        return found
    }

    func summary() throws(LedgerError) -> LedgerSummary {
        try LedgerSummary(
            outcomes: try all(LedgerSummary.outcomeCounts) { LedgerSummary.Count($0) },
            verdicts: try all(LedgerSummary.verdictCounts) { LedgerSummary.Count($0) },
            unreadable: try first(LedgerSummary.unreadableCount) { Int($0.integer(0)) } ?? 0, operation)
    }
}
