extension SQLiteMigration {
    /// What was taken of each quota: objects of an hour, or bytes of a day. `subject` is whose quota it is, `period`
    /// the length of the period and `start` its start, both in milliseconds. `jobs.is_counted` is 1 for a job that has
    /// been counted.
    static let quotas = SQLiteMigration(
        version: 7,
        sql: """
            CREATE TABLE quota_uses (
                pipeline TEXT NOT NULL,
                subject BLOB NOT NULL,
                period INTEGER NOT NULL,
                start INTEGER NOT NULL,
                used INTEGER NOT NULL,
                PRIMARY KEY (pipeline, subject, period, start)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX quota_uses_by_start ON quota_uses (start);
            ALTER TABLE jobs ADD COLUMN is_counted INTEGER;
            """)
}
