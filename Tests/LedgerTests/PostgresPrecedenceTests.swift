import Domain
import Ledger
import Support
import TestKit
import Testing

@testable import Ledger

/// Uploads of one key whose judgements are recorded at the same time by workers with connections of their own.
@Suite(.timeLimit(.minutes(1)))
struct PostgresPrecedenceTests {
    private func upload(_ number: Int, _ sequencer: String) -> Job {
        let object = ObjectVersion(
            bucket: "in", key: ObjectKey("uploads/same.png")!, versionID: "v\(number)", etag: "e\(number)")
        return Job(
            id: jobID(number),
            event: Event(object: object, size: 1, sequencer: sequencer, time: at(0), name: "ObjectCreated:Put"))
    }

    /// Returns a client that holds a lock on the row of a job until it commits.
    private func lock(_ number: Int, at url: String) throws -> PostgresSession {
        let session = try PostgresSession(address: Secret(url))
        try session.run("BEGIN")
        try session.run("SELECT 1 FROM jobs WHERE id = $1 FOR UPDATE", [.text(jobID(number).text)])
        return session
    }

    /// The claims of one worker.
    private struct Claims {
        let own: ClaimToken
        /// Its renewal waits for a lock, so that further writes gather.
        let first: ClaimToken
        /// Its renewal shares a transaction with the judgement of `own`.
        let companion: ClaimToken
    }

    private func untilWaiting(_ count: Int64, _ session: PostgresSession) async throws {
        let waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        try await eventually { try session.first(waiting, [], { $0.integer(0) }) == count }
    }

    /// Each record shares a transaction with another write, which waits for a lock. So both records are made, but
    /// neither is committed: a query in either transaction could not see the other.
    @Test func `one of two concurrently recorded judgements sees the other`() async throws {
        let server = try await PostgresServer.shared()
        try await server.withDatabase { name in
            let url = server.url(name)
            var ledgers: [PostgresLedger] = []
            for _ in 1...2 { ledgers.append(try await PostgresLedger(address: Secret(url), log: .silent)) }
            let uploads = [upload(1, "0A"), upload(2, "0B")]
            var claims: [Claims] = []
            for (index, ledger) in ledgers.enumerated() {
                claims.append(
                    Claims(
                        own: try await ledger.take(uploads[index], by: "w\(index)"),
                        first: try await ledger.take(job(16 + index)),
                        companion: try await ledger.take(job(32 + index))))
            }
            let gates = [try lock(16, at: url), try lock(17, at: url)]
            let ends = [try lock(32, at: url), try lock(33, at: url)]
            let observer = try PostgresSession(address: Secret(url))

            let answers = try await withThrowingTaskGroup(of: (Int, Precedence?).self) { group in
                for (index, ledger) in ledgers.enumerated() {
                    let claim = claims[index]
                    group.addTask {
                        _ = try await ledger.renew(claim.first, until: at(20))
                        return (index, nil)
                    }
                }
                try await untilWaiting(2, observer)
                for (index, ledger) in ledgers.enumerated() {
                    let claim = claims[index]
                    group.addTask { (index, try await ledger.record(clean, for: claim.own, at: at(1))) }
                    group.addTask {
                        _ = try await ledger.renew(claim.companion, until: at(20))
                        return (index, nil)
                    }
                }
                for ledger in ledgers { try await eventually { ledger.pool.waiting >= 2 } }
                for gate in gates { try gate.run("COMMIT") }
                for ledger in ledgers { try await eventually { ledger.pool.waiting == 0 } }
                // The records are made, and their transactions wait for the locks.
                try await untilWaiting(2, observer)
                #expect(
                    try observer.first("SELECT count(*) FROM jobs WHERE verdict IS NOT NULL", [], { $0.integer(0) })
                        == 0)
                for end in ends { try end.run("COMMIT") }
                var answers: [Precedence?] = [nil, nil]
                for try await (index, answer) in group { answers[index] = answers[index] ?? answer }
                return answers
            }
            let first = try #require(answers[0])
            let second = try #require(answers[1])
            #expect([.free, .overtaken(by: jobID(2))].contains(first))
            #expect([.free, .behind(jobID(1), until: at(10))].contains(second))
            #expect(first != .free || second != .free)
            for ledger in ledgers { await ledger.close() }
        }
    }
}
