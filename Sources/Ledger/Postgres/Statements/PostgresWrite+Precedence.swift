import Domain

extension PostgresWrite {
    /// Finds the other uploads of a job's key. It changes nothing, but shares a transaction with writes.
    static func precedence(of job: JobID, now: Timestamp) -> PostgresWrite {
        PostgresWrite("find other uploads of the key", of: job.text, isDurable: false) { _ in
            PostgresStatement(
                """
                (SELECT other.id, NULL::bigint \(cleanUploads) AND (other.outcome IS NULL OR other.disposition = 'promoted')
                    AND (\(rank("other"))) > (\(rank("own"))) LIMIT 1)
                UNION ALL
                (SELECT other.id, other.claimed_until \(cleanUploads) AND other.outcome IS NULL AND other.claimed_until > $2
                    AND (\(rank("other"))) < (\(rank("own"))) ORDER BY other.claimed_until DESC LIMIT 1)
                """, [.text(job.text), SQLValue(now)])
        }
    }

    private static let cleanUploads = """
        FROM jobs AS own JOIN jobs AS other
            ON other.key = own.key AND other.bucket = own.bucket AND other.number <> own.number
        WHERE own.id = $1 AND own.verdict = 'clean' AND other.verdict = 'clean'
        """

    /// Sequencers are hexadecimal numbers of different lengths: without leading zeros, the longer one is greater.
    private static func rank(_ table: String) -> String {
        #"length(ltrim(\#(table).sequencer, '0')), upper(ltrim(\#(table).sequencer, '0')) COLLATE "C""#
    }
}

extension Precedence {
    /// Reads the rows of `PostgresWrite.precedence`. A row without a time is a later upload, and decides.
    init(of job: JobID, _ uploads: PostgresResult) {
        self = .free
        for number in 0..<uploads.count {
            let row = uploads[number]
            let other = row.text(0).flatMap(JobID.init) ?? job
            guard let until = row.optionalInteger(1) else {
                self = .overtaken(by: other)
                return
            }
            self = .behind(other, until: Timestamp(milliseconds: until))
        }
    }
}
