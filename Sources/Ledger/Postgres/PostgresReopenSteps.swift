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
        let values: [PostgresValue] = [.integer(number), .integer(entry.at.milliseconds)]
        let note = PostgresWrite.audit(entry).statement(nil)
        guard known.outcome != nil else {
            _ = try run([
                note,
                PostgresStatement(
                    "UPDATE jobs SET stranded_at = coalesce(stranded_at, $2) WHERE number = $1", values),
            ])
            return .open
        }
        let columns = JobRow.endColumns.joined(separator: ", ")
        _ = try run([
            note,
            PostgresStatement(
                """
                INSERT INTO past_outcomes (job, reopened_at, \(columns))
                SELECT number, $2, \(columns) FROM jobs WHERE number = $1
                """, values),
            PostgresStatement(
                "UPDATE jobs SET \(JobRow.opening(keepingJudgement: keepingJudgement, at: "$2")) WHERE number = $1",
                values),
        ])
        return .reopened
    }

    func history(of number: Int64) throws(PostgresFailure) -> [PastOutcome] {
        try all(
            """
            SELECT \(JobRow.columns(endedIn: "past_outcomes")), reopened_at
            FROM past_outcomes JOIN jobs ON jobs.number = past_outcomes.job
            WHERE job = $1 ORDER BY past_outcomes.attempts
            """, [.integer(number)]
        ) { (row) throws(PostgresFailure) in
            let past = try record(row)
            return try refusing { () throws(LedgerError) in try PastOutcome(past, row, operation) }
        }
    }
}
