import Domain

extension LedgerSummary {
    // Each of these reads one index and no row.
    static let outcomeCounts = "SELECT outcome, count(*) FROM jobs GROUP BY outcome"
    static let verdictCounts = "SELECT verdict, count(*) FROM jobs WHERE verdict IS NOT NULL GROUP BY verdict"
    static let unreadableCount = "SELECT count(*) FROM unreadable_messages"

    /// The number of rows that have a value.
    struct Count {
        /// Nil for NULL.
        let value: String?
        let count: Int

        init(_ row: borrowing some LedgerRow & ~Copyable) {
            value = row.text(0)
            count = Int(row.integer(1))
        }
    }

    /// - Parameters:
    ///   - outcomes: the rows of `outcomeCounts`.
    ///   - verdicts: the rows of `verdictCounts`.
    init(
        outcomes: [Count], verdicts: [Count], unreadable: Int, _ operation: String
    ) throws(LedgerError) {
        self.init(unreadableMessages: unreadable)
        for row in outcomes {
            guard let value = row.value else {
                open = row.count
                continue
            }
            guard let kind = Outcome.Kind(rawValue: value) else {
                throw .corrupt(operation, "there are jobs with the unknown outcome \"\(value)\"")
            }
            self.outcomes[kind] = row.count
        }
        for row in verdicts {
            guard let verdict = row.value.flatMap(Verdict.init(rawValue:)) else {
                throw .corrupt(operation, "there are jobs with the unknown verdict \"\(row.value ?? "")\"")
            }
            self.verdicts[verdict] = row.count
        }
    }
}
