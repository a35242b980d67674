extension SQLiteMigration {
    /// Reviews of quarantined objects, and false positives. What is in quarantine already is pending.
    ///
    /// `reviews.place_…` is where a review moved the object, `target_…` where its work moves it; their index finds the
    /// releases to a location.
    static let reviews = SQLiteMigration(
        version: 8,
        sql: """
            ALTER TABLE jobs ADD COLUMN review TEXT;
            UPDATE jobs SET review = 'pending' WHERE disposition = 'quarantined';
            CREATE INDEX jobs_by_review ON jobs (review, first_received_at) WHERE review IS NOT NULL;
            CREATE INDEX jobs_by_principal ON jobs (principal, first_received_at) WHERE principal IS NOT NULL;
            CREATE TABLE reviews (
                job INTEGER PRIMARY KEY REFERENCES jobs (number) ON DELETE CASCADE,
                actor TEXT,
                changed_at INTEGER,
                reason TEXT,
                place_bucket TEXT,
                place_key BLOB,
                place_version TEXT,
                approved_by TEXT,
                approved_at INTEGER,
                approval_reason TEXT,
                work_count INTEGER NOT NULL,
                work TEXT,
                target_bucket TEXT,
                target_key BLOB,
                requested_by TEXT,
                requested_at INTEGER,
                request_reason TEXT,
                remembered_until INTEGER,
                worker TEXT,
                claimed_until INTEGER,
                CHECK ((work IS NULL) = (claimed_until IS NULL))
            ) STRICT;
            CREATE INDEX reviews_by_place ON reviews (place_key, place_bucket) WHERE place_key IS NOT NULL;
            CREATE INDEX reviews_by_target ON reviews (target_key, target_bucket) WHERE target_key IS NOT NULL;
            CREATE INDEX reviews_at_work ON reviews (claimed_until) WHERE work IS NOT NULL;
            CREATE TABLE review_notes (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
                at INTEGER NOT NULL,
                actor TEXT NOT NULL,
                text TEXT NOT NULL
            ) STRICT;
            CREATE INDEX review_notes_by_job ON review_notes (job);
            CREATE TABLE false_positives (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                sha256 TEXT NOT NULL,
                kind TEXT NOT NULL,
                finding TEXT NOT NULL,
                pipeline TEXT NOT NULL,
                job TEXT NOT NULL,
                actor TEXT NOT NULL,
                added_at INTEGER NOT NULL,
                reason TEXT NOT NULL,
                expires_at INTEGER NOT NULL,
                revoked_by TEXT,
                revoked_at INTEGER,
                revocation_reason TEXT
            ) STRICT;
            CREATE INDEX false_positives_by_sha256 ON false_positives (sha256, pipeline);
            """)
}
