import Domain

// What both databases keep in the same columns, and how a row of them is read.

extension Attempt {
    static let columns = "number, worker, started_at, ended_at, error"

    init(_ row: borrowing some LedgerRow & ~Copyable) {
        self.init(
            number: Int(row.integer(0)), worker: row.text(1) ?? "", startedAt: Timestamp(milliseconds: row.integer(2)),
            endedAt: row.optionalInteger(3).map { Timestamp(milliseconds: $0) }, error: row.text(4))
    }
}

extension AuditEntry {
    static let columns = "at, actor, action, subject, job, reason"

    init(_ row: borrowing some LedgerRow & ~Copyable) {
        self.init(
            at: Timestamp(milliseconds: row.integer(0)), actor: row.text(1) ?? "", action: row.text(2) ?? "",
            subject: row.text(3) ?? "", job: row.text(4).flatMap(JobID.init), reason: row.text(5) ?? "")
    }
}

extension UnreadableMessageRecord {
    static let columns = "message_id, reason, body, receive_count, first_seen_at, last_seen_at"

    init(_ row: borrowing some LedgerRow & ~Copyable) {
        self.init(
            message: UnreadableMessage(
                messageID: row.text(0) ?? "", reason: row.text(1) ?? "", body: row.text(2) ?? "",
                receiveCount: Int(row.integer(3))),
            firstSeenAt: Timestamp(milliseconds: row.integer(4)), lastSeenAt: Timestamp(milliseconds: row.integer(5)))
    }
}

extension ClaimToken {
    /// How an attempt ends whose worker fell silent.
    static let expiry = "the claim expired: its worker did not renew it"
}

extension Outcome {
    /// For `JobRow.endingColumns`.
    var ending: (error: String?, disposition: Disposition?, destination: Destination?) {
        switch self {
        case .settled(_, let disposition, let destination): (nil, disposition, destination)
        case .failed(let reason, _): (reason, nil, nil)
        case .gone, .superseded, .unmatched: (nil, nil, nil)
        }
    }
}

extension PastOutcome {
    /// A row of `JobRow.columns(endedIn: "past_outcomes")` as a record, and `reopened_at` after those columns.
    init(
        _ past: JobRecord, _ row: borrowing some LedgerRow & ~Copyable, _ operation: String
    ) throws(LedgerError) {
        guard let outcome = past.outcome, let finishedAt = past.finishedAt else {
            throw .corrupt(operation, "job \(past.job.id) has a past outcome that is none")
        }
        self.init(
            outcome: outcome, judgement: past.judgement, attemptCount: past.attemptCount, finishedAt: finishedAt,
            reopenedAt: Timestamp(milliseconds: row.integer(JobRow.columnCount)))
    }
}

extension LedgerSummary {
    // Each of these reads one index and no row.
    static let countingOutcomes = "SELECT outcome, count(*) FROM jobs GROUP BY outcome"
    static let countingVerdicts = "SELECT verdict, count(*) FROM jobs WHERE verdict IS NOT NULL GROUP BY verdict"
    static let countingUnreadable = "SELECT count(*) FROM unreadable_messages"

    /// How many rows have the word, or none.
    struct Count {
        let word: String?
        let count: Int

        init(_ row: borrowing some LedgerRow & ~Copyable) {
            word = row.text(0)
            count = Int(row.integer(1))
        }
    }

    /// What the three countings gave.
    init(
        outcomes: [Count], verdicts: [Count], unreadable: Int, _ operation: String
    ) throws(LedgerError) {
        self.init(unreadableMessages: unreadable)
        for counted in outcomes {
            guard let word = counted.word else {
                open = counted.count
                continue
            }
            guard let kind = Outcome.Kind(rawValue: word) else {
                throw .corrupt(operation, "there are jobs with the unknown outcome \"\(word)\"")
            }
            self.outcomes[kind] = counted.count
        }
        for counted in verdicts {
            guard let verdict = counted.word.flatMap(Verdict.init(rawValue:)) else {
                throw .corrupt(operation, "there are jobs with the unknown verdict \"\(counted.word ?? "")\"")
            }
            self.verdicts[verdict] = counted.count
        }
    }
}
