import Domain

extension SQLiteConnection: LedgerConnection {
    typealias Failure = LedgerError

    static var sign: String { "?" }

    func storedRows(_ sql: String, _ values: [SQLValue]) throws(LedgerError) -> [StoredRow] {
        try all(sql, values) { $0.stored($0.columnCount) }
    }

    func runEach(_ statements: [(sql: String, values: [SQLValue])]) throws(LedgerError) {
        for (sql, values) in statements { try run(sql, values) }
    }

    /// A database has one writer.
    func lockChain() {}

    /// Inserts a row with a number of its own, and chains it.
    func insert(
        into table: ChainTable, of job: JobID? = nil, _ sql: String, _ values: [SQLValue]
    ) throws(LedgerError) {
        guard let number = try first(sql + " RETURNING number", values, { $0.integer(0) }) else {
            throw .corrupt(operation, "a row of \(table.name) was not inserted")
        }
        try append(contents(table, job: job, number: number))
    }
}
