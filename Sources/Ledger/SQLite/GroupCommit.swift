import Glibc
import Support

/// The only writer of a database. Writes that wait while one transaction reaches the disk go together into the next: a
/// sync of the disk is paid once for all of them, and nobody is answered before it. Under load transactions begin at least
/// `pace` apart, so that writes gather: one that comes alone is written at once.
///
/// What a write throws takes back its own changes alone; a transaction that fails fails for all that were in it.
actor GroupCommit {
    /// At most so many writes in one transaction, so that the first of them does not wait for long.
    private static let most = 500

    /// How far apart transactions begin while writes keep coming.
    private static let pace = Duration.milliseconds(8)

    private struct Write: Sendable {
        let operation: String
        let sync: Connection.Sync
        /// Gives the call that answers the caller once the transaction has held.
        let run: @Sendable (Connection) throws(LedgerError) -> @Sendable () -> Void
        let fail: @Sendable (LedgerError) -> Void
    }

    private struct Queue {
        var waiting: [Write] = []
        var isBeingEmptied = false
        var isClosed = false
    }

    private let lane = BlockingExecutor("lazaret.ledger.writer")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe lane.asUnownedSerialExecutor() }

    private nonisolated let queue = Locked(Queue())
    private nonisolated let committed = Locked(0)
    private var connection: Connection?
    private var lastBegin: ContinuousClock.Instant?

    /// How many transactions have been committed.
    nonisolated var transactions: Int { committed.withLock { $0 } }

    /// How many writes wait for the next transaction.
    nonisolated var waiting: Int { queue.withLock { $0.waiting.count } }

    /// Whether it refuses writes.
    nonisolated var isClosed: Bool { queue.withLock { $0.isClosed } }

    /// Connects, on the writer's own thread, and gives what `prepare` says of the new connection.
    func open<Value: Sendable>(
        _ connect: @Sendable () throws(LedgerError) -> Connection,
        _ prepare: @Sendable (Connection) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value {
        let opened = try connect()
        let value = try prepare(opened)
        connection = opened
        return value
    }

    /// Runs `body` in the next transaction and gives its result once that is done. The write happens even when the
    /// calling task is cancelled.
    ///
    /// - Parameter sync: `full` for what must outlast a loss of power.
    nonisolated func write<Value: Sendable>(
        _ operation: String, sync: Connection.Sync = .full,
        _ body: @escaping @Sendable (Connection) throws(LedgerError) -> Value
    ) async throws(LedgerError) -> Value {
        let result: Result<Value, LedgerError> = await withCheckedContinuation { caller in
            let write = Write(
                operation: operation, sync: sync,
                run: { (connection) throws(LedgerError) in
                    let value = try body(connection)
                    return { caller.resume(returning: .success(value)) }
                },
                fail: { caller.resume(returning: .failure($0)) })
            enqueue(write)
        }
        return try result.get()
    }

    private nonisolated func enqueue(_ write: Write) {
        let (isRefused, mustWake) = queue.withLock { queue in
            guard !queue.isClosed else { return (true, false) }
            queue.waiting.append(write)
            defer { queue.isBeingEmptied = true }
            return (false, !queue.isBeingEmptied)
        }
        if isRefused { write.fail(.closed(write.operation)) }
        if mustWake { Task { await empty() } }
    }

    private func empty() {
        while true {
            if waiting > 0 { awaitTurn() }
            guard let batch = takeBatch() else { return }
            commit(batch)
        }
    }

    /// Sleeps, on the writer's own thread, until the pace allows another transaction.
    private func awaitTurn() {
        guard let lastBegin, !isClosed else { return }
        let left = Self.pace - (ContinuousClock.now - lastBegin)
        if left > .zero { usleep(UInt32(left / .microseconds(1))) }
    }

    private nonisolated func takeBatch() -> [Write]? {
        queue.withLock { queue in
            let batch = Array(queue.waiting.prefix(Self.most))
            queue.waiting.removeFirst(batch.count)
            queue.isBeingEmptied = !batch.isEmpty
            return batch.isEmpty ? nil : batch
        }
    }

    private func commit(_ batch: [Write]) {
        guard let connection else {
            for write in batch { write.fail(.closed(write.operation)) }
            return
        }
        lastBegin = .now
        var answers: [@Sendable () -> Void] = []
        do throws(LedgerError) {
            connection.operation = batch[0].operation
            try connection.checkFile()
            try connection.sync(batch.contains { $0.sync == .full } ? .full : .normal)
            answers = try connection.transaction("BEGIN IMMEDIATE") { () throws(LedgerError) in
                var answers: [@Sendable () -> Void] = []
                for write in batch { answers.append(try run(write, on: connection)) }
                return answers
            }
        } catch {
            for write in batch { write.fail(error) }
            return
        }
        committed.withLock { $0 += 1 }
        for answer in answers { answer() }
    }

    /// Throws only what costs the whole transaction.
    private func run(_ write: Write, on connection: Connection) throws(LedgerError) -> @Sendable () -> Void {
        connection.operation = write.operation
        try connection.run("SAVEPOINT write")
        do throws(LedgerError) {
            let answer = try write.run(connection)
            try connection.run("RELEASE write")
            return answer
        } catch {
            // Some failures, a full disk among them, may have ended the transaction and with it the neighbours' work.
            guard connection.isInTransaction else { throw error }
            try connection.run("ROLLBACK TO write")
            try connection.run("RELEASE write")
            return { write.fail(error) }
        }
    }

    /// Carries out what waits, refuses what comes later, and disconnects.
    nonisolated func close() async {
        queue.withLock { $0.isClosed = true }
        await disconnect()
    }

    private func disconnect() {
        empty()
        connection = nil
    }
}
