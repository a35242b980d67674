import Domain
import Ledger
import Support
import TestKit
import Testing

@testable import Ledger

/// The contract of `vouchingJob`, for each driver.
@Suite(.timeLimit(.minutes(1))) struct KnownContentTests {
    private static let sha256 = String(repeating: "ab", count: 32)
    private static let key = String(repeating: "0f", count: 32)

    private func query(
        sha256: String = sha256, key: String = key, since: Int64 = 0, until: Int64 = 1000
    ) -> KnownContentQuery {
        KnownContentQuery(sha256: sha256, reuseKeys: [key], judged: at(since)...at(until))
    }

    /// Judges a job, and promotes its object.
    private func promote(
        _ number: Int, _ judgement: Judgement = cleanWithEvidence(), key: String? = key, at minute: Int64 = 2,
        in ledger: any Ledger
    ) async throws {
        let token = try await ledger.take(job(number), at: minute)
        try await ledger.record(judgement, for: token, under: JudgementBasis(reuseKey: key), at: at(minute))
        let place = Destination(ObjectLocation(bucket: "media", key: ObjectKey("\(number)")!))
        #expect(try await ledger.finish(token, with: .settled(judgement, .promoted, place), at: at(minute)))
    }

    @Test(arguments: LedgerDriver.allCases)
    func `the last job on the same bytes under the same conditions vouches`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await promote(1, at: 2, in: ledger)
            try await promote(2, at: 4, in: ledger)
            // Reused by others, so that it vouches for nothing.
            try await promote(3, key: nil, at: 6, in: ledger)
            let found = try #require(try await ledger.vouchingJob(query()))
            #expect(found.job.id == jobID(2) && found.judgement == cleanWithEvidence() && found.judgedAt == at(4))
            #expect(try await ledger.vouchingJob(query(until: 3))?.job.id == jobID(1))
            #expect(try await ledger.vouchingJob(query(since: 5)) == nil)
            #expect(try await ledger.vouchingJob(query(sha256: String(repeating: "cd", count: 32))) == nil)
            #expect(try await ledger.vouchingJob(query(key: String(repeating: "00", count: 32))) == nil)
            #expect(try await ledger.vouchingJob(query(key: "recalled")) == nil)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `any of several keys is enough`(
        _ driver: LedgerDriver
    ) async throws {
        try await driver.withLedger { ledger in
            func found(_ keys: [String]) async throws -> JobID? {
                let query = KnownContentQuery(sha256: Self.sha256, reuseKeys: keys, judged: at(0)...at(1000))
                return try await ledger.vouchingJob(query)?.job.id
            }
            try await promote(1, key: "one", in: ledger)
            #expect(try await found(["one", "two"]) == jobID(1))
            #expect(try await found(["two", "one"]) == jobID(1))
            #expect(try await found(["two", "three"]) == nil)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `bytes that another job has found infected are scanned`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await promote(1, in: ledger)
            let bad = Judgement(
                verdict: .infected, findings: infected.findings, evidence: cleanWithEvidence().evidence)
            let token = try await ledger.take(job(2), at: 3)
            try await ledger.record(
                bad, for: token, under: JudgementBasis(reuseKey: KnownContentQuery.infected), at: at(3))
            #expect(try await ledger.vouchingJob(query()) == nil)
            #expect(try await ledger.finish(token, with: .settled(bad, .kept, nil), at: at(3)))
            #expect(try await ledger.vouchingJob(query()) == nil)
            // Its object is still to be inspected again.
            _ = try await ledger.reopen(jobID(2), keepingJudgement: false, act("replay"))
            #expect(try await ledger.vouchingJob(query()) == nil)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a judgement vouches before its object is moved, and not once it is another`(_ driver: LedgerDriver)
        async throws
    {
        try await driver.withLedger { ledger in
            let token = try await ledger.take(job(1))
            let basis = JudgementBasis(reuseKey: Self.key)
            try await ledger.record(cleanWithEvidence(), for: token, under: basis, at: at(1))
            #expect(try await ledger.vouchingJob(query())?.job.id == jobID(1))
            var bad = cleanWithEvidence()
            bad = Judgement(verdict: .infected, findings: infected.findings, evidence: bad.evidence)
            try await ledger.record(bad, for: token, under: JudgementBasis(), at: at(2))
            #expect(try await ledger.vouchingJob(query()) == nil)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a job that is to be inspected again vouches for nothing`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await promote(1, in: ledger)
            _ = try await ledger.reopen(jobID(1), keepingJudgement: false, act("replay"))
            #expect(try await ledger.vouchingJob(query()) == nil)
        }
    }

    enum Doubt: CaseIterable { case recall, abandonedRecall, release, expiredRelease, revokedRelease }

    @Test(arguments: LedgerDriver.allCases, Doubt.allCases)
    func `bytes that a person has recalled or released are scanned each time`(_ driver: LedgerDriver, _ doubt: Doubt)
        async throws
    {
        try await driver.withLedger { ledger in
            try await promote(1, in: ledger)
            // The doubt is about another object with the same bytes.
            try await promote(2, key: nil, in: ledger)
            #expect(try await ledger.vouchingJob(query()) != nil)
            switch doubt {
            case .recall, .abandonedRecall:
                let target = ObjectLocation(bucket: "jail", key: ObjectKey("2")!)
                let token = try ledger.token(try await ledger.begin(.recall, of: 2, to: target))
                #expect(try await ledger.vouchingJob(query()) == nil)
                let end: ReviewChange =
                    doubt == .recall ? .finish(token, place: Destination(target), falsePositives: []) : .abandon(token)
                _ = try await ledger.changeReview(of: jobID(2), end, act("recall", on: 2))
            case .release, .expiredRelease, .revokedRelease:
                var evidence = infected.evidence
                evidence.sha256 = Self.sha256
                let judgement = Judgement(verdict: .infected, findings: infected.findings, evidence: evidence)
                try await ledger.settle(job(9), .settled(judgement, .quarantined, cell))
                let target = ReviewContractTests.target
                let token = try ledger.token(try await ledger.begin(.release, of: 9, to: target))
                let known = FalsePositive(
                    sha256: Self.sha256, kind: .signature, finding: "Eicar", pipeline: "another", job: jobID(9),
                    added: ReviewEntry(actor: "mara", at: at(5), reason: "x"),
                    expiresAt: at(doubt == .expiredRelease ? 6 : 90_000))
                _ = try await ledger.changeReview(
                    of: jobID(9), .finish(token, place: Destination(target), falsePositives: [known]),
                    act("release", on: 9))
                if doubt == .revokedRelease {
                    let number = try await ledger.falsePositives(FalsePositiveQuery())[0].number
                    #expect(try await ledger.revokeFalsePositive(number, act("revoke")))
                }
            }
            #expect(try await ledger.vouchingJob(query()) == nil)
            // Nor does a later scan of them change that, or one of the recalled object.
            try await promote(3, at: 40, in: ledger)
            #expect(try await ledger.vouchingJob(query()) == nil)
            if doubt == .recall {
                _ = try await ledger.reopen(jobID(2), keepingJudgement: false, act("replay", on: 2))
                #expect(try await ledger.vouchingJob(query()) == nil)
                let token = try await ledger.take(job(2), at: 50)
                let basis = JudgementBasis(reuseKey: Self.key)
                try await ledger.record(cleanWithEvidence(), for: token, under: basis, at: at(50))
                #expect(try await ledger.vouchingJob(query()) == nil)
            }
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `who vouches is stored with the judgement, and chained`(_ driver: LedgerDriver) async throws {
        try await driver.withStore { url in
            let ledger = try await openLedger(at: url, log: .silent)
            var evidence = cleanWithEvidence().evidence
            evidence.vouchedBy = jobID(7)
            let judgement = Judgement(verdict: .clean, findings: [], evidence: evidence)
            try await promote(1, judgement, key: nil, in: ledger)
            let record = try #require(try await ledger.job(jobID(1)))
            #expect(record.judgement == judgement)
            #expect(String(decoding: record.jsonLine, as: UTF8.self).contains(#""vouchedBy":"\#(jobID(7))""#))
            #expect(try await ledger.chainFindings() == [])
            try driver.tamper(url, "UPDATE jobs SET lists = replace(lists, '\(jobID(7))', '\(jobID(8))')")
            #expect(try await ledger.chainFindings() != [])
            await ledger.close()
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `an object that was recalled before the upgrade is known as such`(_ driver: LedgerDriver) async throws {
        try await driver.withStore { url in
            let ledger = try await openLedger(at: url, log: .silent)
            try await promote(1, in: ledger)
            try await promote(2, key: nil, in: ledger)
            _ = try await ledger.begin(.recall, of: 2, to: ObjectLocation(bucket: "jail", key: ObjectKey("2")!))
            await ledger.close()
            // As the program before left it.
            try driver.tamper(url, "UPDATE jobs SET reuse_key = NULL WHERE reuse_key = 'recalled'")
            let step = driver == .sqlite ? SQLiteMigration.knownContent.sql : PostgresMigration.knownContent.sql
            let update = try #require(step.split(separator: "\n").first { $0.contains("UPDATE") })
            try driver.tamper(url, String(update))
            let again = try await openLedger(at: url, log: .silent)
            #expect(try await again.vouchingJob(query()) == nil)
            await again.close()
        }
    }

    /// However many uploads have the same bytes.
    @Test(arguments: LedgerDriver.allCases)
    func `known content is found by its index`(_ driver: LedgerDriver) async throws {
        try await driver.withStore { url in
            let ledger = try await openLedger(at: url, log: .silent)
            await ledger.close()
            let keys = KnownContentQuery(sha256: Self.sha256, reuseKeys: ["a", "b"], judged: at(0)...at(1000))
            let (sql, _) = keys.select(driver == .sqlite ? "?" : "$")
            let literal = sql.replacing(#/[?$][1-7]/#) { match in
                let number = Int(match.output.dropFirst())!
                return number == 1 ? "'\(Self.sha256)'" : number < 4 ? "\(number)" : "'\(Self.key)\(number)'"
            }
            let plan: [String]
            switch driver {
            case .sqlite: plan = try driver.rows(url, "EXPLAIN QUERY PLAN \(literal)").map { $0[3] ?? "" }
            case .postgres:
                let session = try PostgresSession(address: Secret(url))
                try session.script("SET enable_seqscan = off; SET enable_bitmapscan = off")
                plan = try session.all("EXPLAIN \(literal)") { $0.text(0) ?? "" }
            }
            #expect(plan.filter { $0.contains("jobs_by_content") }.count == 2, "\(plan)")
        }
    }
}
