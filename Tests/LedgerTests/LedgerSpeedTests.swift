import Domain
import Foundation
import Ledger
import Support
import TestKit
import Testing

@testable import Ledger

/// A benchmark that prints its result: `LAZARET_LEDGER_JOBS=20000 swift test --no-parallel --filter LedgerSpeedTests`.
/// `LAZARET_LEDGER_WRITERS=4` opens the ledger as often as four workers would. `LAZARET_LEDGER_URL` is a ledger on
/// PostgreSQL that has jobs already.
struct LedgerSpeedTests {
    private static let jobs = ProcessInfo.processInfo.environment["LAZARET_LEDGER_JOBS"].flatMap { Int($0) }

    private static let writers = ProcessInfo.processInfo.environment["LAZARET_LEDGER_WRITERS"].flatMap { Int($0) } ?? 1

    private static let address = ProcessInfo.processInfo.environment["LAZARET_LEDGER_URL"]

    /// Sixteen concurrent callers of each writer claim, record and finish jobs. The server syncs to its disk as in
    /// production.
    @Test(.enabled(if: jobs != nil), arguments: LedgerDriver.allCases)
    func `jobs per second through the ledger are printed`(_ driver: LedgerDriver) async throws {
        let count = Self.jobs ?? 0
        if let address = Self.address {
            guard driver == .postgres else { return }
            return try await measure(address, driver, count)
        }
        switch driver {
        case .sqlite:
            try await withFolder { try await measure("sqlite:\($0)/ledger.db", driver, count) }
        case .postgres:
            let server = try await PostgresServer(["fsync=on", "full_page_writes=on", "shared_buffers=128MB"])
            try await server.withDatabase { try await measure(server.url($0), driver, count) }
        }
    }

    /// Four workers end jobs on PostgreSQL, in turn with the chain and without it. The second way is made here: the
    /// ledger has no switch for it.
    @Test(.enabled(if: jobs != nil))
    func `what the chain costs four workers on PostgreSQL is printed`() async throws {
        let count = Self.jobs ?? 0
        let server = try await PostgresServer(["fsync=on", "full_page_writes=on", "shared_buffers=128MB"])
        var seconds = (with: 0.0, without: 0.0)
        for round in 1...3 {
            for isChained in [false, true] {
                try await server.withDatabase { name in
                    let took = try await end(count, on: server.url(name), isChained: isChained)
                    print(
                        "round \(round), \(isChained ? "with" : "without"): \(Int(Double(count) / took)) jobs a second")
                    if isChained { seconds.with += took } else { seconds.without += took }
                }
            }
        }
        print("with the chain, four workers end \(seconds.without / seconds.with) times as many jobs a second")
    }

    /// Claims, records and ends jobs by 4 ledgers with 16 callers each.
    ///
    /// - Returns: how long it took, in seconds.
    private func end(_ count: Int, on url: String, isChained: Bool) async throws -> Double {
        var ledgers: [PostgresLedger] = []
        for _ in 0..<4 { ledgers.append(try await PostgresLedger(address: Secret(url), log: .silent)) }
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (caller, ledger) in ledgers.flatMap({ Array(repeating: $0, count: 16) }).enumerated() {
                group.addTask {
                    for number in stride(from: caller, to: count, by: 64) {
                        let token = try await ledger.take(job(number))
                        try await ledger.record(cleanWithEvidence(), for: token, at: at(1))
                        let write = PostgresWrite.finish(
                            token, with: .settled(cleanWithEvidence(), .kept, nil), at: at(2), [])
                        #expect(try await ledger.pool.write(isChained ? write : write.unchained) { $0.count > 0 })
                    }
                }
            }
            try await group.waitForAll()
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        #expect(try await ledgers[0].summary().outcomes == [.settled: count])
        #expect(try await ledgers[0].chainHead().sequence == (isChained ? Int64(count) : 0) + 1)
        for ledger in ledgers { await ledger.close() }
        return seconds
    }

    private func measure(_ url: String, _ driver: LedgerDriver, _ count: Int) async throws {
        var ledgers: [any Ledger] = []
        for _ in 0..<Self.writers { ledgers.append(try await openLedger(at: url, log: .silent)) }
        // Jobs that no earlier run has made.
        let first = Self.address == nil ? 0 : Int(Timestamp.now().milliseconds)
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (caller, ledger) in (ledgers.flatMap { Array(repeating: $0, count: 16) }).enumerated() {
                group.addTask { [step = ledgers.count * 16] in
                    for number in stride(from: caller, to: count, by: step) {
                        let token = try await ledger.take(job(first + number))
                        try await ledger.record(cleanWithEvidence(), for: token, at: at(1))
                        _ = try await ledger.finish(token, with: .settled(cleanWithEvidence(), .kept, nil), at: at(2))
                    }
                }
            }
            try await group.waitForAll()
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        print("\(driver): \(Int(Double(count) / seconds)) jobs a second, \(count) jobs in \(seconds) s")
        if Self.address == nil { try await check(ledgers[0], driver, count) }
        for ledger in ledgers { await ledger.close() }
    }

    private func check(_ ledger: any Ledger, _ driver: LedgerDriver, _ count: Int) async throws {
        #expect(try await ledger.summary().outcomes == [.settled: count])
        let start = ContinuousClock.now
        #expect(try await ledger.chainFindings() == [])
        print("\(driver): the chain of \(count) jobs is checked in \((ContinuousClock.now - start) / .seconds(1)) s")
    }
}

extension PostgresWrite {
    /// The same write without its entry in the chain.
    fileprivate var unchained: PostgresWrite {
        PostgresWrite(operation, of: subject, isDurable: isDurable, databases: databases, statement)
    }
}
