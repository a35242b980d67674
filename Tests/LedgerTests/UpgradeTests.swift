import Domain
import Foundation
import Ledger
import Support
import TestKit
import Testing

@testable import Ledger

/// Ledgers of each schema, as `Tests/Fixtures/ledgers` has them, opened by this program.
@Suite(.timeLimit(.minutes(1))) struct UpgradeTests {
    struct Dump: CustomTestStringConvertible, Sendable {
        let isPostgres: Bool
        let version: Int
        var name: String { "\(isPostgres ? "postgres" : "sqlite")-\(version)" }
        var testDescription: String { name }
        var sql: String {
            get throws { try String(contentsOfFile: Project.fixture("ledgers/\(name).sql"), encoding: .utf8) }
        }

        /// Whether the schema has what came with this step.
        func has(_ sqlite: SQLiteMigration, _ postgres: PostgresMigration) -> Bool {
            Int64(version) >= (isPostgres ? postgres.version : sqlite.version)
        }
        var hasReviews: Bool { has(.reviews, .reviews) }
        /// Uploaders, and what a judgement was made under.
        var hasFacts: Bool { version >= (isPostgres ? 2 : 5) }
        var hasReopened: Bool { version >= (isPostgres ? 1 : 3) }
        var hasEvidence: Bool { version >= (isPostgres ? 1 : 2) }
        var hasChain: Bool { has(.chain, .chain) }
        var hasNotices: Bool { has(.notices, .notices) }
        var hasInspections: Bool { has(.inspections, .inspections) }
        var hasKnownContent: Bool { has(.knownContent, .knownContent) }

        /// The jobs in it.
        var jobs: [Int] {
            [1, 2, 3] + (hasEvidence ? [4] : []) + (hasReopened ? [5, 6] : []) + (hasFacts ? [7] : [])
                + (hasChain ? [8, 10] : []) + (hasNotices ? [11] : []) + (hasInspections ? [12] : [])
                + (hasKnownContent ? [13, 14] : [])
        }

        /// The notices that are due at the 150th minute.
        var dueNotices: [String] {
            if hasKnownContent { return ["notice-12-outcome", "notice-13-received", "notice-14-received"] }
            return [hasInspections ? "notice-12-outcome" : "notice-11-outcome"]
        }

        /// How many entries the chain has; nil before there was one.
        var chainLength: Int64? {
            if hasKnownContent { return 32 }
            if hasInspections { return 26 }
            if hasNotices { return 25 }
            return hasChain ? 23 : nil
        }
    }

    static let dumps: [Dump] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: Project.fixture("ledgers"))) ?? []
        let found = names.compactMap { name in
            name.wholeMatch(of: #/(sqlite|postgres)-([0-9]+)\.sql/#).map {
                Dump(isPostgres: $0.1 == "postgres", version: Int($0.2)!)
            }
        }
        return found.sorted { ($0.isPostgres ? 1 : 0, $0.version) < ($1.isPostgres ? 1 : 0, $1.version) }
    }()

    /// The latest schema may lack one while it is written; the schema after it may not come without.
    @Test func `there is a dump of each schema that was released`() {
        let versions = { isPostgres in Self.dumps.filter { $0.isPostgres == isPostgres }.map(\.version) }
        #expect(versions(false) == Array(1...versions(false).count))
        #expect(versions(true) == Array(1...versions(true).count))
        #expect(versions(false).count >= SQLiteMigration.all.count - 1)
        #expect(versions(true).count >= PostgresMigration.all.count - 1)
    }

    /// Runs `body` with the address of a ledger of the dump's schema, and with what compares it with a new one.
    private func withLedger(
        _ dump: Dump,
        _ body: (_ url: String, _ schemas: () async throws -> (upgraded: [String], new: [String])) async throws
            -> Void
    ) async throws {
        guard dump.isPostgres else {
            return try await withFolder { folder in
                let old = try SQLiteConnection(path: folder + "/old.db", access: .create, busyTimeout: .zero)
                try old.script(try dump.sql)
                try await body("sqlite:\(folder)/old.db") {
                    let new = try SQLiteConnection(path: folder + "/new.db", access: .create, busyTimeout: .zero)
                    try new.migrate()
                    let schema = "SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY type, name"
                    let texts = { (database: SQLiteConnection) in
                        try database.all(schema) { ($0.text(0) ?? "").replacing("\"", with: "") }
                    }
                    return (try texts(old), try texts(new))
                }
            }
        }
        let server = try await PostgresServer.shared()
        try await server.withDatabase { old in
            try await server.sql(try dump.sql, in: old)
            try await body(server.url(old)) {
                let texts = { (name: String) in
                    try await server.sql(
                        """
                        SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
                            WHERE table_schema = 'lazaret'
                        UNION ALL SELECT tablename, indexname, indexdef, '' FROM pg_indexes WHERE schemaname = 'lazaret'
                        ORDER BY 1, 2
                        """, in: name)
                }
                let upgraded = try await texts(old)
                var fresh: [String] = []
                try await server.withDatabase { new in
                    await (try await openLedger(at: server.url(new), log: .silent)).close()
                    fresh = try await texts(new)
                }
                return (upgraded, fresh)
            }
        }
    }

    @Test(arguments: dumps) func `an upgrade keeps everything, and makes the schema of a new ledger`(
        _ dump: Dump
    ) async throws {
        try await withLedger(dump) { url, schemas in
            // The second start finds nothing to do.
            for _ in 1...2 {
                let ledger = try await openLedger(at: url, log: .silent)
                try await check(ledger, dump)
                await ledger.close()
            }
            let ledger = try await openLedger(at: url, log: .silent)
            try await checkLaterSteps(ledger, dump)
            try await ledger.settle(job(9), .settled(cleanWithEvidence(), .kept, nil), at: 60)
            #expect(try await findings(in: ledger).isEmpty)
            #expect(try await ledger.job(jobID(9))?.judgement == cleanWithEvidence())
            await ledger.close()
            let (upgraded, new) = try await schemas()
            #expect(!new.isEmpty && upgraded == new)
        }
    }

    private func check(_ ledger: any Ledger, _ dump: Dump) async throws {
        #expect(Set(try await ledger.jobs(JobQuery()).map(\.job.id)) == Set(dump.jobs.map(jobID)))
        let first = try #require(try await ledger.job(jobID(1)))
        #expect(first.outcome == promotion && first.judgement?.evidence.databases == [])
        #expect(first.attempts.count == 1 && first.job.object.key == job(1).object.key)
        let second = try #require(try await ledger.job(jobID(2)))
        #expect(second.outcome == nil && second.judgement?.verdict == .infected && second.error == "S3 answered 503")
        #expect(second.judgement?.findings.first == Finding(.signature, "Eicar-Test-Signature"))
        var search = JobQuery()
        search.reason = "answered 503"
        #expect(try await ledger.jobs(search).contains { $0.job.id == jobID(2) })
        (search.reason, search.finding) = (nil, "Eicar-Test-Signature")
        #expect(try await ledger.jobs(search).contains { $0.job.id == jobID(2) })
        #expect(try await ledger.job(jobID(3))?.outcome == .failed(reason: "denied", nil))
        #expect(try await ledger.unreadableMessages(limit: 9).map(\.message.messageID) == ["message-1"])
        #expect(try await ledger.auditTrail(of: jobID(1), limit: 9).map(\.actor) == ["mara"])

        if dump.hasEvidence {
            let fourth = try #require(try await ledger.job(jobID(4)))
            #expect(fourth.judgement?.evidence.databases.map(\.name) == ["daily.cld", "rules.yar"])
            #expect(fourth.review == (dump.hasReviews ? .held : .pending))
            #expect(try await ledger.review(of: jobID(4))?.notes.count == (dump.hasReviews ? 1 : 0))
        }
        if dump.hasReopened {
            let fifth = try #require(try await ledger.job(jobID(5)))
            #expect(fifth.outcome == nil && fifth.history.map(\.attemptCount) == [1])
            #expect(try await ledger.jobs(JobQuery(strandedOnly: true)).map(\.job.id) == [jobID(6)])
        }
        if dump.hasFacts {
            let seventh = try #require(try await ledger.job(jobID(7)))
            #expect(seventh.basis.rules == "fingerprint" && seventh.basis.destination?.bucket == "media")
            #expect(seventh.job.event.uploader.principal == "AWS:AIDAEXAMPLE")
        }
        let known = FalsePositiveQuery(sha256: nil, pipeline: nil, activeAt: at(1000), limit: 9)
        #expect(try await ledger.falsePositives(known).map(\.finding) == (dump.hasReviews ? ["Too.Eager"] : []))
        // What its own program chained is whole, and so is the chain that an upgrade begins.
        #expect(try await findings(in: ledger).isEmpty)
        if let length = dump.chainLength { #expect(try await ledger.chainHead().sequence == length) }
    }

    private func findings(in ledger: any Ledger) async throws -> [ChainFinding] {
        var findings: [ChainFinding] = []
        try await ledger.checkChain { step in
            findings += step.findings
            return true
        }
        return findings
    }

    /// What came with the chain and after it, changed by each check.
    private func checkLaterSteps(_ ledger: any Ledger, _ dump: Dump) async throws {
        if dump.hasChain {
            #expect(try await ledger.job(jobID(8))?.review == .released)
            #expect(try await ledger.review(of: jobID(8))?.place?.location.bucket == "media")
            #expect(try await ledger.job(jobID(10))?.history.map(\.attemptCount) == [1])
            let all = try await ledger.falsePositives(FalsePositiveQuery(limit: 9))
            #expect(all.first?.finding == "Eager.Two" && all.first?.revoked?.actor == "mara")
        }
        let notices = try await ledger.notices(NoticeQuery(limit: 99))
        let written = [11, 12, 13, 14].filter { dump.jobs.contains($0) }
        #expect(
            notices.map(\.notice.id)
                == written.reversed().flatMap { ["notice-\($0)-outcome", "notice-\($0)-received"] })
        if dump.hasNotices {
            // Of a job whose first notice is not sent yet, the second one waits.
            let taken = try await ledger.takeNotices(
                for: notices[0].notice.destination, limit: 9, now: at(150), until: at(160))
            #expect(taken.map(\.notice.id) == dump.dueNotices)
        }
        if dump.hasInspections {
            var old = JobQuery(verdicts: [.clean])
            old.signaturesBefore = .version(database: "daily", 27_003)
            #expect(try await ledger.jobs(old).map(\.job.id).contains(jobID(12)))
            old.servingSignatures = [SignatureDatabase(name: "daily.cld", version: 27_005, built: at(120))]
            let left = try await ledger.jobs(old).map(\.job.id)
            #expect(left.contains(jobID(11)) && !left.contains(jobID(12)))
        }
        func query(_ digits: String) -> KnownContentQuery {
            KnownContentQuery(
                sha256: String(repeating: digits, count: 32), reuseKeys: ["key"], judged: at(0)...at(1000))
        }
        let vouching = try await ledger.vouchingJob(query("dd"))?.job.id
        #expect(vouching == (dump.hasKnownContent ? jobID(13) : nil))
        #expect(try await ledger.vouchingJob(query("ee")) == nil)
    }

    /// A program of an earlier version knows fewer steps.
    @Test func `a downgrade is refused with the way back, in both drivers`() async throws {
        func check(_ error: LedgerError?, latest: Int64) {
            #expect(error?.code == .tooNew)
            #expect(
                error?.description.contains(
                    "has schema version \(latest), and this program knows versions up to \(latest - 1)") == true)
            #expect(error?.description.contains("restore the backup from before the upgrade") == true)
        }
        try await withFolder { folder in
            let path = folder + "/ledger.db"
            await (try await openLedger(at: "sqlite:\(path)", log: .silent)).close()
            let older = try SQLiteConnection(path: path, access: .readWrite, busyTimeout: .zero)
            let error = #expect(throws: LedgerError.self) { try older.migrate(SQLiteMigration.all.dropLast()) }
            check(error, latest: SQLiteMigration.all.last!.version)
        }
        let server = try await PostgresServer.shared()
        try await server.withDatabase { name in
            await (try await openLedger(at: server.url(name), log: .silent)).close()
            let older = try PostgresSession(address: Secret(server.url(name)))
            let failure = #expect(throws: PostgresFailure.self) { try older.migrate(PostgresMigration.all.dropLast()) }
            check(failure?.ledgerError(during: "open"), latest: PostgresMigration.all.last!.version)
        }
    }
}
