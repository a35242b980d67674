import Domain

extension PostgresSession {
    /// Counts a job once. Callers that share a counter wait for each other: each locks its job, then the counters in
    /// the order of `QuotaCharge.periods`, so that they can't deadlock.
    func charge(_ charge: QuotaCharge, for claim: ClaimToken) throws(PostgresFailure) -> QuotaAnswer {
        let held: [SQLValue] = [.text(claim.job.text), SQLValue(claim.attempt), .text(claim.worker)]
        let found = try first(
            """
            SELECT is_counted FROM jobs
            WHERE id = $1 AND attempts = $2 AND worker = $3 AND claimed_until IS NOT NULL FOR NO KEY UPDATE
            """, held
        ) { $0.optionalInteger(0) != nil }
        guard let isCounted = found else { throw .ledger(.claimLost(claim, operation)) }
        if isCounted { return .within }
        for period in charge.periods {
            let values = period.values(of: charge)
            try run(
                """
                INSERT INTO quota_uses (pipeline, subject, period, start, used) VALUES ($1, $2, $3, $4, 0)
                ON CONFLICT DO NOTHING
                """, values)
            let used = try first(
                """
                SELECT used FROM quota_uses WHERE pipeline = $1 AND subject = $2 AND period = $3 AND start = $4
                FOR NO KEY UPDATE
                """, values
            ) { $0.integer(0) }
            if period.isExceeded(by: used ?? 0) { return period.refusal(used: used ?? 0) }
        }
        for period in charge.periods {
            try run(
                """
                UPDATE quota_uses SET used = used + $5
                WHERE pipeline = $1 AND subject = $2 AND period = $3 AND start = $4
                """, period.values(of: charge) + [.integer(period.amount)])
        }
        try run("UPDATE jobs SET is_counted = 1 WHERE id = $1", [held[0]])
        return .within
    }
}
