package import Domain

/// How many quarantined objects wait for a person.
package struct ReviewSummary: Sendable, Equatable {
    package var pending: Int64 = 0
    package var held: Int64 = 0
    /// When the oldest pending object was received; nil if none is pending.
    package var oldestPending: Timestamp?

    package init(pending: Int64 = 0, held: Int64 = 0, oldestPending: Timestamp? = nil) {
        self.pending = pending
        self.held = held
        self.oldestPending = oldestPending
    }
}

extension LedgerConnection {
    func reviewSummary() throws(Failure) -> ReviewSummary {
        // Reads one index and no row.
        let rows = try storedRows(
            """
            SELECT review, count(*), min(first_received_at) FROM jobs WHERE review IN ('pending', 'held')
            GROUP BY review
            """, [])
        var summary = ReviewSummary()
        for row in rows {
            switch row.text(0).flatMap(ReviewState.init) {
            case .pending:
                summary.pending = row.integer(1)
                summary.oldestPending = Timestamp(milliseconds: row.integer(2))
            case .held: summary.held = row.integer(1)
            case .released, .deleted, .expired, nil: break
            }
        }
        return summary
    }
}
