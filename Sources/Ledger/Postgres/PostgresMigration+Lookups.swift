extension PostgresMigration {
    /// The same indexes as step 6 in SQLite. A row of an index holds at most 2704 bytes, so the hash of the key and the
    /// start of what a store named stand for them.
    static let lookups = PostgresMigration(
        version: 3,
        sql: """
            CREATE INDEX jobs_by_sha256 ON jobs (sha256, first_received_at, number) WHERE sha256 IS NOT NULL;
            CREATE INDEX jobs_by_version ON jobs
                (sha256(key), bucket, left(version_id, 128), coalesce(event_time, first_received_at), number)
                WHERE version_id IS NOT NULL;
            CREATE INDEX jobs_by_etag ON jobs
                (sha256(key), bucket, left(etag, 128), coalesce(event_time, first_received_at), number)
                WHERE version_id IS NULL;
            """)
}
