import Support

/// A connection for reading, on a thread of its own: a long list keeps no writer waiting.
actor SQLiteReader {
    private let lane = BlockingExecutor("lazaret.ledger.reader")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe lane.asUnownedSerialExecutor() }

    private var connection: Connection?

    func open(path: String, busyTimeout: Duration) throws(LedgerError) {
        connection = try Connection(path: path, access: .readOnly, busyTimeout: busyTimeout)
    }

    /// Runs `body` on one state of the database, whatever is written meanwhile.
    func read<Value: Sendable>(
        _ operation: String, _ body: @Sendable (Connection) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value {
        guard let connection else { throw .closed(operation) }
        connection.operation = operation
        return try connection.transaction("BEGIN") { () throws(LedgerError) in try body(connection) }
    }

    func close() { connection = nil }
}
