import Domain
import Foundation
import Ledger
import Support
import TestKit
import Testing

@testable import Ledger

/// What a pruning leaves of the chain, and chains of ledgers that were there before it.
@Suite(.timeLimit(.minutes(2)))
struct ChainPruneTests {
    private func prune(_ ledger: any Ledger, before minute: Int64) async throws {
        let scope = PruneScope(before: at(minute), keepsQuarantined: false, isDryRun: false)
        _ = try await ledger.prune(scope, from: nil)
    }

    @Test(arguments: LedgerDriver.allCases)
    func `what was pruned is no finding, and what was removed is one`(_ driver: LedgerDriver) async throws {
        try await driver.withStore { url in
            let ledger = try await openLedger(at: url, log: .silent)
            for number in 1...6 { try await ledger.settle(job(number), quarantine, at: Int64(number)) }
            let anchor = try await ledger.chainHead()
            _ = try await ledger.changeReview(of: jobID(1), .hold, act("hold"))
            // Of entries 2 to 9, the audit entry 8 stays.
            try await prune(ledger, before: 3)
            #expect(try await ledger.chainFindings() == [])
            #expect(try await ledger.chainCounts().pruned == 3)
            #expect(try await ledger.chainPlace(at: 2) == .pruned)
            // A head there can be compared no more, and is no finding; what follows is checked.
            let pruned = ChainHead(sequence: 2, hash: String(repeating: "0", count: 64), at: at(1))
            var steps: [ChainStep] = []
            try await ledger.checkChain(after: pruned) { step in
                steps.append(step)
                return true
            }
            #expect(steps.contains { $0.isHeadPruned } && steps.allSatisfy { $0.findings.isEmpty })
            #expect(steps.reduce(0) { $0 + $1.entries } == 6)
            #expect(try await ledger.chainPlace(at: 7) == .hash(anchor.hash))
            try await prune(ledger, before: 7)
            #expect(try await ledger.chainFindings() == [])
            #expect(try await ledger.chainCounts().pruned == 7)
            // The last of a stretch was stated.
            #expect(try await ledger.chainPlace(at: anchor.sequence) == .hash(anchor.hash))
            #expect(try await ledger.chainFindings(after: anchor) == [])
            let head = try await ledger.chainHead()
            try await prune(ledger, before: 7)
            #expect(try await ledger.chainHead() == head)

            // A removed job comes again, and is pruned again.
            try await ledger.settle(job(1), at: 20)
            #expect(try await ledger.chainFindings() == [])
            try driver.tamper(url, "DELETE FROM jobs")
            #expect(try await ledger.chainWords() == ["missing-row jobs 1"])
            // A statement without an entry does not cover it.
            try driver.tamper(
                url,
                """
                INSERT INTO chain_gaps (statement, first, last, hash)
                SELECT 99, sequence, sequence, hash FROM chain WHERE sequence = \(head.sequence + 1);
                DELETE FROM chain WHERE sequence = \(head.sequence + 1)
                """)
            #expect(try await ledger.chainWords() == ["added-row chain_gaps number 99"])
            try driver.tamper(url, "DELETE FROM chain_gaps WHERE statement = 99")
            try driver.tamper(url, "UPDATE chain_gaps SET last = last + 1 WHERE first = 2")
            #expect(try await ledger.chainWords().contains { $0.hasPrefix("changed-row chain number 2") })
            await ledger.close()
        }
    }

