import Domain

/// The steps of a claim. Each is one write in a transaction that is already open.
///
/// Every step but `claim` names its attempt and worker. It changes nothing unless both are the latest and the claim is
/// still held, so that a worker whose claim was taken over can't undo its successor's work.
extension SQLiteConnection {
    func claim(_ new: NewJob, now: Timestamp, _ notices: [NewNotice]) throws(LedgerError) -> Claim {
        // Nearly every job is new: it costs two inserts and no look-up.
        let inserted = try first(Self.newJobInsert, NewJob.bindings.values(of: new)) { $0.integer(0) }
        if let inserted {
            try beginAttempt(1, of: inserted, by: new.worker, at: now)
            try add(notices)
            return .granted(ClaimToken(job: new.job.id, attempt: 1, worker: new.worker), earlier: nil)
        }
        return try claimAgain(new, now: now)
    }

    private func claimAgain(_ new: NewJob, now: Timestamp) throws(LedgerError) -> Claim {
        let id = new.job.id
        guard let (number, known) = try row(of: id) else {
            throw .corrupt(operation, "job \(id) can neither be inserted nor found")
        }
        if let outcome = known.outcome { return .finished(outcome) }
        if let holder = known.heldBy, let expiry = known.heldUntil {
            if expiry > now { return .held(by: holder, until: expiry) }
            try endAttempt(known.attemptCount, of: number, at: expiry, error: ClaimToken.expiry)
        }
        let attempt = known.attemptCount + 1
        try run(
            """
            UPDATE jobs SET attempts = ?2, worker = ?3, claimed_until = ?4, pipeline = ?5, stranded_at = NULL,
                sequencer = coalesce(sequencer, ?7),
                event_time = CASE WHEN verdict IS NULL THEN coalesce(?6, event_time) ELSE event_time END
            WHERE number = ?1
            """,
            [
                .integer(number), SQLValue(attempt), .text(new.worker), SQLValue(new.claimedUntil),
                SQLValue(new.pipeline), SQLValue(new.job.event.time), SQLValue(new.job.event.sequencer),
            ])
        try beginAttempt(attempt, of: number, by: new.worker, at: now)
        return .granted(ClaimToken(job: id, attempt: attempt, worker: new.worker), earlier: known.judgement)
    }

    func renew(_ claim: ClaimToken, until: Timestamp) throws(LedgerError) -> Bool {
        try updateJob(heldBy: claim, Self.renewal, [SQLValue(until)]) != nil
    }

    func record(
        _ judgement: Judgement, for claim: ClaimToken, under basis: JudgementBasis?, at time: Timestamp
    ) throws(LedgerError) {
        let statement = basis == nil ? Self.notedJudgementUpdate : Self.judgementUpdate
        let values = try values(of: judgement) + StoredBasis.values(basis, at: time)
        guard try updateJob(heldBy: claim, statement, values) != nil else {
            throw .claimLost(claim, operation)
        }
    }

    func finish(
        _ claim: ClaimToken, with outcome: Outcome, at time: Timestamp, _ notices: [NewNotice]
    ) throws(LedgerError) -> Bool {
        let end = JobEnd(outcome: outcome, time: time)
        let values = JobEnd.bindings.values(of: end)
        // An outcome without a judgement keeps the judgement that is on record.
        let number =
            if let judgement = outcome.judgement {
                try updateJob(
                    heldBy: claim, outcome.quarantines ? Self.quarantineUpdate : Self.endAndJudgementUpdate,
                    values + (try self.values(of: judgement)))
            } else {
                try updateJob(heldBy: claim, Self.endUpdate, values)
            }
        guard let number else { return try hasEnded(claim, with: outcome.kind) }
        try endAttempt(claim.attempt, of: number, at: time, error: end.error)
        try add(notices)
        try append(contents(.outcomes, job: claim.job, number: Int64(claim.attempt)))
        return true
    }

    func recordCopy(_ copy: Destination, for claim: ClaimToken) throws(LedgerError) {
        guard try updateJob(heldBy: claim, Self.copyUpdate, StoredCopy.bindings.values(of: copy)) != nil else {
            throw .claimLost(claim, operation)
        }
    }

    func release(_ claim: ClaimToken, error: String, strands: Bool, at time: Timestamp) throws(LedgerError) {
        let values: [SQLValue] = [.text(error), strands ? SQLValue(time) : .null]
        guard let number = try updateJob(heldBy: claim, Self.releaseUpdate, values) else {
            throw .claimLost(claim, operation)
        }
        try endAttempt(claim.attempt, of: number, at: time, error: error)
    }

