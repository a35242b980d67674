import Domain
import Ledger
import Testing

@testable import Ledger

/// The contract of the hash chain, for each driver.
@Suite(.timeLimit(.minutes(3)))
struct ChainContractTests {
    @Test(arguments: LedgerDriver.allCases)
    func `every row that is chained has one entry, in the order of the writes`(_ driver: LedgerDriver) async throws {
        try await driver.withChain { ledger, url in
            let kinds = try driver.rows(url, "SELECT kind, count(*) FROM chain GROUP BY kind ORDER BY kind")
            let expected = [
                ["audit", "9"], ["false-positive", "2"], ["note", "1"], ["outcome", "5"], ["review", "5"],
                ["revocation", "1"], ["start", "1"],
            ]
            #expect(kinds == expected.map { $0.map { $0 } })
            let head = try await ledger.chainHead()
            #expect(head.sequence == 24 && head.hash.utf8.count == 64 && head.at == at(5))
            #expect(try await ledger.chainCounts().entries == 24)
            #expect(try await ledger.chainPlace(at: 24) == .hash(head.hash))
            #expect(try await ledger.chainPlace(at: 25) == .beyondEnd)
            // A renewal is neither an action nor an entry.
            let work = try #require(try await ledger.review(of: jobID(2))?.work)
            let token = ReviewToken(job: jobID(2), number: work.number, worker: work.worker)
            _ = try await ledger.changeReview(of: jobID(2), .renew(token, until: at(50)), act("renew", on: 2))
            #expect(try await ledger.chainHead() == head)
            #expect(try await ledger.chainFindings() == [])
        }
    }

    /// Those that hold a claim, are numbers of rows that nothing outside the database knows, are only searched by, or
    /// are set later, with an audit entry of the same time.
    private static let unchained: [String: Set<String>] = [
        "jobs": ["number", "claimed_until", "stranded_at", "is_counted", "reuse_key"],
        "reviews": ["worker", "claimed_until"],
        "review_notes": ["number"], "past_outcomes": ["reopened_at"],
    ]

    /// A row of each table.
    private static let rows: [(table: String, row: String)] = [
        ("jobs", "id = '\(jobID(1).text)'"), ("past_outcomes", "1 = 1"), ("reviews", "work IS NOT NULL"),
        ("review_notes", "1 = 1"), ("audit_trail", "number = 2"), ("false_positives", "number = 1"),
        ("false_positives", "number = 2"), ("chain", "sequence = 5"), ("chain", "sequence = 24"),
    ]

    @Test(arguments: LedgerDriver.allCases)
    func `a change of any column is found`(_ driver: LedgerDriver) async throws {
        try await driver.withChain { ledger, url in
            for table in Set(Self.rows.map(\.table)) { try driver.keep(url, table) }
            for (table, row) in Self.rows {
                let columns = try driver.columns(url, of: table).filter {
                    !(Self.unchained[table]?.contains($0.name) ?? false)
                }
                #expect(columns.count >= 4)
                for column in columns {
                    try driver.tamper(url, "UPDATE \(table) SET \(column.name) = \(column.changed) WHERE \(row)")
                    #expect(try await !ledger.chainFindings().isEmpty, "\(table).\(column.name)")
                    try driver.restore(url, table)
                }
                #expect(try await ledger.chainFindings() == [])
            }
        }
    }

