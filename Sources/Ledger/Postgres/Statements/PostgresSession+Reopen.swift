import Domain

extension PostgresSession {
    func reopen(
        _ id: JobID, if condition: ReopenCondition, keepingJudgement: Bool, _ entry: AuditEntry
    ) throws(PostgresFailure) -> ReopenResult {
        guard let (number, known) = try lockedRow(of: id) else { return .unknown }
        if let holder = known.heldBy, let expiry = known.heldUntil, expiry > entry.at {
            return .held(by: holder, until: expiry)
        }
        if let outcome = known.outcome, !condition.allowsReopening(endedBy: known.attemptCount) {
            return .ended(outcome.kind)
        }
        // The same call again, whose first answer was lost.
        if known.outcome == nil, known.strandedAt != nil, try auditTrail(of: id, limit: 1) == [entry] { return .open }
        let values: [SQLValue] = [.integer(number), SQLValue(entry.at)]
        guard known.outcome != nil else {
            try run("UPDATE jobs SET stranded_at = coalesce(stranded_at, $2) WHERE number = $1", values)
            try append(insert(entry))
            return .open
        }
        let columns = JobColumn.past.list
        _ = try run([
            PostgresStatement(
                """
                INSERT INTO past_outcomes (job, reopened_at, \(columns))
                SELECT number, $2, \(columns) FROM jobs WHERE number = $1
                """, values),
            PostgresStatement(
                "UPDATE jobs SET \(JobColumn.reopening(keepingJudgement: keepingJudgement, at: "$2")) WHERE number = $1",
                values),
        ])
        try append(insert(entry))
        return .reopened
    }

    /// The outcomes of a job before it was reopened, the earliest first.
    func history(of number: Int64) throws(PostgresFailure) -> [PastOutcome] {
        try all(
            """
            SELECT \(PastOutcome.selectList) FROM past_outcomes JOIN jobs ON jobs.number = past_outcomes.job
            WHERE job = $1 ORDER BY past_outcomes.attempts
            """, [.integer(number)]
        ) { (row) throws(PostgresFailure) in
            try asPostgresFailure { () throws(LedgerError) in try PastOutcome(row, &sets, operation) }
        }
    }
}
