import Domain
import Foundation
import Ledger
import Support
import TestKit
import Testing

@testable import Ledger

/// Lists of a ledger with 20,000 jobs, or as many as `LAZARET_LEDGER_ROWS` says. With at least a million jobs, the time
/// of each list is printed.
@Suite(.timeLimit(.minutes(10)))
struct ManyJobsTests {
    private static let rows = ProcessInfo.processInfo.environment["LAZARET_LEDGER_ROWS"].flatMap { Int($0) } ?? 20_000
    private static let start = at(0).milliseconds

    private static func time(_ share: Double) -> Timestamp {
        Timestamp(milliseconds: start + Int64(Double(rows) * share) * 1000)
    }

    private static func search(_ fill: (inout JobQuery) -> Void) -> JobQuery {
        var query = JobQuery()
        fill(&query)
        return query
    }

    /// Each condition alone, and combinations that people use.
    static let queries: [JobQuery] = [
        search { _ in },
        search { $0.outcome = .failed },
        search { $0.outcome = .settled },
        search { $0.openOnly = true },
        search { $0.strandedOnly = true },
        search { $0.unclaimedSince = time(0.5) },
        search { $0.verdict = .infected },
        search { $0.verdict = .clean },
        search { $0.disposition = .quarantined },
        search { $0.disposition = .promoted },
        search { $0.reason = "Eicar-Test-Signature" },
        search { $0.reason = "answered 502" },
        search { $0.reason = "nobody said this" },
        search { $0.reason = "Rare" },
        search { $0.finding = "Rare.Name" },
        search { $0.finding = "Eicar-Test-Signature" },
        search { $0.finding = "Nobody.Found.This" },
        search { ($0.verdict, $0.finding) = (.infected, "Rare.Name") },
        search { $0.sha256 = String(repeating: "ab", count: 32) },
        search { $0.pipeline = "images" },
        search { $0.bucket = "incoming-1" },
        search { $0.bucket = "nowhere" },
        search { $0.prefix = "uploads/" },
        search { $0.prefix = "uploads/1" },
        search { $0.prefix = "uploads/17/" },
        search { $0.prefix = "nowhere/" },
        search { $0.since = time(0.9) },
        search { $0.until = time(0.01) },
        search { $0.signaturesBefore = .version(database: "daily", 27_100) },
        search { $0.signaturesBefore = .version(database: "daily", 2) },
        search { ($0.verdict, $0.since) = (.infected, time(0.9)) },
        search { ($0.verdict, $0.until) = (.infected, time(0.05)) },
        search { ($0.prefix, $0.outcome) = ("uploads/1", .failed) },
        search { ($0.prefix, $0.outcome) = ("uploads/17/", .failed) },
        search { ($0.bucket, $0.prefix, $0.verdict) = ("incoming", "uploads/1", .infected) },
        search { ($0.bucket, $0.prefix, $0.verdict) = ("nowhere", "uploads/", .clean) },
        search { ($0.verdict, $0.reason) = (.infected, "Eicar-Test-Signature") },
        search { ($0.verdict, $0.signaturesBefore) = (.clean, .version(database: "daily", 27_100)) },
        search { ($0.outcome, $0.verdict) = (.failed, .clean) },
        search { ($0.strandedOnly, $0.bucket) = (true, "incoming") },
        search { ($0.openOnly, $0.pipeline, $0.until) = (true, "uploads", time(0.5)) },
        search { ($0.verdict, $0.before) = (.infected, jobID(rows / 2)) },
        search { $0.before = jobID(rows / 100) },
    ]

