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

    /// What `jobs.reuse_key` holds of a job that found the same bytes infected under such a key.
    package static func infected(_ reuseKey: String) -> String { "infected:\(reuseKey)" }

    /// The SHA-256 of a job whose object was recalled; NULL for other jobs.
    static let sha256IfRecalled = "CASE reuse_key WHEN '\(recalled)' THEN sha256 END"

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
        let infected = reuseKeys.map(Self.infected)
        func names(from number: Int) -> String {
            reuseKeys.indices.map { "\(sign)\(number + $0)" }.joined(separator: ", ")
        }
        let sql = """
            SELECT \(JobColumn.selectList) FROM jobs
            WHERE sha256 = \(sign)1 AND reuse_key IN (\(names(from: 4))) AND judged_at BETWEEN \(sign)2 AND \(sign)3
                AND verdict = 'clean'
                AND NOT EXISTS (SELECT 1 FROM jobs AS other WHERE other.sha256 = \(sign)1
                    AND other.reuse_key IN ('\(Self.recalled)', \(names(from: 4 + reuseKeys.count))))
                AND NOT EXISTS (SELECT 1 FROM false_positives WHERE false_positives.sha256 = \(sign)1)
            ORDER BY judged_at DESC LIMIT 1
            """
        let times = [SQLValue(judged.lowerBound), SQLValue(judged.upperBound)]
        return (sql, [.text(sha256)] + times + (reuseKeys + infected).map { .text($0) })
    }
}
