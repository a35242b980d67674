import Domain
import Ledger

extension ScriptedLedger {
    func sealChain(
        from position: ChainPosition, isDryRun: Bool, at time: Timestamp
    ) async throws(LedgerError) -> ChainStep {
        try await inner.sealChain(from: position, isDryRun: isDryRun, at: time)
    }

    func chainHead() async throws(LedgerError) -> ChainHead { try await inner.chainHead() }

    func checkChain(from position: ChainPosition) async throws(LedgerError) -> ChainStep {
        try await inner.checkChain(from: position)
    }

    func chainPlace(at sequence: Int64) async throws(LedgerError) -> ChainPlace {
        try await inner.chainPlace(at: sequence)
    }
}
