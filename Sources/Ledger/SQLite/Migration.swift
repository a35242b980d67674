import Glibc
import Support

/// One step of the schema. The number of a database's last one is its `user_version`.
///
/// A step that has been released is never edited: databases exist that it made. Add another.
struct Migration {
    let version: Int64
    let sql: String

    /// `LZRT`: tells a ledger from any other program's database (`PRAGMA application_id`).
    static let applicationID: Int64 = 0x4C5A_5254
}

extension Connection {
    /// Brings the database up to the last of `migrations`, each in a transaction of its own, and gives the version it
    /// had. Several processes may do so at once.
    @discardableResult
    func migrate(_ migrations: [Migration] = Migration.all) throws(LedgerError) -> Int64 {
        let known = migrations.last?.version ?? 0
        // In one transaction: between two looks another process may make the ledger.
        let before = try transaction("BEGIN") { () throws(LedgerError) in try recognise(known: known) }
        if before == known { return before }
        for migration in migrations where migration.version > before {
            try transaction("BEGIN IMMEDIATE") { () throws(LedgerError) in
                // Another process may have been here while we waited for the lock.
                guard try recognise(known: known) < migration.version else { return }
                try script(migration.sql)
                try script(
                    "PRAGMA application_id = \(Migration.applicationID); PRAGMA user_version = \(migration.version)")
            }
        }
        return before
    }

    /// The database's version, once it is sure that it is a ledger, or empty, and not from the future.
    private func recognise(known: Int64) throws(LedgerError) -> Int64 {
        let version = try first("PRAGMA user_version") { $0.integer(0) } ?? 0
        let application = try first("PRAGMA application_id") { $0.integer(0) } ?? 0
        let isEmpty = try first("SELECT count(*) FROM sqlite_schema") { $0.integer(0) } == 0
        guard application == Migration.applicationID || (isEmpty && application == 0 && version == 0) else {
            throw LedgerError(
                .foreign, operation: operation, detail: "\(path) is another program's database",
                hint: "Name another file in the ledger's address.")
        }
        guard version <= known else {
            throw LedgerError(
                .tooNew, operation: operation,
                detail: "\(path) has schema version \(version), and this program knows up to \(known)",
                hint: "Use the lazaret that wrote it, or a later one.")
        }
        return version
    }

    /// Switches to the write-ahead log, in which readers and the writer do not wait for each other. The database
    /// remembers it.
    ///
    /// SQLite waits for no lock here: two that switch at once would wait for each other. So the switch is tried again.
    ///
    /// - Parameter pause: what is done until then.
    func useWriteAheadLog(
        within patience: Duration, pause: () throws(LedgerError) -> Void = { usleep(5000) }
    ) throws(LedgerError) {
        let deadline = ContinuousClock.now + patience
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
                hint: "Keep the ledger on a local disk: network file systems do not do.")
        }
    }
}
