import Domain

extension PastOutcome {
    /// The select list of a past outcome: a job's, with its end from `past_outcomes`, and when it was reopened.
    static let selectList = JobColumn.selectList(outcomeFrom: "past_outcomes") + ", reopened_at"

    /// Reads a row of `selectList`.
    init(
        _ row: borrowing some LedgerRow & ~Copyable, _ sets: inout SignatureSets, _ operation: String
    ) throws(LedgerError) {
        let past = try JobRecord(row, &sets, operation)
        guard let outcome = past.outcome, let finishedAt = past.finishedAt else {
            throw .corrupt(operation, "a past outcome of job \(past.job.id) is missing its outcome")
        }
        self.init(
            outcome: outcome, judgement: past.judgement, attemptCount: past.attemptCount, finishedAt: finishedAt,
            reopenedAt: Timestamp(milliseconds: row.integer(Int32(JobColumn.selected.count))))
    }
}
