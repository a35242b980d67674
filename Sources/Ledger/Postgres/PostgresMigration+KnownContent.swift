extension PostgresMigration {
    /// The same column and indexes as step 11 in SQLite; and an index of open jobs, whose order the planner does not
    /// see in `jobs_by_outcome`.
    static let knownContent = PostgresMigration(
        version: 9,
        sql: """
            ALTER TABLE jobs ADD COLUMN reuse_key text COLLATE "C";
            UPDATE jobs SET reuse_key = 'recalled' WHERE id IN (SELECT job FROM audit_trail WHERE action = 'recall');
            CREATE INDEX jobs_by_content ON jobs (sha256, reuse_key, judged_at) WHERE reuse_key IS NOT NULL;
            CREATE INDEX jobs_by_type ON jobs
                ((left(coalesce(detected_type, declared_type), 128) COLLATE "C"), first_received_at, number)
                WHERE coalesce(detected_type, declared_type) IS NOT NULL;
            CREATE INDEX jobs_open ON jobs (first_received_at, number) WHERE outcome IS NULL;
            DROP INDEX jobs_with_reason;
            CREATE INDEX jobs_with_reason ON jobs (first_received_at, number)
                WHERE substr(lists, 1, 26) <> '{"findings":[],"limits":[]' OR error IS NOT NULL;
            """)
}
