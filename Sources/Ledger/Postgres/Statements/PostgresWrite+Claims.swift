import Domain

/// The steps of a claim, each one statement.
///
/// Every step but `claim` names its attempt and worker. It changes nothing unless both are the latest and the claim is
/// still held, so that a worker whose claim was taken over can't undo its successor's work. A statement that made its
/// change returns a row.
extension PostgresWrite {
    /// Inserts a new job and its first attempt. Changes nothing if the job is on record.
    static func claim(_ new: NewJob, now: Timestamp, _ notices: [NewNotice]) -> PostgresWrite {
        PostgresWrite("claim a job", of: new.job.id.text, isDurable: false) { _ in
            PostgresStatement(
                newJobInsert, NewJob.bindings.values(of: new) + [SQLValue(now), NewNotice.list(notices)])
        }
    }

    static func renew(_ claim: ClaimToken, until: Timestamp) -> PostgresWrite {
        PostgresWrite("renew a claim", of: claim.job.text, isDurable: false) { _ in
            PostgresStatement(
                "UPDATE jobs SET claimed_until = $4, stranded_at = NULL WHERE \(isHeld) RETURNING number",
                claim.values + [SQLValue(until)])
        }
    }

    static func record(
        _ judgement: Judgement, for claim: ClaimToken, under basis: JudgementBasis?, at time: Timestamp
    ) -> PostgresWrite {
        let (update, kept) = (
            basis == nil ? notedJudgementUpdate : judgementUpdate, StoredBasis.values(basis, at: time)
        )
        return PostgresWrite(
            "record a judgement", of: claim.job.text, isDurable: true, databases: judgement.evidence.databases
        ) { signatureSet in
            PostgresStatement(update, claim.values + judgement.values(signatureSet) + kept)
        }
    }

    static func finish(
        _ claim: ClaimToken, with outcome: Outcome, at time: Timestamp, _ notices: [NewNotice]
    ) -> PostgresWrite {
        let values = claim.values + JobEnd.bindings.values(of: JobEnd(outcome: outcome, time: time))
        let judgement = outcome.judgement
        let row = ChainTable.outcomes.row(ofJob: claim.job, number: Int64(claim.attempt), PostgresSession.sign)
        return PostgresWrite(
            "finish a job", of: claim.job.text, isDurable: true, databases: judgement?.evidence.databases ?? [],
            chained: (.outcomes, PostgresStatement(row.sql, row.values))
        ) { signatureSet in
            // An outcome without a judgement keeps the judgement that is on record.
            let added = NewNotice.list(notices)
            guard let judgement else { return PostgresStatement(endUpdate, values + [added]) }
            return PostgresStatement(
                outcome.quarantines ? quarantineUpdate : endAndJudgementUpdate,
                values + judgement.values(signatureSet) + [added])
        }
    }

    static func recordCopy(_ copy: Destination, for claim: ClaimToken) -> PostgresWrite {
        PostgresWrite("record a copy", of: claim.job.text, isDurable: false) { _ in
            PostgresStatement(
                "UPDATE jobs SET \(assignments(StoredCopy.bindings, from: 4)) WHERE \(isHeld) RETURNING number",
                claim.values + StoredCopy.bindings.values(of: copy))
        }
    }

    static func release(_ claim: ClaimToken, error: String, strands: Bool, at time: Timestamp) -> PostgresWrite {
        PostgresWrite("release a job", of: claim.job.text, isDurable: strands) { _ in
            PostgresStatement(
                endAttempt("claimed_until = NULL, error = $5, stranded_at = $6"),
                claim.values + [SQLValue(time), .text(error), strands ? SQLValue(time) : .null])
        }
    }

    private static let newJobInsert = """
        WITH inserted AS (
            \(NewJob.bindings.insert(into: "jobs", "$"))
            ON CONFLICT (id) DO NOTHING RETURNING number, attempts, worker
        ), attempt AS (
            INSERT INTO attempts (job, number, worker, started_at)
            SELECT number, attempts, worker, $\(NewJob.bindings.columns.count + 1)::bigint FROM inserted
        ), notice AS (
            \(NewNotice.insert(of: "$\(NewJob.bindings.columns.count + 2)", if: "inserted"))
        )
        SELECT number FROM inserted
        """

    /// The condition that the claim still holds its job. `ClaimToken.values` come first in each statement.
    private static let isHeld = "id = $1 AND jobs.attempts = $2 AND worker = $3 AND claimed_until IS NOT NULL"

    private static let judgementUpdate = updateIfHeld(
        StoredCopy.none + ", " + StoredBasis.assignments { "$\(4 + StoredJudgement.bindings.columns.count + $0)" })
    /// Keeps the basis that is on record.
    private static let notedJudgementUpdate = updateIfHeld(
        "judged_at = coalesce(judged_at, $\(4 + StoredJudgement.bindings.columns.count))")

