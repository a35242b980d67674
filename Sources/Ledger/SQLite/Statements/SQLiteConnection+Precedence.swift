import Domain

extension SQLiteConnection {
    func precedence(of job: JobID, now: Timestamp) throws(LedgerError) -> Precedence {
        let others = try all(Self.otherUploads, [.text(job.text), SQLValue(now)]) { OtherUpload($0, of: job) }
        return Precedence(among: others, now: now)
    }

    func precedence(of job: JobID, movedTo location: ObjectLocation, now: Timestamp) throws(LedgerError) -> Precedence {
        let values = [.text(job.text), SQLValue(now), SQLValue(location.key), .text(location.bucket)]
        let others = try all(Self.otherUploadsOfRelease, values) { OtherUpload($0, of: job) }
        return Precedence(among: others, now: now)
    }

    /// Each look-up reads a few entries of one index, however many uploads the key has.
    static let otherUploads = otherUploads(
        planned: "planned_key, planned_bucket", of: "id = ?1 AND verdict = 'clean'")

    private static let otherUploadsOfRelease = otherUploads(
        planned: "?3 AS planned_key, ?4 AS planned_bucket", of: "id = ?1")

    private static func otherUploads(planned: String, of job: String) -> String {
        """
        WITH own AS (
            SELECT number, key, bucket, \(planned), sequencer,
                coalesce(event_time, first_received_at) AS uploaded_at
            FROM jobs WHERE \(job)
        ), others (number) AS (
            SELECT (SELECT number \(latest("jobs_by_sequence")) AND sequencer IS NOT NULL
                ORDER BY length(ltrim(sequencer, '0')) DESC, upper(ltrim(sequencer, '0')) DESC LIMIT 1)
            FROM own WHERE sequencer IS NOT NULL
            UNION SELECT (SELECT number \(latest("jobs_by_upload")) AND (sequencer IS NULL) = 1
                ORDER BY coalesce(event_time, first_received_at) DESC LIMIT 1) FROM own
            UNION SELECT (SELECT number \(latest("jobs_by_upload")) AND (sequencer IS NULL) = 0
                ORDER BY coalesce(event_time, first_received_at) DESC LIMIT 1) FROM own WHERE sequencer IS NULL
            UNION SELECT other.number FROM own JOIN jobs AS other INDEXED BY jobs_on_their_way
                ON \(isSamePlace("other")) AND other.claimed_until > ?2
            WHERE other.verdict = 'clean' AND other.outcome IS NULL AND other.claimed_until IS NOT NULL
            UNION \(ReviewStatements.releases("?2"))
        )
        SELECT own.sequencer, own.uploaded_at, jobs.id, jobs.sequencer,
            coalesce(jobs.event_time, jobs.first_received_at), \(ReviewStatements.claim(on: "jobs"))
        FROM others JOIN jobs ON jobs.number = others.number JOIN own ON own.number <> jobs.number
        """
    }

    private static func latest(_ index: String) -> String {
        """
        FROM jobs INDEXED BY \(index) WHERE \(isSamePlace("jobs")) AND verdict = 'clean'
            AND (outcome IS NULL OR disposition = 'promoted')
        """
    }

    /// A job whose destination is not on record matches jobs of the same kind.
    private static func isSamePlace(_ table: String) -> String {
        """
        \(table).key = own.key AND \(table).bucket = own.bucket
            AND \(table).planned_key IS own.planned_key AND \(table).planned_bucket IS own.planned_bucket
        """
    }
}
