import Domain

/// One statement that changes the ledger, on its way into a transaction with others.
struct PostgresWrite: Sendable {
    let operation: String
    /// What it changes. Writes of one transaction are made in this order: two that meet in the server's locks then
    /// never wait for each other crosswise.
    let subject: String
    /// Whether it must outlast a loss of the server's power.
    let isDurable: Bool
    /// The signatures that the statement refers to, which are brought into the store before.
    let databases: [SignatureDatabase]
    /// - Parameter signatureSet: the number of `databases`; nil where there are none.
    let statement: @Sendable (_ signatureSet: Int64?) -> PostgresStatement

    init(
        _ operation: String, of subject: String, isDurable: Bool, databases: [SignatureDatabase] = [],
        _ statement: @escaping @Sendable (_ signatureSet: Int64?) -> PostgresStatement
    ) {
        self.operation = operation
        self.subject = subject
        self.isDurable = isDurable
        self.databases = databases
        self.statement = statement
    }
}

extension PostgresSession {
    /// Makes all the writes in one round trip and one transaction, and gives the result of each.
    func write(_ writes: [PostgresWrite]) throws(PostgresFailure) -> [PostgresResult] {
        var statements: [PostgresStatement] = []
        let isDurable = writes.contains(where: \.isDurable)
        if !isDurable {
            statements.append(PostgresStatement("SELECT set_config('synchronous_commit', 'off', true)"))
        }
        for write in writes {
            operation = write.operation
            statements.append(write.statement(try number(of: write.databases)))
        }
        return Array(try run(statements).dropFirst(isDurable ? 0 : 1))
    }

    /// The number of a signature set, which is in the store by then, in a transaction of its own. Nil for an empty one.
    private func number(of databases: [SignatureDatabase]) throws(PostgresFailure) -> Int64? {
        guard let text = sets.text(of: databases) else { return nil }
        if let known = setNumbers[text] { return known }
        try run("INSERT INTO signature_sets (databases) VALUES ($1) ON CONFLICT DO NOTHING", [.text(text)])
        let number = try first("SELECT number FROM signature_sets WHERE databases = $1", [.text(text)]) {
            $0.integer(0)
        }
        guard let number else {
            throw .refused(.corrupt(operation, "a signature set can neither be added nor found"))
        }
        setNumbers[text] = number
        return number
    }
}
