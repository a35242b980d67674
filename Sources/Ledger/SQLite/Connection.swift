/// A connection with the statements that were prepared on it. For one thread at a time: an actor owns it.
final class Connection {
    private let database: Database
    private var prepared: [String: Prepared] = [:]
    /// What the statements are run for; it stands in their errors.
    var operation = "open the ledger"
    var sets = SignatureSets()

    private final class Prepared {
        let statement: Statement

        init(_ statement: consuming Statement) { self.statement = statement }
    }

    /// - Parameter busyTimeout: how long a call waits for another process's lock.
    init(path: String, access: Database.Access, busyTimeout: Duration) throws(LedgerError) {
        database = try Database(path: path, access: access)
        database.wait(atMost: busyTimeout)
        // A database is data: nothing in its schema may call functions with side effects.
        try script("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
        if case .readOnly = access { return }
        guard !database.isReadOnly else {
            throw LedgerError(
                .readOnly, operation: operation, detail: "\(path) is read-only",
                hint: "Let this user write \(path) and the folder it is in.")
        }
        try script("PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864")
        try sync(.full)
        // A page that many transactions change is copied from the log to the file once for all of them: 16 MB of log.
        try script("PRAGMA wal_autocheckpoint = 4000")
    }

    var path: String { database.path }
    var isInTransaction: Bool { database.isInTransaction }

    /// Throws where the file that is open is not the one at its path any more.
    func checkFile() throws(LedgerError) {
        guard database.hasMoved else { return }
        throw LedgerError(
            .missing, operation: operation, detail: "\(path) was taken away, or another file put in its place",
            hint: "Stop the workers, put the file back, and start them again.")
    }

    /// When a commit counts as done.
    enum Sync: String {
        /// When its bytes are on the disk, and those of every commit before it: nothing of it is lost with the power.
        case full = "FULL"
        /// When they are with the operating system: the process may be killed, the power must stay.
        case normal = "NORMAL"
    }

    private var sync: Sync?

    /// Chooses how commits to come are synced. Not within a transaction.
    func sync(_ wanted: Sync) throws(LedgerError) {
        guard wanted != sync else { return }
        try script("PRAGMA synchronous = \(wanted.rawValue)")
        sync = wanted
    }

    /// Runs statements that are used once: settings, migrations.
    func script(_ sql: String) throws(LedgerError) { try database.execute(sql, operation) }

    /// Runs a statement and drops what it gives.
    func run(_ sql: String, _ values: [SQLiteValue] = []) throws(LedgerError) {
        try each(sql, values) { _ in true }
    }

    /// The first row that a statement gives; nil where it gives none.
    func first<Value>(
        _ sql: String, _ values: [SQLiteValue] = [],
        _ read: (borrowing Statement) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value? {
        var found: Value?
        try each(sql, values) { (row) throws(LedgerError) in
            found = try read(row)
            return false
        }
        return found
    }

    func all<Value>(
        _ sql: String, _ values: [SQLiteValue] = [],
        _ read: (borrowing Statement) throws(LedgerError) -> Value
    ) throws(LedgerError) -> [Value] {
        var found: [Value] = []
        try each(sql, values) { (row) throws(LedgerError) in
            found.append(try read(row))
            return true
        }
        return found
    }

    /// - Parameter visit: whether it wants the next row too.
    private func each(
        _ sql: String, _ values: [SQLiteValue], _ visit: (borrowing Statement) throws(LedgerError) -> Bool
    ) throws(LedgerError) {
        let ready: Prepared
        if let known = prepared[sql] {
            ready = known
        } else {
            ready = Prepared(try Statement(sql, on: database, operation))
            prepared[sql] = ready
        }
        defer { ready.statement.reset() }
        guard ready.statement.bind(values) else {
            throw LedgerError(
                .failed, operation: operation, detail: "a value does not fit its statement: \(sql)",
                hint: "Report this with the whole line.")
        }
        while true {
            let hasRow: Bool
            do { hasRow = try ready.statement.step() } catch { throw LedgerError(of: database, operation) }
            guard hasRow, try visit(ready.statement) else { return }
        }
    }

    /// Runs `body` in a transaction that is rolled back when it fails.
    ///
    /// - Parameter begin: `BEGIN IMMEDIATE` to write, `BEGIN` to read one state in several statements.
    func transaction<Value>(
        _ begin: String, _ body: () throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value {
        try run(begin)
        do throws(LedgerError) {
            let value = try body()
            try run("COMMIT")
            return value
        } catch {
            rollback()
            throw error
        }
    }

    /// Takes back what the open transaction did; nothing where a failure ended it already.
    func rollback() {
        // If even this fails the connection is beyond use, and whatever comes next says so.
        if isInTransaction { try? run("ROLLBACK") }
    }
}
