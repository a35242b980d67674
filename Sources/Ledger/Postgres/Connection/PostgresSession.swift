import Domain
import Support

/// A connection with the ledger's settings, which prepares each statement once. It is used by one thread at a time: a
/// `PooledConnection` owns it.
final class PostgresSession {
    /// The time-out of a call. The server cancels a statement before that, so that its error arrives.
    static let timeout = Duration.seconds(60)

    private let connection: PostgresConnection
    private var names: [String: String] = [:]
    /// The operation that the statements are run for, named in errors about their results.
    var operation = "open the ledger"
    var sets = SignatureSets()
    /// The numbers of signature sets that are known to be on record, by their texts.
    var setNumbers: [String: Int64] = [:]

    init(address: Secret) throws(PostgresFailure) {
        connection = try PostgresConnection.open(address)
        // The tables have a schema of their own, so that the database may hold other tables too. With another isolation
        // level some steps would fail in ways that they don't handle.
        try script(
            """
            SET search_path = lazaret; SET statement_timeout = '30s'; SET lock_timeout = '10s';
            SET idle_in_transaction_session_timeout = '60s'; SET jit = off;
            SET default_transaction_isolation = 'read committed'; SET default_transaction_deferrable = off
            """)
    }

    /// Whether the server has closed the connection since the last result.
    var isStale: Bool { connection.isStale }

    var serverEncoding: String { connection.setting("server_encoding") ?? "" }

    func script(_ sql: String, within timeout: Duration = timeout) throws(PostgresFailure) {
        try connection.script(sql, within: timeout)
    }

    /// Sends the statements in one pipeline and returns the result of each. They are one transaction, unless one is
    /// open.
    ///
    /// - Parameters:
    ///   - early: how many of the results the server sends before it runs the other statements; nil leaves that to it.
    ///   - read: called with each result as it arrives, and its index.
    func run(
        _ statements: [PostgresStatement], early: Int? = nil, _ read: (Int, PostgresResult) -> Void = { _, _ in }
    ) throws(PostgresFailure) -> [PostgresResult] {
        // Prepared separately: after a failure in a pipeline it is unknown which statements the server has prepared.
        var named: [(statement: PostgresStatement, name: String?)] = []
        for statement in statements {
            named.append((statement, statement.isPrepared ? try name(of: statement) : nil))
        }
        return try connection.run(named, within: Self.timeout, early: early, read)
    }

    private func name(of statement: PostgresStatement) throws(PostgresFailure) -> String {
        if let known = names[statement.sql] { return known }
        let name = "lazaret_\(names.count + 1)"
        try connection.prepare(statement, as: name, within: Self.timeout)
        names[statement.sql] = name
        return name
    }

    /// Runs one statement. Its values must have the same types each time, except for NULL.
    @discardableResult
    func run(_ sql: String, _ values: [SQLValue] = []) throws(PostgresFailure) -> PostgresResult {
        try run([PostgresStatement(sql, values)])[0]
    }

    /// Returns the first row of a statement, or nil if it has no rows.
    func first<Value>(
        _ sql: String, _ values: [SQLValue] = [], _ read: (PostgresRow) throws(PostgresFailure) -> Value
    ) throws(PostgresFailure) -> Value? {
        let result = try run(sql, values)
        return result.count == 0 ? nil : try read(result[0])
    }

    func all<Value>(
        _ statement: PostgresStatement, _ read: (PostgresRow) throws(PostgresFailure) -> Value
    ) throws(PostgresFailure) -> [Value] {
        let result = try run([statement])[0]
        var found: [Value] = []
        found.reserveCapacity(result.count)
        for row in 0..<result.count { found.append(try read(result[row])) }
        return found
    }

    func all<Value>(
        _ sql: String, _ values: [SQLValue] = [], _ read: (PostgresRow) throws(PostgresFailure) -> Value
    ) throws(PostgresFailure) -> [Value] {
        try all(PostgresStatement(sql, values), read)
    }

    /// Runs `body` in a transaction, which is rolled back if it throws.
    func transaction<Value>(
        _ begin: PostgresTransaction, _ body: () throws(PostgresFailure) -> Value
    ) throws(PostgresFailure) -> Value {
        try run(begin.rawValue)
        do throws(PostgresFailure) {
            let value = try body()
            try run("COMMIT")
            return value
        } catch {
            rollBack(after: error)
            throw error
        }
    }

    /// Ends the open transaction, unless its failure has ended the connection.
    func rollBack(after error: PostgresFailure) {
        // If even this fails, the connection is unusable and its next statement reports that.
        if !error.endsConnection { _ = try? run("ROLLBACK") }
    }
}

/// The statement that begins a transaction.
enum PostgresTransaction: String, Sendable {
    case writing = "BEGIN"
    /// Every statement reads the same snapshot.
    case reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
}
