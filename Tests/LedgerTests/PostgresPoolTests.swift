import Domain
import Ledger
import Support
import TestKit
import Testing

@testable import Ledger

/// How calls share connections and transactions.
@Suite(.timeLimit(.minutes(1)))
struct PostgresPoolTests {
    private func withLedger(
        connections: Int = 4, _ body: (PostgresLedger, _ url: String) async throws -> Void
    ) async throws {
        let server = try await PostgresServer.shared()
        try await server.withDatabase { name in
            var options = PostgresLedger.Options()
            options.connections = connections
            let url = server.url(name)
            let ledger = try await PostgresLedger(address: Secret(url), options: options, log: .silent)
            try await body(ledger, url)
            await ledger.close()
        }
    }

    /// Runs `body` while a renewal of job 0 waits for another client's lock, so that the writes of `body` gather behind
    /// it.
    private func gathering(
        _ count: Int, _ ledger: PostgresLedger, _ url: String, _ body: @escaping @Sendable () async throws -> Void,
        beforeUnlocking: () async throws -> Void = {}
    ) async throws {
        let first = try await ledger.take(job(0))
        let other = try PostgresSession(address: Secret(url))
        try other.run("BEGIN")
        try other.run("SELECT 1 FROM jobs WHERE id = $1 FOR UPDATE", [.text(jobID(0).text)])
        async let renewed = ledger.renew(first, until: at(20))
        // Waits until the renewal waits for the lock.
        let waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        try await eventually {
            try other.run("SELECT pg_stat_clear_snapshot()")
            return try other.first(waiting, [], { $0.integer(0) }) != 0
        }
        async let done: Void = body()
        try await eventually { ledger.pool.waiting >= count }
        try await beforeUnlocking()
        try other.run("COMMIT")
        #expect(try await renewed)
        try await done
    }

