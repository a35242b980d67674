/// One step of the schema. The number of a database's last one stands in `schema_version`.
///
/// A step that has been released is never edited: databases exist that it made. Add another.
struct PostgresMigration: Sendable {
    let version: Int64
    let sql: String

    /// Whoever brings a ledger up to date holds this lock of the database: `LAZARET1` as a number.
    static let lock: Int64 = 0x4C41_5A41_5245_5431
}

extension PostgresSession {
    /// Brings the ledger up to the last of `migrations`, all or nothing, and gives the version it had; 0 for none. Several
    /// processes may do so at once.
    ///
    /// - Parameter creating: whether tables are made where there are none.
    @discardableResult
    func migrate(
        _ migrations: [PostgresMigration] = PostgresMigration.all, creating: Bool = true
    ) throws(PostgresFailure) -> Int64 {
        guard ["UTF8", "SQL_ASCII"].contains(serverEncoding) else {
            throw refusal(
                .foreign, "the database keeps its texts as \(serverEncoding), which has no place for most letters",
                "Make a database with ENCODING 'UTF8'.")
        }
        let known = migrations.last?.version ?? 0
        let before = try recognise(known: known)
        if before == known { return before }
        guard before > 0 || creating else {
            throw refusal(
                .missing, "the database has no ledger's tables", "`lazaret run` makes them in the schema \"lazaret\".")
        }
        return try transaction(.writing) { () throws(PostgresFailure) in
            // A table of a million rows takes its time. Who waits for the lock meanwhile gives up, to come again.
            try run("SET LOCAL statement_timeout = 0")
            try run("SET LOCAL lock_timeout = '45s'")
            try run("SELECT pg_advisory_xact_lock($1)", [.integer(PostgresMigration.lock)])
            // Another process may have been here while we waited for the lock.
            let before = try recognise(known: known)
            if before == 0 {
                // Asked for first: who may not make schemas may be given one.
                if try !hasSchema { try script("CREATE SCHEMA lazaret") }
                try script(Self.versionTable)
            }
            for migration in migrations where migration.version > before {
                try script(migration.sql, within: .seconds(3600))
            }
            try run("UPDATE schema_version SET version = $1", [.integer(known)])
            return before
        }
    }

    private static let versionTable = """
        CREATE TABLE schema_version (
            is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
            version bigint NOT NULL
        );
        INSERT INTO schema_version (version) VALUES (0)
        """

    private var hasSchema: Bool {
        get throws(PostgresFailure) {
            try first("SELECT count(*) FROM pg_namespace WHERE nspname = 'lazaret'") { $0.integer(0) } ?? 0 > 0
        }
    }

    /// The ledger's version, once it is sure that the schema is a ledger's, or empty, and not from the future.
    private func recognise(known: Int64) throws(PostgresFailure) -> Int64 {
        let relations = try all(
            "SELECT relname::text FROM pg_class WHERE relnamespace = to_regnamespace('lazaret') AND relkind IN ('r', 'v', 'p')"
        ) { $0.text(0) ?? "" }
        if relations.isEmpty { return 0 }
        guard relations.contains("schema_version") else {
            throw refusal(
                .foreign, "the schema \"lazaret\" holds another program's tables",
                "Name another database in the ledger's address.")
        }
        let version = try first("SELECT version FROM lazaret.schema_version") { $0.integer(0) } ?? 0
        guard version <= known else {
            throw refusal(
                .tooNew, "the database has schema version \(version), and this program knows up to \(known)",
                "Use the lazaret that wrote it, or a later one.")
        }
        return version
    }

    private func refusal(_ code: LedgerError.Code, _ detail: String, _ hint: String) -> PostgresFailure {
        .refused(LedgerError(code, operation: operation, detail: detail, hint: hint))
    }
}
