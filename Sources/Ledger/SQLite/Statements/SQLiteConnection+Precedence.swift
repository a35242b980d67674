import Domain

extension SQLiteConnection {
    func precedence(of job: JobID, now: Timestamp) throws(LedgerError) -> Precedence {
        let later = try first(Self.later, [.text(job.text)]) { $0.text(0).flatMap(JobID.init) ?? job }
        if let later { return .overtaken(by: later) }
        let earlier = try first(Self.earlier, [.text(job.text), SQLValue(now)]) { row in
            (job: row.text(0).flatMap(JobID.init) ?? job, until: Timestamp(milliseconds: row.integer(1)))
        }
        return earlier.map { .behind($0.job, until: $0.until) } ?? .free
    }

    /// Sequencers are hexadecimal numbers of different lengths: without leading zeros, the longer one is greater.
    private static func rank(_ table: String) -> String {
        "length(ltrim(\(table).sequencer, '0')), upper(ltrim(\(table).sequencer, '0'))"
    }

    private static let cleanUploads = """
        FROM jobs AS own JOIN jobs AS other
            ON other.key = own.key AND other.bucket = own.bucket AND other.number <> own.number
        WHERE own.id = ?1 AND own.verdict = 'clean' AND other.verdict = 'clean'
        """
    private static let later = """
        SELECT other.id \(cleanUploads) AND (other.outcome IS NULL OR other.disposition = 'promoted')
            AND (\(rank("other"))) > (\(rank("own"))) LIMIT 1
        """
    private static let earlier = """
        SELECT other.id, other.claimed_until \(cleanUploads) AND other.outcome IS NULL AND other.claimed_until > ?2
            AND (\(rank("other"))) < (\(rank("own"))) ORDER BY other.claimed_until DESC LIMIT 1
        """
}
