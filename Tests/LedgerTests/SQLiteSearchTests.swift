import Domain
import Ledger
import Testing

@testable import Ledger

struct SQLiteSearchTests {
    private static let lookUp = [
        "CORRELATED SCALAR SUBQUERY 1", "SEARCH signature_sets USING INTEGER PRIMARY KEY (rowid=?)",
    ]

    /// A list reads an index from the newest job on and stops at its limit, without sorting. Only the jobs of a prefix
    /// are found by key and sorted.
    @Test(arguments: [
        (JobQuery(), "jobs_by_time"), (JobQuery(outcome: .failed), "jobs_by_outcome"),
        (JobQuery(openOnly: true), "jobs_by_outcome"), (JobQuery(verdict: .infected), "jobs_by_verdict"),
        (JobQuery(pipeline: "uploads"), "jobs_by_pipeline"), (JobQuery(bucket: "incoming"), "jobs_by_bucket"),
        (JobQuery(since: at(1)), "jobs_by_time"), (JobQuery(verdict: .infected, since: at(1)), "jobs_by_verdict"),
        (JobQuery(prefix: "uploads/a"), "jobs_by_key"),
        (JobQuery(strandedOnly: true), "jobs_stranded"), (JobQuery(sha256: "ab"), "jobs_by_sha256"),
        (JobQuery(openOnly: true, sha256: "ab"), "jobs_by_sha256"),
    ])
    func `a list is read from the expected index`(_ query: JobQuery, _ index: String) async throws {
        try await withFolder { folder in
            let connection = try SQLiteConnection(path: folder + "/ledger.db", access: .create, busyTimeout: .zero)
            try connection.migrate()
            for cursor in [nil, JobCursor(receivedAt: 1, number: 1)] {
                let chosen = SQLiteSearchIndex(for: query, hasNarrowPrefix: query.prefix != nil)
                let search = SQLiteJobSearch(query, using: chosen, after: cursor)
                let plan = try connection.all("EXPLAIN QUERY PLAN " + search.sql, search.values) { $0.text(3) ?? "" }
                #expect(plan[0].contains("INDEX \(index)"), "\(plan)")
                // The signature set of each row is found by its number.
                #expect(Array(plan.suffix(from: 1).prefix(2)) == Self.lookUp, "\(plan)")
                #expect(plan.count == (query.prefix == nil ? 1 : 2) + Self.lookUp.count, "\(plan)")
            }
        }
    }
}
