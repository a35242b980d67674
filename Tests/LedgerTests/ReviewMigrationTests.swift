import Domain
import Ledger
import Support
import TestKit
import Testing

@testable import Ledger

/// Ledgers from before there were reviews.
@Suite(.timeLimit(.minutes(1)))
struct ReviewMigrationTests {
    /// Job 1 has quarantined its object, job 2 has promoted it, job 3 is open.
    private static func row(_ number: Int, _ outcome: String, _ disposition: String, key: String) -> String {
        """
        INSERT INTO jobs (id, bucket, key, event_name, first_received_at, attempts, worker, verdict, bytes_read, outcome,
            disposition, finished_at)
        VALUES ('\(jobID(number).text)', 'in', \(key), 'ObjectCreated:Put', \(number), 1, 'w', 'infected', 1, \(outcome),
            \(disposition), \(outcome == "NULL" ? "NULL" : "5"));
        """
    }

    private static func rows(key: String) -> String {
        row(1, "'settled'", "'quarantined'", key: key) + row(2, "'settled'", "'promoted'", key: key)
            + row(3, "NULL", "NULL", key: key)
    }

    private func check(_ ledger: any Ledger) async throws {
        let reviews = try await ledger.jobs(JobQuery()).map(\.review)
        #expect(reviews == [nil, nil, .pending])
        guard case .begun = try await ledger.begin(.delete, of: 1) else { throw NotGranted(claim: nil) }
        await ledger.close()
    }

    @Test func `what lies in the quarantine of an SQLite ledger becomes pending`() async throws {
        try await withFolder { folder in
            let path = folder + "/ledger.db"
            let old = try SQLiteConnection(path: path, access: .create, busyTimeout: .zero)
            try old.migrate(SQLiteMigration.all.filter { $0.version < SQLiteMigration.reviews.version })
            try old.script(Self.rows(key: "x'61'"))
            try await check(try await openLedger(at: "sqlite:\(path)", log: .silent))
        }
    }

    @Test func `what lies in the quarantine of a PostgreSQL ledger becomes pending`() async throws {
        let server = try await PostgresServer.shared()
        try await server.withDatabase { name in
            let session = try PostgresSession(address: Secret(server.url(name)))
            try session.migrate(PostgresMigration.all.filter { $0.version < PostgresMigration.reviews.version })
            try session.script(Self.rows(key: "'\\x61'"))
            try await check(try await openLedger(at: server.url(name), log: .silent))
        }
    }
}
