import Domain
import Ledger

/// Opens jobs in the ledger, each with its entry in the audit trail.
struct JobOpening: Sendable {
    let ledger: any Ledger
    let order: ReplayOrder

    /// All at once, so that they share the ledger's sync. Judged anew, not by the judgement on record.
    ///
    /// - Parameter jobs: each with how it is known to have ended.
    /// - Returns: as many answers as jobs, in their order.
    func open(_ jobs: [(job: Job, known: KnownEnding)]) async -> [Result<Reopening, LedgerError>] {
        await withTaskGroup(of: (Int, Result<Reopening, LedgerError>).self) { group in
            for (index, (job, known)) in jobs.enumerated() {
                group.addTask { (index, await open(job, known)) }
            }
            var answers = Array(repeating: Result<Reopening, LedgerError>.success(.unknown), count: jobs.count)
            for await (index, answer) in group { answers[index] = answer }
            return answers
        }
    }

    private func open(_ job: Job, _ known: KnownEnding) async -> Result<Reopening, LedgerError> {
        do throws(LedgerError) {
            return .success(
                try await ledger.reopen(job.id, known: known, keepingJudgement: false, order.entry("replay", job)))
        } catch {
            return .failure(error)
        }
    }
}
