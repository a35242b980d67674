import Glibc
import Support

/// One step of the schema. A database's `user_version` is the version of its last step.
///
/// A released step is never edited: databases exist that it made. To change the schema, add a step.
struct SQLiteMigration: Sendable {
    let version: Int64
    let sql: String
    /// What is done in the same transaction and SQL alone can't do.
    var then: (@Sendable (SQLiteConnection) throws(LedgerError) -> Void)?

    /// `LZRT`, the `PRAGMA application_id` of a ledger: distinguishes it from other programs' databases.
    static let applicationID: Int64 = 0x4C5A_5254
}

extension SQLiteConnection {
    /// Migrates the database to the last of `migrations`, each in a transaction of its own. Several processes may do so
    /// at the same time.
    ///
    /// - Returns: the version before; 0 for a new database.
    @discardableResult
    func migrate(_ migrations: [SQLiteMigration] = SQLiteMigration.all) throws(LedgerError) -> Int64 {
        let latest = migrations.last?.version ?? 0
        // In one transaction: between two reads another process may create the ledger.
        let before = try transaction("BEGIN") { () throws(LedgerError) in try checkVersion(atMost: latest) }
        if before == latest { return before }
        for migration in migrations where migration.version > before {
            try transaction("BEGIN IMMEDIATE") { () throws(LedgerError) in
                // Another process may have migrated while this one waited for the lock.
                guard try checkVersion(atMost: latest) < migration.version else { return }
                try script(migration.sql)
                try migration.then?(self)
                try script(
                    "PRAGMA application_id = \(SQLiteMigration.applicationID); PRAGMA user_version = \(migration.version)"
                )
            }
        }
        return before
    }

    /// Throws unless the database has the schema of this program.
    func requireLatestVersion() throws(LedgerError) {
        let latest = SQLiteMigration.all.last?.version ?? 0
        let version = try checkVersion(atMost: latest)
        guard version == latest else { throw .outdated(operation, version, latest) }
    }

    /// Returns the database's version. Throws if the database is neither a ledger nor empty, or of a later version.
    private func checkVersion(atMost latest: Int64) throws(LedgerError) -> Int64 {
        let version = try first("PRAGMA user_version") { $0.integer(0) } ?? 0
        let application = try first("PRAGMA application_id") { $0.integer(0) } ?? 0
        let isEmpty = try first("SELECT count(*) FROM sqlite_schema") { $0.integer(0) } == 0
        guard application == SQLiteMigration.applicationID || (isEmpty && application == 0 && version == 0) else {
            throw LedgerError(
                .foreign, operation: operation, detail: "\(path) belongs to another program",
                hint: "Name another file in the ledger's address.")
        }
        guard version <= latest else {
            throw LedgerError(
                .tooNew, operation: operation,
                detail: "\(path) has schema version \(version), and this program knows versions up to \(latest)",
                hint: LedgerError.tooNewHint)
        }
        return version
    }

    /// Switches the database to the write-ahead log, where readers and the writer don't block each other. The mode is
    /// stored in the file.
    ///
    /// SQLite's busy time-out does not apply here, since two connections that switch at once would deadlock. So a busy
    /// switch is tried again.
    ///
    /// - Parameter pause: runs before each new try.
    func useWriteAheadLog(
        within timeout: Duration, pause: () throws(LedgerError) -> Void = { usleep(5000) }
    ) throws(LedgerError) {
        let deadline = ContinuousClock.now + timeout
        while true {
            do throws(LedgerError) {
                let mode = try first("PRAGMA journal_mode = WAL") { $0.text(0) ?? "" }
                guard mode != "wal" else { return }
            } catch {
                guard error.code == .busy, .now < deadline else { throw error }
                try pause()
                continue
            }
            throw LedgerError(
                .failed, operation: operation, detail: "the write-ahead log can't be used on \(path)",
                hint: "Keep the ledger on a local disk: network file systems don't support it.")
        }
    }
}
