package import Domain

/// The question whether a job has found the same bytes clean, so that they need no second scan.
package struct KnownContentQuery: Sendable, Equatable {
    /// Of all bytes, in lowercase hexadecimal.
    package let sha256: String
    /// One of them is in the `JudgementBasis` of the job that may vouch.
    package let reuseKeys: [String]
    /// When the job was judged.
    package let judged: ClosedRange<Timestamp>

    package init(sha256: String, reuseKeys: [String], judged: ClosedRange<Timestamp>) {
        self.sha256 = sha256
        self.reuseKeys = reuseKeys
        self.judged = judged
    }

    /// What `jobs.reuse_key` holds once a person has recalled the job's object.
    static let recalled = "recalled"

    /// What `jobs.reuse_key` holds of a job that found its object infected, under whatever rules and signatures.
    package static let infected = "infected"
    private static let marks = "('\(recalled)', '\(infected)')"

    /// The SHA-256 of a job whose object was recalled or infected; NULL for other jobs.
    static let sha256IfMarked = "CASE WHEN reuse_key IN \(marks) THEN sha256 END"

    /// Whether a change of a review has begun to recall an object.
    static func recalls(_ result: ReviewResult) -> Bool {
        if case .begun(_, let work, _) = result { work.kind == .recall } else { false }
    }

    /// Marks the bytes of a recalled object; its job's number is the first parameter.
    static func recall(_ sign: Character) -> String {
        "UPDATE jobs SET reuse_key = '\(recalled)' WHERE number = \(sign)1"
    }

    /// The statement for the query, and its values: one row or none.
    ///
    /// - Parameter sign: opens the name of a parameter.
    func select(_ sign: Character) -> (sql: String, values: [SQLValue]) {
        let keys = reuseKeys.indices.map { "\(sign)\(4 + $0)" }.joined(separator: ", ")
        let sql = """
            SELECT \(JobColumn.selectList) FROM jobs
            WHERE sha256 = \(sign)1 AND reuse_key IN (\(keys)) AND judged_at BETWEEN \(sign)2 AND \(sign)3
                AND verdict = 'clean'
                AND NOT EXISTS (SELECT 1 FROM jobs AS other
                    WHERE other.sha256 = \(sign)1 AND other.reuse_key IN \(Self.marks))
                AND NOT EXISTS (SELECT 1 FROM false_positives WHERE false_positives.sha256 = \(sign)1)
            ORDER BY judged_at DESC LIMIT 1
            """
        let times = [SQLValue(judged.lowerBound), SQLValue(judged.upperBound)]
        return (sql, [.text(sha256)] + times + reuseKeys.map { .text($0) })
    }
}