    private static func updateIfHeld(_ others: String) -> String {
        "UPDATE jobs SET \(assignments(StoredJudgement.bindings, from: 4)), \(others) WHERE \(isHeld) RETURNING number"
    }

    private static let endUpdate = endAttempt(endAssignments, notices: 4 + JobEnd.bindings.columns.count)
    private static let endAndJudgementUpdate = endAttempt(endAndJudgementAssignments, notices: lastOfEnd)
    private static let quarantineUpdate = endAttempt(
        endAndJudgementAssignments + ", " + ReviewStatements.quarantined, notices: lastOfEnd)
    private static let lastOfEnd = 4 + JobEnd.bindings.columns.count + StoredJudgement.bindings.columns.count
    private static let endAndJudgementAssignments =
        endAssignments + ", " + assignments(StoredJudgement.bindings, from: 4 + JobEnd.bindings.columns.count)
    private static let endAssignments =
        "claimed_until = NULL, stranded_at = NULL, " + assignments(JobEnd.bindings, from: 4)

    /// Updates the job if the claim still holds it, and ends the attempt at the time `$4` with the error `$5`.
    ///
    /// - Parameter notices: the number of the parameter with notices to be written; nil if there is none.
    private static func endAttempt(_ assignments: String, notices: Int? = nil) -> String {
        let notice = notices.map { ", notice AS (\(NewNotice.insert(of: "$\($0)", if: "ended")))" } ?? ""
        return """
            WITH ended AS (UPDATE jobs SET \(assignments) WHERE \(isHeld) RETURNING number),
            attempt AS (
                UPDATE attempts SET ended_at = $4, error = $5 FROM ended
                WHERE attempts.job = ended.number AND attempts.number = $2
            )\(notice)
            SELECT number FROM ended
            """
    }

    /// - Parameter number: the number of the first parameter.
    private static func assignments(_ bindings: ColumnBindings<JobColumn, some Any>, from number: Int) -> String {
        bindings.assignments { index, _ in "$\(number + index)" }
    }
}

extension ClaimToken {
    fileprivate var values: [SQLValue] { [.text(job.text), SQLValue(attempt), .text(worker)] }
}

extension Judgement {
    /// The values for `StoredJudgement.bindings`.
    fileprivate func values(_ signatureSet: Int64?) -> [SQLValue] {
        StoredJudgement.bindings.values(of: StoredJudgement(judgement: self, signatureSet: SQLValue(signatureSet)))
    }
}

extension PostgresSession {
    /// Claims a job that is on record.
    func claimAgain(_ new: NewJob, now: Timestamp) throws(PostgresFailure) -> Claim {
        let id = new.job.id
        guard let (number, known) = try lockedRow(of: id) else {
            throw .ledger(.corrupt(operation, "job \(id) can neither be inserted nor found"))
        }
        if let outcome = known.outcome { return .finished(outcome) }
        var statements: [PostgresStatement] = []
        if let holder = known.heldBy, let expiry = known.heldUntil {
            if expiry > now { return .held(by: holder, until: expiry) }
            statements.append(
                PostgresStatement(
                    "UPDATE attempts SET ended_at = $3, error = $4 WHERE job = $1 AND number = $2",
                    [.integer(number), SQLValue(known.attemptCount), SQLValue(expiry), .text(ClaimToken.expiry)]))
        }
        let attempt = known.attemptCount + 1
        statements += [
            PostgresStatement(
                """
                UPDATE jobs SET attempts = $2, worker = $3, claimed_until = $4, pipeline = $5, stranded_at = NULL,
                    sequencer = coalesce(sequencer, $7),
                    event_time = CASE WHEN verdict IS NULL THEN coalesce($6, event_time) ELSE event_time END
                WHERE number = $1
                """,
                [
                    .integer(number), SQLValue(attempt), .text(new.worker), SQLValue(new.claimedUntil),
                    SQLValue(new.pipeline), SQLValue(new.job.event.time), SQLValue(new.job.event.sequencer),
                ]),
            PostgresStatement(
                "INSERT INTO attempts (job, number, worker, started_at) VALUES ($1, $2, $3, $4)",
                [.integer(number), SQLValue(attempt), .text(new.worker), SQLValue(now)]),
        ]
        _ = try run(statements)
        return .granted(ClaimToken(job: id, attempt: attempt, worker: new.worker), earlier: known.judgement)
    }

    /// Returns whether this very claim ended the job, with an outcome of this kind.
    func hasEnded(_ claim: ClaimToken, with kind: Outcome.Kind) throws(PostgresFailure) -> Bool {
        try first(
            "SELECT 1::bigint FROM jobs WHERE id = $1 AND attempts = $2 AND worker = $3 AND outcome = $4",
            claim.values + [.text(kind.rawValue)]
        ) { _ in true } ?? false
    }
}
