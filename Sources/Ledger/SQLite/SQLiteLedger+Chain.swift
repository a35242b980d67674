import Domain

extension SQLiteLedger {
    func sealChain(
        from position: ChainPosition, isDryRun: Bool, at time: Timestamp
    ) async throws(LedgerError) -> ChainStep {
        try await writer.write("seal the chain") { (connection) throws(LedgerError) in
            try connection.sealStep(from: position, isDryRun: isDryRun, at: time)
        }
    }

    func chainHead() async throws(LedgerError) -> ChainHead { try await reader.chainHead() }

    func checkChain(from position: ChainPosition) async throws(LedgerError) -> ChainStep {
        try await reader.checkChain(from: position)
    }

    func chainPlace(at sequence: Int64) async throws(LedgerError) -> ChainPlace {
        try await reader.chainPlace(at: sequence)
    }
}

extension SQLiteReader: ChainLedger {
    func chainHead() throws(LedgerError) -> ChainHead {
        try read("read the head of the chain") { (connection) throws(LedgerError) in
            guard let head = try connection.chainHead() else { throw .withoutChain(connection.operation) }
            return head
        }
    }

    func checkChain(from position: ChainPosition) throws(LedgerError) -> ChainStep {
        try read("check the chain") { (connection) throws(LedgerError) in try connection.chainStep(from: position) }
    }

    func chainPlace(at sequence: Int64) throws(LedgerError) -> ChainPlace {
        try read("read the chain") { (connection) throws(LedgerError) in try connection.chainPlace(at: sequence) }
    }
}
