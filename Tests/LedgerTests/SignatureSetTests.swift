import Domain
import Foundation
import Support
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(1)))
struct SignatureSetTests {
    @Test func `a set is stored once for all jobs that have it`() async throws {
        try await withFolder { folder in
            let path = folder + "/ledger.db"
            let ledger = try await SQLiteLedger(path: path, log: .silent)
            let other = [SignatureDatabase(name: "daily.cld", version: 27_001, built: at(0))]
            for number in 0..<20 {
                try await ledger.settle(
                    job(number), .settled(cleanWithEvidence(signatures: number % 2 == 0 ? demoSet : other), .kept, nil))
            }
            try await ledger.settle(job(20), .settled(clean, .kept, nil))
            await ledger.close()
            let file = try SQLiteConnection(path: path, access: .readOnly, busyTimeout: .zero)
            let counts = try file.all("SELECT count(*), count(signature_set) FROM jobs") {
                [$0.integer(0), $0.integer(1)]
            }
            #expect(counts == [[21, 20]])
            let sets = try file.all("SELECT databases FROM signature_sets ORDER BY number") { $0.text(0) ?? "" }
            #expect(sets.count == 2)
            #expect(sets.last == #"{"databases":[{"name":"daily.cld","version":27001,"built":1795248000000}]}"#)
        }
    }

    @Test(arguments: ["", "[]", "{\"databases\":[{\"name\":\"x\"}]}", "{}"])
    func `a set that cannot be read is an error and not an empty set`(text: String) async throws {
        try await withFolder { folder in
            let path = folder + "/ledger.db"
            let ledger = try await SQLiteLedger(path: path, log: .silent)
            try await ledger.settle(job(1), .settled(cleanWithEvidence(), .kept, nil))
            let file = try SQLiteConnection(path: path, access: .readWrite, busyTimeout: .seconds(5))
            try file.run("UPDATE signature_sets SET databases = ?1", [.text(text)])
            let error = await #expect(throws: LedgerError.self) { try await ledger.job(jobID(1)) }
            #expect(error?.code == .corrupt)
            await ledger.close()
        }
    }

    @Test func `an unknown method is an error`() async throws {
        try await withFolder { folder in
            let path = folder + "/ledger.db"
            let ledger = try await SQLiteLedger(path: path, log: .silent)
            try await ledger.settle(job(1), .settled(cleanWithEvidence(), .kept, nil))
            let file = try SQLiteConnection(path: path, access: .readWrite, busyTimeout: .seconds(5))
            try file.run("UPDATE jobs SET method = 'guessed'")
            let error = await #expect(throws: LedgerError.self) { try await ledger.job(jobID(1)) }
            #expect(error?.code == .corrupt && error?.detail.contains("guessed") == true)
            await ledger.close()
        }
    }
}
