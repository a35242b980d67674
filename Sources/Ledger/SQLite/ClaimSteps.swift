import Domain

/// The life of a claim: each step is one write in a transaction that is already open.
///
/// A step other than `claim` names its attempt and its worker and touches nothing unless both are the latest and the
/// claim still stands, so that a worker that was overtaken can't undo what its successor does.
extension Connection {
    func claim(
        _ job: Job, by worker: String, pipeline: String?, receivedAt: Timestamp, until: Timestamp, now: Timestamp
    ) throws(LedgerError) -> Claim {
        let object = job.object
        let event = job.event
        // Nearly every job is a new one: it costs two inserts and no look-up.
        let inserted = try first(
            """
            INSERT INTO jobs (id, bucket, key, version_id, etag, size, sequencer, event_name, event_time, pipeline,
                first_received_at, attempts, worker, claimed_until)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1, ?12, ?13)
            ON CONFLICT (id) DO NOTHING RETURNING number
            """,
            [
                .text(job.id.text), .text(object.bucket), .blob(Array(object.key.text.utf8)),
                SQLiteValue(object.versionID), SQLiteValue(object.etag), SQLiteValue(event.size),
                SQLiteValue(event.sequencer), .text(event.name), SQLiteValue(event.time?.milliseconds),
                SQLiteValue(pipeline), .integer(receivedAt.milliseconds), .text(worker), .integer(until.milliseconds),
            ]
        ) { $0.integer(0) }
        if let inserted {
            try beginAttempt(1, of: inserted, by: worker, at: now)
            return .granted(ClaimToken(job: job.id, attempt: 1, worker: worker), earlier: nil)
        }
        return try claimAgain(job, by: worker, pipeline: pipeline, until: until, now: now)
    }

    private func claimAgain(
        _ job: Job, by worker: String, pipeline: String?, until: Timestamp, now: Timestamp
    ) throws(LedgerError) -> Claim {
        let id = job.id
        let found = try row(of: id)
        guard let (number, known) = found else {
            throw .corrupt(operation, "job \(id) can neither be added nor found")
        }
        if let outcome = known.outcome { return .finished(outcome) }
        if let holder = known.heldBy, let expiry = known.heldUntil {
            if expiry > now { return .held(by: holder, until: expiry) }
            try endAttempt(
                known.attemptCount, of: number, at: expiry, error: ClaimToken.expiry)
        }
        let attempt = known.attemptCount + 1
        try run(
            """
            UPDATE jobs SET attempts = ?2, worker = ?3, claimed_until = ?4, pipeline = ?5, stranded_at = NULL,
                event_time = CASE WHEN verdict IS NULL THEN coalesce(?6, event_time) ELSE event_time END
            WHERE number = ?1
            """,
            [
                .integer(number), SQLiteValue(attempt), .text(worker), .integer(until.milliseconds),
                SQLiteValue(pipeline), SQLiteValue(job.event.time?.milliseconds),
            ])
        try beginAttempt(attempt, of: number, by: worker, at: now)
        return .granted(ClaimToken(job: id, attempt: attempt, worker: worker), earlier: known.judgement)
    }

    func renew(_ claim: ClaimToken, until: Timestamp) throws(LedgerError) -> Bool {
        try change(claim, Self.renewal, [.integer(until.milliseconds)]) != nil
    }

    func record(_ judgement: Judgement, for claim: ClaimToken) throws(LedgerError) {
        guard try change(claim, Self.judging, try values(of: judgement)) != nil else {
            throw .claimLost(claim, operation)
        }
    }

    func finish(_ claim: ClaimToken, with outcome: Outcome, at time: Timestamp) throws(LedgerError) -> Bool {
        let (error, disposition, destination) = outcome.ending
        let place = destination?.location
        let ending: [SQLiteValue] = [
            .integer(time.milliseconds), SQLiteValue(error), .text(outcome.kind.rawValue),
            SQLiteValue(disposition?.rawValue), SQLiteValue(place?.bucket),
            place.map { .blob(Array($0.key.text.utf8)) } ?? .null, SQLiteValue(destination?.versionID),
        ]
        // A judgement that is on record stays there where the outcome brings none.
        let number =
            if let judgement = outcome.judgement {
                try change(claim, Self.judgedEnding, ending + (try values(of: judgement)))
            } else {
                try change(claim, Self.ending, ending)
            }
        guard let number else { return try hasEnded(claim, with: outcome.kind) }
        try endAttempt(claim.attempt, of: number, at: time, error: error)
        return true
    }

