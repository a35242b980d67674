extension PostgresMigration {
    /// The same tables, columns and indexes as step 8 in SQLite.
    static let reviews = PostgresMigration(
        version: 5,
        sql: """
            ALTER TABLE jobs ADD COLUMN review text COLLATE "C";
            UPDATE jobs SET review = 'pending' WHERE disposition = 'quarantined';
            CREATE INDEX jobs_by_review ON jobs (review, first_received_at, number) WHERE review IS NOT NULL;
            CREATE INDEX jobs_by_principal ON jobs (left(principal, 256), first_received_at, number)
                WHERE principal IS NOT NULL;
            CREATE TABLE reviews (
                job bigint PRIMARY KEY REFERENCES jobs (number) ON DELETE CASCADE,
                actor text,
                changed_at bigint,
                reason text,
                place_bucket text,
                place_key bytea,
                place_version text,
                approved_by text,
                approved_at bigint,
                approval_reason text,
                work_count bigint NOT NULL,
                work text,
                target_bucket text,
                target_key bytea,
                requested_by text,
                requested_at bigint,
                request_reason text,
                remembered_until bigint,
                worker text,
                claimed_until bigint,
                CHECK ((work IS NULL) = (claimed_until IS NULL))
            );
            CREATE INDEX reviews_by_place ON reviews (place_key, place_bucket) WHERE place_key IS NOT NULL;
            CREATE INDEX reviews_by_target ON reviews (target_key, target_bucket) WHERE target_key IS NOT NULL;
            CREATE INDEX reviews_at_work ON reviews (claimed_until) WHERE work IS NOT NULL;
            CREATE TABLE review_notes (
                number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                job bigint NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
                at bigint NOT NULL,
                actor text NOT NULL,
                text text NOT NULL
            );
            CREATE INDEX review_notes_by_job ON review_notes (job, number);
            CREATE TABLE false_positives (
                number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                sha256 text COLLATE "C" NOT NULL,
                kind text NOT NULL,
                finding text NOT NULL,
                pipeline text COLLATE "C" NOT NULL,
                job text NOT NULL,
                actor text NOT NULL,
                added_at bigint NOT NULL,
                reason text NOT NULL,
                expires_at bigint NOT NULL,
                revoked_by text,
                revoked_at bigint,
                revocation_reason text
            );
            CREATE INDEX false_positives_by_sha256 ON false_positives (sha256, pipeline);
            """)
}
