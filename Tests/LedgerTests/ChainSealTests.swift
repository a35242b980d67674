import Domain
import Foundation
import Ledger
import TestKit
import Testing

@testable import Ledger

/// Rows that programs without the chain write beside this one, during a rolling upgrade.
@Suite(.timeLimit(.minutes(2)))
struct ChainSealTests {
    /// What a program of the schema before the chain writes on the ledger of `fillChain`: it ends job 5, reopens job 1,
    /// goes on with the review of job 3, and adds a note, an audit entry, a false positive and a revocation.
    private static let olderWrites: String = {
        func number(_ id: Int) -> String { "(SELECT number FROM jobs WHERE id = '\(jobID(id).text)')" }
        let columns = """
            attempts, finished_at, error, outcome, disposition, destination_bucket, destination_key,
            destination_version, verdict, lists, bytes_read, sha256, declared_type, detected_type, engine, signatures,
            scan_millis, method, objects, deepest, recovered, signature_set
            """
        return """
            UPDATE jobs SET outcome = 'gone', finished_at = 7, claimed_until = NULL WHERE id = '\(jobID(5).text)';
            INSERT INTO past_outcomes (job, reopened_at, \(columns))
                SELECT number, 8, \(columns) FROM jobs WHERE id = '\(jobID(1).text)';
            UPDATE jobs SET attempts = 2, outcome = 'failed', error = 'denied', finished_at = 9, disposition = NULL,
                destination_bucket = NULL, destination_key = NULL, destination_version = NULL
                WHERE id = '\(jobID(1).text)';
            UPDATE reviews SET actor = 'older', reason = 'again', changed_at = 10 WHERE job = \(number(3));
            UPDATE jobs SET review = 'deleted' WHERE id = '\(jobID(3).text)';
            INSERT INTO review_notes (job, at, actor, text) VALUES (\(number(2)), 11, 'older', 'a note');
            INSERT INTO audit_trail (at, actor, action, subject, reason) VALUES (12, 'older', 'a', 's', 'r');
            INSERT INTO false_positives (sha256, kind, finding, pipeline, job, actor, added_at, reason, expires_at)
                SELECT 'cd', kind, finding, pipeline, job, 'older', 13, reason, 14 FROM false_positives WHERE number = 2;
            UPDATE false_positives SET revoked_at = 15, revoked_by = 'older', revocation_reason = 'r' WHERE number = 2;
            """
    }()

    private static let olderRows = [
        "changed-row past_outcomes 1", "added-row jobs 1", "added-row jobs 5", "changed-row reviews 3",
        "added-row review_notes 2", "added-row audit_trail number 10", "added-row false_positives number 3",
        "added-row false_positives number 2",
    ].sorted()

    private func seal(_ ledger: any Ledger, isDryRun: Bool = false) async throws -> [String] {
        var words: [String] = []
        var position: ChainPosition? = .firstRow
        while let from = position {
            let step = try await ledger.sealChain(from: from, isDryRun: isDryRun, at: at(60))
            #expect(step.sealed == step.findings.count)
            words += step.findings.map(\.word)
            position = step.next
        }
        return words.sorted()
    }

    private func sealed(_ ledger: any Ledger) async throws -> Int64 {
        var count: Int64 = 0
        try await ledger.checkChain { step in
            count += step.sealed
            return true
        }
        return count
    }

