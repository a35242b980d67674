extension PostgresMigration {
    /// The same table, column and index as step 11 in SQLite.
    static let inspections = PostgresMigration(
        version: 8,
        sql: """
            CREATE TABLE inspections (
                job bigint PRIMARY KEY REFERENCES jobs (number) ON DELETE CASCADE,
                signature_set bigint NOT NULL REFERENCES signature_sets (number),
                at bigint NOT NULL
            );
            ALTER TABLE notices ADD COLUMN is_refused bigint NOT NULL DEFAULT 0;
            CREATE INDEX notices_of_job ON notices (job, destination, number) WHERE sent_at IS NULL;
            """)
}
