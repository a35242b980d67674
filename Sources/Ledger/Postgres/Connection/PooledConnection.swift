import Support

/// One connection and the thread that uses it. A broken connection is replaced by the next call; the calls that were
/// using it fail as unavailable.
actor PooledConnection {
    /// The most retries of a transaction that collides with another one.
    private static let maxRetries = 5

    private let executor: BlockingExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private let address: Secret
    private let log: Log
    private var session: PostgresSession?

    init(_ number: Int, address: Secret, log: Log) {
        executor = BlockingExecutor("lazaret.ledger.postgres.\(number)")
        self.address = address
        self.log = log
    }

    /// Performs the pool's work until there is none left.
    func work(for pool: PostgresPool) {
        var done: PostgresPool.Work?
        while let work = pool.next(for: self, after: done) {
            switch work {
            case .writes(let writes): perform(writes.sorted { $0.write.subject < $1.write.subject })
            case .session(let pending): perform(pending)
            }
            done = work
        }
    }

    func disconnect() { session = nil }

    private func perform(_ writes: [PostgresPool.PendingWrite]) {
        do throws(PostgresFailure) {
            let results = try retrying { (session) throws(PostgresFailure) in try session.write(writes.map(\.write)) }
            for (write, result) in zip(writes, results) { write.complete(.success(result)) }
        } catch {
            // One of the writes is at fault; the others are not to fail with it.
            if writes.count > 1, session != nil {
                performEach(writes)
                return
            }
            fail(writes, error)
        }
    }

    /// Performs each write in a transaction of its own, until the connection is lost. Reconnecting for each of hundreds
    /// of writes could make the last one wait for as many time-outs.
    private func performEach(_ writes: [PostgresPool.PendingWrite]) {
        for (index, write) in writes.enumerated() {
            do throws(PostgresFailure) {
                let results = try retrying { (session) throws(PostgresFailure) in try session.write([write.write]) }
                write.complete(.success(results[0]))
            } catch {
                guard session == nil else {
                    fail([write], error)
                    continue
                }
                return fail(Array(writes[index...]), error)
            }
        }
    }

    private func fail(_ writes: [PostgresPool.PendingWrite], _ error: PostgresFailure) {
        for write in writes { write.complete(.failure(error.ledgerError(during: write.write.operation))) }
    }

    private func perform(_ pending: PostgresPool.PendingSession) {
        do throws(PostgresFailure) {
            try retrying { (session) throws(PostgresFailure) in
                session.operation = pending.operation
                try pending.run(session)
            }
        } catch {
            pending.fail(error.ledgerError(during: pending.operation))
        }
    }

    /// Runs `body` on the connection, and again if its transaction collides with another one. If the connection fails,
    /// `session` is nil afterwards.
    private func retrying<Value>(
        _ body: (PostgresSession) throws(PostgresFailure) -> Value
    ) throws(PostgresFailure) -> Value {
        var retries = 0
        while true {
            let session = try connected()
            do throws(PostgresFailure) {
                return try body(session)
            } catch {
                if error.isCollision, retries < Self.maxRetries {
                    retries += 1
                    continue
                }
                if error.endsConnection { lose(error) }
                throw error
            }
        }
    }

    private func connected() throws(PostgresFailure) -> PostgresSession {
        // A restarted server has closed the connection before this call: the call need not fail.
        if let session, !session.isStale { return session }
        session = nil
        let opened = try PostgresSession(address: address)
        session = opened
        return opened
    }

    private func lose(_ failure: PostgresFailure) {
        session = nil
        log(.warning, "connection to the ledger lost") { json in
            json.field("error", failure.ledgerError(during: "keep a connection").detail)
        }
    }
}
