import Domain
import Ledger
import Testing

/// The contract of lists, counts, unreadable messages and the audit trail, for each driver.
@Suite(.timeLimit(.minutes(1)))
struct ListContractTests {
    /// Adds seven jobs, received a minute apart: a greater number is newer.
    private func fill(_ ledger: any Ledger) async throws {
        try await ledger.settle(job(1), at: 1)
        try await ledger.settle(job(2, key: "uploads/a/2"), .settled(infected, .quarantined, nil), at: 2)
        try await ledger.settle(job(3, bucket: "other"), .failed(reason: "denied", infected), pipeline: "images", at: 3)
        try await ledger.settle(job(4, key: "plain"), .unmatched, pipeline: nil, at: 4)
        try await ledger.settle(job(5), .gone, at: 5)
        _ = try await ledger.take(job(6, bucket: "other"), pipeline: "images", at: 6)
        let token = try await ledger.take(job(7), at: 7)
        try await ledger.record(clean, for: token, at: at(7))
    }

    static let queries: [(JobQuery, [Int])] = [
        (JobQuery(), [7, 6, 5, 4, 3, 2, 1]),
        (JobQuery(outcome: .settled), [2, 1]),
        (JobQuery(outcome: .superseded), []),
        (JobQuery(openOnly: true), [7, 6]),
        (JobQuery(verdict: .infected), [3, 2]),
        (JobQuery(verdict: .clean), [7, 1]),
        (JobQuery(pipeline: "images"), [6, 3]),
        (JobQuery(bucket: "other"), [6, 3]),
        (JobQuery(prefix: "uploads/a"), [2]),
        (JobQuery(prefix: ""), [7, 6, 5, 4, 3, 2, 1]),
        (JobQuery(since: at(5)), [7, 6, 5]),
        (JobQuery(limit: 2), [7, 6]),
        (JobQuery(limit: 0), []),
        (JobQuery(limit: 2, before: jobID(6)), [5, 4]),
        (JobQuery(before: jobID(1)), []),
        (
            JobQuery(
                outcome: .failed, verdict: .infected, pipeline: "images", bucket: "other", prefix: "uploads/",
                since: at(2), limit: 9, before: jobID(5)), [3]
        ),
    ]

    @Test(arguments: LedgerDriver.allCases)
    func `a list has the matching jobs newest first`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await fill(ledger)
            for (query, expected) in Self.queries {
                #expect(try await ledger.jobs(query).map(\.job.id) == expected.map(jobID), "\(query)")
            }
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `pages have no gap though all jobs have the same time and more arrive`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            for number in 1...10 { try await ledger.settle(job(number)) }
            var seen: [JobID] = []
            var query = JobQuery(limit: 3)
            while true {
                let page = try await ledger.jobs(query)
                guard let last = page.last else { break }
                seen += page.map(\.job.id)
                query.before = last.job.id
                try await ledger.settle(job(100 + seen.count))
            }
            #expect(seen == (1...10).reversed().map(jobID))
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a page that starts after an unknown job is an error`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let error = await #expect(throws: LedgerError.self) {
                try await ledger.jobs(JobQuery(before: jobID(9)))
            }
            #expect(error?.code == .unknownJob)
        }
    }

    static let awkwardKeys = [
        "a/100%_b", "a/100%xb", "a/é", "a/e\u{301}", "a/\u{0}", "a/\u{0}b", "a//", "a/'; DROP TABLE jobs; --",
        "a/\u{7F}",
        "a/\u{10FFFF}", "A/É", "a", " ", "日本/語", String(repeating: "k", count: 1024),
    ]

    @Test(arguments: LedgerDriver.allCases)
    func `keys are compared byte by byte`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            for (number, key) in Self.awkwardKeys.enumerated() {
                try await ledger.settle(job(number, key: key), at: Int64(number))
            }
            for (number, key) in Self.awkwardKeys.enumerated() {
                #expect(try await ledger.job(jobID(number))?.job == job(number, key: key))
                let matches = try await ledger.jobs(JobQuery(prefix: key)).map(\.job.object.key)
                let expected = Self.awkwardKeys.reversed().filter { $0.utf8.starts(with: key.utf8) }
                #expect(matches == expected.map { ObjectKey($0)! }, "\(key)")
            }
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `the summary counts every job once`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            #expect(try await ledger.summary() == LedgerSummary())
            try await fill(ledger)
            try await ledger.recordUnreadable(
                UnreadableMessage(messageID: "m", reason: "r", body: "b", receiveCount: 1), at: at(0))
            let summary = try await ledger.summary()
            #expect(summary.open == 2 && summary.jobs == 7 && summary.unreadableMessages == 1)
            #expect(summary.outcomes == [.settled: 2, .failed: 1, .unmatched: 1, .gone: 1])
            #expect(summary.verdicts == [.clean: 2, .infected: 2])
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a redelivered unreadable message has one record whose count grows`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            func message(_ id: String, _ count: Int) -> UnreadableMessage {
                UnreadableMessage(messageID: id, reason: "try \(count)", body: "{\u{0}", receiveCount: count)
            }
            try await ledger.recordUnreadable(message("one", 1), at: at(1))
            try await ledger.recordUnreadable(message("two", 1), at: at(2))
            try await ledger.recordUnreadable(message("one", 2), at: at(3))
            let expected = [
                UnreadableMessageRecord(message: message("one", 2), firstSeenAt: at(1), lastSeenAt: at(3)),
                UnreadableMessageRecord(message: message("two", 1), firstSeenAt: at(2), lastSeenAt: at(2)),
            ]
            #expect(try await ledger.unreadableMessages(limit: 9) == expected)
            #expect(try await ledger.unreadableMessages(limit: 1) == [expected[0]])
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `the audit trail is read latest first and can be filtered by job`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            func entry(_ number: Int, _ job: JobID?) -> AuditEntry {
                AuditEntry(
                    at: at(Int64(number)), actor: "mara", action: "release", subject: "s3://quarantine/\(number)",
                    job: job, reason: "ticket \(number)")
            }
            let entries = [entry(1, jobID(1)), entry(2, nil), entry(3, jobID(1)), entry(4, jobID(2))]
            for entry in entries { try await ledger.audit(entry) }
            #expect(try await ledger.auditTrail(of: nil, limit: 9) == entries.reversed())
            #expect(try await ledger.auditTrail(of: jobID(1), limit: 9) == [entries[2], entries[0]])
            #expect(try await ledger.auditTrail(of: nil, limit: 1) == [entries[3]])
        }
    }

    @Test(arguments: LedgerDriver.allCases, [1, 2, 3, 4, 5, 7, 8, 9])
    func `a list read page by page equals the whole list`(_ driver: LedgerDriver, _ limit: Int) async throws {
        try await driver.withLedger { ledger in
            for number in 1...8 { try await ledger.settle(job(number)) }
            var read: [JobID] = []
            var pages: [Int] = []
            let count = try await ledger.eachPage(of: JobQuery(limit: limit), size: 4) { page in
                read += page.map(\.job.id)
                pages.append(page.count)
            }
            #expect(try await ledger.jobs(JobQuery(limit: limit)).map(\.job.id) == read)
            #expect(count == read.count && pages.allSatisfy { 1...4 ~= $0 })
            #expect(try await ledger.eachPage(of: JobQuery(bucket: "nowhere")) { _ in Issue.record("a page") } == 0)
        }
    }
}
