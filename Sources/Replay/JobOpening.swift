import Domain
import Ledger

/// Opens jobs in the ledger, each with its entry in the audit trail.
struct JobOpening: Sendable {
    let ledger: any Ledger
    let order: ReplayOrder

    /// All at once, so that they share the ledger's sync. Judged anew, not by the judgement on record.
    ///
    /// - Parameter jobs: each with the condition on which it is reopened.
    /// - Returns: as many answers as jobs, in their order.
    func open(_ jobs: [(job: Job, condition: ReopenCondition)]) async -> [Result<ReopenResult, LedgerError>] {
        await withTaskGroup(of: (Int, Result<ReopenResult, LedgerError>).self) { group in
            for (index, (job, condition)) in jobs.enumerated() {
                group.addTask { (index, await open(job, condition)) }
            }
            var answers = Array(repeating: Result<ReopenResult, LedgerError>.success(.unknown), count: jobs.count)
            for await (index, answer) in group { answers[index] = answer }
            return answers
        }
    }

    private func open(_ job: Job, _ condition: ReopenCondition) async -> Result<ReopenResult, LedgerError> {
        do throws(LedgerError) {
            return .success(
                try await ledger.reopen(job.id, if: condition, keepingJudgement: false, order.entry("replay", job)))
        } catch {
            return .failure(error)
        }
    }
}
