import Domain

extension Connection {
    func reopen(
        _ id: JobID, known ending: KnownEnding, keepingJudgement: Bool, _ entry: AuditEntry
    ) throws(LedgerError) -> Reopening {
        guard let (number, known) = try row(of: id) else { return .unknown }
        if let holder = known.heldBy, let expiry = known.heldUntil, expiry > entry.at {
            return .held(by: holder, until: expiry)
        }
        if let outcome = known.outcome, !ending.isOf(attempt: known.attemptCount) { return .ended(outcome.kind) }
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
            "UPDATE jobs SET \(keepingJudgement ? Self.openedJudged : Self.opened) WHERE number = ?1",
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
            let past = try JobRow.record(row, &sets, operation)
            guard let outcome = past.outcome, let finishedAt = past.finishedAt else {
                throw .corrupt(operation, "job \(past.job.id) has a past outcome that is none")
            }
            return PastOutcome(
                outcome: outcome, judgement: past.judgement, attemptCount: past.attemptCount, finishedAt: finishedAt,
                reopenedAt: Timestamp(milliseconds: row.integer(JobRow.columnCount)))
        }
    }

    private static let openedJudged = """
        outcome = NULL, disposition = NULL, destination_bucket = NULL, destination_key = NULL,
        destination_version = NULL, finished_at = NULL, error = NULL, stranded_at = ?2
        """
    private static let opened =
        openedJudged + """
            , verdict = NULL, lists = NULL, bytes_read = NULL, sha256 = NULL, declared_type = NULL, detected_type = NULL,
            engine = NULL, signatures = NULL, scan_millis = NULL, method = NULL, objects = NULL, deepest = NULL,
            recovered = NULL, signature_set = NULL
            """
}
