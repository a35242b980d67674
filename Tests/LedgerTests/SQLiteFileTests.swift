import Domain
import Foundation
import Ledger
import Support
import Testing

@testable import Ledger

/// The ledger's file, and the errors of its states.
@Suite(.timeLimit(.minutes(1)))
struct SQLiteFileTests {
    private func failure(opening path: String, creating: Bool = true) async -> LedgerError? {
        await #expect(throws: LedgerError.self) {
            try await openLedger(at: "sqlite:" + path, log: .silent, creating: creating)
        }
    }

    @Test func `a missing folder is named`() async throws {
        try await withFolder { folder in
            let error = await failure(opening: folder + "/no/ledger.db")
            #expect(error?.code == .missing && error?.hint.contains(folder + "/no") == true)
        }
    }

    @Test func `a missing file is created only if asked for`() async throws {
        try await withFolder { folder in
            let error = await failure(opening: folder + "/ledger.db", creating: false)
            #expect(error?.code == .missing && error?.hint.contains(folder + "/ledger.db") == true)
            #expect(!FileManager.default.fileExists(atPath: folder + "/ledger.db"))
        }
    }

    @Test func `a path of a folder is refused`() async throws {
        try await withFolder { folder in
            let error = await failure(opening: folder)
            #expect(error?.code == .denied && error?.hint.contains("a file that this user may read") == true)
        }
    }

    @Test func `a file that is not a database is corrupt`() async throws {
        try await withFolder { folder in
            let text = String(repeating: "not a database\n", count: 400)
            try text.write(toFile: folder + "/ledger.db", atomically: false, encoding: .utf8)
            let error = await failure(opening: folder + "/ledger.db")
            #expect(error?.code == .corrupt && error?.isTransient == false)
            #expect(error?.hint.contains("backup") == true)
            #expect(try String(contentsOfFile: folder + "/ledger.db", encoding: .utf8) == text)
        }
    }

    /// What is written to a file without a name is lost when the process ends.
    @Test(arguments: [true, false])
    func `a file that was moved away is not written to`(isReplaced: Bool) async throws {
        try await withFolder { folder in
            let path = folder + "/ledger.db"
            let ledger = try await SQLiteLedger(path: path, log: .silent)
            try await ledger.settle(job(1))
            try FileManager.default.moveItem(atPath: path, toPath: path + ".aside")
            if isReplaced { try Data().write(to: URL(fileURLWithPath: path)) }
            let error = await #expect(throws: LedgerError.self) { try await ledger.settle(job(2)) }
            #expect(error?.code == .missing && error?.isTransient == false && error?.detail.contains(path) == true)

            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: path + ".aside", toPath: path)
            try await ledger.settle(job(3))
            #expect(Set(try await ledger.jobs(JobQuery()).map(\.job.id)) == [jobID(3), jobID(1)])
            await ledger.close()
        }
    }

    @Test func `damaged pages are corrupt and not an empty list`() async throws {
        try await withFolder { folder in
            let path = folder + "/ledger.db"
            let ledger = try await SQLiteLedger(path: path, log: .silent)
            for number in 1...50 { try await ledger.settle(job(number)) }
            await ledger.close()
            // Overwrites all but the first page, which identifies the file and its tables.
            let file = try #require(FileHandle(forUpdatingAtPath: path))
            let length = try file.seekToEnd()
            try file.seek(toOffset: 4096)
            try file.write(contentsOf: Data(repeating: 0xA5, count: Int(length) - 4096))
            try file.close()

            let error = await #expect(throws: LedgerError.self) {
                let damaged = try await SQLiteLedger(path: path, log: .silent)
                _ = try await damaged.jobs(JobQuery())
            }
            #expect(error?.code == .corrupt)
        }
    }

    @Test func `another program's database is left unchanged`() async throws {
        try await withFolder { folder in
            let path = folder + "/notes.db"
            let notes = try SQLiteConnection(path: path, access: .create, busyTimeout: .zero)
            try notes.script("CREATE TABLE notes (text)")
            let error = await failure(opening: path)
            #expect(error?.code == .foreign)
            let tables = try notes.all("SELECT name FROM sqlite_schema") { $0.text(0) }
            let mode = try notes.first("PRAGMA journal_mode") { $0.text(0) ?? "" }
            #expect(tables == ["notes"] && mode == "delete")
        }
    }

    @Test func `a read-only connection cannot write`() async throws {
        try await withFolder { folder in
            let path = folder + "/ledger.db"
            let ledger = try await SQLiteLedger(path: path, log: .silent)
            let reading = try SQLiteConnection(path: path, access: .readOnly, busyTimeout: .zero)
            let error = #expect(throws: LedgerError.self) { try reading.run("DELETE FROM jobs") }
            #expect(error?.code == .readOnly && error?.isTransient == false)
            await ledger.close()
        }
    }

    @Test func `a copy of the files at any instant is a complete ledger`() async throws {
        try await withFolder { folder in
            let path = folder + "/ledger.db"
            let ledger = try await SQLiteLedger(path: path, log: .silent)
            for number in 1...30 {
                try await ledger.settle(job(number))
                guard number % 10 == 0 else { continue }
                // The file and its log, as a killed process leaves them.
                let image = "\(folder)/image-\(number).db"
                for suffix in ["", "-wal"] {
                    try FileManager.default.copyItem(atPath: path + suffix, toPath: image + suffix)
                }
                let revived = try await SQLiteLedger(path: image, log: .silent)
                #expect(
                    try await revived.summary()
                        == LedgerSummary(outcomes: [.settled: number], verdicts: [.clean: number]))
                await revived.close()
            }
            await ledger.close()
        }
    }

    @Test func `every commit waits for the disk and foreign keys are enforced`() async throws {
        try await withFolder { folder in
            let ledger = try await SQLiteLedger(path: folder + "/ledger.db", log: .silent)
            let settings = try await ledger.writer.write("read settings") { (connection) throws(LedgerError) in
                try ["journal_mode", "synchronous", "foreign_keys"].map { (name) throws(LedgerError) in
                    try connection.first("PRAGMA \(name)") { $0.text(0) } ?? nil
                }
            }
            #expect(settings == ["wal", "2", "1"])
            await ledger.close()
        }
    }

    @Test(arguments: [
        "UPDATE audit_trail SET reason = 'nothing to see'", "DELETE FROM audit_trail",
        "INSERT OR REPLACE INTO audit_trail (number, at, actor, action, subject, reason) VALUES (1, 0, '', '', '', '')",
    ])
    func `the audit trail is append-only for every connection`(_ sql: String) async throws {
        try await withFolder { folder in
            let path = folder + "/ledger.db"
            let ledger = try await SQLiteLedger(path: path, log: .silent)
            let entry = AuditEntry(at: at(1), actor: "mara", action: "release", subject: "s3://q/1", reason: "benign")
            try await ledger.audit(entry)
            let intruder = try SQLiteConnection(path: path, access: .readWrite, busyTimeout: .zero)
            let error = #expect(throws: LedgerError.self) { try intruder.run(sql) }
            #expect(error?.detail.contains("append-only") == true)
            #expect(try await ledger.auditTrail(of: nil, limit: 9) == [entry])
            await ledger.close()
        }
    }

    /// From "Result and Error Codes" at sqlite.org, primary and extended.
    @Test(
        arguments: [
            (5, .busy), (6, .busy), (261, .busy), (13, .full), (8, .readOnly), (1032, .readOnly), (11, .corrupt),
            (26, .corrupt), (779, .corrupt), (3, .denied), (10, .failed), (1, .failed), (21, .failed), (255, .failed),
        ] as [(Int32, LedgerError.Code)])
    func `a result code maps to an error code`(_ code: Int32, _ meaning: LedgerError.Code) {
        let error = LedgerError(sqlite: code, message: "m", path: "/x/ledger.db", operation: "list jobs")
        #expect(error.code == meaning && error.isTransient == (meaning == .busy || meaning == .full))
        #expect(error.description.contains("list jobs") && error.description.contains("SQLite \(code)"))
    }
}
