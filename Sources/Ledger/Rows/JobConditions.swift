import Domain

/// Parts of searches for jobs that both drivers share.
enum JobConditions {
    /// When the latest claim expires or expired, or when it was released.
    static let lastClaim = """
        coalesce(claimed_until,
            (SELECT ended_at FROM attempts WHERE attempts.job = jobs.number AND attempts.number = jobs.attempts))
        """

    /// One verdict keeps an index in its order; the words are ours.
    static func verdicts(_ verdicts: [Verdict]) -> String {
        let words = verdicts.map { "'\($0.rawValue)'" }
        return words.count == 1 ? "verdict = \(words[0])" : "verdict IN (\(words.joined(separator: ", ")))"
    }

    /// The words are ours.
    static func reviews(_ states: [ReviewState]) -> String {
        let words = states.map { "'\($0.rawValue)'" }
        return words.count == 1 ? "review = \(words[0])" : "review IN (\(words.joined(separator: ", ")))"
    }

    /// That a job's object was not inspected again, or only with some signature sets.
    ///
    /// - Parameter sets: what follows the number of the set.
    static func isInspected(only sets: String) -> String {
        """
        NOT EXISTS (SELECT 1 FROM inspections
            WHERE inspections.job = jobs.number AND NOT inspections.signature_set \(sets))
        """
    }

    /// The detected type, or the declared one.
    static let typeColumn = "coalesce(detected_type, declared_type)"

    /// The first bytes after all that start with `prefix`. The prefix is UTF-8 and so holds no 0xFF.
    static func successor(of prefix: [UInt8]) -> [UInt8] {
        var next = prefix
        next[next.count - 1] += 1
        return next
    }
}
