extension SQLiteMigration {
    /// With which signatures an object was inspected again after its job had ended; and which notices their
    /// destination does not take, so that they hold back no other notice about their object.
    static let inspections = SQLiteMigration(
        version: 11,
        sql: """
            CREATE TABLE inspections (
                job INTEGER PRIMARY KEY REFERENCES jobs (number) ON DELETE CASCADE,
                signature_set INTEGER NOT NULL REFERENCES signature_sets (number),
                at INTEGER NOT NULL
            ) STRICT;
            ALTER TABLE notices ADD COLUMN is_refused INTEGER NOT NULL DEFAULT 0;
            CREATE INDEX notices_of_job ON notices (job, destination, number) WHERE sent_at IS NULL;
            """)
}
