extension SQLiteMigration {
    /// Notices to be sent, and those that were sent lately. They outlive their jobs.
    static let notices = SQLiteMigration(
        version: 10,
        sql: """
            CREATE TABLE notices (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                id TEXT NOT NULL,
                destination TEXT NOT NULL,
                kind TEXT NOT NULL,
                job TEXT,
                pipeline TEXT NOT NULL,
                bucket TEXT NOT NULL,
                verdict TEXT,
                disposition TEXT,
                body TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                due_at INTEGER NOT NULL,
                attempts INTEGER NOT NULL DEFAULT 0,
                sent_at INTEGER,
                error TEXT
            ) STRICT;
            CREATE INDEX notices_due ON notices (destination, due_at, number) WHERE sent_at IS NULL;
            CREATE INDEX notices_sent ON notices (sent_at) WHERE sent_at IS NOT NULL;
            """)
}
