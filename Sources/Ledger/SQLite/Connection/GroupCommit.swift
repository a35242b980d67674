import Domain
import Glibc
import Support

/// The only writer of a database file: commits writes in groups.
///
/// Writes that arrive during a transaction share the next one, so a sync of the disk is paid once for all of them. No
/// call returns before its transaction is committed. While several jobs write, transactions begin at least `interval`
/// apart to let writes gather. The writes of a single job are committed at once: nothing would share their
/// transactions, and the job's steps would wait for each other.
///
/// A write that throws rolls back its own changes only. A transaction that fails, fails all its writes.
actor GroupCommit {
    /// The most writes in one transaction: bounds how long the first of them waits.
    private static let maxWrites = 500

    /// The least time between the starts of two transactions while several jobs write.
    private static let interval = Duration.milliseconds(8)

    private struct Write: Sendable {
        let operation: String
        let sync: SQLiteConnection.Sync
        /// Makes the changes, and returns the closure that resumes the caller after the commit.
        let run: @Sendable (SQLiteConnection) throws(LedgerError) -> @Sendable () -> Void
        let fail: @Sendable (LedgerError) -> Void
    }

    private struct Queue {
        var waiting: [Write] = []
        var jobs = RecentJobs()
        var isDraining = false
        var isClosed = false
    }

    private let executor = BlockingExecutor("lazaret.ledger.writer")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private nonisolated let queue = Locked(Queue())
    private nonisolated let committed = Locked(0)
    private var connection: SQLiteConnection?
    private var lastBegin: ContinuousClock.Instant?

    /// The number of committed transactions.
    nonisolated var transactions: Int { committed.withLock { $0 } }

    /// The number of writes that wait for the next transaction.
    nonisolated var waiting: Int { queue.withLock { $0.waiting.count } }

    /// Whether new writes are refused.
    nonisolated var isClosed: Bool { queue.withLock { $0.isClosed } }

    /// Connects on the writer's own thread, and returns the result of `prepare` on the new connection.
    func open<Value: Sendable>(
        _ connect: @Sendable () throws(LedgerError) -> SQLiteConnection,
        _ prepare: @Sendable (SQLiteConnection) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value {
        let opened = try connect()
        let value = try prepare(opened)
        connection = opened
        return value
    }

    /// Runs `body` in the next transaction, and returns its result after the commit. A cancelled task's write is made
    /// too.
    ///
    /// - Parameters:
    ///   - job: whose step the write is, if it is one.
    ///   - sync: `full` if the write must survive a loss of power.
    nonisolated func write<Value: Sendable>(
        _ operation: String, of job: JobID? = nil, sync: SQLiteConnection.Sync = .full,
        _ body: @escaping @Sendable (SQLiteConnection) throws(LedgerError) -> Value
    ) async throws(LedgerError) -> Value {
        let result: Result<Value, LedgerError> = await withCheckedContinuation { caller in
            let write = Write(
                operation: operation, sync: sync,
                run: { (connection) throws(LedgerError) in
                    let value = try body(connection)
                    return { caller.resume(returning: .success(value)) }
                },
                fail: { caller.resume(returning: .failure($0)) })
            enqueue(write, of: job)
        }
        return try result.get()
    }

    private nonisolated func enqueue(_ write: Write, of job: JobID?) {
        let (isRefused, mustStart) = queue.withLock { queue in
            guard !queue.isClosed else { return (true, false) }
            queue.waiting.append(write)
            if let job { queue.jobs.note(job, at: .now) }
            defer { queue.isDraining = true }
            return (false, !queue.isDraining)
        }
        if isRefused { write.fail(.closed(write.operation)) }
        if mustStart { Task { await drain() } }
    }

    private func drain() {
        while true {
            if queue.withLock({ $0.waiting.count > 1 || $0.waiting.count > 0 && $0.jobs.areSeveral(at: .now) }) {
                waitForInterval()
            }
            guard let batch = takeBatch() else { return }
            commit(batch)
        }
    }

    /// Blocks the writer's own thread until the next transaction may begin.
    private func waitForInterval() {
        guard let lastBegin, !isClosed else { return }
        let left = Self.interval - (ContinuousClock.now - lastBegin)
        if left > .zero { usleep(UInt32(left / .microseconds(1))) }
    }

    private nonisolated func takeBatch() -> [Write]? {
        queue.withLock { queue in
            let batch = Array(queue.waiting.prefix(Self.maxWrites))
            queue.waiting.removeFirst(batch.count)
            queue.isDraining = !batch.isEmpty
            return batch.isEmpty ? nil : batch
        }
    }

    private func commit(_ batch: [Write]) {
        guard let connection else {
            for write in batch { write.fail(.closed(write.operation)) }
            return
        }
        lastBegin = .now
        var completions: [@Sendable () -> Void] = []
        do throws(LedgerError) {
            connection.operation = batch[0].operation
            try connection.checkFile()
            try connection.sync(batch.contains { $0.sync == .full } ? .full : .normal)
            completions = try connection.transaction("BEGIN IMMEDIATE") { () throws(LedgerError) in
                var completions: [@Sendable () -> Void] = []
                for write in batch { completions.append(try run(write, on: connection)) }
                return completions
            }
        } catch {
            for write in batch { write.fail(error) }
            return
        }
        committed.withLock { $0 += 1 }
        for complete in completions { complete() }
    }

    /// Throws only if the whole transaction has failed.
    private func run(_ write: Write, on connection: SQLiteConnection) throws(LedgerError) -> @Sendable () -> Void {
        connection.operation = write.operation
        try connection.run("SAVEPOINT write")
        do throws(LedgerError) {
            let completion = try write.run(connection)
            try connection.run("RELEASE write")
            return completion
        } catch {
            // Some failures, such as a full disk, may have ended the transaction with all its writes.
            guard connection.isInTransaction else { throw error }
            try connection.run("ROLLBACK TO write")
            try connection.run("RELEASE write")
            return { write.fail(error) }
        }
    }

    /// Refuses new writes, commits those that wait, and disconnects.
    nonisolated func close() async {
        queue.withLock { $0.isClosed = true }
        await disconnect()
    }

    private func disconnect() {
        drain()
        connection = nil
    }
}
