extension SQLiteMigration {
    /// What the judgement of a job may be reused under, and `recalled` for a job whose object was. An index for lists
    /// by type; and a smaller one of the jobs with a reason, without those that have forms alone, as nearly every job.
    static let knownContent = SQLiteMigration(
        version: 12,
        sql: """
            ALTER TABLE jobs ADD COLUMN reuse_key TEXT;
            UPDATE jobs SET reuse_key = 'recalled' WHERE id IN (SELECT job FROM audit_trail WHERE action = 'recall');
            CREATE INDEX jobs_by_content ON jobs (sha256, reuse_key, judged_at) WHERE reuse_key IS NOT NULL;
            CREATE INDEX jobs_by_type ON jobs (coalesce(detected_type, declared_type), first_received_at)
                WHERE coalesce(detected_type, declared_type) IS NOT NULL;
            DROP INDEX jobs_with_reason;
            CREATE INDEX jobs_with_reason ON jobs (first_received_at)
                WHERE substr(lists, 1, 26) <> '{"findings":[],"limits":[]' OR error IS NOT NULL;
            """)
}