    /// An attacker who may write everything computes the whole chain again.
    @Test(arguments: LedgerDriver.allCases)
    func `a chain that was computed again is found by a head that was kept`(_ driver: LedgerDriver) async throws {
        try await driver.withChain { ledger, url in
            let kept = try await ledger.chainHead()
            #expect(try await ledger.chainFindings(after: kept) == [])
            try driver.tamper(
                url, "UPDATE jobs SET verdict = 'clean' WHERE id = '\(jobID(2).text)'; DELETE FROM chain")
            try driver.beginChain(url)
            // It agrees with itself.
            #expect(try await ledger.chainFindings() == [])
            for _ in 1...30 { try await ledger.audit(act("check", on: 1)) }
            #expect(try await ledger.chainPlace(at: kept.sequence) != .hash(kept.hash))
            #expect(try await ledger.chainWords(after: kept).first == "changed-entry chain")
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a ledger that is older than a kept head ends before it`(_ driver: LedgerDriver) async throws {
        try await driver.withChain { ledger, url in
            let before = try await ledger.chainHead()
            try await ledger.settle(job(9), at: 3)
            let kept = try await ledger.chainHead()
            // As a restored copy is.
            try driver.tamper(
                url,
                "DELETE FROM chain WHERE sequence > \(before.sequence); DELETE FROM jobs WHERE id = '\(jobID(9).text)'")
            #expect(try await ledger.chainFindings() == [])
            #expect(try await ledger.chainPlace(at: kept.sequence) == .beyondEnd)
            #expect(try await ledger.chainWords(after: kept).first == "missing-entry chain")
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `the chain of an older ledger begins with what was there`(_ driver: LedgerDriver) async throws {
        try await driver.withChain { ledger, url in
            // As it was before the chain.
            try driver.tamper(url, "DELETE FROM chain")
            try driver.beginChain(url)
            let starts = try driver.rows(url, "SELECT number FROM chain WHERE kind = 'start'")
            // 5 outcomes, 2 reviews, 1 note, 9 audit entries, 2 false positives, 1 revocation.
            #expect(starts == [["20"]])
            #expect(try await ledger.chainFindings() == [])
            #expect(try await ledger.chainCounts().entries == 21)
            try driver.tamper(url, "UPDATE past_outcomes SET verdict = 'infected'")
            #expect(try await ledger.chainWords() == ["changed-row past_outcomes 4"])
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a check neither creates nor migrates a ledger`(_ driver: LedgerDriver) async throws {
        try await driver.withStore { url in
            let error = await #expect(throws: LedgerError.self) { try await openChain(at: url, log: .silent) }
            #expect(error?.code == .missing)
            #expect(try await openLedgerError(url) == .missing)
            let ledger = try await openLedger(at: url, log: .silent)
            await ledger.close()
            let version =
                driver == .sqlite ? "PRAGMA user_version = 8" : "UPDATE lazaret.schema_version SET version = 5"
            try driver.tamper(url, version)
            let old = await #expect(throws: LedgerError.self) { try await openChain(at: url, log: .silent) }
            #expect(old?.code == .missing && old?.detail.contains("schema version") == true)
        }
    }

    /// A program that was written by the specification alone, in another language, agrees.
    @Test func `another program verifies a copy`() async throws {
        try await withFolder { folder in
            let url = "sqlite:\(folder)/ledger.db"
            let ledger = try await openLedger(at: url, log: .silent)
            try await ledger.fillChain()
            try await ledger.settle(job(6), at: -900)
            try await prune(ledger, before: -800)
            func verify() throws -> Tool {
                try LedgerDriver.sqlite.tamper(url, "VACUUM INTO '\(folder)/copy.db'")
                defer { try? FileManager.default.removeItem(atPath: folder + "/copy.db") }
                return try Tool.run(["python3", Project.fixture("ledger_chain.py"), folder + "/copy.db"])
            }
            let head = try await ledger.chainHead()
            #expect(try String(decoding: verify().output, as: UTF8.self) == "\(head.sequence):\(head.hash)\n")
            for (table, change, isFound) in [
                ("reviews", "UPDATE reviews SET worker = 'x'", false),
                ("past_outcomes", "UPDATE past_outcomes SET verdict = 'infected'", true),
                ("jobs", "UPDATE jobs SET review = 'held'", true),
                ("chain", "UPDATE chain SET at = 5 WHERE number = 3", true),
                ("chain_gaps", "UPDATE chain_gaps SET hash = x'00'", true),
            ] {
                try LedgerDriver.sqlite.keep(url, table)
                try LedgerDriver.sqlite.tamper(url, change)
                #expect(try (verify().status != 0) == isFound, "\(change)")
                #expect(try await ledger.chainFindings().isEmpty == !isFound, "\(change)")
                try LedgerDriver.sqlite.restore(url, table)
            }
            await ledger.close()
        }
    }

    private func openLedgerError(_ url: String) async throws -> LedgerError.Code? {
        await #expect(throws: LedgerError.self) {
            try await openLedger(at: url, log: .silent, creating: false)
        }?.code
    }
}

extension LedgerDriver {
    fileprivate func beginChain(_ url: String) throws {
        switch self {
        case .sqlite:
            let connection = try connect(url)
            try connection.transaction("BEGIN IMMEDIATE") { () throws(LedgerError) in
                try connection.beginChain(at: at(0))
            }
        case .postgres:
            let session = try PostgresSession(address: Secret(url))
            try session.transaction(.writing) { () throws(PostgresFailure) in try session.beginChain(at: at(0)) }
        }
    }
}
