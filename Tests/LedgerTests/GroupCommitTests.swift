import Dispatch
import Domain
import Ledger
import Support
import TestKit
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(1)))
struct GroupCommitTests {
    /// Runs `body` while the writer is inside a transaction, which ends once `waiting` writes are queued behind it and
    /// `beforeOpening` is done.
    ///
    /// - Returns: the number of committed transactions, including the one at the gate.
    private func transactions(
        _ ledger: SQLiteLedger, waiting: Int, _ body: @escaping @Sendable () async throws -> Void,
        beforeOpening: () async throws -> Void = {}
    ) async throws -> Int {
        let before = ledger.writer.transactions
        let gate = DispatchSemaphore(value: 0)
        let (reached, arrival) = AsyncStream.makeStream(of: Void.self)
        async let held: Void = ledger.writer.write("wait at the gate") { _ in
            arrival.finish()
            gate.wait()
        }
        // A writer that waits forever would outlive the test and keep its thread.
        defer { gate.signal() }
        for await _ in reached {}
        async let done: Void = body()
        try await eventually { ledger.writer.waiting >= waiting }
        try await beforeOpening()
        gate.signal()
        try await held
        try await done
        return ledger.writer.transactions - before
    }

    private func withLedger(
        _ options: SQLiteLedger.Options = SQLiteLedger.Options(), _ body: (SQLiteLedger, String) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let path = folder + "/ledger.db"
            let ledger = try await SQLiteLedger(path: path, options: options, log: .silent)
            try await body(ledger, path)
            await ledger.close()
        }
    }

    @Test func `writes that wait together share one transaction`() async throws {
        try await withLedger { ledger, _ in
            var tokens: [ClaimToken] = []
            for number in 0..<200 { tokens.append(try await ledger.take(job(number))) }
            let count = try await transactions(ledger, waiting: 200) { [tokens] in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for token in tokens {
                        group.addTask { try await ledger.finish(token, with: promotion, at: at(1)) }
                    }
                    for try await isDone in group { #expect(isDone) }
                }
            }
            // The gate's transaction, and one for all that waited.
            #expect(count == 2)
            #expect(try await ledger.summary().outcomes == [.settled: 200])
        }
    }

    @Test func `the next write of a single caller waits for nothing`() async throws {
        try await withLedger { ledger, _ in
            let claim = try await ledger.take(job(1))
            var fastest = Duration.seconds(1)
            for number in 0..<100 {
                let start = ContinuousClock.now
                for _ in 0..<2 { #expect(try await ledger.renew(claim, until: at(50 + Int64(number)))) }
                fastest = min(fastest, .now - start)
            }
            // With a pause, the second of two would begin 8 ms after the first.
            #expect(fastest < .milliseconds(8))
        }
    }

    @Test func `several jobs are those that wrote within 32 ms`() {
        let start = ContinuousClock.now
        /// The jobs that write, each with the millisecond.
        func areSeveral(_ writes: [(job: Int, at: Int)], at now: Int) -> Bool {
            var jobs = RecentJobs()
            for (job, time) in writes { jobs.note(jobID(job), at: start + .milliseconds(time)) }
            return jobs.areSeveral(at: start + .milliseconds(now))
        }
        #expect(!areSeveral([], at: 0) && !areSeveral([(1, 0)], at: 1))
        #expect(!areSeveral([(1, 0), (1, 5), (1, 9)], at: 10))
        #expect(areSeveral([(1, 0), (2, 5)], at: 6))
        #expect(areSeveral([(1, 0), (2, 5), (2, 8), (1, 9), (1, 12)], at: 20))
        // One object after the other.
        #expect(!areSeveral([(1, 0), (1, 9), (2, 300), (2, 303)], at: 304))
        #expect(!areSeveral([(1, 0), (2, 5), (2, 40)], at: 41))
    }

    @Test func `a failed write does not affect the others in its transaction`() async throws {
        try await withLedger { ledger, _ in
            let good = try await ledger.take(job(1))
            let stale = ClaimToken(job: jobID(2), attempt: 7, worker: "alpha")
            let count = try await transactions(ledger, waiting: 3) {
                let first = Task { try await ledger.renew(good, until: at(50)) }
                let second = Task { try await ledger.release(stale, error: "late", strands: false, at: at(1)) }
                let third = Task {
                    try await ledger.writer.write("write and fail") { (connection) throws(LedgerError) in
                        try connection.run("UPDATE jobs SET pipeline = 'half done'")
                        throw LedgerError(.failed, operation: "write and fail", detail: "on purpose", hint: "")
                    }
                }
                let isRenewed = try await first.value
                #expect(isRenewed)
                let lost = await #expect(throws: LedgerError.self) { try await second.value }
                #expect(lost?.code == .claimLost)
                let failed = await #expect(throws: LedgerError.self) { try await third.value }
                #expect(failed?.detail == "on purpose")
            }
            #expect(count == 2)
            let record = try await ledger.job(jobID(1))
            #expect(record?.heldUntil == at(50) && record?.pipeline == "uploads")
        }
    }

    @Test func `no call returns before the commit`() async throws {
        try await withLedger { ledger, path in
            let outside = try SQLiteConnection(path: path, access: .readOnly, busyTimeout: .zero)
            for number in 1...20 {
                try await ledger.settle(job(number))
                let count = try outside.first("SELECT count(*) FROM jobs WHERE outcome = 'settled'") { $0.integer(0) }
                #expect(count == Int64(number))
            }
        }
    }

    @Test func `closing carries out pending writes`() async throws {
        try await withFolder { folder in
            let ledger = try await SQLiteLedger(path: folder + "/ledger.db", log: .silent)
            let count = try await transactions(ledger, waiting: 20) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 1...20 { group.addTask { _ = try await ledger.take(job(number)) } }
                    try await group.waitForAll()
                }
            } beforeOpening: {
                Task { await ledger.close() }
                try await eventually { ledger.writer.isClosed }
            }
            #expect(count == 2)
        }
    }

    @Test func `a database locked by another process is busy and the call can be retried`() async throws {
        var options = SQLiteLedger.Options()
        options.busyTimeout = .milliseconds(20)
        try await withLedger(options) { ledger, path in
            let token = try await ledger.take(job(1))
            let other = try SQLiteConnection(path: path, access: .readWrite, busyTimeout: .zero)
            try other.run("BEGIN IMMEDIATE")
            let error = await #expect(throws: LedgerError.self) {
                try await ledger.finish(token, with: promotion, at: at(1))
            }
            #expect(error?.code == .busy && error?.isTransient == true && error?.operation == "finish a job")
            #expect(try await ledger.job(jobID(1))?.outcome == nil)
            other.rollback()
            #expect(try await ledger.finish(token, with: promotion, at: at(1)))
        }
    }

    @Test func `a full disk loses no completed write and writes resume once there is space`() async throws {
        var options = SQLiteLedger.Options()
        options.maxPages = 40
        try await withLedger(options) { ledger, path in
            var answered = 0
            var failure: LedgerError?
            while failure == nil, answered < 2000 {
                do throws(LedgerError) {
                    _ = try await ledger.claim(
                        job(answered), by: "alpha", pipeline: nil, receivedAt: at(0), until: at(1), now: at(0))
                    answered += 1
                } catch {
                    failure = error
                }
            }
            #expect(failure?.code == .full && failure?.isTransient == true)
            #expect(failure?.hint.contains("Free space") == true)
            #expect(try await ledger.summary().open == answered)

            try await ledger.writer.write("free space") { (connection) throws(LedgerError) in
                try connection.script("PRAGMA max_page_count = 1000")
            }
            _ = try await ledger.take(job(answered))
            #expect(try await ledger.summary().open == answered + 1)
        }
    }
}
