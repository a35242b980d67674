import Domain
import Support

extension PostgresMigration {
    /// The same tables, columns and indexes as step 9 in SQLite.
    static let chain = PostgresMigration(
        version: 6,
        sql: """
            ALTER TABLE past_outcomes
                ADD COLUMN worker text,
                ADD COLUMN pipeline text COLLATE "C",
                ADD COLUMN sequencer text,
                ADD COLUMN event_time bigint,
                ADD COLUMN judged_at bigint,
                ADD COLUMN rules text,
                ADD COLUMN planned_bucket text,
                ADD COLUMN planned_key bytea,
                ADD COLUMN tagging_since bigint,
                ADD COLUMN user_metadata text,
                ADD COLUMN user_tags text,
                ADD COLUMN content_disposition text,
                ADD COLUMN last_modified bigint;
            CREATE TABLE chain (
                sequence bigint PRIMARY KEY,
                kind text COLLATE "C" NOT NULL,
                job text COLLATE "C",
                number bigint NOT NULL,
                at bigint NOT NULL,
                state text COLLATE "C",
                content bytea NOT NULL,
                hash bytea NOT NULL
            );
            CREATE INDEX chain_by_job ON chain (job, kind, number) WHERE job IS NOT NULL;
            CREATE INDEX chain_by_number ON chain (kind, number) WHERE job IS NULL;
            CREATE TABLE chain_gaps (
                first bigint NOT NULL,
                last bigint NOT NULL,
                hash bytea NOT NULL,
                statement bigint NOT NULL,
                PRIMARY KEY (statement, first)
            );
            CREATE INDEX chain_gaps_by_end ON chain_gaps (last);
            """,
        then: { (session) throws(PostgresFailure) in try session.beginChain(at: .now()) })
}
