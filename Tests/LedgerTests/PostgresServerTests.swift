import Domain
import Ledger
import Support
import TestKit
import Testing

@testable import Ledger

/// Calls while their server is stopped, killed or restarted.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct PostgresServerTests {
    /// A server of its own, since these tests stop it.
    private static let fragile = Task { try await PostgresServer() }

    private func withLedger(_ body: (PostgresServer, any Ledger) async throws -> Void) async throws {
        let server = try await Self.fragile.value
        try await server.withDatabase { name in
            let ledger = try await openLedger(at: server.url(name), log: .silent)
            try await body(server, ledger)
            await ledger.close()
        }
    }

    @Test func `a restart between two calls causes no error`() async throws {
        try await withLedger { server, ledger in
            try await ledger.settle(job(1))
            _ = try await ledger.jobs(JobQuery())
            try await server.restart()
            try await ledger.settle(job(2))
            #expect(try await ledger.jobs(JobQuery()).count == 2)
        }
    }

    @Test func `a stopped server is unavailable until it is back`() async throws {
        try await withLedger { server, ledger in
            let token = try await ledger.take(job(1))
            try await server.stop()
            let writing = await #expect(throws: LedgerError.self) {
                try await ledger.finish(token, with: promotion, at: at(1))
            }
            #expect(writing?.code == .unavailable && writing?.isTransient == true)
            #expect(writing?.operation == "finish a job" && writing?.hint.contains("running and reachable") == true)
            let reading = await #expect(throws: LedgerError.self) { try await ledger.summary() }
            #expect(reading?.code == .unavailable)
            let opening = await #expect(throws: LedgerError.self) {
                try await openLedger(at: server.url("postgres"), log: .silent)
            }
            #expect(opening?.code == .unavailable && opening?.operation == "open the ledger")
            try await server.start()
            #expect(try await ledger.finish(token, with: promotion, at: at(1)))
            #expect(try await ledger.job(jobID(1))?.outcome == promotion)
        }
    }

    private final class Tally: Sendable {
        private let state = Locked((failures: 0, ended: [Int]()))

        var failures: Int { state.withLock { $0.failures } }
        var ended: [Int] { state.withLock { $0.ended } }

        func failed() { state.withLock { $0.failures += 1 } }
        func ended(_ number: Int) { state.withLock { $0.ended.append(number) } }
    }

    /// Runs a job until it has ended, like a worker whose calls may fail.
    private func settle(_ number: Int, on ledger: any Ledger, whenDown: () async -> Void) async throws -> Bool {
        var minute: Int64 = 0
        while true {
            // A claim whose reply was lost holds the job until it expires.
            minute += 20
            do throws(LedgerError) {
                let claim = try await ledger.claim(
                    job(number), by: "alpha", pipeline: nil, receivedAt: at(0), until: at(minute + 10), now: at(minute))
                switch claim {
                case .finished: return false
                case .held: continue
                case .granted(let token, _):
                    try await ledger.record(clean, for: token, at: at(minute))
                    return try await ledger.finish(token, with: .settled(clean, .kept, nil), at: at(minute))
                }
            } catch {
                // The killed server has lost the claim.
                if error.code == .claimLost { continue }
                guard error.isTransient else { throw error }
                await whenDown()
            }
        }
    }

    @Test func `a server killed under load loses no outcome and no half of a write`() async throws {
        try await withLedger { server, ledger in
            let isBack = Promise<Void>()
            let tally = Tally()
            let (progress, sink) = AsyncStream.makeStream(of: Void.self)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<16 {
                    group.addTask {
                        for number in stride(from: worker, to: 480, by: 16) {
                            _ = try await settle(number, on: ledger) {
                                tally.failed()
                                await isBack.value
                            }
                            tally.ended(number)
                            sink.yield()
                        }
                    }
                }
                var seen = 0
                for await _ in progress {
                    seen += 1
                    if seen == 100 { break }
                }
                try await server.kill()
                let before = tally.ended
                try await server.start()
                let other = try await openLedger(at: await url(of: ledger, server), log: .silent)
                for number in before { #expect(try await other.job(jobID(number))?.outcome != nil, "\(number)") }
                await other.close()
                isBack.keep(())
                try await group.waitForAll()
            }
            #expect(tally.failures > 0)
            #expect(try await ledger.summary() == LedgerSummary(outcomes: [.settled: 480], verdicts: [.clean: 480]))
            for number in 0..<480 {
                let record = try #require(try await ledger.job(jobID(number)))
                #expect(record.outcome == .settled(clean, .kept, nil) && record.heldBy == nil)
                #expect(record.attempts.map(\.number) == Array(1...record.attemptCount))
                #expect(record.attempts.allSatisfy { $0.endedAt != nil })
            }
        }
    }

    private func url(of ledger: any Ledger, _ server: PostgresServer) async throws -> String {
        let postgres = try #require(ledger as? PostgresLedger)
        let name = try await postgres.pool.session("ask") { (session) throws(PostgresFailure) in
            try session.first("SELECT current_database()::text") { $0.text(0) ?? "" }
        }
        return server.url(try #require(name))
    }

    @Test func `a server that does not respond times out`() async throws {
        let server = try await Self.fragile.value
        let connection = try PostgresConnection.open(Secret(server.url("postgres")))
        do throws(PostgresFailure) {
            _ = try connection.run(
                [(PostgresStatement("SELECT 1 FROM pg_sleep(60)"), nil)], within: .milliseconds(50))
            Issue.record("it answered")
        } catch {
            #expect(error.endsConnection && error.ledgerError(during: "ask").code == .unavailable)
        }
    }
}
