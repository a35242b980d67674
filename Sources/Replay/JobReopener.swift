import Domain
import Ledger

/// Reopens jobs in the ledger, each with an entry in the audit trail.
struct JobReopener: Sendable {
    let ledger: any Ledger
    let context: ReplayContext

    /// Reopens jobs concurrently, so that they share a sync of the ledger. Their judgements are not kept.
    ///
    /// - Parameter jobs: each with the condition on which it is reopened.
    /// - Returns: a result for each job, in the same order.
    func reopen(_ jobs: [(job: Job, condition: ReopenCondition)]) async -> [Result<ReopenResult, LedgerError>] {
        await withTaskGroup(of: (Int, Result<ReopenResult, LedgerError>).self) { group in
            for (index, (job, condition)) in jobs.enumerated() {
                group.addTask { (index, await reopen(job, condition)) }
            }
            var results = Array(repeating: Result<ReopenResult, LedgerError>.success(.unknown), count: jobs.count)
            for await (index, result) in group { results[index] = result }
            return results
        }
    }

    private func reopen(_ job: Job, _ condition: ReopenCondition) async -> Result<ReopenResult, LedgerError> {
        do throws(LedgerError) {
            return .success(
                try await ledger.reopen(job.id, if: condition, keepingJudgement: false, context.entry("replay", job)))
        } catch {
            return .failure(error)
        }
    }
}
