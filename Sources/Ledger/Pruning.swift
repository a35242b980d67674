package import Domain
internal import Support

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
    /// Notices that were sent.
    package var notices = 0
    /// Where the next step begins; nil after the last one.
    package var next: PrunePosition?

    package init() {}
}

/// The last job that a pruning has looked at.
package struct PrunePosition: Sendable, Equatable {
    let receivedAt: Int64
    let number: Int64
}

/// The statements of a pruning, for both drivers. A job is received before it ends, so the order of receipt bounds the
/// search.
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

        init(_ row: StoredRow) {
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

/// A connection of either driver, as a pruning uses it.
protocol PruneConnection: LedgerConnection {
    /// Returns the condition that a number is among those of a parameter.
    static func isAmong(_ parameter: String) -> String
    static func list(_ numbers: [Int64]) -> SQLValue
    /// Returns the condition that `job` is among the jobs of a parameter.
    static func isJobAmong(_ parameter: String) -> String
    static func list(_ jobs: [String]) -> SQLValue
}

extension PruneConnection {
    /// Removes the jobs of a batch, with their attempts, past outcomes and entries of the chain; with the first batch,
    /// the records of unreadable messages, the notices that were sent and the counters of quotas too. A job that was
    /// reopened meanwhile stays, as do pending notices, the audit trail and the signature sets.
    func prune(_ scope: PruneScope, from position: PrunePosition?) throws(Failure) -> PruneBatch {
        var batch = PruneBatch()
        let time = SQLValue(scope.before)
        let candidates = try storedRows(
            PruneStatements.candidates(scope, Self.parameter(1), Self.parameter(2), Self.parameter(3)),
            [time] + PruneStatements.position(position)
        ).map { PruneStatements.Candidate($0) }
        batch.jobs = candidates.removed.count
        batch.next = candidates.next
        let old = "FROM unreadable_messages WHERE last_seen_at < \(Self.parameter(1))"
        let sent = "FROM notices WHERE sent_at < \(Self.parameter(1))"
        if position == nil {
            batch.unreadable = try storedRows("SELECT message_id \(old)", [time]).count
            batch.notices = try storedRows("SELECT number \(sent)", [time]).count
        }
        guard !scope.isDryRun else { return batch }
        if position == nil {
            try runEach([
                ("DELETE \(old)", [time]),
                ("DELETE \(sent)", [time]),
                ("DELETE FROM quota_uses WHERE start <= \(Self.parameter(1)) - period", [time]),
            ])
        }
        guard !candidates.removed.isEmpty else { return batch }
        let removed = try storedRows(
            """
            DELETE FROM jobs WHERE \(PruneStatements.condition(scope, Self.parameter(1)))
                AND \(Self.isAmong(Self.parameter(2))) RETURNING id
            """, [time, Self.list(candidates.removed)]
        ).compactMap { $0.text(0) }
        batch.jobs = removed.count
        if !removed.isEmpty {
            try pruneChain(
                of: removed.count, jobs: Self.list(removed), isAmong: Self.isJobAmong(Self.parameter(1)),
                at: Timestamp.now().milliseconds)
        }
        return batch
    }
}
