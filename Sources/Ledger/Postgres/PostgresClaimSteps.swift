import Domain

/// The life of a claim, each step one statement.
///
/// A step other than `claim` names its attempt and its worker and touches nothing unless both are the latest and the
/// claim still stands, so that a worker that was overtaken can't undo what its successor does.
extension PostgresWrite {
    /// Takes a job that is new; gives a row where it was.
    static func claim(
        _ job: Job, by worker: String, pipeline: String?, receivedAt: Timestamp, until: Timestamp, now: Timestamp
    ) -> PostgresWrite {
        PostgresWrite("claim a job", of: job.id.text, isDurable: false) { _ in
            let object = job.object
            let event = job.event
            return PostgresStatement(
                """
                WITH taken AS (
                    INSERT INTO jobs (id, bucket, key, version_id, etag, size, sequencer, event_name, event_time, pipeline,
                        first_received_at, attempts, worker, claimed_until)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $13)
                    ON CONFLICT (id) DO NOTHING RETURNING number
                ), begun AS (
                    INSERT INTO attempts (job, number, worker, started_at)
                    SELECT number, 1, $12::text, $14::bigint FROM taken
                )
                SELECT number FROM taken
                """,
                [
                    .text(job.id.text), .text(object.bucket), .bytes(Array(object.key.text.utf8)),
                    PostgresValue(object.versionID), PostgresValue(object.etag), PostgresValue(event.size),
                    PostgresValue(event.sequencer), .text(event.name), PostgresValue(event.time?.milliseconds),
                    PostgresValue(pipeline), .integer(receivedAt.milliseconds), .text(worker),
                    .integer(until.milliseconds), .integer(now.milliseconds),
                ])
        }
    }

    static func renew(_ claim: ClaimToken, until: Timestamp) -> PostgresWrite {
        PostgresWrite("renew a claim", of: claim.job.text, isDurable: false) { _ in
            PostgresStatement(
                "UPDATE jobs SET claimed_until = $4, stranded_at = NULL WHERE \(isHeld) RETURNING number",
                claim.values + [.integer(until.milliseconds)])
        }
    }

    static func record(_ judgement: Judgement, for claim: ClaimToken) -> PostgresWrite {
        PostgresWrite(
            "record a judgement", of: claim.job.text, isDurable: true, databases: judgement.evidence.databases
        ) { signatureSet in
            PostgresStatement(judging, claim.values + judgement.values(signatureSet))
        }
    }

    static func finish(_ claim: ClaimToken, with outcome: Outcome, at time: Timestamp) -> PostgresWrite {
        let ending = outcome.ending
        let place = ending.destination?.location
        let values: [PostgresValue] = [
            .integer(time.milliseconds), PostgresValue(ending.error), .text(outcome.kind.rawValue),
            PostgresValue(ending.disposition?.rawValue), PostgresValue(place?.bucket),
            place.map { .bytes(Array($0.key.text.utf8)) } ?? .null, PostgresValue(ending.destination?.versionID),
        ]
        let judgement = outcome.judgement
        let isJudged = judgement != nil
        return PostgresWrite(
            "finish a job", of: claim.job.text, isDurable: true, databases: judgement?.evidence.databases ?? []
        ) { signatureSet in
            PostgresStatement(
                isJudged ? judgedEnding : plainEnding, claim.values + values + (judgement?.values(signatureSet) ?? []))
        }
    }

    static func release(_ claim: ClaimToken, error: String, strands: Bool, at time: Timestamp) -> PostgresWrite {
        PostgresWrite("release a job", of: claim.job.text, isDurable: strands) { _ in
            PostgresStatement(
                ending(attempt: "claimed_until = NULL, error = $5, stranded_at = $6"),
                claim.values + [
                    .integer(time.milliseconds), .text(error), strands ? .integer(time.milliseconds) : .null,
                ])
        }
    }

    /// Where a claim still holds its job. The claim's own values come first in each statement.
    private static let isHeld = "id = $1 AND jobs.attempts = $2 AND worker = $3 AND claimed_until IS NOT NULL"

    private static let judging =
        "UPDATE jobs SET \(assignments(JobRow.judgementColumns, from: 4)) WHERE \(isHeld) RETURNING number"

