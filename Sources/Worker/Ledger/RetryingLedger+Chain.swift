package import Domain
package import Ledger

extension RetryingLedger {
    package func sealChain(
        from position: ChainPosition, isDryRun: Bool, at time: Timestamp
    ) async throws(LedgerError) -> ChainStep {
        try await base.sealChain(from: position, isDryRun: isDryRun, at: time)
    }

    package func chainHead() async throws(LedgerError) -> ChainHead { try await base.chainHead() }

    package func checkChain(from position: ChainPosition) async throws(LedgerError) -> ChainStep {
        try await base.checkChain(from: position)
    }

    package func chainPlace(at sequence: Int64) async throws(LedgerError) -> ChainPlace {
        try await base.chainPlace(at: sequence)
    }
}