    func release(_ claim: ClaimToken, error: String, strands: Bool, at time: Timestamp) throws(LedgerError) {
        let stranded = strands ? SQLiteValue.integer(time.milliseconds) : .null
        guard let number = try change(claim, Self.giveUp, [.text(error), stranded]) else {
            throw .claimLost(claim, operation)
        }
        try endAttempt(claim.attempt, of: number, at: time, error: error)
    }

    /// Changes a job that the claim still holds and gives the job's number; nil, and nothing changed, where it does not
    /// hold it.
    ///
    /// - Parameter statement: one of `ifHeld`.
    private func change(
        _ claim: ClaimToken, _ statement: String, _ values: [SQLiteValue]
    ) throws(LedgerError) -> Int64? {
        try first(statement, values + [.text(claim.job.text), SQLiteValue(claim.attempt), .text(claim.worker)]) {
            $0.integer(0)
        }
    }

    /// Whether it was this very claim that ended the job, and so.
    private func hasEnded(_ claim: ClaimToken, with kind: Outcome.Kind) throws(LedgerError) -> Bool {
        try first(
            "SELECT 1 FROM jobs WHERE id = ?1 AND attempts = ?2 AND worker = ?3 AND outcome = ?4",
            [.text(claim.job.text), SQLiteValue(claim.attempt), .text(claim.worker), .text(kind.rawValue)]
        ) { _ in true } ?? false
    }

    private func beginAttempt(
        _ attempt: Int, of number: Int64, by worker: String, at time: Timestamp
    ) throws(LedgerError) {
        try run(
            "INSERT INTO attempts (job, number, worker, started_at) VALUES (?1, ?2, ?3, ?4)",
            [.integer(number), SQLiteValue(attempt), .text(worker), .integer(time.milliseconds)])
    }

    private func endAttempt(_ attempt: Int, of number: Int64, at time: Timestamp, error: String?) throws(LedgerError) {
        try run(
            "UPDATE attempts SET ended_at = ?3, error = ?4 WHERE job = ?1 AND number = ?2",
            [.integer(number), SQLiteValue(attempt), .integer(time.milliseconds), SQLiteValue(error)])
    }

    private static let renewal = ifHeld("claimed_until = ?, stranded_at = NULL")
    private static let judging = ifHeld(judgementColumns)
    private static let giveUp = ifHeld("claimed_until = NULL, error = ?, stranded_at = ?")
    private static let ending = ifHeld(endingColumns)
    private static let judgedEnding = ifHeld(endingColumns + ", " + judgementColumns)

    private static let endingColumns =
        "claimed_until = NULL, stranded_at = NULL, " + assignments(JobRow.endingColumns)
    // The last is told by what it holds, not by its number.
    private static let judgementColumns =
        assignments(JobRow.judgementColumns.dropLast())
        + ", signature_set = (SELECT number FROM signature_sets WHERE databases = ?)"

    private static func assignments(_ columns: some Sequence<String>) -> String {
        columns.map { "\($0) = ?" }.joined(separator: ", ")
    }

    /// The statement that sets columns of a job where a claim still holds it; the claim's own parameters come last.
    private static func ifHeld(_ assignments: String) -> String {
        """
        UPDATE jobs SET \(assignments)
        WHERE id = ? AND attempts = ? AND worker = ? AND claimed_until IS NOT NULL RETURNING number
        """
    }

    /// The values for `JobRow.judgementColumns`; the signature set is on record by then.
    private func values(of judgement: Judgement) throws(LedgerError) -> [SQLiteValue] {
        let evidence = judgement.evidence
        let lists = JudgementLists(findings: judgement.findings, limits: evidence.limits)
        let set = sets.text(of: evidence.databases)
        if let set {
            try run("INSERT INTO signature_sets (databases) VALUES (?1) ON CONFLICT DO NOTHING", [.text(set)])
        }
        return [
            .text(judgement.verdict.rawValue), SQLiteValue(lists.text), .integer(evidence.bytesRead),
            SQLiteValue(evidence.sha256), SQLiteValue(evidence.declaredType), SQLiteValue(evidence.detectedType),
            SQLiteValue(evidence.engine), SQLiteValue(evidence.signatures), SQLiteValue(evidence.scanMilliseconds),
            SQLiteValue(evidence.method?.rawValue), SQLiteValue(evidence.objects.map(Int64.init)),
            SQLiteValue(evidence.deepest.map(Int64.init)), SQLiteValue(evidence.extracted.map(Int64.init)),
            SQLiteValue(set),
        ]
    }
}
