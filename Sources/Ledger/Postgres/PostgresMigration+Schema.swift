extension PostgresMigration {
    static let all = [first, order, lookups, quotas, reviews, chain, notices, inspections, knownContent, reasons]

    /// The same tables and columns as in SQLite. Times are milliseconds since 1970. Keys are bytes: S3 compares them
    /// byte by byte, and so do prefixes here. Texts are equal if their bytes are.
    ///
    /// `jobs.attempts` is the number of the latest attempt, `worker` its worker; `claimed_until` is NULL if nobody
    /// holds a claim. Every list of jobs is in the order of `first_received_at` and `number`, so the indexes end in
    /// them.
    private static let first = PostgresMigration(
        version: 1,
        sql: """
            CREATE TABLE signature_sets (
                number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                databases text NOT NULL,
                EXCLUDE USING hash (databases WITH =)
            );

            CREATE TABLE jobs (
                number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                id text COLLATE "C" NOT NULL UNIQUE,
                bucket text COLLATE "C" NOT NULL,
                key bytea NOT NULL,
                version_id text,
                etag text,
                size bigint,
                sequencer text,
                event_name text NOT NULL,
                event_time bigint,
                pipeline text COLLATE "C",
                first_received_at bigint NOT NULL,
                worker text NOT NULL,
                claimed_until bigint,
                stranded_at bigint CHECK (stranded_at IS NULL OR outcome IS NULL),
                attempts bigint NOT NULL,
                verdict text COLLATE "C",
                lists text,
                bytes_read bigint,
                sha256 text,
                declared_type text,
                detected_type text,
                engine text,
                signatures text,
                scan_millis bigint,
                outcome text COLLATE "C",
                disposition text COLLATE "C",
                destination_bucket text,
                destination_key bytea,
                destination_version text,
                finished_at bigint,
                error text,
                method text,
                objects bigint,
                deepest bigint,
                recovered bigint,
                signature_set bigint REFERENCES signature_sets (number),
                CHECK ((outcome IS NULL) = (finished_at IS NULL)),
                CHECK (outcome IS NULL OR claimed_until IS NULL),
                CHECK (verdict IS NULL OR bytes_read IS NOT NULL),
                CHECK (outcome IS DISTINCT FROM 'settled' OR (verdict IS NOT NULL AND disposition IS NOT NULL)),
                CHECK ((destination_bucket IS NULL) = (destination_key IS NULL))
            );
            CREATE INDEX jobs_by_time ON jobs (first_received_at, number);
            CREATE INDEX jobs_by_bucket ON jobs (bucket, first_received_at, number);
            CREATE INDEX jobs_by_key ON jobs (key, first_received_at, number);
            CREATE INDEX jobs_by_outcome ON jobs (outcome, first_received_at, number);
            CREATE INDEX jobs_by_pipeline ON jobs (pipeline, first_received_at, number) WHERE pipeline IS NOT NULL;
            CREATE INDEX jobs_by_verdict ON jobs (verdict, first_received_at, number) WHERE verdict IS NOT NULL;
            CREATE INDEX jobs_by_disposition ON jobs (disposition, first_received_at, number)
                WHERE disposition IS NOT NULL;
            CREATE INDEX jobs_by_signatures ON jobs (signature_set, first_received_at) WHERE signature_set IS NOT NULL;
            CREATE INDEX jobs_with_reason ON jobs (first_received_at, number) WHERE lists IS NOT NULL OR error IS NOT NULL;
            CREATE INDEX jobs_stranded ON jobs (first_received_at, number) WHERE stranded_at IS NOT NULL;

            CREATE TABLE attempts (
                job bigint NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
                number bigint NOT NULL,
                worker text NOT NULL,
                started_at bigint NOT NULL,
                ended_at bigint,
                error text,
                PRIMARY KEY (job, number)
            );

            CREATE TABLE past_outcomes (
                job bigint NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
                attempts bigint NOT NULL,
                verdict text,
                lists text,
                bytes_read bigint,
                sha256 text,
                declared_type text,
                detected_type text,
                engine text,
                signatures text,
                scan_millis bigint,
                outcome text NOT NULL,
                disposition text,
                destination_bucket text,
                destination_key bytea,
                destination_version text,
                finished_at bigint NOT NULL,
                error text,
                method text,
                objects bigint,
                deepest bigint,
                recovered bigint,
                signature_set bigint REFERENCES signature_sets (number),
                reopened_at bigint NOT NULL,
                PRIMARY KEY (job, attempts)
            );

            CREATE TABLE unreadable_messages (
                message_id text COLLATE "C" PRIMARY KEY,
                reason text NOT NULL,
                body text NOT NULL,
                receive_count bigint NOT NULL,
                first_seen_at bigint NOT NULL,
                last_seen_at bigint NOT NULL
            );
            CREATE INDEX unreadable_messages_by_time ON unreadable_messages (last_seen_at DESC, message_id);

            CREATE TABLE audit_trail (
                number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                at bigint NOT NULL,
                actor text NOT NULL,
                action text NOT NULL,
                subject text NOT NULL,
                job text COLLATE "C",
                reason text NOT NULL
            );
            CREATE INDEX audit_trail_by_job ON audit_trail (job, number) WHERE job IS NOT NULL;
            CREATE FUNCTION audit_trail_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$;
            CREATE TRIGGER audit_trail_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_trail
                FOR EACH STATEMENT EXECUTE FUNCTION audit_trail_is_append_only();
            """)

    /// The same columns and indexes as step 5 in SQLite. A row of an index holds at most 2704 bytes, and two keys may
    /// be 2048, so their hash stands for them.
    private static let order = PostgresMigration(
        version: 2,
        sql: """
            ALTER TABLE jobs
                ADD COLUMN judged_at bigint,
                ADD COLUMN rules text,
                ADD COLUMN planned_bucket text,
                ADD COLUMN planned_key bytea,
                ADD COLUMN tagging_since bigint,
                ADD COLUMN principal text,
                ADD COLUMN source_ip text,
                ADD COLUMN request_id text,
                ADD COLUMN user_metadata text,
                ADD COLUMN user_tags text,
                ADD COLUMN content_disposition text,
                ADD COLUMN last_modified bigint;
            UPDATE jobs SET planned_bucket = destination_bucket, planned_key = destination_key
                WHERE destination_bucket IS NOT NULL;
            CREATE INDEX jobs_by_sequence ON jobs
                (sha256(key || coalesce(planned_key, ''::bytea)), bucket, coalesce(planned_bucket, ''),
                    length(ltrim(sequencer, '0')), (left(upper(ltrim(sequencer, '0')), 64) COLLATE "C"))
                WHERE verdict = 'clean' AND (outcome IS NULL OR disposition = 'promoted') AND sequencer IS NOT NULL;
            CREATE INDEX jobs_by_upload ON jobs
                (sha256(key || coalesce(planned_key, ''::bytea)), bucket, coalesce(planned_bucket, ''),
                    (CASE WHEN sequencer IS NULL THEN 1 ELSE 0 END), coalesce(event_time, first_received_at))
                WHERE verdict = 'clean' AND (outcome IS NULL OR disposition = 'promoted');
            CREATE INDEX jobs_on_their_way ON jobs (sha256(key || coalesce(planned_key, ''::bytea)), claimed_until)
                WHERE verdict = 'clean' AND outcome IS NULL AND claimed_until IS NOT NULL;
            """)
}
