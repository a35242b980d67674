extension SQLiteMigration {
    static let all = [
        first, evidence, reopening, searches, order, lookups, quotas, reviews, chain, notices, inspections,
        knownContent,
    ]

    /// Times are milliseconds since 1970. Keys are blobs: S3 compares them byte by byte, and so do prefixes here.
    ///
    /// `jobs.attempts` is the number of the latest attempt, `worker` its worker; `claimed_until` is NULL if nobody
    /// holds a claim. Every list of jobs is in the order of `first_received_at`, so each index ends in it.
    private static let first = SQLiteMigration(
        version: 1,
        sql: """
            CREATE TABLE jobs (
                number INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                bucket TEXT NOT NULL,
                key BLOB NOT NULL,
                version_id TEXT,
                etag TEXT,
                size INTEGER,
                sequencer TEXT,
                event_name TEXT NOT NULL,
                event_time INTEGER,
                pipeline TEXT,
                first_received_at INTEGER NOT NULL,
                attempts INTEGER NOT NULL,
                worker TEXT NOT NULL,
                claimed_until INTEGER,
                verdict TEXT,
                lists TEXT,
                bytes_read INTEGER,
                sha256 TEXT,
                declared_type TEXT,
                detected_type TEXT,
                engine TEXT,
                signatures TEXT,
                scan_millis INTEGER,
                outcome TEXT,
                disposition TEXT,
                destination_bucket TEXT,
                destination_key BLOB,
                destination_version TEXT,
                finished_at INTEGER,
                error TEXT,
                CHECK ((outcome IS NULL) = (finished_at IS NULL)),
                CHECK (outcome IS NULL OR claimed_until IS NULL),
                CHECK (verdict IS NULL OR bytes_read IS NOT NULL),
                CHECK (outcome IS NOT 'settled' OR (verdict IS NOT NULL AND disposition IS NOT NULL)),
                CHECK ((destination_bucket IS NULL) = (destination_key IS NULL))
            ) STRICT;
            CREATE INDEX jobs_by_time ON jobs (first_received_at);
            CREATE INDEX jobs_by_bucket ON jobs (bucket, first_received_at);
            CREATE INDEX jobs_by_key ON jobs (key, first_received_at);
            CREATE INDEX jobs_by_outcome ON jobs (outcome, first_received_at);
            CREATE INDEX jobs_by_pipeline ON jobs (pipeline, first_received_at) WHERE pipeline IS NOT NULL;
            CREATE INDEX jobs_by_verdict ON jobs (verdict, first_received_at) WHERE verdict IS NOT NULL;

            CREATE TABLE attempts (
                job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
                number INTEGER NOT NULL,
                worker TEXT NOT NULL,
                started_at INTEGER NOT NULL,
                ended_at INTEGER,
                error TEXT,
                PRIMARY KEY (job, number)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE unreadable_messages (
                message_id TEXT PRIMARY KEY NOT NULL,
                reason TEXT NOT NULL,
                body TEXT NOT NULL,
                receive_count INTEGER NOT NULL,
                first_seen_at INTEGER NOT NULL,
                last_seen_at INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX unreadable_messages_by_time ON unreadable_messages (last_seen_at);

            CREATE TABLE audit_trail (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                at INTEGER NOT NULL,
                actor TEXT NOT NULL,
                action TEXT NOT NULL,
                subject TEXT NOT NULL,
                job TEXT,
                reason TEXT NOT NULL
            ) STRICT;
            CREATE INDEX audit_trail_by_job ON audit_trail (job) WHERE job IS NOT NULL;
            CREATE TRIGGER audit_trail_is_not_changed BEFORE UPDATE ON audit_trail
                BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
            CREATE TRIGGER audit_trail_is_not_deleted BEFORE DELETE ON audit_trail
                BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
            CREATE TRIGGER audit_trail_is_not_replaced BEFORE INSERT ON audit_trail
                WHEN EXISTS (SELECT 1 FROM audit_trail WHERE number = NEW.number)
                BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
            """)

    /// The full evidence of a verdict. Nearly all jobs share a few signature sets, so each set is a row of its own.
    ///
    /// `signature_sets.databases` is a JSON text, `{"databases":[{"name":…,"version":…,"built":…},…]}`; times are
    /// milliseconds, as everywhere.
    private static let evidence = SQLiteMigration(
        version: 2,
        sql: """
            CREATE TABLE signature_sets (
                number INTEGER PRIMARY KEY,
                databases TEXT NOT NULL UNIQUE
            ) STRICT;
            ALTER TABLE jobs ADD COLUMN signature_set INTEGER REFERENCES signature_sets (number);
            ALTER TABLE jobs ADD COLUMN method TEXT;
            ALTER TABLE jobs ADD COLUMN objects INTEGER;
            ALTER TABLE jobs ADD COLUMN deepest INTEGER;
            ALTER TABLE jobs ADD COLUMN recovered INTEGER;
            """)

    /// Jobs that are reopened after they ended, and stranded jobs.
    private static let reopening = SQLiteMigration(
        version: 3,
        sql: """
            ALTER TABLE jobs ADD COLUMN stranded_at INTEGER CHECK (stranded_at IS NULL OR outcome IS NULL);
            CREATE INDEX jobs_stranded ON jobs (first_received_at) WHERE stranded_at IS NOT NULL;
            CREATE TABLE past_outcomes (
                job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
                attempts INTEGER NOT NULL,
                verdict TEXT,
                lists TEXT,
                bytes_read INTEGER,
                sha256 TEXT,
                declared_type TEXT,
                detected_type TEXT,
                engine TEXT,
                signatures TEXT,
                scan_millis INTEGER,
                outcome TEXT NOT NULL,
                disposition TEXT,
                destination_bucket TEXT,
                destination_key BLOB,
                destination_version TEXT,
                finished_at INTEGER NOT NULL,
                error TEXT,
                method TEXT,
                objects INTEGER,
                deepest INTEGER,
                recovered INTEGER,
                signature_set INTEGER REFERENCES signature_sets (number),
                reopened_at INTEGER NOT NULL,
                PRIMARY KEY (job, attempts)
            ) STRICT, WITHOUT ROWID;
            """)

    /// Indexes for lists by properties that few jobs have.
    private static let searches = SQLiteMigration(
        version: 4,
        sql: """
            CREATE INDEX jobs_by_disposition ON jobs (disposition, first_received_at) WHERE disposition IS NOT NULL;
            CREATE INDEX jobs_by_signatures ON jobs (signature_set, first_received_at) WHERE signature_set IS NOT NULL;
            CREATE INDEX jobs_with_reason ON jobs (first_received_at) WHERE lists IS NOT NULL OR error IS NOT NULL;
            """)

    /// What a judgement was made under, where it moves the object, and what the event and the object said of the
    /// upload. Indexes that find the latest upload of a key among those to one location, whatever their number.
    ///
    /// `planned_bucket` and `planned_key` are the destination that was decided before the copy. `user_metadata` and
    /// `user_tags` are JSON objects of texts that the uploader chose.
    private static let order = SQLiteMigration(
        version: 5,
        sql: """
            ALTER TABLE jobs ADD COLUMN judged_at INTEGER;
            ALTER TABLE jobs ADD COLUMN rules TEXT;
            ALTER TABLE jobs ADD COLUMN planned_bucket TEXT;
            ALTER TABLE jobs ADD COLUMN planned_key BLOB;
            ALTER TABLE jobs ADD COLUMN tagging_since INTEGER;
            ALTER TABLE jobs ADD COLUMN principal TEXT;
            ALTER TABLE jobs ADD COLUMN source_ip TEXT;
            ALTER TABLE jobs ADD COLUMN request_id TEXT;
            ALTER TABLE jobs ADD COLUMN user_metadata TEXT;
            ALTER TABLE jobs ADD COLUMN user_tags TEXT;
            ALTER TABLE jobs ADD COLUMN content_disposition TEXT;
            ALTER TABLE jobs ADD COLUMN last_modified INTEGER;
            UPDATE jobs SET planned_bucket = destination_bucket, planned_key = destination_key
                WHERE destination_bucket IS NOT NULL;
            CREATE INDEX jobs_by_sequence ON jobs
                (key, bucket, planned_key, planned_bucket, length(ltrim(sequencer, '0')), upper(ltrim(sequencer, '0')))
                WHERE verdict = 'clean' AND (outcome IS NULL OR disposition = 'promoted') AND sequencer IS NOT NULL;
            CREATE INDEX jobs_by_upload ON jobs
                (key, bucket, planned_key, planned_bucket, sequencer IS NULL, coalesce(event_time, first_received_at))
                WHERE verdict = 'clean' AND (outcome IS NULL OR disposition = 'promoted');
            CREATE INDEX jobs_on_their_way ON jobs (key, bucket, claimed_until)
                WHERE verdict = 'clean' AND outcome IS NULL AND claimed_until IS NOT NULL;
            """)
}
