import Domain
import Ledger
import Testing

@testable import Ledger

/// The contract of `latestJobs(of:)`, for each driver.
@Suite(.timeLimit(.minutes(1)))
struct ObjectContractTests {
    private func state(_ key: String, version: String? = nil, etag: String?, bucket: String = "incoming")
        -> ObjectVersion
    {
        ObjectVersion(bucket: bucket, key: ObjectKey(key)!, versionID: version, etag: etag)
    }

    /// - Parameter minute: the time of the event.
    private func job(_ number: Int, _ object: ObjectVersion, at minute: Int64?) -> Job {
        Job(
            id: jobID(number),
            event: Event(
                object: object, size: 1, sequencer: "0\(number)", time: minute.map(at), name: "ObjectCreated:Put"))
    }

    private func found(_ ledger: any Ledger, _ objects: [ObjectVersion]) async throws -> [JobID?] {
        try await ledger.latestJobs(of: objects).map { $0?.job.id }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a job is found by its object's version or else by its ETag`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(job(1, state("a", version: "v1", etag: "e"), at: 1))
            try await ledger.settle(job(2, state("a", etag: "e"), at: 2))
            try await ledger.settle(job(3, state("a", etag: "e", bucket: "other"), at: 3))
            try await ledger.settle(job(4, state("b", etag: nil), at: 4))
            let asked = [
                state("a", version: "v1", etag: "another"), state("a", etag: "e"), state("a", version: "v2", etag: "e"),
                state("a", etag: "f"), state("a", etag: "e", bucket: "other"), state("A", etag: "e"),
                state("b", etag: nil), state("b", etag: "e"), state("a", version: "v1", etag: "e", bucket: "other"),
            ]
            let expected = [jobID(1), jobID(2), nil, nil, jobID(3), nil, nil, nil, nil]
            #expect(try await found(ledger, asked) == expected)
            #expect(try await found(ledger, asked.reversed()) == expected.reversed())
            #expect(try await found(ledger, []) == [])
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `the latest event counts among uploads of the same bytes`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let object = state("a", etag: "e")
            try await ledger.settle(job(1, object, at: 5), at: 5)
            // Its message was delivered late.
            try await ledger.settle(job(2, object, at: 3), at: 6)
            #expect(try await found(ledger, [object]) == [jobID(1)])
            // An event without a time counts by its receipt.
            _ = try await ledger.take(job(3, object, at: nil), at: 7)
            let latest = try #require(try await ledger.latestJobs(of: [object])[0])
            #expect(latest.job == job(3, object, at: nil) && latest.outcome == nil && latest.heldBy == "alpha")
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `the latest jobs have their outcomes and stranded times`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let (one, two) = (state("a", etag: "e"), state("b", version: "v", etag: "e"))
            try await ledger.settle(job(1, one, at: 1), promotion)
            let token = try await ledger.take(job(2, two, at: 1))
            try await ledger.release(token, error: "denied", strands: true, at: at(2))
            let known = try await ledger.latestJobs(of: [one, two])
            #expect(known[0]?.outcome == promotion && known[0]?.strandedAt == nil)
            #expect(known[1]?.outcome == nil && known[1]?.strandedAt == at(2))
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `object keys and ETags are compared byte by byte`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let keys = ListContractTests.awkwardKeys
            let objects = keys.map { state($0, etag: "é") }
            for (number, object) in objects.enumerated() {
                try await ledger.settle(job(number, object, at: 1))
            }
            #expect(try await found(ledger, objects) == keys.indices.map(jobID))
            #expect(try await found(ledger, [state(keys[0], etag: "e\u{301}")]) == [nil])
        }
    }
}

struct ObjectSearchTests {
    @Test(arguments: ["v", nil])
    func `objects are looked up by an index that names them`(version: String?) async throws {
        try await withFolder { folder in
            let connection = try SQLiteConnection(path: folder + "/ledger.db", access: .create, busyTimeout: .zero)
            try connection.migrate()
            let object = ObjectVersion(bucket: "b", key: ObjectKey("k")!, versionID: version, etag: "e")
            let search = try #require(SQLiteObjectSearch(object))
            let plan = try connection.all("EXPLAIN QUERY PLAN " + search.sql, search.values) { $0.text(3) ?? "" }
            let index =
                version == nil
                ? "jobs_by_etag (key=? AND bucket=? AND etag=?)"
                : "jobs_by_version (key=? AND bucket=? AND version_id=?)"
            #expect(plan[0].contains("USING INDEX \(index)"), "\(plan)")
            // The index has the order, too.
            #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
        }
    }
}
