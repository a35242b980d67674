import Domain

extension PostgresWrite {
    /// Asks how other uploads of the key stand to a job. It changes nothing, but goes along with what does.
    static func precedence(of job: JobID, now: Timestamp) -> PostgresWrite {
        PostgresWrite("look for other uploads of the key", of: job.text, isDurable: false) { _ in
            PostgresStatement(
                """
                (SELECT other.id, NULL::bigint \(rivals) AND (other.outcome IS NULL OR other.disposition = 'promoted')
                    AND (\(rank("other"))) > (\(rank("own"))) LIMIT 1)
                UNION ALL
                (SELECT other.id, other.claimed_until \(rivals) AND other.outcome IS NULL AND other.claimed_until > $2
                    AND (\(rank("other"))) < (\(rank("own"))) ORDER BY other.claimed_until DESC LIMIT 1)
                """, [.text(job.text), .integer(now.milliseconds)])
        }
    }

    private static let rivals = """
        FROM jobs AS own JOIN jobs AS other
            ON other.key = own.key AND other.bucket = own.bucket AND other.number <> own.number
        WHERE own.id = $1 AND own.verdict = 'clean' AND other.verdict = 'clean'
        """

    /// As numbers sequencers differ in length: the longer is the greater, once zeros in front are gone.
    private static func rank(_ table: String) -> String {
        #"length(ltrim(\#(table).sequencer, '0')), upper(ltrim(\#(table).sequencer, '0')) COLLATE "C""#
    }
}

extension Precedence {
    /// What the rows of `PostgresWrite.precedence` say: one without a time is of a later upload, and outweighs the other.
    init(of job: JobID, _ rivals: PostgresResult) {
        self = .free
        for number in 0..<rivals.count {
            let row = rivals[number]
            let rival = row.text(0).flatMap(JobID.init) ?? job
            guard let until = row.optionalInteger(1) else {
                self = .overtaken(by: rival)
                return
            }
            self = .behind(rival, until: Timestamp(milliseconds: until))
        }
    }
}
