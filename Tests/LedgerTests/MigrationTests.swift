import Domain
import Foundation
import Ledger
import Support
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(1)))
struct MigrationTests {
    private static let one = SQLiteMigration(version: 1, sql: "CREATE TABLE a (x); INSERT INTO a VALUES (1)")
    private static let two = SQLiteMigration(version: 2, sql: "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1")
    /// Fails in its second statement.
    private static let broken = SQLiteMigration(version: 3, sql: "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)")

    private func withConnection(_ body: (SQLiteConnection, String) throws -> Void) async throws {
        try await withFolder { folder in
            let path = folder + "/ledger.db"
            try body(try SQLiteConnection(path: path, access: .create, busyTimeout: .zero), path)
        }
    }

    @Test func `each step runs once`() async throws {
        try await withConnection { connection, _ in
            let before = [
                try connection.migrate([Self.one]), try connection.migrate([Self.one, Self.two]),
                try connection.migrate([Self.one, Self.two]),
            ]
            #expect(before == [0, 1, 2])
            let rows = try connection.all("SELECT x, y FROM a") { [$0.integer(0), $0.integer(1)] }
            #expect(rows == [[1, 2]])
        }
    }

    @Test func `a failed step leaves the previous version`() async throws {
        try await withConnection { connection, _ in
            #expect(throws: LedgerError.self) { try connection.migrate([Self.one, Self.two, Self.broken]) }
            let tables = try connection.all("SELECT name FROM sqlite_schema") { $0.text(0) }
            #expect(tables == ["a"])
            let version = try connection.migrate([Self.one, Self.two])
            #expect(version == 2)
        }
    }

    @Test func `a later version's database is refused with its path`() async throws {
        try await withConnection { connection, path in
            try connection.migrate()
            try connection.script("PRAGMA user_version = 99")
            let error = #expect(throws: LedgerError.self) { try connection.migrate() }
            #expect(error?.code == .tooNew && error?.detail.contains("99") == true)
            #expect(error?.detail.contains(path) == true)
        }
    }

    @Test func `a database of the first schema is migrated to the latest`() async throws {
        let fixture = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fixtures/ledger-schema-1.sql")
        let sql = try String(contentsOf: fixture, encoding: .utf8)
        try await withFolder { folder in
            let old = try SQLiteConnection(path: folder + "/old.db", access: .create, busyTimeout: .zero)
            try old.script(sql)
            let ledger = try await SQLiteLedger(path: folder + "/old.db", log: .silent)
            #expect(try await ledger.jobs(JobQuery()).map(\.job.id) == [3, 2, 1].map(jobID))
            #expect(try await ledger.job(jobID(1))?.outcome == promotion)
            let open = try #require(try await ledger.job(jobID(2)))
            #expect(open.judgement == infected && open.error == "S3 answered 503" && open.attempts.count == 1)
            #expect(try await ledger.job(jobID(3))?.outcome == .failed(reason: "denied", nil))
            // Evidence that the first schema had no columns for is missing; new evidence is stored.
            #expect(try await ledger.job(jobID(1))?.judgement?.evidence.databases == [])
            try await ledger.settle(job(4), .settled(cleanWithEvidence(), .kept, nil), at: -1)
            #expect(try await ledger.job(jobID(4))?.judgement == cleanWithEvidence())
            #expect(try await ledger.unreadableMessages(limit: 9).map(\.message.messageID) == ["message-1"])
            #expect(try await ledger.auditTrail(of: jobID(1), limit: 9).map(\.actor) == ["mara"])
            await ledger.close()

            // A step that was edited after its release would show here.
            let fresh = try SQLiteConnection(path: folder + "/fresh.db", access: .create, busyTimeout: .zero)
            try fresh.migrate()
            let schema = "SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY type, name"
            let (kept, made) = (try old.all(schema) { $0.text(0) }, try fresh.all(schema) { $0.text(0) })
            #expect(kept == made)
        }
    }

    @Test func `processes that create the ledger at the same time share it`() async throws {
        try await withFolder { folder in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let ledger = try await openLedger(at: "sqlite:\(folder)/ledger.db", log: .silent)
                        try await ledger.settle(job(number))
                        await ledger.close()
                    }
                }
                try await group.waitForAll()
            }
            let ledger = try await openLedger(at: "sqlite:\(folder)/ledger.db", log: .silent)
            #expect(try await ledger.summary().outcomes == [.settled: 8])
            await ledger.close()
        }
    }

    @Test func `the switch to the write-ahead log waits for a reader`() async throws {
        try await withFolder { folder in
            let path = folder + "/ledger.db"
            let creator = try SQLiteConnection(path: path, access: .create, busyTimeout: .zero)
            try creator.migrate()
            let reader = try SQLiteConnection(path: path, access: .readWrite, busyTimeout: .zero)
            try reader.run("BEGIN")
            _ = try reader.first("SELECT count(*) FROM jobs") { $0.integer(0) }
            var pauses = 0
            try creator.useWriteAheadLog(within: .seconds(60)) { () throws(LedgerError) in
                pauses += 1
                try reader.run("COMMIT")
            }
            #expect(pauses == 1)
            // A connection opened before learns of the new mode with its next read.
            _ = try reader.first("SELECT count(*) FROM jobs") { $0.integer(0) }
            #expect(try reader.first("PRAGMA journal_mode") { $0.text(0) } == "wal")
        }
    }
}
