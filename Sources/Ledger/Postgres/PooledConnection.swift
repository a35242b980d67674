import Support

/// One connection and the thread that lives on it. A connection that broke is replaced with the next call; the calls
/// that were on it are told that the ledger was unavailable.
actor PooledConnection {
    /// How often a transaction that collides with another one is begun again.
    private static let repetitions = 5

    private let lane: BlockingExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe lane.asUnownedSerialExecutor() }

    private let address: Secret
    private let log: Log
    private var session: PostgresSession?

    init(_ number: Int, address: Secret, log: Log) {
        lane = BlockingExecutor("lazaret.ledger.postgres.\(number)")
        self.address = address
        self.log = log
    }

    /// Works until the pool has nothing more to do.
    func work(for pool: PostgresPool) {
        var done: PostgresPool.Work?
        while let work = pool.next(for: self, after: done) {
            switch work {
            case .writes(let writes): perform(writes.sorted { $0.write.subject < $1.write.subject })
            case .turn(let turn): perform(turn)
            }
            done = work
        }
    }

    func disconnect() { session = nil }

    private func perform(_ writes: [PostgresPool.PendingWrite]) {
        do throws(PostgresFailure) {
            let results = try repeating { (session) throws(PostgresFailure) in try session.write(writes.map(\.write)) }
            for (write, result) in zip(writes, results) { write.settle(.success(result)) }
        } catch {
            // One of them is at fault, and the others are not to pay for it.
            if writes.count > 1, session != nil {
                performEach(writes)
                return
            }
            fail(writes, error)
        }
    }

    /// Each in a transaction of its own, as long as there is a connection. To try for a new one for each would have the last
    /// of hundreds wait for as many answers that never come.
    private func performEach(_ writes: [PostgresPool.PendingWrite]) {
        for (index, write) in writes.enumerated() {
            do throws(PostgresFailure) {
                let results = try repeating { (session) throws(PostgresFailure) in try session.write([write.write]) }
                write.settle(.success(results[0]))
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
        for write in writes { write.settle(.failure(error.told(write.write.operation))) }
    }

    private func perform(_ turn: PostgresPool.PendingTurn) {
        do throws(PostgresFailure) {
            try repeating { (session) throws(PostgresFailure) in
                session.operation = turn.operation
                try turn.run(session)
            }
        } catch {
            turn.fail(error.told(turn.operation))
        }
    }

    /// Runs `body` on the connection, again where it collides with another transaction. There is no session afterwards
    /// where it was the connection that failed.
    private func repeating<Value>(
        _ body: (PostgresSession) throws(PostgresFailure) -> Value
    ) throws(PostgresFailure) -> Value {
        var repetitions = 0
        while true {
            let session = try connected()
            do throws(PostgresFailure) {
                return try body(session)
            } catch {
                if error.isCollision, repetitions < Self.repetitions {
                    repetitions += 1
                    continue
                }
                if error.endsConnection { lose(error) }
                throw error
            }
        }
    }

    private func connected() throws(PostgresFailure) -> PostgresSession {
        // A server that was restarted has hung up long before the next call: that one need not fail.
        if let session, !session.isStale { return session }
        session = nil
        let made = try PostgresSession(address: address)
        session = made
        return made
    }

    private func lose(_ failure: PostgresFailure) {
        session = nil
        log(.warning, "connection to the ledger lost") { json in
            json.field("error", failure.told("keep a connection").detail)
        }
    }
}
