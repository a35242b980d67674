import Support

/// A read-only connection on a thread of its own: a long list does not block the writer.
actor SQLiteReader {
    private let executor = BlockingExecutor("lazaret.ledger.reader")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private var connection: SQLiteConnection?

    func open(path: String, busyTimeout: Duration) throws(LedgerError) {
        connection = try SQLiteConnection(path: path, access: .readOnly, busyTimeout: busyTimeout)
    }

    /// Runs `body` on one snapshot of the database.
    func read<Value: Sendable>(
        _ operation: String, _ body: @Sendable (SQLiteConnection) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value {
        guard let connection else { throw .closed(operation) }
        connection.operation = operation
        try connection.checkFile()
        return try connection.transaction("BEGIN") { () throws(LedgerError) in try body(connection) }
    }

    func close() { connection = nil }
}
