import Domain
import Support
import TestKit
import Testing

@testable import Ledger

/// The precedence of an upload whose key was uploaded 100,000 times before. The look-up must not read them all: it is
/// made in the ledger's only writer.
@Suite(.timeLimit(.minutes(3)), .serialized)
struct PrecedenceSpeedTests {
    private static let count = 100_000
    private static let columns = """
        id, bucket, key, version_id, etag, sequencer, event_name, event_time, first_received_at, attempts, worker, verdict,
        bytes_read, outcome, disposition, finished_at, planned_bucket, planned_key
        """

    private static func upload(_ number: Int, _ sequencer: String?) -> Job {
        let object = ObjectVersion(bucket: "in", key: ObjectKey("up/a")!, versionID: "w\(number)", etag: "e")
        return Job(
            id: jobID(number),
            event: Event(object: object, size: 1, sequencer: sequencer, time: at(2), name: "ObjectCreated:Put"))
    }

    private static func check(_ ledger: any Ledger) async throws {
        let place = JudgementBasis(destination: ObjectLocation(bucket: "out", key: ObjectKey("done/a")!))
        let cases: [(String?, Precedence)] = [
            ("F00000", .free), ("000001", .overtaken(by: jobID(1))),
            (nil, .overtaken(by: jobID(0x200_0000 + count))),
        ]
        try await checkLatest(ledger)
        for (number, (sequencer, expected)) in cases.enumerated() {
            let claim = try await ledger.take(upload(number + 1, sequencer))
            #expect(try await ledger.record(clean, for: claim, under: place, at: at(3)) == expected)
            let one = try await fastest { _ = try await ledger.job(jobID(number + 1)) }
            let each = try await fastest { _ = try await ledger.precedence(of: jobID(number + 1), now: at(3)) }
            #expect(each < one * most, "\(sequencer ?? "none"): \(each), and one job takes \(one)")
            try await ledger.release(claim, error: "", strands: false, at: at(3))
        }
    }

    /// All uploads had the same bytes, in a bucket without versions but for every other one.
    private static func checkLatest(_ ledger: any Ledger) async throws {
        let key = ObjectKey("up/a")!
        let asked = ["v\(count)", "v1", nil].map {
            ObjectVersion(bucket: "in", key: key, versionID: $0, etag: "e")
        }
        let one = try await fastest { _ = try await ledger.job(jobID(0x200_0001)) }
        let all = try await fastest {
            let found = try await ledger.latestJobs(of: asked).map { $0?.job.id }
            #expect(found == [jobID(0x200_0000 + count), jobID(0x200_0001), jobID(0x200_0000 + count - 1)])
        }
        #expect(all < one * most * 3, "\(all) for three, and one job takes \(one)")
    }

    /// How many times as long as reading one job by its id a look-up may take. Reading all uploads takes hundreds.
    private static let most = 15

    /// The shortest of many calls: a busy machine makes the others longer.
    private static func fastest(_ call: () async throws -> Void) async throws -> Duration {
        var shortest = Duration.seconds(1000)
        for _ in 1...50 {
            let start = ContinuousClock.now
            try await call()
            shortest = min(shortest, ContinuousClock.now - start)
        }
        return shortest
    }

    @Test func `an upload of a key with 100,000 past uploads is ordered in constant time in SQLite`() async throws {
        try await withFolder { folder in
            let ledger = try await SQLiteLedger(path: folder + "/ledger.db", log: .silent)
            let filler = try SQLiteConnection(path: folder + "/ledger.db", access: .readWrite, busyTimeout: .seconds(9))
            try filler.run(
                """
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(Self.count))
                INSERT INTO jobs (\(Self.columns))
                SELECT printf('%032x', 33554432 + i), 'in', x'75702F61',
                    CASE WHEN i % 2 = 0 OR i = 1 THEN 'v' || i END, 'e', printf('%018x', i + 16), 'ObjectCreated:Put',
                    \(at(0).milliseconds) + i * 5, 0, 1, 'w', 'clean', 1, 'settled', 'promoted', 0, 'out', x'646F6E652F61' FROM n
                """)
            try await Self.check(ledger)
            await ledger.close()
        }
    }

    @Test func `an upload of a key with 100,000 past uploads is ordered in constant time in PostgreSQL`() async throws {
        let server = try await PostgresServer.shared()
        try await server.withDatabase { name in
            let ledger = try await PostgresLedger(address: Secret(server.url(name)), log: .silent)
            let filler = try PostgresSession(address: Secret(server.url(name)))
            try filler.run(
                """
                INSERT INTO jobs (\(Self.columns))
                SELECT lpad(to_hex(33554432 + i), 32, '0'), 'in', 'up/a'::bytea,
                    CASE WHEN i % 2 = 0 OR i = 1 THEN 'v' || i END, 'e', lpad(to_hex(i + 16), 18, '0'),
                    'ObjectCreated:Put', \(at(0).milliseconds) + i * 5, 0, 1, 'w', 'clean', 1, 'settled', 'promoted', 0,
                    'out', 'done/a'::bytea
                FROM generate_series(1::bigint, \(Self.count)) AS n (i)
                """)
            // The server does so by itself some time after many new rows.
            try filler.run("ANALYZE jobs")
            try await Self.check(ledger)
            await ledger.close()
        }
    }

    /// Workers prepare their statements while a new ledger is empty, and keep the plans until its tables are analysed.
    @Test func `the plan for an empty ledger in PostgreSQL reads no table and no index of other keys`() async throws {
        let server = try await PostgresServer.shared()
        try await server.withDatabase { name in
            let session = try PostgresSession(address: Secret(server.url(name)))
            try session.migrate()
            let explained = PostgresStatement(
                "EXPLAIN " + PostgresWrite.otherUploads, [.text("id"), SQLValue(at(3))], isPrepared: false)
            let plan = try session.all(explained) { $0.text(0) ?? "" }
            let scans = plan.filter { $0.contains("Scan") && $0.contains(" on jobs") }
            let indexes = ["jobs_id_key", "jobs_pkey", "jobs_by_sequence", "jobs_by_upload", "jobs_on_their_way"]
            #expect(scans.count >= 7)
            for scan in scans { #expect(indexes.contains { scan.contains(" \($0) ") }, "\(scan)") }
        }
    }
}
