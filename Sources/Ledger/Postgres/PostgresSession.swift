import Domain
import Support

/// A connection as the ledger uses it: its settings made, and each statement prepared once. For one thread at a time: a lane
/// owns it.
final class PostgresSession {
    /// How long we wait for an answer. The server gives a statement up sooner by itself, so that we hear of it.
    static let patience = Duration.seconds(60)

    private let connection: PostgresConnection
    private var names: [String: String] = [:]
    /// What the statements are run for; it stands in the errors about what they give.
    var operation = "open the ledger"
    var sets = SignatureSets()
    /// The numbers of signature sets that are known to be in the store.
    var setNumbers: [String: Int64] = [:]

    init(address: Secret) throws(PostgresFailure) {
        connection = try PostgresConnection.open(address)
        // The tables have a schema of their own, so that a database may hold other things too. A server that was set to
        // another isolation would answer some steps with failures that they do not expect.
        try script(
            """
            SET search_path = lazaret; SET statement_timeout = '30s'; SET lock_timeout = '10s';
            SET idle_in_transaction_session_timeout = '60s'; SET jit = off;
            SET default_transaction_isolation = 'read committed'; SET default_transaction_deferrable = off
            """)
    }

    /// Whether the server has hung up since the last answer.
    var isStale: Bool { connection.isStale }

    var serverEncoding: String { connection.setting("server_encoding") ?? "" }

    func script(_ sql: String, within patience: Duration = patience) throws(PostgresFailure) {
        try connection.script(sql, within: patience)
    }

    /// Sends the statements at once, as one transaction unless one is open, and gives the result of each.
    func run(_ statements: [PostgresStatement]) throws(PostgresFailure) -> [PostgresResult] {
        // Prepared apart: a failure among the statements would leave it open which of them the server keeps.
        var named: [(statement: PostgresStatement, name: String?)] = []
        for statement in statements {
            named.append((statement, statement.isKept ? try name(of: statement) : nil))
        }
        return try connection.run(named, within: Self.patience)
    }

    private func name(of statement: PostgresStatement) throws(PostgresFailure) -> String {
        if let known = names[statement.sql] { return known }
        let name = "lazaret_\(names.count + 1)"
        try connection.prepare(statement, as: name, within: Self.patience)
        names[statement.sql] = name
        return name
    }

    /// Runs one statement. Its values must have the same types each time, but for NULL.
    @discardableResult
    func run(_ sql: String, _ values: [PostgresValue] = []) throws(PostgresFailure) -> PostgresResult {
        try run([PostgresStatement(sql, values)])[0]
    }

    /// The first row that a statement gives; nil where it gives none.
    func first<Value>(
        _ sql: String, _ values: [PostgresValue] = [], _ read: (PostgresRow) throws(PostgresFailure) -> Value
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
        _ sql: String, _ values: [PostgresValue] = [], _ read: (PostgresRow) throws(PostgresFailure) -> Value
    ) throws(PostgresFailure) -> [Value] {
        try all(PostgresStatement(sql, values), read)
    }

    /// Runs `body` in a transaction that is rolled back when it fails.
    func transaction<Value>(
        _ begin: PostgresTransaction, _ body: () throws(PostgresFailure) -> Value
    ) throws(PostgresFailure) -> Value {
        try run(begin.rawValue)
        do throws(PostgresFailure) {
            let value = try body()
            try run("COMMIT")
            return value
        } catch {
            // Where even this fails the connection is beyond use, and whatever comes next says so.
            if !error.endsConnection { _ = try? run("ROLLBACK") }
            throw error
        }
    }
}

/// What a transaction is begun with.
enum PostgresTransaction: String, Sendable {
    case writing = "BEGIN"
    /// Every statement reads the same state.
    case reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
}
