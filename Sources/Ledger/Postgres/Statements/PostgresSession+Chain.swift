import Domain

extension PostgresSession: LedgerConnection {
    typealias Failure = PostgresFailure

    static var sign: String { "$" }

    func storedRows(_ sql: String, _ values: [SQLValue]) throws(PostgresFailure) -> [StoredRow] {
        // Planned for these values: the server can't know how few rows a stretch of the chain has.
        try run([PostgresStatement(sql, values, isPrepared: false)])[0].stored
    }

    func runEach(_ statements: [(sql: String, values: [SQLValue])]) throws(PostgresFailure) {
        guard !statements.isEmpty else { return }
        _ = try run(statements.map { PostgresStatement($0.sql, $0.values) })
    }

    func lockChain() throws(PostgresFailure) { _ = try run([PostgresStatement.chainLock]) }

    /// Inserts a row with a number of its own, and reads it to be appended to the chain.
    func insert(
        into table: ChainTable, of job: JobID? = nil, _ statement: PostgresStatement
    ) throws(PostgresFailure) -> [ChainContent] {
        let number = try first(statement.sql + " RETURNING number", statement.values) { $0.integer(0) }
        guard let number else { throw .ledger(.corrupt(operation, "a row of \(table.name) was not inserted")) }
        return try contents(table, job: job, number: number)
    }

    func insert(_ entry: AuditEntry) throws(PostgresFailure) -> [ChainContent] {
        try insert(
            into: .audits, PostgresStatement(PostgresWrite.auditInsert, AuditEntry.bindings.values(of: entry)))
    }
}

extension PostgresStatement {
    /// Inserts all entries at once: other transactions wait meanwhile.
    static func insert(_ entries: [ChainEntry]) -> PostgresStatement {
        let values = entries.map(\.values)
        let arrays = ChainEntry.elements.enumerated().map { index, element in
            PostgresArray(element: element, values: values.map { $0[index] })
        }
        return PostgresStatement(chainInsert, arrays: arrays)
    }

    private static let chainInsert = """
        INSERT INTO chain (\(ChainEntry.columns))
        SELECT * FROM unnest(\((1...ChainEntry.elements.count).map { "$\($0)" }.joined(separator: ", ")))
        """

    /// Holds the chain until the end of the transaction. The next statement sees all that was appended before.
    static let chainLock = PostgresStatement("SELECT pg_advisory_xact_lock($1)", [.integer(0x4C41_5A41_5245_5432)])
}

extension ChainEntry {
    /// The types of `columns`.
    fileprivate static let elements: [PostgresArray.Element] = [
        .integer, .text, .text, .integer, .integer, .text, .bytes, .bytes,
    ]
}
