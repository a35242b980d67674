import Support

/// A few connections to one server, each with a thread of its own and opened when it is first needed.
///
/// Writes that arrive during a transaction share the next one, so a round trip and a sync of the server's disk are paid
/// once for all of them. Reads and operations of several steps have a connection to themselves.
final class PostgresPool: Sendable {
    /// The most writes in one transaction: bounds how long the first of them waits.
    private static let maxWrites = 500

    /// A write whose caller waits for the result.
    struct PendingWrite: Sendable {
        let write: PostgresWrite
        /// Called once, after the transaction has ended.
        let complete: @Sendable (Result<PostgresResult, LedgerError>) -> Void
    }

    /// An operation that needs a session to itself, whose caller waits for the result.
    struct PendingSession: Sendable {
        let operation: String
        /// Runs the operation and resumes the caller; throws without resuming it.
        let run: @Sendable (PostgresSession) throws(PostgresFailure) -> Void
        let fail: @Sendable (LedgerError) -> Void
    }

    enum Work: Sendable {
        case writes([PendingWrite])
        case session(PendingSession)
    }

    private struct State {
        var writes: [PendingWrite] = []
        var sessions: [PendingSession] = []
        var idle: [PooledConnection]
        /// Connections that perform writes.
        var writing = 0
        /// Connections in use by one session.
        var inSession = 0
        /// Calls that have not returned.
        var calls = 0
        var isClosed = false
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Locked<State>
    private let connections: [PooledConnection]
    /// The most connections that write at the same time: with fewer, more writes share a transaction.
    private let maxWriting = 1
    /// The most connections in use by sessions: one is left for writes.
    private let maxInSession: Int

    /// - Parameter size: the number of connections; at least two.
    init(address: Secret, size: Int, log: Log) {
        let connections = (0..<max(2, size)).map { PooledConnection($0, address: address, log: log) }
        self.connections = connections
        state = Locked(State(idle: connections.reversed()))
        maxInSession = connections.count - maxWriting
    }

    /// The number of writes that wait for the next transaction.
    var waiting: Int { state.withLock { $0.writes.count } }

    /// Whether new calls are refused.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Makes a write in the next transaction, even if the calling task is cancelled.
    ///
    /// - Parameters:
    ///   - read: returns the value of a result; nil if the result does not decide it.
    ///   - otherwise: returns the value then, in a transaction of its own.
    func write<Value: Sendable>(
        _ write: PostgresWrite, _ read: @escaping @Sendable (PostgresResult) -> Value?,
        otherwise: @escaping @Sendable (PostgresSession) throws(PostgresFailure) -> Value
    ) async throws(LedgerError) -> Value {
        try beginCall(write.operation)
        defer { endCall() }
        if let value = try await append(write, read) { return value }
        return try await runInSession(write.operation) { (session) throws(PostgresFailure) in
            try session.transaction(.writing) { () throws(PostgresFailure) in try otherwise(session) }
        }
    }

    /// Makes a write in the next transaction, even if the calling task is cancelled.
    ///
    /// - Parameter read: returns the value of a result.
    func write<Value: Sendable>(
        _ write: PostgresWrite, _ read: @escaping @Sendable (PostgresResult) -> Value
    ) async throws(LedgerError) -> Value {
        try beginCall(write.operation)
        defer { endCall() }
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

    /// Runs `body` in a transaction of its own, and again if the transaction collides with another one.
    func transaction<Value: Sendable>(
        _ operation: String, _ begin: PostgresTransaction,
        _ body: @escaping @Sendable (PostgresSession) throws(PostgresFailure) -> Value
    ) async throws(LedgerError) -> Value {
        try await session(operation) { (session) throws(PostgresFailure) in
            try session.transaction(begin) { () throws(PostgresFailure) in try body(session) }
        }
    }

    /// Runs `body` on a connection that no other call uses meanwhile.
    func session<Value: Sendable>(
        _ operation: String, _ body: @escaping @Sendable (PostgresSession) throws(PostgresFailure) -> Value
    ) async throws(LedgerError) -> Value {
        try beginCall(operation)
        defer { endCall() }
        return try await runInSession(operation, body)
    }

    private func runInSession<Value: Sendable>(
        _ operation: String, _ body: @escaping @Sendable (PostgresSession) throws(PostgresFailure) -> Value
    ) async throws(LedgerError) -> Value {
        let result: Result<Value, LedgerError> = await withCheckedContinuation { caller in
            let pending = PendingSession(
                operation: operation,
                run: { (session) throws(PostgresFailure) in
                    let value = try body(session)
                    caller.resume(returning: .success(value))
                },
                fail: { caller.resume(returning: .failure($0)) })
            enqueue { $0.sessions.append(pending) }
        }
        return try result.get()
    }

    private func enqueue(_ add: (inout State) -> Void) {
        let started: PooledConnection? = state.withLock { state in
            add(&state)
            return mayStart(state) ? state.idle.popLast() : nil
        }
        if let started { Task { await started.work(for: self) } }
    }

    private func mayStart(_ state: State) -> Bool {
        (!state.writes.isEmpty && state.writing < maxWriting)
            || (!state.sessions.isEmpty && state.inSession < maxInSession)
    }

    /// Returns a connection's next work; nil if there is none, and the connection is idle then.
    ///
    /// - Parameter done: the work that the connection has finished; nil for the first call.
    func next(for connection: PooledConnection, after done: Work?) -> Work? {
        state.withLock { state in
            switch done {
            case .writes: state.writing -= 1
            case .session: state.inSession -= 1
            case nil: break
            }
            if !state.writes.isEmpty, state.writing < maxWriting {
                let batch = Array(state.writes.prefix(Self.maxWrites))
                state.writes.removeFirst(batch.count)
                state.writing += 1
                return .writes(batch)
            }
            if !state.sessions.isEmpty, state.inSession < maxInSession {
                state.inSession += 1
                return .session(state.sessions.removeFirst())
            }
            state.idle.append(connection)
            return nil
        }
    }

    private func beginCall(_ operation: String) throws(LedgerError) {
        let isRefused = state.withLock { state in
            if !state.isClosed { state.calls += 1 }
            return state.isClosed
        }
        if isRefused { throw .closed(operation) }
    }

    private func endCall() {
        let closing: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.calls -= 1
            guard state.calls == 0 else { return [] }
            defer { state.closing = [] }
            return state.closing
        }
        for waiter in closing { waiter.resume() }
    }

    /// Refuses new calls, waits for those that are pending, and disconnects.
    func close() async {
        await withCheckedContinuation { waiter in
            let isQuiet = state.withLock { state in
                state.isClosed = true
                if state.calls > 0 { state.closing.append(waiter) }
                return state.calls == 0
            }
            if isQuiet { waiter.resume() }
        }
        for connection in connections { await connection.disconnect() }
    }
}
