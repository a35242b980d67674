import Domain

extension Connection {
    func precedence(of job: JobID, now: Timestamp) throws(LedgerError) -> Precedence {
        let overtaking = try first(Self.later, [.text(job.text)]) { $0.text(0).flatMap(JobID.init) ?? job }
        if let overtaking { return .overtaken(by: overtaking) }
        let earlier = try first(Self.earlier, [.text(job.text), .integer(now.milliseconds)]) { row in
            (job: row.text(0).flatMap(JobID.init) ?? job, until: Timestamp(milliseconds: row.integer(1)))
        }
        return earlier.map { .behind($0.job, until: $0.until) } ?? .free
    }

    /// As numbers sequencers differ in length: the longer is the greater, once zeros in front are gone.
    private static func rank(_ table: String) -> String {
        "length(ltrim(\(table).sequencer, '0')), upper(ltrim(\(table).sequencer, '0'))"
    }

    private static let rivals = """
        FROM jobs AS own JOIN jobs AS other
            ON other.key = own.key AND other.bucket = own.bucket AND other.number <> own.number
        WHERE own.id = ?1 AND own.verdict = 'clean' AND other.verdict = 'clean'
        """
    private static let later = """
        SELECT other.id \(rivals) AND (other.outcome IS NULL OR other.disposition = 'promoted')
            AND (\(rank("other"))) > (\(rank("own"))) LIMIT 1
        """
    private static let earlier = """
        SELECT other.id, other.claimed_until \(rivals) AND other.outcome IS NULL AND other.claimed_until > ?2
            AND (\(rank("other"))) < (\(rank("own"))) ORDER BY other.claimed_until DESC LIMIT 1
        """
}
