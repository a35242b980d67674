import Domain
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
