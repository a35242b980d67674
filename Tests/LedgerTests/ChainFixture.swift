import Domain
import Ledger
import Support
import TestKit
import Testing

@testable import Ledger

extension LedgerDriver {
    /// Runs SQL on a store as somebody who has the right to do anything with it, without triggers and foreign keys.
    func tamper(_ url: String, _ sql: String) throws {
        switch self {
        case .sqlite:
            try connect(url).script(
                """
                PRAGMA foreign_keys = OFF; DROP TRIGGER IF EXISTS audit_trail_is_not_changed;
                DROP TRIGGER IF EXISTS audit_trail_is_not_deleted; DROP TRIGGER IF EXISTS audit_trail_is_not_replaced;
                \(sql)
                """)
        case .postgres:
            try PostgresSession(address: Secret(url)).script("SET session_replication_role = replica; \(sql)")
        }
    }

    /// The rows of a statement, as text.
    func rows(_ url: String, _ sql: String) throws -> [[String?]] {
        let stored =
            switch self {
            case .sqlite: try connect(url).storedRows(sql, [])
            case .postgres: try PostgresSession(address: Secret(url)).storedRows(sql, [])
            }
        return stored.map { row in row.indices.map { row.text($0) } }
    }

    struct Column {
        let name: String
        /// An expression for another value.
        let changed: String
    }

    /// The columns of a table.
    func columns(_ url: String, of table: String) throws -> [Column] {
        let sql =
            switch self {
            case .sqlite: "SELECT name, lower(type) FROM pragma_table_info('\(table)')"
            case .postgres:
                """
                SELECT column_name::text, data_type::text FROM information_schema.columns
                WHERE table_schema = 'lazaret' AND table_name = '\(table)'
                """
            }
        return try rows(url, sql).map { row in
            let name = row[0] ?? ""
            let changed =
                switch row[1] {
                case "integer", "bigint": "coalesce(\(name), 0) + 1000"
                case "bytea": "coalesce(\(name), ''::bytea) || '\\x00'::bytea"
                case "blob": "CAST(coalesce(hex(\(name)), '') || '00' AS BLOB)"
                default: "coalesce(\(name), '') || 'x'"
                }
            return Column(name: name, changed: changed)
        }
    }

    /// Keeps what a table holds, for `restore`.
    func keep(_ url: String, _ table: String) throws {
        try tamper(url, "CREATE TABLE kept_\(table) AS SELECT * FROM \(table)")
        guard self == .postgres, table != "chain", table != "past_outcomes", table != "reviews" else { return }
        // A generated number can't be changed otherwise.
        try tamper(url, "ALTER TABLE \(table) ALTER COLUMN number DROP IDENTITY")
    }

    func restore(_ url: String, _ table: String) throws {
        try tamper(url, "DELETE FROM \(table); INSERT INTO \(table) SELECT * FROM kept_\(table)")
    }

    func connect(_ url: String) throws -> SQLiteConnection {
        try SQLiteConnection(
            path: String(url.dropFirst("sqlite:".count)), access: .readWrite, busyTimeout: .seconds(5))
    }

    /// Runs `body` on a ledger with a row in each table that is chained.
    func withChain(_ body: (_ ledger: any Ledger, _ url: String) async throws -> Void) async throws {
        try await withStore { url in
            let ledger = try await openLedger(at: url, log: .silent)
            try await ledger.fillChain()
            #expect(try await ledger.chainFindings() == [])
            try await body(ledger, url)
            await ledger.close()
        }
    }
}

extension ChainLedger {
    func chainFindings(after head: ChainHead? = nil) async throws -> [ChainFinding] {
        var found: [ChainFinding] = []
        try await checkChain(after: head) { step in
            found += step.findings
            return true
        }
        return found
    }

    /// The kinds of findings with their jobs or numbers: `changed-row jobs 1`.
    func chainWords(after head: ChainHead? = nil) async throws -> [String] {
        try await chainFindings(after: head).map(\.word)
    }

    func chainCounts() async throws -> (entries: Int, pruned: Int64) {
        var counts = (entries: 0, pruned: Int64(0))
        try await checkChain { step in
            counts.entries += step.entries
            counts.pruned += step.pruned
            return true
        }
        return counts
    }
}

extension Ledger {
    /// Job 1 is promoted. Job 2 is quarantined, and its release has begun. Job 3 was released; its false positive was
    /// revoked. Job 4 failed, was reopened and is promoted. Job 5 is open.
    func fillChain() async throws {
        let token = try await take(sample(1))
        let facts = ObjectFacts(
            userMetadata: #"{"a":"b"}"#, userTags: nil, contentDisposition: nil, lastModified: at(0))
        let basis = JudgementBasis(rules: "r1", destination: cell.location, taggingSince: at(1), facts: facts)
        try await record(cleanWithEvidence(), for: token, under: basis, at: at(1))
        #expect(try await finish(token, with: .settled(cleanWithEvidence(), .promoted, cell), at: at(2)))
        for number in 2...3 { try await settle(sample(number), quarantine) }
        _ = try await changeReview(of: jobID(2), .hold, act("hold", on: 2))
        _ = try await changeReview(of: jobID(2), .unhold, act("unhold", on: 2))
        _ = try await addNote(to: jobID(2), act("note", on: 2))
        _ = try await begin(.release, of: 2, to: cell.location)
        let release = try self.token(try await begin(.release, of: 3, to: cell.location))
        let falsePositive = FalsePositive(
            sha256: "ab", kind: .signature, finding: "f", pipeline: "uploads", job: jobID(3),
            added: ReviewEntry(actor: "mara", at: at(6), reason: "ours"), expiresAt: at(99))
        _ = try await changeReview(
            of: jobID(3), .finish(release, place: cell, falsePositives: [falsePositive, falsePositive]),
            act("released", at: 6, on: 3))
        #expect(try await revokeFalsePositive(1, act("revoke", on: 3)))
        try await settle(sample(4), .failed(reason: "denied", cleanWithEvidence()))
        _ = try await reopen(jobID(4), keepingJudgement: false, act("replay", on: 4))
        try await settle(sample(4), at: 9)
        _ = try await take(sample(5))
        try await audit(act("check", on: 1))
    }
}

/// In an extension of `Ledger`, `job` is its method.
private func sample(_ number: Int) -> Job { job(number) }