    @Test func `writes that wait together share one transaction`() async throws {
        try await withLedger { ledger, url in
            try await gathering(100, ledger, url) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 1...100 { group.addTask { _ = try await ledger.take(job(number)) } }
                    try await group.waitForAll()
                }
            }
            let session = try PostgresSession(address: Secret(url))
            let transactions = try session.first(
                "SELECT count(DISTINCT xmin::text) FROM jobs WHERE id <> $1", [.text(jobID(0).text)]
            ) { $0.integer(0) }
            #expect(transactions == 1)
        }
    }

    @Test func `a refused write does not affect the others in its transaction`() async throws {
        try await withLedger { ledger, url in
            // Too large for an entry of an index.
            let huge = (0..<4000).map { String(($0 &* 2_654_435_761) % 1_000_003, radix: 36) }.joined()
            try await gathering(20, ledger, url) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 1...20 {
                        group.addTask {
                            do {
                                _ = try await ledger.take(job(number, bucket: number == 7 ? huge : "incoming"))
                                #expect(number != 7)
                            } catch let error as LedgerError {
                                #expect(number == 7 && error.code == .failed && error.operation == "claim a job")
                                #expect(error.detail.contains("index"))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(try await ledger.summary().open == 20)
            #expect(try await ledger.job(jobID(7)) == nil)
        }
    }

    @Test func `a long list does not block writes`() async throws {
        try await withLedger(connections: 2) { ledger, url in
            let (isReading, sink) = AsyncStream.makeStream(of: Void.self)
            let other = try PostgresSession(address: Secret(url))
            try other.run("BEGIN")
            try other.run("SELECT pg_advisory_xact_lock(7)")
            async let read: Void = ledger.pool.session("read for long") { (session) throws(PostgresFailure) in
                sink.finish()
                try session.run("SELECT pg_advisory_lock(7)")
            }
            for await _ in isReading {}
            try await ledger.settle(job(1))
            try other.run("COMMIT")
            try await read
        }
    }

    @Test func `ledgers that claim the same jobs in any order get each job once`() async throws {
        try await withLedger { first, url in
            var ledgers: [any Ledger] = [first]
            for _ in 1..<4 { ledgers.append(try await openLedger(at: url, log: .silent)) }
            let granted = try await withThrowingTaskGroup(of: [Int].self) { group in
                for (index, ledger) in ledgers.enumerated() {
                    let numbers = Array(0..<100).shuffled()
                    for part in 0..<4 {
                        group.addTask {
                            var mine: [Int] = []
                            for number in numbers[(part * 25)..<(part * 25 + 25)] {
                                let claim = try await ledger.claim(
                                    job(number), by: "worker-\(index)", pipeline: nil, receivedAt: at(0), until: at(10),
                                    now: at(0))
                                guard case .granted(let token, _) = claim else { continue }
                                #expect(token.attempt == 1)
                                guard try await ledger.finish(token, with: promotion, at: at(1)) else { continue }
                                mine.append(number)
                            }
                            return mine
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(granted.sorted() == Array(0..<100))
            for ledger in ledgers { await ledger.close() }
        }
    }

    /// The signature set is inserted while the claim waits for the row: the snapshot of the waiting statement does not
    /// have it.
    @Test func `a claim that waited for the row gets the complete judgement`() async throws {
        try await withLedger { ledger, url in
            let first = try await ledger.take(job(1))
            let other = try PostgresSession(address: Secret(url))
            try other.run("BEGIN")
            try other.run("SELECT 1 FROM jobs WHERE id = $1 FOR UPDATE", [.text(jobID(1).text)])
            async let claim = ledger.claim(
                job(1), by: "beta", pipeline: nil, receivedAt: at(10), until: at(20), now: at(10))
            let observer = try PostgresSession(address: Secret(url))
            try await eventually {
                try observer.first(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
                    [], { $0.integer(0) }) != 0
            }
            var sets = SignatureSets()
            let text = sets.text(of: demoSet)
            let set = try #require(text)
            try observer.run("INSERT INTO signature_sets (databases) VALUES ($1)", [.text(set)])
            try other.run(
                """
                UPDATE jobs SET verdict = 'clean', lists = NULL, bytes_read = 10,
                    signature_set = (SELECT number FROM signature_sets WHERE databases = $2) WHERE id = $1
                """, [.text(jobID(1).text), .text(set)])
            try other.run("COMMIT")
            guard case .granted(let token, let earlier) = try await claim else {
                Issue.record("the claim had expired")
                return
            }
            #expect(token.attempt == first.attempt + 1)
            #expect(earlier?.evidence.databases == demoSet)
        }
    }

    @Test func `closing carries out pending writes`() async throws {
        try await withLedger { ledger, url in
            try await gathering(20, ledger, url) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 1...20 { group.addTask { _ = try await ledger.take(job(number)) } }
                    try await group.waitForAll()
                }
            } beforeUnlocking: {
                Task { await ledger.close() }
                try await eventually { ledger.pool.isClosed }
            }
            let session = try PostgresSession(address: Secret(url))
            #expect(try session.first("SELECT count(*) FROM jobs") { $0.integer(0) } == 21)
        }
    }

    @Test func `a statement is prepared once per connection`() async throws {
        try await withLedger { ledger, url in
            let session = try PostgresSession(address: Secret(url))
            for _ in 0..<5 { _ = try session.auditTrail(of: nil, limit: 1) }
            let prepared = try session.first(
                "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%audit_trail%'"
            ) {
                $0.integer(0)
            }
            // One is this query itself.
            #expect(prepared == 2)
        }
    }

    @Test func `characters that the server refuses are stored unchanged`() {
        let texts = ["", "plain", "\u{0}", "\u{1}", "\u{1}0", "\u{0}\u{1}\u{0}1", "é\u{0}🦠", "\u{2}"]
        for text in texts {
            let bytes = encodedText(text)
            #expect(!bytes.contains(0))
            #expect(bytes.withUnsafeBytes { decodedText($0) } == text)
        }
        #expect(Set(texts.map { encodedText($0) }).count == texts.count)
    }

    @Test func `arrays arrive as they are, with their gaps`() async throws {
        let server = try await PostgresServer.shared()
        try await server.withDatabase { name in
            let session = try PostgresSession(address: Secret(server.url(name)))
            let numbers: [SQLValue] = [.integer(.min), .null, .integer(.max)]
            let texts: [SQLValue] = [.text(""), .text("\u{0}{,\"é"), .null]
            let bytes: [SQLValue] = [.null, .bytes([]), .bytes([0, 255])]
            let sql = "SELECT * FROM unnest($1, $2, $3)"
            for count in [3, 1, 0] {
                let arrays = [(.integer, numbers), (.text, texts), (.bytes, bytes)].map {
                    PostgresArray(element: $0, values: Array($1.prefix(count)))
                }
                let result = try session.run([PostgresStatement(sql, arrays: arrays)])[0]
                #expect(result.count == count)
                for row in 0..<count {
                    let found = result[row]
                    let values: [SQLValue] = [
                        SQLValue(found.optionalInteger(0)), SQLValue(found.text(1)),
                        found.bytes(2).map { .bytes($0) } ?? .null,
                    ]
                    #expect("\(values)" == "\([numbers[row], texts[row], bytes[row]])")
                }
            }
        }
    }

    @Test func `results arrive before a statement that waits`() async throws {
        let server = try await PostgresServer.shared()
        try await server.withDatabase { name in
            let session = try PostgresSession(address: Secret(server.url(name)))
            let start = ContinuousClock.now
            var arrivals: [Duration] = []
            let statements = [PostgresStatement("SELECT 1"), PostgresStatement("SELECT pg_sleep(0.5)")]
            _ = try session.run(statements, early: 1) { _, _ in arrivals.append(.now - start) }
            #expect(arrivals.count == 2 && arrivals[1] - arrivals[0] > .milliseconds(300))
        }
    }
}
