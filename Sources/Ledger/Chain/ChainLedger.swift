package import Support

/// The part of a ledger that shows tampering: a chain of hashes over outcomes, reviews, notes, the audit trail and
/// false positives, which grows in the transaction of each row. `docs/LEDGER.md` specifies it.
package protocol ChainLedger: Sendable {
    func chainHead() async throws(LedgerError) -> ChainHead

    /// Checks a bounded part of the chain and of the rows, on one snapshot. Nothing is changed.
    ///
    /// - Parameter position: `ChainStep.next` of the part before; `.beginning` for the first one.
    func checkChain(from position: ChainPosition) async throws(LedgerError) -> ChainStep

    /// Returns what the chain has at a sequence.
    func chainPlace(at sequence: Int64) async throws(LedgerError) -> ChainPlace

    func close() async
}

/// Opens the ledger at an address for checks of its chain, without writing to it or migrating it.
package func openChain(at url: String, log: Log) async throws(LedgerError) -> any ChainLedger {
    switch try LedgerLocation(url: url) {
    case .sqlite(let path):
        let reader = SQLiteReader()
        try await reader.open(path: path, busyTimeout: SQLiteLedger.Options().busyTimeout)
        _ = try await reader.read("open the ledger") { (connection) throws(LedgerError) in
            try connection.requireLatestVersion()
        }
        return reader
    case .postgres(let address):
        let pool = PostgresPool(address: address, size: PostgresLedger.Options().connections, log: log)
        do throws(LedgerError) {
            try await pool.session("open the ledger") { (session) throws(PostgresFailure) in
                try session.requireLatestVersion()
            }
        } catch {
            await pool.close()
            throw error
        }
        return pool
    }
}

/// What the chain has at a sequence.
package enum ChainPlace: Sendable, Equatable {
    /// An entry with this hash; it may have been pruned.
    case hash(String)
    /// A pruning has removed the entry, and did not have to state its hash.
    case pruned
    /// Neither an entry nor a statement that it was pruned.
    case missing
    /// The chain ends before it.
    case beyondEnd
}

extension ChainLedger {
    /// Checks the whole chain, or what follows a head, and all rows.
    ///
    /// - Parameters:
    ///   - head: is known to be right, and so is all before it. It is looked up first.
    ///   - report: is called with each step. The check ends early if it returns false.
    package func checkChain(
        after head: ChainHead? = nil, _ report: (ChainStep) async throws -> Bool
    ) async throws {
        var position = head.map(ChainPosition.after) ?? .beginning
        if let head, let step = ChainStep(of: head, at: try await chainPlace(at: head.sequence)) {
            guard try await report(step) else { return }
        }
        while true {
            let step = try await checkChain(from: position)
            guard try await report(step), let next = step.next else { return }
            position = next
        }
    }
}

extension ChainStep {
    /// Compares a head with what the chain has at its sequence; nil if it is the same.
    fileprivate init?(of head: ChainHead, at place: ChainPlace) {
        func finding(_ kind: ChainFinding.Kind, _ detail: String) -> ChainStep {
            ChainStep(findings: [
                ChainFinding(
                    kind: kind, sequence: head.sequence, table: "chain", job: nil, number: nil, detail: detail)
            ])
        }
        switch place {
        case .hash(head.hash): return nil
        case .hash: self = finding(.changedEntry, "it is not the entry that was given")
        case .pruned: self = ChainStep(isHeadPruned: true)
        case .missing: self = finding(.missingEntry, "the entry that was given is not there")
        case .beyondEnd: self = finding(.missingEntry, "the chain ends before the entry that was given")
        }
    }
}
