package import Domain

/// The number of jobs in the ledger by outcome and verdict. A kind or verdict without jobs has no entry.
package struct LedgerSummary: Sendable, Equatable {
    /// Jobs that have not ended.
    package var open: Int
    package var outcomes: [Outcome.Kind: Int]
    /// The jobs with a judgement, ended or not.
    package var verdicts: [Verdict: Int]
    package var unreadableMessages: Int

    package init(
        open: Int = 0, outcomes: [Outcome.Kind: Int] = [:], verdicts: [Verdict: Int] = [:], unreadableMessages: Int = 0
    ) {
        self.open = open
        self.outcomes = outcomes
        self.verdicts = verdicts
        self.unreadableMessages = unreadableMessages
    }

    package var jobs: Int { open + outcomes.values.reduce(0, +) }
}
