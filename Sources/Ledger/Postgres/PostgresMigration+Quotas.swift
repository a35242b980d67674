extension PostgresMigration {
    /// The same table and column as step 7 in SQLite.
    static let quotas = PostgresMigration(
        version: 4,
        sql: """
            CREATE TABLE quota_uses (
                pipeline text NOT NULL,
                subject bytea NOT NULL,
                period bigint NOT NULL,
                start bigint NOT NULL,
                used bigint NOT NULL,
                PRIMARY KEY (pipeline, subject, period, start)
            );
            CREATE INDEX quota_uses_by_start ON quota_uses (start);
            ALTER TABLE jobs ADD COLUMN is_counted bigint;
            """)
}
