import Domain
import Ledger
import TestKit
import Testing

@testable import Replay

/// Messages are selected by the same conditions as jobs in the ledger: both evaluations must agree.
@Suite(.timeLimit(.minutes(1))) struct SelectionTests {
    private static let old = [SignatureDatabase(name: "daily.cld", version: 26_999, built: at(-600))]
    private static let new = [
        SignatureDatabase(name: "daily.cld", version: 27_000, built: at(-60)),
        SignatureDatabase(name: "main.cvd", version: 62, built: at(-90_000)),
    ]

    private func fill(_ fixture: ReplayFixture) async throws -> [Job] {
        let eicar = [Finding(.signature, "Eicar-Signature"), Finding(.limit, "max-files")]
        let endings: [Outcome] = [
            .settled(judged(by: Self.old), .promoted, destination()),
            .settled(judged(.infected, eicar, by: Self.new), .quarantined, destination("q")),
            .settled(judged(.rejected, [Finding(.rule, "type")]), .kept, nil), .gone, .superseded, .unmatched,
            .failed(reason: "access denied by a policy", nil), .failed(reason: "Object Lock", judged(by: Self.new)),
        ]
        var jobs: [Job] = []
        for (index, ending) in endings.enumerated() {
            jobs.append(
                job(index, bucket: index % 2 == 0 ? "incoming" : "other", key: "uploads/\(index % 3)/é\(index)"))
            try await fixture.end(jobs[index], ending, at: Int64(index))
        }
        jobs.append(job(20, key: "uploads/1/open"))
        try await fixture.release(jobs[8], strands: false, at: 20)
        jobs.append(job(21, key: "elsewhere"))
        try await fixture.release(jobs[9], strands: true, at: 21)
        jobs.append(job(22))
        _ = try await fixture.claim(jobs[10], at: 22, until: 30)
        return jobs
    }

    static let queries: [JobQuery] =
        Outcome.Kind.allCases.map { JobQuery(outcome: $0) } + Verdict.allCases.map { JobQuery(verdict: $0) }
        + Disposition.allCases.map { JobQuery(disposition: $0) }
        + [
            JobQuery(), JobQuery(openOnly: true), JobQuery(strandedOnly: true), JobQuery(unclaimedSince: at(21)),
            JobQuery(unclaimedSince: at(31)), JobQuery(reason: "Eicar-Signature"), JobQuery(reason: "Eicar"),
            JobQuery(reason: "max-files"), JobQuery(reason: "denied"), JobQuery(reason: "Denied"),
            JobQuery(reason: "503"), JobQuery(signaturesBefore: .version(database: "daily", 27_000)),
            JobQuery(signaturesBefore: .version(database: "daily", 27_001)),
            JobQuery(signaturesBefore: .version(database: "main", 63)), JobQuery(signaturesBefore: .built(at(-100))),
            JobQuery(signaturesBefore: .built(at(0))), JobQuery(pipeline: "uploads"), JobQuery(pipeline: "other"),
            JobQuery(bucket: "incoming"), JobQuery(bucket: "inc"), JobQuery(prefix: "uploads/1/"),
            JobQuery(prefix: "uploads/1/e"), JobQuery(prefix: "uploads/1/é"), JobQuery(since: at(3)),
            JobQuery(until: at(3)), JobQuery(since: at(3), until: at(21)),
            JobQuery(outcome: .failed, reason: "Lock", bucket: "other"),
        ]

    enum Driver: CaseIterable { case sqlite, postgres }

    private func withFixture(_ driver: Driver, _ body: (ReplayFixture) async throws -> Void) async throws {
        switch driver {
        case .sqlite: try await body(try await ReplayFixture())
        case .postgres:
            let server = try await PostgresServer.shared()
            try await server.withDatabase { database in
                let fixture = try await ReplayFixture(ledger: server.url(database))
                try await body(fixture)
                await fixture.ledger.close()
            }
        }
    }

    @Test(arguments: Driver.allCases)
    func `a message is selected exactly if the ledger's query returns its job`(_ driver: Driver) async throws {
        try await withFixture(driver, expectSameChoice)
    }

    private func expectSameChoice(_ fixture: ReplayFixture) async throws {
        let jobs = try await fill(fixture)
        for query in Self.queries {
            let found = Set(try await fixture.ledger.jobs(query).map(\.job.id))
            let selection = ReplaySelection(filter: query)
            for job in jobs {
                let record = try #require(try await fixture.ledger.job(job.id))
                #expect(
                    selection.includes(job.event, record, sentAt: nil) == found.contains(job.id),
                    "\(query) \(job.event)")
            }
        }
    }

    @Test func `failed includes stranded jobs`() async throws {
        let fixture = try await ReplayFixture()
        let jobs = try await fill(fixture)
        let selection = ReplaySelection(failed: true)
        var taken: [Job] = []
        for job in jobs {
            if selection.includes(job.event, try await fixture.ledger.job(job.id), sentAt: nil) { taken.append(job) }
        }
        #expect(taken == [jobs[6], jobs[7], jobs[9]])
    }

    @Test func `for a job that was never claimed object and time are compared`() {
        func takes(_ query: JobQuery, failed: Bool = false) -> Bool {
            ReplaySelection(failed: failed, filter: query).includes(event(1), nil, sentAt: at(5))
        }
        #expect(takes(JobQuery()) && takes(JobQuery(bucket: "incoming")) && takes(JobQuery(prefix: "uploads/1")))
        #expect(!takes(JobQuery(bucket: "other")) && !takes(JobQuery(prefix: "uploads/2")))
        #expect(takes(JobQuery(since: at(5))) && !takes(JobQuery(since: at(6))))
        #expect(takes(JobQuery(until: at(6))) && !takes(JobQuery(until: at(5))))
        for query in Self.queries where query.needsRecord { #expect(!takes(query)) }
        #expect(!takes(JobQuery(), failed: true))
    }

    @Test func `IDs and filters must both match`() {
        let selection = ReplaySelection(jobs: [job(1).id, job(2).id], filter: JobQuery(prefix: "uploads/1"))
        #expect(selection.includes(event(1), nil, sentAt: nil))
        #expect(!selection.includes(event(2), nil, sentAt: nil))
        #expect(!selection.includes(event(11), nil, sentAt: nil))
    }

    @Test func `a selection without conditions is everything`() {
        #expect(ReplaySelection().isEverything && ReplaySelection(filter: JobQuery(limit: 9)).isEverything)
        #expect(!ReplaySelection(jobs: [job(1).id]).isEverything && !ReplaySelection(failed: true).isEverything)
        #expect(!ReplaySelection(filter: JobQuery(until: at(1))).isEverything)
    }
}
