/// One step of the schema. The table `schema_version` has the version of a database's last step.
///
/// A released step is never edited: databases exist that it made. To change the schema, add a step.
struct PostgresMigration: Sendable {
    let version: Int64
    let sql: String
    /// What is done in the same transaction and SQL alone can't do.
    var then: (@Sendable (PostgresSession) throws(PostgresFailure) -> Void)?

    /// The advisory lock that a migration holds: `LAZARET1` as a number.
    static let lock: Int64 = 0x4C41_5A41_5245_5431
}

extension PostgresSession {
    /// Migrates the ledger to the last of `migrations`, in one transaction. Several processes may do so at the same
    /// time.
    ///
    /// - Parameter creating: whether missing tables are created.
    /// - Returns: the version before; 0 for a new ledger.
    @discardableResult
    func migrate(
        _ migrations: [PostgresMigration] = PostgresMigration.all, creating: Bool = true
    ) throws(PostgresFailure) -> Int64 {
        guard ["UTF8", "SQL_ASCII"].contains(serverEncoding) else {
            throw error(
                .foreign, "the encoding of the database is \(serverEncoding), which can't represent most letters",
                "Create a database with ENCODING 'UTF8'.")
        }
        let latest = migrations.last?.version ?? 0
        let before = try checkVersion(atMost: latest)
        if before == latest { return before }
        guard before > 0 || creating else {
            throw error(
                .missing, "the ledger's tables are missing from the database",
                "`lazaret run` creates them in the schema \"lazaret\".")
        }
        return try transaction(.writing) { () throws(PostgresFailure) in
            // A table of a million rows takes a while. Other processes time out on the lock meanwhile, and try again.
            try run("SET LOCAL statement_timeout = 0")
            try run("SET LOCAL lock_timeout = '45s'")
            try run("SELECT pg_advisory_xact_lock($1)", [.integer(PostgresMigration.lock)])
            // Another process may have migrated while this one waited for the lock.
            let before = try checkVersion(atMost: latest)
            if before == 0 {
                // Checked first: a role that may not create schemas may have been given one.
                if try !hasSchema { try script("CREATE SCHEMA lazaret") }
                try script(Self.versionTable)
            }
            for migration in migrations where migration.version > before {
                try script(migration.sql, within: .seconds(3600))
                try migration.then?(self)
            }
            try run("UPDATE schema_version SET version = $1", [.integer(latest)])
            return before
        }
    }

    /// Throws unless the ledger has the schema of this program.
    func requireLatestVersion() throws(PostgresFailure) {
        let latest = PostgresMigration.all.last?.version ?? 0
        let version = try checkVersion(atMost: latest)
        guard version == latest else { throw .ledger(.outdated(operation, version, latest)) }
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

    /// Returns the ledger's version. Throws if the schema is neither a ledger's nor empty, or of a later version.
    private func checkVersion(atMost latest: Int64) throws(PostgresFailure) -> Int64 {
        let relations = try all(
            "SELECT relname::text FROM pg_class WHERE relnamespace = to_regnamespace('lazaret') AND relkind IN ('r', 'v', 'p')"
        ) { $0.text(0) ?? "" }
        if relations.isEmpty { return 0 }
        guard relations.contains("schema_version") else {
            throw error(
                .foreign, "the schema \"lazaret\" has another program's tables",
                "Name another database in the ledger's address.")
        }
        let version = try first("SELECT version FROM lazaret.schema_version") { $0.integer(0) } ?? 0
        guard version <= latest else {
            throw error(
                .tooNew, "the database has schema version \(version), and this program knows versions up to \(latest)",
                LedgerError.tooNewHint)
        }
        return version
    }

    private func error(_ code: LedgerError.Code, _ detail: String, _ hint: String) -> PostgresFailure {
        .ledger(LedgerError(code, operation: operation, detail: detail, hint: hint))
    }
}
