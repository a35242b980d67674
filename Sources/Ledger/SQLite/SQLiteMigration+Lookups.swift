extension SQLiteMigration {
    /// Indexes that find the latest job of one object version, and all objects with the same bytes, whatever their
    /// number.
    static let lookups = SQLiteMigration(
        version: 6,
        sql: """
            CREATE INDEX jobs_by_sha256 ON jobs (sha256, first_received_at) WHERE sha256 IS NOT NULL;
            CREATE INDEX jobs_by_version ON jobs (key, bucket, version_id, coalesce(event_time, first_received_at))
                WHERE version_id IS NOT NULL;
            CREATE INDEX jobs_by_etag ON jobs (key, bucket, etag, coalesce(event_time, first_received_at))
                WHERE version_id IS NULL;
            """)
}