    /// Fails if a list reads more than a small part of the jobs. A reason that few jobs have is an exception in SQLite:
    /// all jobs with a reason are read.
    @Test(arguments: LedgerDriver.allCases)
    func `no list reads the whole table`(_ driver: LedgerDriver) async throws {
        switch driver {
        case .sqlite:
            try await withFolder { folder in
                let path = folder + "/ledger.db"
                let connection = try SQLiteConnection(path: path, access: .create, busyTimeout: .zero)
                try connection.migrate()
                try connection.transaction("BEGIN") { () throws(LedgerError) in
                    try connection.script(Self.signatureSets(.sqlite) + Self.jobs(.sqlite) + Self.attempts)
                }
                for query in Self.queries {
                    guard let search = try connection.search(query) else { continue }
                    let plan = try connection.all("EXPLAIN QUERY PLAN " + search.sql, search.values) {
                        $0.text(3) ?? ""
                    }
                    // Only the keys of a narrow prefix are sorted.
                    let isSorted = plan.contains { $0.contains("TEMP B-TREE") }
                    #expect(isSorted == plan[0].contains("jobs_by_key"), "\(query): \(plan)")
                    // A whole index is scanned only if it holds few jobs, or if all jobs match.
                    let isScan = plan[0].hasPrefix("SCAN")
                    let mayScan = ["jobs_stranded", "jobs_with_reason"].contains { plan[0].contains($0) }
                    #expect(!isScan || mayScan || query == JobQuery() || query.isPrefixAlone, "\(query): \(plan)")
                }
                try await measure("sqlite:" + path, driver)
            }
        case .postgres:
            let server = try await PostgresServer(["shared_buffers=256MB", "max_wal_size=4GB"])
            try await server.withDatabase { name in
                let session = try PostgresSession(address: Secret(server.url(name)))
                try session.migrate()
                try session.script(
                    "SET statement_timeout = 0;" + Self.signatureSets(.postgres) + Self.jobs(.postgres) + Self.attempts
                        + "ANALYZE", within: .seconds(600))
                for query in Self.queries {
                    guard let statement = try session.search(query)?.statement else { continue }
                    let explained = PostgresStatement(
                        "EXPLAIN ANALYZE " + statement.sql, statement.values, isPrepared: false)
                    let plan = try session.all(explained) { $0.text(0) ?? "" }
                    #expect(
                        !plan.contains { $0.contains("Seq Scan on jobs") }, "\(query): \(plan.joined(separator: "\n"))")
                    let removedRows = plan.compactMap { line in
                        line.firstRange(of: "Removed by Filter: ").flatMap { Int(line[$0.upperBound...]) }
                    }
                    // Keys with the same prefix come in runs of 4000.
                    let limit = max(5000, Self.rows / 20)
                    #expect(removedRows.allSatisfy { $0 < limit }, "\(query): \(plan.joined(separator: "\n"))")
                }
                try await measure(server.url(name), driver)
            }
        }
    }

    private func measure(_ url: String, _ driver: LedgerDriver) async throws {
        let ledger = try await openLedger(at: url, log: .silent)
        for query in Self.queries {
            let start = ContinuousClock.now
            let jobs = try await ledger.jobs(query)
            let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
            #expect(
                jobs.count <= query.limit
                    && jobs.allSatisfy { query.bucket == nil || $0.job.object.bucket == query.bucket })
            if Self.rows >= 1_000_000 {
                print("\(driver) \(String(format: "%8.1f", milliseconds)) ms, \(jobs.count) jobs: \(query.given)")
            }
        }
        await ledger.close()
    }

    // MARK: The content of the ledger

    private static func numbers(_ last: Int, _ driver: LedgerDriver) -> String {
        switch driver {
        case .sqlite:
            "(WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < \(last)) SELECT n FROM series)"
        case .postgres: "(SELECT n FROM generate_series(1::bigint, \(last)) AS n)"
        }
    }

    private static func bytes(_ text: String, _ driver: LedgerDriver) -> String {
        driver == .sqlite ? "CAST(\(text) AS BLOB)" : "convert_to(\(text), 'UTF8')"
    }

    private static func signatureSets(_ driver: LedgerDriver) -> String {
        """
        INSERT INTO signature_sets (databases)
        SELECT '{"databases":[{"name":"daily.cld","version":' || (27000 + n) || ',"built":' || (\(start) + n) || '}]}'
        FROM \(numbers(300, driver)) AS series;
        """
    }

    /// Nearly all jobs are settled, clean and promoted, as in a ledger that has been in use for long. Of a thousand
    /// jobs ten are open, ten have failed, and seven others have no judgement. Of the judged jobs 0.5 % are infected,
    /// 1.5 % unscannable and 2 % rejected.
    private static func jobs(_ driver: LedgerDriver) -> String {
        let id = driver == .sqlite ? "printf('%032x', n)" : "lpad(to_hex(n), 32, '0')"
        return """
            INSERT INTO jobs (id, bucket, key, size, event_name, pipeline, first_received_at, worker, claimed_until,
                stranded_at, attempts, verdict, lists, bytes_read, sha256, outcome, disposition, destination_bucket,
                destination_key, finished_at, error, signature_set)
            SELECT \(id), CASE WHEN b < 70 THEN 'incoming' ELSE 'incoming-' || (b % 3) END,
                \(bytes("'uploads/' || (n % 5000) || '/' || n || '.png'", driver)), n, 'ObjectCreated:Put',
                CASE WHEN b < 70 THEN 'uploads' ELSE 'images' END, \(start) + n * 1000, 'worker-' || (n % 7),
                CASE WHEN r < 5 THEN \(start) + n * 1000 + 600000 END, CASE WHEN r = 9 THEN \(start) + n * 1000 END, 1,
                v, CASE CASE WHEN n < \(rows / 50) AND v = 'infected' THEN 'rare' ELSE v END
                    WHEN 'rare' THEN '{"findings":[{"kind":"signature","name":"Rare.Name"}],"limits":[]}'
                    WHEN 'infected' THEN '{"findings":[{"kind":"signature","name":"Eicar-Test-Signature"}],"limits":[]}'
                    WHEN 'unscannable' THEN '{"findings":[{"kind":"limit","name":"max-files"}],"limits":["max-files"]}'
                    WHEN 'rejected' THEN '{"findings":[{"kind":"rule","name":"type"}],"limits":[]}' END,
                CASE WHEN v IS NOT NULL THEN n END, CASE WHEN v IS NOT NULL THEN '\(String(repeating: "ab", count: 32))' END,
                CASE WHEN r < 10 THEN NULL WHEN r < 20 THEN 'failed' WHEN r < 25 THEN 'gone' WHEN r < 27 THEN 'unmatched'
                    ELSE 'settled' END,
                CASE v WHEN 'clean' THEN 'promoted' WHEN 'rejected' THEN 'deleted' WHEN 'infected' THEN 'quarantined'
                    WHEN 'unscannable' THEN 'kept' END,
                CASE WHEN v = 'clean' THEN 'media' END,
                CASE WHEN v = 'clean' THEN \(bytes("'permanent/' || n", driver)) END,
                CASE WHEN r >= 10 THEN \(start) + n * 1000 + 5000 END,
                CASE WHEN r >= 5 AND r < 20 THEN 'S3 answered ' || (500 + r % 4) END,
                CASE WHEN v IS NOT NULL THEN 1 + n * 300 / \(rows + 1) END
            FROM (
                SELECT n, r, b, CASE WHEN r < 27 THEN NULL WHEN q < 5 THEN 'infected' WHEN q < 20 THEN 'unscannable'
                    WHEN q < 40 THEN 'rejected' ELSE 'clean' END AS v
                FROM (SELECT n, n * 7919 % 1000 AS r, n * 104729 % 997 AS q, n * 1299709 % 101 AS b
                    FROM \(numbers(rows, driver)) AS series) AS mixed
            ) AS drawn;
            """
    }

    private static let attempts = """
        INSERT INTO attempts (job, number, worker, started_at, ended_at, error)
        SELECT number, 1, worker, first_received_at,
            coalesce(finished_at, CASE WHEN claimed_until IS NULL THEN first_received_at + 1000 END), error FROM jobs;
        """
}

extension JobQuery {
    fileprivate var isPrefixAlone: Bool {
        var plain = self
        plain.prefix = nil
        return plain == JobQuery()
    }

    /// The conditions that are set.
    fileprivate var given: String {
        Mirror(reflecting: self).children.compactMap { field in
            let text = "\(field.value)"
            guard text != "nil", text != "false", field.label != "limit" else { return nil }
            return "\(field.label ?? "")=\(text.replacing("Optional(", with: "").replacing(")", with: ""))"
        }.joined(separator: " ")
    }
}
