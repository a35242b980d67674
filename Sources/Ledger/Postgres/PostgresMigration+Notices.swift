extension PostgresMigration {
    /// The same table and indexes as step 10 in SQLite.
    static let notices = PostgresMigration(
        version: 7,
        sql: """
            CREATE TABLE notices (
                number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                id text NOT NULL,
                destination text COLLATE "C" NOT NULL,
                kind text NOT NULL,
                job text,
                pipeline text NOT NULL,
                bucket text NOT NULL,
                verdict text,
                disposition text,
                body text NOT NULL,
                created_at bigint NOT NULL,
                due_at bigint NOT NULL,
                attempts bigint NOT NULL DEFAULT 0,
                sent_at bigint,
                error text
            );
            CREATE INDEX notices_due ON notices (destination, due_at, number) WHERE sent_at IS NULL;
            CREATE INDEX notices_sent ON notices (sent_at) WHERE sent_at IS NOT NULL;
            """)
}
