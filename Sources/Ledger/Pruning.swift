package import Domain

/// The jobs that a pruning removes: those that ended before a time.
package struct PruneScope: Sendable, Equatable {
    package let before: Timestamp
    /// Whether the jobs of quarantined objects stay, whatever their age.
    package let keepsQuarantined: Bool
    /// Whether they are only counted.
    package let isDryRun: Bool

    package init(before: Timestamp, keepsQuarantined: Bool, isDryRun: Bool) {
        self.before = before
        self.keepsQuarantined = keepsQuarantined
        self.isDryRun = isDryRun
    }
}

/// What one step of a pruning has removed.
package struct PruneBatch: Sendable, Equatable {
    package var jobs = 0
    /// Records of unreadable messages.
    package var unreadable = 0
    /// Where the next step begins; nil after the last one.
    package var next: PrunePosition?

    package init() {}
}

/// The last job that a pruning has looked at.
package struct PrunePosition: Sendable, Equatable {
    let receivedAt: Int64
    let number: Int64
}

/// The statements of a pruning. A job is received before it ends, so the order of receipt bounds the search.
enum PruneStatements {
    /// How many jobs a step looks at: it is one transaction, for which other writes wait.
    static let batchSize = 500

    /// - Parameters:
    ///   - time: the parameter that holds the time.
    ///   - receivedAt: the parameters of the position.
    static func candidates(_ scope: PruneScope, _ time: String, _ receivedAt: String, _ number: String) -> String {
        """
        SELECT first_received_at, number, CASE WHEN \(condition(scope, time)) THEN 1 ELSE 0 END FROM jobs
        WHERE first_received_at < \(time) AND (first_received_at, number) > (\(receivedAt), \(number))
        ORDER BY first_received_at, number LIMIT \(batchSize)
        """
    }

    static func condition(_ scope: PruneScope, _ time: String) -> String {
        // A promoted object may have been recalled into quarantine; one that was released or deleted is not there.
        let kept = scope.keepsQuarantined ? " AND (review IS NULL OR review NOT IN ('pending', 'held'))" : ""
        return "outcome IS NOT NULL AND finished_at < \(time)\(kept)"
    }

    /// A row of `candidates`.
    struct Candidate {
        let position: PrunePosition
        let isRemoved: Bool

        init(_ row: borrowing some LedgerRow & ~Copyable) {
            position = PrunePosition(receivedAt: row.integer(0), number: row.integer(1))
            isRemoved = row.integer(2) == 1
        }
    }

    static func position(_ position: PrunePosition?) -> [SQLValue] {
        [.integer(position?.receivedAt ?? .min), .integer(position?.number ?? .min)]
    }
}

extension [PruneStatements.Candidate] {
    var removed: [Int64] { filter(\.isRemoved).map(\.position.number) }

    /// The position of the last one; nil if there are no more.
    var next: PrunePosition? { count < PruneStatements.batchSize ? nil : last?.position }
}