    /// What is done to which tables, and the findings that name it.
    private static let changes: [(tables: [String], sql: String, found: [String])] = {
        let (two, four) = (jobID(2).text, jobID(4).text)
        let isTwo = "job = (SELECT number FROM jobs WHERE id = '\(two)')"
        return [
            (["jobs"], "UPDATE jobs SET verdict = 'clean' WHERE id = '\(two)'", ["changed-row jobs 2"]),
            (["jobs"], "UPDATE jobs SET review = 'expired' WHERE id = '\(two)'", ["changed-state jobs 2"]),
            (
                ["jobs"], "UPDATE jobs SET review = 'pending' WHERE id = '\(jobID(5).text)'",
                ["changed-state jobs 5"]
            ),
            (["jobs"], "DELETE FROM jobs WHERE id = '\(jobID(1).text)'", ["missing-row jobs 1"]),
            (["past_outcomes"], "DELETE FROM past_outcomes", ["missing-row jobs 4"]),
            (["past_outcomes"], "UPDATE past_outcomes SET error = 'x'", ["changed-row past_outcomes 4"]),
            (["reviews"], "DELETE FROM reviews WHERE \(isTwo)", ["missing-row reviews 2"]),
            (["reviews"], "UPDATE reviews SET approved_by = 'lee' WHERE \(isTwo)", ["changed-row reviews 2"]),
            (["review_notes"], "DELETE FROM review_notes", ["missing-row review_notes 2"]),
            (["audit_trail"], "DELETE FROM audit_trail WHERE number = 3", ["missing-row audit_trail number 3"]),
            (
                ["false_positives"],
                "UPDATE false_positives SET revoked_at = NULL, revoked_by = NULL, revocation_reason = NULL",
                ["missing-row false_positives number 1"]
            ),
            (
                ["audit_trail"],
                """
                INSERT INTO audit_trail (number, at, actor, action, subject, reason)
                VALUES (77, 1, 'a', 'b', 'c', 'd'), (\(Int64.max), 1, 'a', 'b', 'c', 'd')
                """, ["added-row audit_trail number 77", "added-row audit_trail number \(Int64.max)"]
            ),
            (
                ["false_positives"],
                """
                INSERT INTO false_positives (number, sha256, kind, finding, pipeline, job, actor, added_at, reason,
                    expires_at) SELECT 9, 'cd', kind, finding, pipeline, job, actor, added_at, reason, expires_at
                FROM false_positives WHERE number = 2
                """, ["added-row false_positives number 9"]
            ),
            (
                ["audit_trail"],
                """
                UPDATE audit_trail SET number = 99 WHERE number = 2; UPDATE audit_trail SET number = 2 WHERE number = 1;
                UPDATE audit_trail SET number = 1 WHERE number = 99
                """, ["changed-row audit_trail number 1", "changed-row audit_trail number 2"]
            ),
            (
                ["chain"],
                """
                UPDATE chain SET sequence = 99 WHERE sequence = 5; UPDATE chain SET sequence = 5 WHERE sequence = 6;
                UPDATE chain SET sequence = 6 WHERE sequence = 99
                """, ["moved-entry", "changed-entry", "changed-entry"]
            ),
            (
                ["chain"], "DELETE FROM chain WHERE sequence = 2",
                ["missing-entry", "added-row jobs 1"]
            ),
            (
                ["chain", "jobs"],
                "DELETE FROM chain WHERE sequence = 2; DELETE FROM jobs WHERE id = '\(jobID(1).text)'",
                ["missing-entry"]
            ),
            (
                ["jobs"], "UPDATE jobs SET outcome = NULL, finished_at = NULL WHERE id = '\(four)'",
                ["missing-row jobs 4"]
            ),
        ]
    }()

    @Test(arguments: LedgerDriver.allCases)
    func `what was changed is named`(_ driver: LedgerDriver) async throws {
        try await driver.withChain { ledger, url in
            let changes = Self.changes
            for table in Set(changes.flatMap(\.tables)) { try driver.keep(url, table) }
            for change in changes {
                try driver.tamper(url, change.sql)
                let words = try await ledger.chainWords()
                for word in change.found { #expect(words.contains { $0.hasPrefix(word) }, "\(change.sql): \(words)") }
                // Nothing else is blamed.
                #expect(words.count <= max(change.found.count, 3), "\(change.sql): \(words)")
                for table in change.tables { try driver.restore(url, table) }
                #expect(try await ledger.chainFindings() == [])
            }
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `eight writers make one chain without gaps`(_ driver: LedgerDriver) async throws {
        try await driver.withStore { url in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        let ledger = try await openLedger(at: url, log: .silent)
                        try await withThrowingTaskGroup(of: Void.self) { calls in
                            for number in 0..<30 {
                                calls.addTask {
                                    let id = writer * 1000 + number + 1
                                    try await ledger.settle(job(id), number.isMultiple(of: 3) ? quarantine : promotion)
                                    try await ledger.audit(act("check", on: id))
                                    guard number.isMultiple(of: 3) else { return }
                                    _ = try await ledger.changeReview(of: jobID(id), .hold, act("hold", on: id))
                                }
                            }
                            try await calls.waitForAll()
                        }
                        await ledger.close()
                    }
                }
                try await group.waitForAll()
            }
            let chain = try await openChain(at: url, log: .silent)
            #expect(try await chain.chainFindings() == [])
            // An outcome and an audit entry each; a third has a review with its audit entry.
            #expect(try await chain.chainHead().sequence == 1 + 8 * (60 + 20))
            await chain.close()
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `what a call that failed has written is not in the chain`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let token = try await ledger.take(job(1))
            #expect(try await ledger.finish(token, with: promotion, at: at(1)))
            let head = try await ledger.chainHead()
            // The same call again, and one of a claim that is lost.
            #expect(try await ledger.finish(token, with: promotion, at: at(2)))
            let other = ClaimToken(job: jobID(1), attempt: 9, worker: "beta")
            #expect(try await !ledger.finish(other, with: .gone, at: at(3)))
            #expect(try await ledger.changeReview(of: jobID(1), .hold, act("hold")) == .refused(.notQuarantined))
            #expect(try await ledger.chainHead() == head)
            #expect(try await ledger.chainFindings() == [])
        }
    }
}