    /// Updates the job if the claim still holds it.
    ///
    /// - Parameter statement: made by `updateIfHeld`.
    /// - Returns: the job's number; nil, with nothing changed, if the claim does not hold the job.
    private func updateJob(
        heldBy claim: ClaimToken, _ statement: String, _ values: [SQLValue]
    ) throws(LedgerError) -> Int64? {
        try first(statement, values + [.text(claim.job.text), SQLValue(claim.attempt), .text(claim.worker)]) {
            $0.integer(0)
        }
    }

    /// Returns whether this very claim ended the job, with an outcome of this kind.
    private func hasEnded(_ claim: ClaimToken, with kind: Outcome.Kind) throws(LedgerError) -> Bool {
        try first(
            "SELECT 1 FROM jobs WHERE id = ?1 AND attempts = ?2 AND worker = ?3 AND outcome = ?4",
            [.text(claim.job.text), SQLValue(claim.attempt), .text(claim.worker), .text(kind.rawValue)]
        ) { _ in true } ?? false
    }

    private func beginAttempt(
        _ attempt: Int, of number: Int64, by worker: String, at time: Timestamp
    ) throws(LedgerError) {
        try run(
            "INSERT INTO attempts (job, number, worker, started_at) VALUES (?1, ?2, ?3, ?4)",
            [.integer(number), SQLValue(attempt), .text(worker), SQLValue(time)])
    }

    private func endAttempt(_ attempt: Int, of number: Int64, at time: Timestamp, error: String?) throws(LedgerError) {
        try run(
            "UPDATE attempts SET ended_at = ?3, error = ?4 WHERE job = ?1 AND number = ?2",
            [.integer(number), SQLValue(attempt), SQLValue(time), SQLValue(error)])
    }

    /// Inserts the judgement's signature set if it is new, and returns the values for `StoredJudgement.bindings`.
    private func values(of judgement: Judgement) throws(LedgerError) -> [SQLValue] {
        let set = try insert(judgement.evidence.databases)
        return StoredJudgement.bindings.values(of: StoredJudgement(judgement: judgement, signatureSet: SQLValue(set)))
    }

    /// Inserts a signature set if it is new, and returns its text in `signature_sets`; nil for an empty set.
    func insert(_ databases: [SignatureDatabase]) throws(LedgerError) -> String? {
        guard let set = sets.text(of: databases) else { return nil }
        try run("INSERT INTO signature_sets (databases) VALUES (?1) ON CONFLICT DO NOTHING", [.text(set)])
        return set
    }
}

extension SQLiteConnection {
    private static let newJobInsert =
        NewJob.bindings.insert(into: "jobs", "?") + " ON CONFLICT (id) DO NOTHING RETURNING number"

    private static let renewal = updateIfHeld("claimed_until = ?, stranded_at = NULL")
    private static let judgementUpdate = updateIfHeld(
        judgementAssignments + ", " + StoredCopy.none + ", " + StoredBasis.assignments { _ in "?" })
    /// Keeps the basis that is on record.
    private static let notedJudgementUpdate = updateIfHeld(
        judgementAssignments + ", judged_at = coalesce(judged_at, ?)")
    private static let copyUpdate = updateIfHeld(StoredCopy.bindings.assignments { _, _ in "?" })
    private static let releaseUpdate = updateIfHeld("claimed_until = NULL, error = ?, stranded_at = ?")
    private static let endUpdate = updateIfHeld(endAssignments)
    private static let endAndJudgementUpdate = updateIfHeld(endAssignments + ", " + judgementAssignments)
    private static let quarantineUpdate = updateIfHeld(
        [endAssignments, judgementAssignments, ReviewStatements.quarantined].joined(separator: ", "))

    private static let endAssignments =
        "claimed_until = NULL, stranded_at = NULL, " + JobEnd.bindings.assignments { _, _ in "?" }
    private static let judgementAssignments = StoredJudgement.bindings.assignments { _, column in
        column == .signatureSet ? "(SELECT number FROM signature_sets WHERE databases = ?)" : "?"
    }

    /// The statement that updates a job if a claim still holds it. The claim's own parameters come last.
    private static func updateIfHeld(_ assignments: String) -> String {
        """
        UPDATE jobs SET \(assignments)
        WHERE id = ? AND attempts = ? AND worker = ? AND claimed_until IS NOT NULL RETURNING number
        """
    }
}
