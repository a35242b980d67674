import Domain

/// A statement that changes the ledger. It shares a transaction with others.
struct PostgresWrite: Sendable {
    let operation: String
    /// The row that it changes. The writes of a transaction are made in this order, so that concurrent transactions
    /// can't deadlock.
    let subject: String
    /// Whether the write must survive a crash of the server or a loss of its power.
    let isDurable: Bool
    /// The signature set that the statement refers to. It is inserted before, if it is new.
    let databases: [SignatureDatabase]
    /// Reads the row that is chained, if the statement has made its change.
    let chained: (table: ChainTable, row: PostgresStatement)?
    /// - Parameter signatureSet: the number of `databases`; nil if it is empty.
    let statement: @Sendable (_ signatureSet: Int64?) -> PostgresStatement

    init(
        _ operation: String, of subject: String, isDurable: Bool, databases: [SignatureDatabase] = [],
        chained: (table: ChainTable, row: PostgresStatement)? = nil,
        _ statement: @escaping @Sendable (_ signatureSet: Int64?) -> PostgresStatement
    ) {
        self.operation = operation
        self.subject = subject
        self.isDurable = isDurable
        self.databases = databases
        self.chained = chained
        self.statement = statement
    }
}

extension PostgresSession {
    /// Makes all the writes in one transaction, and returns the result of each. It takes one round trip, and a second
    /// one if rows are chained.
    func write(_ writes: [PostgresWrite]) throws(PostgresFailure) -> [PostgresResult] {
        let isChaining = writes.contains { $0.chained != nil }
        var statements = isChaining ? [PostgresStatement("BEGIN")] : []
        let isDurable = writes.contains(where: \.isDurable)
        if !isDurable {
            statements.append(PostgresStatement("SELECT set_config('synchronous_commit', 'off', true)"))
        }
        let first = statements.count
        var tables: [Int: ChainTable] = [:]
        var written: [Int] = []
        for write in writes {
            operation = write.operation
            written.append(statements.count)
            statements.append(write.statement(try number(of: write.databases)))
            if let (table, row) = write.chained {
                tables[statements.count] = table
                statements.append(row)
            }
        }
        guard isChaining else { return Array(try run(statements).dropFirst(first)) }
        // Last, since other transactions wait from here on. The rows before come early: they are hashed while this
        // transaction waits for another one.
        let early = statements.count
        statements += [.chainLock, PostgresStatement(ChainEnd.select)]
        do throws(PostgresFailure) {
            var rows: [ChainContent] = []
            var count = 0
            let results = try run(statements, early: early) { index, result in
                if let table = tables[index], count > 0 { rows += result.stored.map { ChainContent($0, table.kind) } }
                count = result.count
            }
            var end = ChainEnd(results.last?.stored ?? [])
            let entries = end.append(rows)
            _ = try run((entries.isEmpty ? [] : [.insert(entries)]) + [PostgresStatement("COMMIT")])
            return written.map { results[$0] }
        } catch {
            rollBack(after: error)
            throw error
        }
    }

    /// Returns the number of a signature set, and inserts a new set in a transaction of its own. Returns nil for an
    /// empty set.
    private func number(of databases: [SignatureDatabase]) throws(PostgresFailure) -> Int64? {
        guard let text = sets.text(of: databases) else { return nil }
        if let known = setNumbers[text] { return known }
        try run("INSERT INTO signature_sets (databases) VALUES ($1) ON CONFLICT DO NOTHING", [.text(text)])
        let number = try first("SELECT number FROM signature_sets WHERE databases = $1", [.text(text)]) {
            $0.integer(0)
        }
        guard let number else {
            throw .ledger(.corrupt(operation, "a signature set can neither be inserted nor found"))
        }
        setNumbers[text] = number
        return number
    }
}