    private static let plainEnding = ending(attempt: endingAssignments)
    // A judgement that is on record stays there where the outcome brings none.
    private static let judgedEnding = ending(
        attempt: endingAssignments + ", " + assignments(JobRow.judgementColumns, from: 11))
    private static let endingAssignments =
        "claimed_until = NULL, stranded_at = NULL, " + assignments(JobRow.endingColumns, from: 4)

    /// Ends the attempt at time `$4` with the error `$5` where the claim still holds the job; gives a row where it did.
    private static func ending(attempt assignments: String) -> String {
        """
        WITH ended AS (UPDATE jobs SET \(assignments) WHERE \(isHeld) RETURNING number),
        attempt AS (
            UPDATE attempts SET ended_at = $4, error = $5 FROM ended
            WHERE attempts.job = ended.number AND attempts.number = $2
        )
        SELECT number FROM ended
        """
    }

    /// - Parameter number: the first one's parameter.
    private static func assignments(_ columns: [String], from number: Int) -> String {
        columns.enumerated().map { "\($1) = $\(number + $0)" }.joined(separator: ", ")
    }
}

extension ClaimToken {
    fileprivate var values: [PostgresValue] { [.text(job.text), PostgresValue(attempt), .text(worker)] }
}

extension Judgement {
    /// For `JobRow.judgementColumns`.
    fileprivate func values(_ signatureSet: Int64?) -> [PostgresValue] {
        let lists = JudgementLists(findings: findings, limits: evidence.limits)
        return [
            .text(verdict.rawValue), PostgresValue(lists.text), .integer(evidence.bytesRead),
            PostgresValue(evidence.sha256), PostgresValue(evidence.declaredType), PostgresValue(evidence.detectedType),
            PostgresValue(evidence.engine), PostgresValue(evidence.signatures),
            PostgresValue(evidence.scanMilliseconds), PostgresValue(evidence.method?.rawValue),
            PostgresValue(evidence.objects.map(Int64.init)), PostgresValue(evidence.deepest.map(Int64.init)),
            PostgresValue(evidence.extracted.map(Int64.init)), PostgresValue(signatureSet),
        ]
    }
}

extension PostgresSession {
    /// What a claim comes to on a job that was there before.
    func claimAgain(
        _ job: Job, by worker: String, pipeline: String?, until: Timestamp, now: Timestamp
    ) throws(PostgresFailure) -> Claim {
        let id = job.id
        guard let (number, known) = try lockedRow(of: id) else {
            throw .refused(.corrupt(operation, "job \(id) can neither be added nor found"))
        }
        if let outcome = known.outcome { return .finished(outcome) }
        var steps: [PostgresStatement] = []
        if let holder = known.heldBy, let expiry = known.heldUntil {
            if expiry > now { return .held(by: holder, until: expiry) }
            steps.append(
                PostgresStatement(
                    "UPDATE attempts SET ended_at = $3, error = $4 WHERE job = $1 AND number = $2",
                    [
                        .integer(number), PostgresValue(known.attemptCount), .integer(expiry.milliseconds),
                        .text(ClaimToken.expiry),
                    ]))
        }
        let attempt = known.attemptCount + 1
        steps += [
            PostgresStatement(
                """
                UPDATE jobs SET attempts = $2, worker = $3, claimed_until = $4, pipeline = $5, stranded_at = NULL,
                    event_time = CASE WHEN verdict IS NULL THEN coalesce($6, event_time) ELSE event_time END
                WHERE number = $1
                """,
                [
                    .integer(number), PostgresValue(attempt), .text(worker), .integer(until.milliseconds),
                    PostgresValue(pipeline), PostgresValue(job.event.time?.milliseconds),
                ]),
            PostgresStatement(
                "INSERT INTO attempts (job, number, worker, started_at) VALUES ($1, $2, $3, $4)",
                [.integer(number), PostgresValue(attempt), .text(worker), .integer(now.milliseconds)]),
        ]
        _ = try run(steps)
        return .granted(ClaimToken(job: id, attempt: attempt, worker: worker), earlier: known.judgement)
    }

    /// Whether it was this very claim that ended the job, and so.
    func hasEnded(_ claim: ClaimToken, with kind: Outcome.Kind) throws(PostgresFailure) -> Bool {
        try first(
            "SELECT 1::bigint FROM jobs WHERE id = $1 AND attempts = $2 AND worker = $3 AND outcome = $4",
            claim.values + [.text(kind.rawValue)]
        ) { _ in true } ?? false
    }
}