    @Test(arguments: LedgerDriver.allCases)
    func `rows of older programs are found, sealed once, and from then on held by the chain`(_ driver: LedgerDriver)
        async throws
    {
        try await driver.withChain { ledger, url in
            let kept = try await ledger.chainHead()
            try driver.tamper(url, Self.olderWrites)
            let found = try await ledger.chainWords()
            for row in Self.olderRows { #expect(found.contains(row), "\(row) in \(found)") }
            #expect(found.contains("changed-state jobs 3"))
            #expect(try await seal(ledger, isDryRun: true) == Self.olderRows)
            #expect(try await ledger.chainHead() == kept)
            #expect(try await seal(ledger) == Self.olderRows)
            #expect(try await ledger.chainFindings() == [])
            #expect(try await sealed(ledger) == 8)
            #expect(try await ledger.chainFindings(after: kept) == [])
            #expect(try await seal(ledger) == [])
            #expect(try await sealed(ledger) == 8)

            // The work goes on, and what was sealed can't be changed any more.
            _ = try await ledger.reopen(jobID(1), keepingJudgement: false, act("replay", on: 1))
            try await ledger.settle(job(1), at: 30)
            #expect(try await ledger.chainFindings() == [])
            for change in [
                "UPDATE past_outcomes SET verdict = 'infected' WHERE attempts = 1",
                "UPDATE audit_trail SET reason = 'x' WHERE actor = 'older'",
                "UPDATE reviews SET reason = 'x' WHERE actor = 'older'",
                "UPDATE chain SET number = 7 WHERE kind = 'seal'",
                "UPDATE chain SET content = hash WHERE kind = 'seal'",
            ] {
                let tables = ["past_outcomes", "audit_trail", "reviews", "chain"]
                let table = tables.first { change.contains("UPDATE \($0) ") }!
                try driver.tamper(url, "DROP TABLE IF EXISTS kept_\(table)")
                try driver.keep(url, table)
                try driver.tamper(url, change)
                #expect(try await !ledger.chainFindings().isEmpty, "\(change)")
                try driver.restore(url, table)
                #expect(try await ledger.chainFindings() == [])
            }
        }
    }

    /// A program of this version has quarantined the object after an older one had reopened its job.
    @Test(arguments: LedgerDriver.allCases)
    func `a past outcome that is sealed leaves the state of a later review alone`(_ driver: LedgerDriver) async throws {
        try await driver.withChain { ledger, url in
            _ = try await ledger.reopen(jobID(1), keepingJudgement: false, act("replay", on: 1))
            try await ledger.settle(job(1), quarantine, at: 30)
            try driver.tamper(url, "UPDATE past_outcomes SET rules = NULL WHERE rules = 'r1'")
            #expect(try await seal(ledger) == ["changed-row past_outcomes 1"])
            #expect(try await ledger.chainFindings() == [])
            try driver.tamper(url, "UPDATE jobs SET review = 'expired' WHERE id = '\(jobID(1).text)'")
            #expect(try await ledger.chainWords() == ["changed-state jobs 1"])
        }
    }

    /// None of these is what an older program does.
    @Test(arguments: LedgerDriver.allCases)
    func `a row that was tampered with is not sealed`(_ driver: LedgerDriver) async throws {
        try await driver.withChain { ledger, url in
            let changes = [
                "UPDATE jobs SET verdict = 'clean' WHERE id = '\(jobID(2).text)'",
                "UPDATE jobs SET review = 'expired' WHERE id = '\(jobID(2).text)'",
                "UPDATE audit_trail SET reason = 'x' WHERE number = 1", "UPDATE review_notes SET text = 'x'",
                "UPDATE false_positives SET reason = 'x' WHERE number = 2", "DELETE FROM audit_trail WHERE number = 2",
                "UPDATE false_positives SET revoked_by = 'x' WHERE number = 1",
            ]
            for change in changes { try driver.tamper(url, change) }
            let found = try await ledger.chainWords()
            #expect(found.count == changes.count, "\(found)")
            #expect(try await seal(ledger) == [])
            #expect(try await ledger.chainWords() == found)
        }
    }

    /// An entry about a row that has one already counts only within a seal, which `verify` reports.
    @Test(arguments: LedgerDriver.allCases)
    func `a further entry without a seal does not cover a changed row`(_ driver: LedgerDriver) async throws {
        try await driver.withChain { ledger, url in
            try driver.tamper(url, "UPDATE past_outcomes SET verdict = 'infected'")
            #expect(try await seal(ledger) == ["changed-row past_outcomes 4"])
            #expect(try await ledger.chainFindings() == [])
            // The same chain as if the seal were an entry of another kind.
            try driver.tamper(url, "UPDATE chain SET kind = 'start' WHERE kind = 'seal'")
            // The row is that of the further entry.
            #expect(try await ledger.chainWords().contains("moved-row past_outcomes 4"))
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `rows that are written while a seal runs are chained once`(_ driver: LedgerDriver) async throws {
        try await driver.withStore { url in
            let ledgers = [try await openLedger(at: url, log: .silent), try await openLedger(at: url, log: .silent)]
            for number in 1...5 { try await ledgers[0].settle(job(number), quarantine) }
            try driver.tamper(url, "DELETE FROM chain WHERE sequence > 1")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 6...60 {
                    group.addTask {
                        try await ledgers[number % 2].settle(job(number), quarantine)
                        _ = try await ledgers[number % 2].changeReview(
                            of: jobID(number), .hold, act("hold", on: number))
                    }
                }
                for _ in 1...6 { group.addTask { _ = try await seal(ledgers[0]) } }
                try await group.waitForAll()
            }
            #expect(try await ledgers[1].chainFindings() == [])
            #expect(try await sealed(ledgers[1]) == 5)
            for ledger in ledgers { await ledger.close() }
        }
    }

    @Test func `another program verifies a chain with a seal`() async throws {
        try await LedgerDriver.sqlite.withChain { ledger, url in
            try LedgerDriver.sqlite.tamper(url, Self.olderWrites)
            func verify() throws -> Tool {
                let copy = url.dropFirst("sqlite:".count) + ".copy"
                try LedgerDriver.sqlite.tamper(url, "VACUUM INTO '\(copy)'")
                defer { try? FileManager.default.removeItem(atPath: String(copy)) }
                return try Tool.run(["python3", Project.fixture("ledger_chain.py"), String(copy)])
            }
            #expect(try verify().status != 0)
            _ = try await seal(ledger)
            let head = try await ledger.chainHead()
            #expect(try String(decoding: verify().output, as: UTF8.self) == "\(head.text)\n")
        }
    }

    @Test func `a head is a sequence and a hash, and nothing else`() {
        let hash = String(repeating: "0aF3", count: 16)
        #expect(ChainHead("12:\(hash)")?.text == "12:\(hash.lowercased())")
        for text in [
            "", ":", "12", "12:", ":\(hash)", "0:\(hash)", "-1:\(hash)", "+1:\(hash)", "1 :\(hash)", "1:\(hash)0",
            "1:\(hash.dropLast())", "1:\(hash.dropLast())g", "1:\(hash.dropLast())é", "1:\(hash):", "1:2:\(hash)",
            "9223372036854775808:\(hash)", "1:\(String(repeating: "é", count: 32))", "1: \(hash.dropLast())",
        ] { #expect(ChainHead(text) == nil, "\(text)") }
    }
}

extension ChainFinding {
    /// `changed-row jobs 1`, by the job's number in tests, else by the row's number.
    var word: String {
        let job = job.flatMap { Int($0.text, radix: 16) }.map { " \($0)" }
        return "\(kind.rawValue) \(table)\(job ?? number.map { " number \($0)" } ?? "")"
    }
}
