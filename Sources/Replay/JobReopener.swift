import Domain
import Ledger

/// Reopens jobs in the ledger, each with an entry in the audit trail.
struct JobReopener: Sendable {
    let ledger: any Ledger
    let context: ReplayContext

    /// Reopens jobs concurrently, so that they share a sync of the ledger. Their judgements are not kept.
    ///
    /// - Parameter jobs: each with its known ending.
    /// - Returns: a result for each job, in the same order.
    func reopen(_ jobs: [(job: Job, known: KnownEnding)]) async -> [Result<Reopening, LedgerError>] {
        await withTaskGroup(of: (Int, Result<Reopening, LedgerError>).self) { group in
            for (index, (job, known)) in jobs.enumerated() {
                group.addTask { (index, await reopen(job, known)) }
            }
            var results = Array(repeating: Result<Reopening, LedgerError>.success(.unknown), count: jobs.count)
            for await (index, result) in group { results[index] = result }
            return results
        }
    }

    private func reopen(_ job: Job, _ known: KnownEnding) async -> Result<Reopening, LedgerError> {
        do throws(LedgerError) {
            return .success(
                try await ledger.reopen(job.id, known: known, keepingJudgement: false, context.entry("replay", job)))
        } catch {
            return .failure(error)
        }
    }
}
