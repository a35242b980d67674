import Domain

extension PostgresLedger {
    func sealChain(
        from position: ChainPosition, isDryRun: Bool, at time: Timestamp
    ) async throws(LedgerError) -> ChainStep {
        try await pool.transaction("seal the chain", .writing) { (session) throws(PostgresFailure) in
            try session.sealStep(from: position, isDryRun: isDryRun, at: time)
        }
    }

    func chainHead() async throws(LedgerError) -> ChainHead { try await pool.chainHead() }

    func checkChain(from position: ChainPosition) async throws(LedgerError) -> ChainStep {
        try await pool.checkChain(from: position)
    }

    func chainPlace(at sequence: Int64) async throws(LedgerError) -> ChainPlace {
        try await pool.chainPlace(at: sequence)
    }
}

extension PostgresPool: ChainLedger {
    func chainHead() async throws(LedgerError) -> ChainHead {
        try await transaction("read the head of the chain", .reading) { (session) throws(PostgresFailure) in
            guard let head = try session.chainHead() else { throw .ledger(.withoutChain(session.operation)) }
            return head
        }
    }

    func checkChain(from position: ChainPosition) async throws(LedgerError) -> ChainStep {
        try await transaction("check the chain", .reading) { (session) throws(PostgresFailure) in
            try session.chainStep(from: position)
        }
    }

    func chainPlace(at sequence: Int64) async throws(LedgerError) -> ChainPlace {
        try await transaction("read the chain", .reading) { (session) throws(PostgresFailure) in
            try session.chainPlace(at: sequence)
        }
    }
}
