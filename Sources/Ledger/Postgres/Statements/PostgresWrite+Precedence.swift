import Domain

extension PostgresWrite {
    /// Finds the other uploads of a job's key. It changes nothing, but shares a transaction with writes.
    static func precedence(of job: JobID, now: Timestamp) -> PostgresWrite {
        PostgresWrite("find other uploads of the key", of: job.text, isDurable: false) { _ in
            PostgresStatement(otherUploads, [.text(job.text), SQLValue(now)])
        }
    }

    static func precedence(of job: JobID, movedTo location: ObjectLocation, now: Timestamp) -> PostgresWrite {
        let values = [.text(job.text), SQLValue(now), SQLValue(location.key), .text(location.bucket)]
        return PostgresWrite("find other uploads of the key", of: job.text, isDurable: false) { _ in
            PostgresStatement(otherUploadsOfRelease, values)
        }
    }

    /// Each look-up reads a few entries of one index, however many uploads the key has. That must hold in a new ledger
    /// too, whose statements are planned for empty tables: a sub-select with an offset is planned by itself, for
    /// the row that it is made for; a condition on an expression leads to no index; an order leads to its index.
    static let otherUploads = otherUploads(
        planned: "planned_key, planned_bucket", of: "id = $1 AND verdict || '' = 'clean'")

    private static let otherUploadsOfRelease = otherUploads(
        planned: "$3::bytea AS planned_key, $4::text AS planned_bucket", of: "id = $1")

    private static func otherUploads(planned: String, of job: String) -> String {
        """
        WITH own AS (
            SELECT number, key, bucket, \(planned), sequencer,
                coalesce(event_time, first_received_at) AS uploaded_at
            FROM jobs WHERE \(job)
        ), others (number) AS (
            SELECT (SELECT number \(latest) AND sequencer IS NOT NULL
                ORDER BY length(ltrim(sequencer, '0')) DESC, left(upper(ltrim(sequencer, '0')), 64) COLLATE "C" DESC
                LIMIT 1)
            FROM own WHERE sequencer IS NOT NULL
            UNION SELECT (SELECT number \(latest) AND CASE WHEN sequencer IS NULL THEN 1 ELSE 0 END = 1
                ORDER BY coalesce(event_time, first_received_at) DESC LIMIT 1) FROM own
            UNION SELECT (SELECT number \(latest) AND CASE WHEN sequencer IS NULL THEN 1 ELSE 0 END = 0
                ORDER BY coalesce(event_time, first_received_at) DESC LIMIT 1) FROM own WHERE sequencer IS NULL
            UNION SELECT other.number FROM own, LATERAL (SELECT number FROM jobs
                WHERE \(isSamePlace) AND jobs.claimed_until > $2
                    AND jobs.verdict = 'clean' AND jobs.outcome IS NULL AND jobs.claimed_until IS NOT NULL
                ORDER BY jobs.claimed_until OFFSET 0) AS other
            UNION \(releases(
                "target_key = own.planned_key AND target_bucket = own.planned_bucket",
                "AND work = 'release' AND claimed_until > $2"))
            UNION \(releases(
                "place_key = own.planned_key AND place_bucket = own.planned_bucket", of: "WHERE review = 'released'"))
        )
        SELECT own.sequencer, own.uploaded_at, other.id, other.sequencer, other.uploaded_at, other.claimed_until
        FROM own, others, LATERAL (
            SELECT number, id, sequencer, coalesce(event_time, first_received_at) AS uploaded_at,
                \(ReviewStatements.claim(on: "jobs")) AS claimed_until
            FROM jobs WHERE number = others.number AND number <> own.number OFFSET 0) AS other
        """
    }

    /// The releases to the place of `own`, made or under way, of the same key.
    ///
    /// - Parameters:
    ///   - place: the condition on a review's place.
    ///   - state: a further condition on the review.
    ///   - job: the condition on its job.
    private static func releases(_ place: String, _ state: String = "", of job: String = "") -> String {
        """
        SELECT other.number FROM own,
            LATERAL (SELECT job FROM reviews WHERE \(place) \(state) OFFSET 0) AS claimed,
            LATERAL (SELECT number, review FROM jobs WHERE number = claimed.job
                AND key || ''::bytea = own.key AND bucket || '' = own.bucket OFFSET 0) AS other
        \(job)
        """
    }

    private static let latest = """
        FROM jobs WHERE \(isSamePlace)
            AND jobs.bucket = own.bucket AND coalesce(jobs.planned_bucket, '') = coalesce(own.planned_bucket, '')
            AND jobs.verdict = 'clean' AND (jobs.outcome IS NULL OR jobs.disposition = 'promoted')
        """

    /// The hash finds the rows in the index, and the columns decide. As expressions they can't lead the planner to the
    /// index of keys, in which a key has all its uploads.
    private static let isSamePlace = """
        sha256(jobs.key || coalesce(jobs.planned_key, ''::bytea)) = sha256(own.key || coalesce(own.planned_key, ''::bytea))
            AND jobs.key || ''::bytea = own.key AND jobs.bucket || '' = own.bucket
            AND jobs.planned_key IS NOT DISTINCT FROM own.planned_key
            AND jobs.planned_bucket IS NOT DISTINCT FROM own.planned_bucket
        """
}

extension Precedence {
    /// Reads the rows of `PostgresWrite.precedence`.
    init(of job: JobID, _ uploads: PostgresResult, now: Timestamp) {
        self.init(among: (0..<uploads.count).map { OtherUpload(uploads[$0], of: job) }, now: now)
    }
}
