/// A connection and its prepared statements. It is used by one thread at a time: an actor owns it.
final class SQLiteConnection {
    private let database: SQLiteDatabase
    private var prepared: [String: Prepared] = [:]
    /// The operation that the statements are run for, named in their errors.
    var operation = "open the ledger"
    var sets = SignatureSets()

    private final class Prepared {
        let statement: SQLiteStatement

        init(_ statement: consuming SQLiteStatement) { self.statement = statement }
    }

    /// - Parameter busyTimeout: how long a call waits for another process's lock.
    init(path: String, access: SQLiteDatabase.Access, busyTimeout: Duration) throws(LedgerError) {
        database = try SQLiteDatabase(path: path, access: access)
        database.wait(atMost: busyTimeout)
        // A database file is data: its schema must not call functions with side effects.
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

    /// Throws if the open file is no longer the one at its path.
    func checkFile() throws(LedgerError) {
        guard database.hasMoved else { return }
        throw LedgerError(
            .missing, operation: operation, detail: "\(path) was removed or replaced by another file",
            hint: "Stop the workers, put the file back, and start them again.")
    }

    /// When a commit counts as done.
    enum Sync: String {
        /// When it and every commit before it are on the disk: it survives a loss of power.
        case full = "FULL"
        /// When it is with the operating system: it survives the process, not a loss of power.
        case normal = "NORMAL"
    }

    private var sync: Sync?

    /// Sets how later commits are synced. Must not be called in a transaction.
    func sync(_ wanted: Sync) throws(LedgerError) {
        guard wanted != sync else { return }
        try script("PRAGMA synchronous = \(wanted.rawValue)")
        sync = wanted
    }

    /// Runs statements that are used once: settings, migrations.
    func script(_ sql: String) throws(LedgerError) { try database.execute(sql, operation) }

    /// Runs a statement and discards its rows.
    func run(_ sql: String, _ values: [SQLValue] = []) throws(LedgerError) {
        try each(sql, values) { _ in true }
    }

    /// Returns the first row of a statement, or nil if it has no rows.
    func first<Value>(
        _ sql: String, _ values: [SQLValue] = [],
        _ read: (borrowing SQLiteStatement) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value? {
        var found: Value?
        try each(sql, values) { (row) throws(LedgerError) in
            found = try read(row)
            return false
        }
        return found
    }

    func all<Value>(
        _ sql: String, _ values: [SQLValue] = [],
        _ read: (borrowing SQLiteStatement) throws(LedgerError) -> Value
    ) throws(LedgerError) -> [Value] {
        var found: [Value] = []
        try each(sql, values) { (row) throws(LedgerError) in
            found.append(try read(row))
            return true
        }
        return found
    }

    /// - Parameter visit: returns whether to go on with the next row.
    private func each(
        _ sql: String, _ values: [SQLValue], _ visit: (borrowing SQLiteStatement) throws(LedgerError) -> Bool
    ) throws(LedgerError) {
        let entry: Prepared
        if let known = prepared[sql] {
            entry = known
        } else {
            entry = Prepared(try SQLiteStatement(sql, on: database, operation))
            prepared[sql] = entry
        }
        defer { entry.statement.reset() }
        guard entry.statement.bind(values) else {
            throw LedgerError(
                .failed, operation: operation, detail: "the values do not match the statement: \(sql)",
                hint: "Report this with the whole line.")
        }
        while true {
            let hasRow: Bool
            do { hasRow = try entry.statement.step() } catch { throw LedgerError(of: database, operation) }
            guard hasRow, try visit(entry.statement) else { return }
        }
    }

    /// Runs `body` in a transaction, which is rolled back if it throws.
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

    /// Rolls the open transaction back, unless a failure has ended it already.
    func rollback() {
        // If even this fails, the connection is unusable and its next statement reports that.
        if isInTransaction { try? run("ROLLBACK") }
    }
}
