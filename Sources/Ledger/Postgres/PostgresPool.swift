import Support

/// A few connections to one server, each made when it is first needed, and lived on by a lane.
///
/// Writes that wait while others are on their way go together into the next transaction: a round trip and a sync of the
/// server's disk are paid once for all of them. What reads, or needs several steps, takes a connection for itself.
final class PostgresPool: Sendable {
    /// At most so many writes in one transaction, so that the first of them does not wait for long.
    private static let mostWrites = 500

    /// A write, and who waits for what the server says to it.
    struct PendingWrite: Sendable {
        let write: PostgresWrite
        /// Called once, when the transaction has ended.
        let settle: @Sendable (Result<PostgresResult, LedgerError>) -> Void
    }

    /// What takes a connection for itself.
    struct PendingTurn: Sendable {
        let operation: String
        /// Does it and answers who waits; throws with nobody answered.
        let run: @Sendable (PostgresSession) throws(PostgresFailure) -> Void
        let fail: @Sendable (LedgerError) -> Void
    }

    enum Work: Sendable {
        case writes([PendingWrite])
        case turn(PendingTurn)
    }

    private struct State {
        var writes: [PendingWrite] = []
        var turns: [PendingTurn] = []
        var idle: [PooledConnection]
        var writing = 0
        var turning = 0
        /// Calls that were made and not answered.
        var calls = 0
        var isClosed = false
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Locked<State>
    private let lanes: [PooledConnection]
    /// How many lanes may write at once: the fewer, the more writes gather.
    private let mostWriting = 1
    /// How many may be taken for a turn: one is left for writes.
    private let mostTurning: Int

    /// - Parameter size: of connections; two at least.
    init(address: Secret, size: Int, log: Log) {
        let lanes = (0..<max(2, size)).map { PooledConnection($0, address: address, log: log) }
        self.lanes = lanes
        state = Locked(State(idle: lanes.reversed()))
        mostTurning = lanes.count - mostWriting
    }

    /// How many writes wait for the next transaction.
    var waiting: Int { state.withLock { $0.writes.count } }

    /// Whether it refuses calls.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Makes a write with the next transaction, even when the calling task is cancelled.
    ///
    /// - Parameters:
    ///   - read: what the result says; nil where it does not say enough.
    ///   - otherwise: finds it out then, in a transaction of its own.
    func write<Value: Sendable>(
        _ write: PostgresWrite, _ read: @escaping @Sendable (PostgresResult) -> Value?,
        otherwise: @escaping @Sendable (PostgresSession) throws(PostgresFailure) -> Value
    ) async throws(LedgerError) -> Value {
        try enter(write.operation)
        defer { leave() }
        if let value = try await append(write, read) { return value }
        return try await turn(write.operation) { (session) throws(PostgresFailure) in
            try session.transaction(.writing) { () throws(PostgresFailure) in try otherwise(session) }
        }
    }

    /// Makes a write with the next transaction, even when the calling task is cancelled.
    ///
    /// - Parameter read: what the result says.
    func write<Value: Sendable>(
        _ write: PostgresWrite, _ read: @escaping @Sendable (PostgresResult) -> Value
    ) async throws(LedgerError) -> Value {
        try enter(write.operation)
        defer { leave() }
        return try await append(write, read)
    }

    private func append<Value: Sendable>(
        _ write: PostgresWrite, _ read: @escaping @Sendable (PostgresResult) -> Value
    ) async throws(LedgerError) -> Value {
        let result: Result<Value, LedgerError> = await withCheckedContinuation { caller in
            let pending = PendingWrite(write: write) { result in caller.resume(returning: result.map(read)) }
            enqueue { $0.writes.append(pending) }
        }
        return try result.get()
    }

    /// Runs `body` in a transaction of its own; where it collides with another one, again.
    func transaction<Value: Sendable>(
        _ operation: String, _ begin: PostgresTransaction,
        _ body: @escaping @Sendable (PostgresSession) throws(PostgresFailure) -> Value
    ) async throws(LedgerError) -> Value {
        try await session(operation) { (session) throws(PostgresFailure) in
            try session.transaction(begin) { () throws(PostgresFailure) in try body(session) }
        }
    }

    /// Runs `body` on a connection that nobody else uses meanwhile.
    func session<Value: Sendable>(
        _ operation: String, _ body: @escaping @Sendable (PostgresSession) throws(PostgresFailure) -> Value
    ) async throws(LedgerError) -> Value {
        try enter(operation)
        defer { leave() }
        return try await turn(operation, body)
    }

    private func turn<Value: Sendable>(
        _ operation: String, _ body: @escaping @Sendable (PostgresSession) throws(PostgresFailure) -> Value
    ) async throws(LedgerError) -> Value {
        let result: Result<Value, LedgerError> = await withCheckedContinuation { caller in
            let pending = PendingTurn(
                operation: operation,
                run: { (session) throws(PostgresFailure) in
                    let value = try body(session)
                    caller.resume(returning: .success(value))
                },
                fail: { caller.resume(returning: .failure($0)) })
            enqueue { $0.turns.append(pending) }
        }
        return try result.get()
    }

    private func enqueue(_ add: (inout State) -> Void) {
        let woken: PooledConnection? = state.withLock { state in
            add(&state)
            return mayStart(state) ? state.idle.popLast() : nil
        }
        if let woken { Task { await woken.work(for: self) } }
    }

    private func mayStart(_ state: State) -> Bool {
        (!state.writes.isEmpty && state.writing < mostWriting) || (!state.turns.isEmpty && state.turning < mostTurning)
    }

    /// What a lane does next, once it is done with what it was given before; nil, and the lane is idle, where there is
    /// nothing.
    func next(for lane: PooledConnection, after done: Work?) -> Work? {
        state.withLock { state in
            switch done {
            case .writes: state.writing -= 1
            case .turn: state.turning -= 1
            case nil: break
            }
            if !state.writes.isEmpty, state.writing < mostWriting {
                let batch = Array(state.writes.prefix(Self.mostWrites))
                state.writes.removeFirst(batch.count)
                state.writing += 1
                return .writes(batch)
            }
            if !state.turns.isEmpty, state.turning < mostTurning {
                state.turning += 1
                return .turn(state.turns.removeFirst())
            }
            state.idle.append(lane)
            return nil
        }
    }

    private func enter(_ operation: String) throws(LedgerError) {
        let isRefused = state.withLock { state in
            if !state.isClosed { state.calls += 1 }
            return state.isClosed
        }
        if isRefused { throw .closed(operation) }
    }

    private func leave() {
        let closing: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.calls -= 1
            guard state.calls == 0 else { return [] }
            defer { state.closing = [] }
            return state.closing
        }
        for waiter in closing { waiter.resume() }
    }

    /// Carries out what was asked before, refuses what comes later, and disconnects.
    func close() async {
        await withCheckedContinuation { waiter in
            let isQuiet = state.withLock { state in
                state.isClosed = true
                if state.calls > 0 { state.closing.append(waiter) }
                return state.calls == 0
            }
            if isQuiet { waiter.resume() }
        }
        for lane in lanes { await lane.disconnect() }
    }
}
