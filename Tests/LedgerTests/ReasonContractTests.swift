import Domain
import Support
import TestKit
import Testing

@testable import Ledger

/// Lists of jobs by a finding or a reason, for each driver: what they find is what the jobs have, whatever happened to
/// them before.
@Suite(.timeLimit(.minutes(1)))
struct ReasonContractTests {
    private static let names = [
        "Eicar-Test-Signature", "Win.Trojan.Eicar-2", #"A "quoted\name"# + "\u{1}", "größer%_[x]", "max-files",
        String(repeating: "long ", count: 40),
    ]
    private static let errors = [
        "S3 answered 503", "S3 answered 503 again", #"no "bucket\one", at all"#,
        String(repeating: "far ", count: 300) + "away",
    ]

    private static func judgement(_ names: [String]) -> Judgement {
        Judgement(
            verdict: .infected, findings: names.map { Finding(.signature, $0) }, evidence: infected.evidence)
    }

    private func fill(_ ledger: any Ledger) async throws {
        var number = 0
        for name in Self.names {
            number += 2
            try await ledger.settle(job(number), .settled(Self.judgement([name]), .quarantined, nil), at: Int64(number))
            try await ledger.settle(
                job(number + 1), .settled(Self.judgement([name, "Both", name]), .quarantined, nil), at: Int64(number))
        }
        for error in Self.errors {
            number += 2
            try await ledger.settle(job(number), .failed(reason: error, infected), at: Int64(number))
            // An error of an attempt that another one follows.
            let token = try await ledger.take(job(number + 1), at: Int64(number))
            try await ledger.release(token, error: error, strands: false, at: at(Int64(number)))
        }
        try await ledger.settle(job(number + 2), at: Int64(number))
    }

    /// Compares each list with what all jobs say.
    private func check(_ ledger: any Ledger) async throws {
        var whole = JobQuery()
        whole.limit = 99
        let all = try await ledger.jobs(whole)
        let parts = Self.names + Self.errors + ["Eicar", "503", "away", "Both", "\"", "\\", "%", "nobody", "far far"]
        for part in parts {
            var query = whole
            query.reason = part
            let expected = all.filter { record in
                let names = record.judgement?.findings.map(\.name) ?? []
                return (names + [record.error ?? ""]).contains { $0.contains(part) }
            }
            #expect(try await ledger.jobs(query).map(\.job.id) == expected.map(\.job.id), "\(part)")
            query = whole
            query.finding = part
            let named = all.filter { $0.judgement?.findings.contains { $0.name == part } == true }
            #expect(try await ledger.jobs(query).map(\.job.id) == named.map(\.job.id), "\(part)")
            query.limit = 1
            #expect(try await ledger.jobs(query).map(\.job.id) == named.prefix(1).map(\.job.id), "\(part)")
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a list by reason follows what happens to the jobs`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await fill(ledger)
            try await check(ledger)
            // A second attempt takes the error away, or replaces it; a reopened job has neither.
            let open = try await ledger.jobs(JobQuery(openOnly: true)).map(\.job)
            for (number, job) in open.enumerated() {
                let token = try await ledger.take(job, at: 100)
                if number % 2 == 0 {
                    try await ledger.release(token, error: "another error", strands: false, at: at(101))
                } else {
                    let outcome = Outcome.settled(cleanWithEvidence(), .kept, nil)
                    #expect(try await ledger.finish(token, with: outcome, at: at(101)))
                }
            }
            try await check(ledger)
            let entry = AuditEntry(
                at: at(102), actor: "mara", action: "replay", subject: "s", job: jobID(2), reason: "r")
            #expect(try await ledger.reopen(jobID(2), keepingJudgement: false, entry) == .reopened)
            try await check(ledger)
        }
    }

    /// Finds the same where nearly each job has an error of its own. The look-ups of single texts end early there.
    @Test func `errors that differ from job to job are found in PostgreSQL`() async throws {
        let server = try await PostgresServer.shared()
        try await server.withDatabase { name in
            let ledger = try await PostgresLedger(address: Secret(server.url(name)), log: .silent)
            try await fill(ledger)
            let session = try PostgresSession(address: Secret(server.url(name)))
            let values: [SQLValue] = [.text("503"), .text("503"), .integer(4001)]
            #expect(try !session.all(PostgresSession.jobsByText, values) { $0.isNull(0) }.contains(true))
            try session.run(
                """
                INSERT INTO jobs (id, bucket, key, event_name, first_received_at, attempts, worker, error)
                SELECT lpad(to_hex(33554432 + i), 32, '0'), 'in', 'up/a'::bytea, 'ObjectCreated:Put', i, 1, 'w',
                    'no host named ' || i || ' in sight'
                FROM generate_series(1::bigint, 3000) AS n (i)
                """)
            #expect(try session.all(PostgresSession.jobsByText, values) { $0.isNull(0) }.contains(true))
            for (reason, count) in [("named 2999 in", 1), ("named 29", 111), ("S3 answered 503", 4), ("nobody", 0)] {
                var query = JobQuery()
                (query.reason, query.limit) = (reason, 1000)
                let found = try await ledger.jobs(query)
                #expect(found.count == count && found.allSatisfy { $0.error?.contains(reason) == true }, "\(reason)")
            }
            await ledger.close()
        }
    }

    @Test func `a clean job updates no names of findings in PostgreSQL`() async throws {
        let server = try await PostgresServer.shared()
        try await server.withDatabase { name in
            let ledger = try await PostgresLedger(address: Secret(server.url(name)), log: .silent)
            let session = try PostgresSession(address: Secret(server.url(name)))
            try session.script(
                """
                CREATE OR REPLACE FUNCTION update_job_reasons() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN RAISE EXCEPTION 'called'; END $$
                """)
            var evidence = cleanWithEvidence().evidence
            evidence.forms = [FormEvidence(form: "zip", opener: "libarchive", layers: 1)]
            let found = Judgement(verdict: .clean, findings: [], evidence: evidence)
            let claim = try await ledger.take(job(1))
            try await ledger.record(found, for: claim, at: at(1))
            #expect(try await ledger.finish(claim, with: .settled(found, .kept, nil), at: at(2)))
            #expect(try await ledger.job(jobID(1))?.judgement?.evidence.forms == evidence.forms)
            let other = try await ledger.take(job(2))
            await #expect(throws: LedgerError.self) { try await ledger.record(infected, for: other, at: at(1)) }
            await ledger.close()
        }
    }
}
