import Domain
import Support

extension SQLiteMigration {
    /// The chain of hashes (`docs/LEDGER.md`), which begins with the rows that are there. A past outcome keeps all that
    /// a later attempt may change, so that its entry can be checked.
    static let chain = SQLiteMigration(
        version: 9,
        sql: """
            ALTER TABLE past_outcomes ADD COLUMN worker TEXT;
            ALTER TABLE past_outcomes ADD COLUMN pipeline TEXT;
            ALTER TABLE past_outcomes ADD COLUMN sequencer TEXT;
            ALTER TABLE past_outcomes ADD COLUMN event_time INTEGER;
            ALTER TABLE past_outcomes ADD COLUMN judged_at INTEGER;
            ALTER TABLE past_outcomes ADD COLUMN rules TEXT;
            ALTER TABLE past_outcomes ADD COLUMN planned_bucket TEXT;
            ALTER TABLE past_outcomes ADD COLUMN planned_key BLOB;
            ALTER TABLE past_outcomes ADD COLUMN tagging_since INTEGER;
            ALTER TABLE past_outcomes ADD COLUMN user_metadata TEXT;
            ALTER TABLE past_outcomes ADD COLUMN user_tags TEXT;
            ALTER TABLE past_outcomes ADD COLUMN content_disposition TEXT;
            ALTER TABLE past_outcomes ADD COLUMN last_modified INTEGER;
            CREATE TABLE chain (
                sequence INTEGER PRIMARY KEY,
                kind TEXT NOT NULL,
                job TEXT,
                number INTEGER NOT NULL,
                at INTEGER NOT NULL,
                state TEXT,
                content BLOB NOT NULL,
                hash BLOB NOT NULL
            ) STRICT;
            CREATE INDEX chain_by_job ON chain (job, kind, number) WHERE job IS NOT NULL;
            CREATE INDEX chain_by_number ON chain (kind, number) WHERE job IS NULL;
            CREATE TABLE chain_gaps (
                first INTEGER NOT NULL,
                last INTEGER NOT NULL,
                hash BLOB NOT NULL,
                statement INTEGER NOT NULL,
                PRIMARY KEY (statement, first)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX chain_gaps_by_end ON chain_gaps (last);
            """,
        then: { (connection) throws(LedgerError) in try connection.beginChain(at: .now()) })
}
