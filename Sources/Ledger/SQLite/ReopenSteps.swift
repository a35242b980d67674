import Domain

extension Connection {
    func reopen(
        _ id: JobID, if condition: ReopenCondition, keepingJudgement: Bool, _ entry: AuditEntry
    ) throws(LedgerError) -> ReopenResult {
        guard let (number, known) = try row(of: id) else { return .unknown }
        if let holder = known.heldBy, let expiry = known.heldUntil, expiry > entry.at {
            return .held(by: holder, until: expiry)
        }
        if let outcome = known.outcome, !condition.allowsReopening(endedBy: known.attemptCount) {
            return .ended(outcome.kind)
        }
        try audit(entry)
        let time = SQLiteValue.integer(entry.at.milliseconds)
        guard known.outcome != nil else {
            try run(
                "UPDATE jobs SET stranded_at = coalesce(stranded_at, ?2) WHERE number = ?1", [.integer(number), time])
            return .open
        }
        try run(
            """
            INSERT INTO past_outcomes (job, reopened_at, \(JobRow.endColumns.joined(separator: ", ")))
            SELECT number, ?2, \(JobRow.endColumns.joined(separator: ", ")) FROM jobs WHERE number = ?1
            """, [.integer(number), time])
        try run(
            "UPDATE jobs SET \(JobRow.opening(keepingJudgement: keepingJudgement, at: "?2")) WHERE number = ?1",
            [.integer(number), time])
        return .reopened
    }

    func history(of number: Int64) throws(LedgerError) -> [PastOutcome] {
        try all(
            """
            SELECT \(JobRow.columns(endedIn: "past_outcomes")), reopened_at
            FROM past_outcomes JOIN jobs ON jobs.number = past_outcomes.job
            WHERE job = ?1 ORDER BY past_outcomes.attempts
            """, [.integer(number)]
        ) { (row) throws(LedgerError) in
            try PastOutcome(try JobRow.record(row, &sets, operation), row, operation)
        }
    }
}
