import Domain
import Ledger
import Testing

/// The contract of reopened and stranded jobs, for each driver.
@Suite(.timeLimit(.minutes(1)))
struct ReopenContractTests {
    private func entry(_ number: Int, at minute: Int64) -> AuditEntry {
        AuditEntry(
            at: at(minute), actor: "mara", action: "replay", subject: "s3://incoming/uploads/\(number).png",
            job: jobID(number), reason: "ticket \u{0} 7")
    }

    static let endings: [Outcome] = [
        .failed(reason: "denied \u{0}", infected), .failed(reason: "denied", nil), .gone, .superseded, .unmatched,
        .marker,
        .settled(infected, .kept, nil), .settled(cleanWithEvidence(), .kept, nil), promotion,
    ]

    @Test(arguments: LedgerDriver.allCases, endings)
    func `a reopened job is inspected again and keeps its former outcome`(
        _ driver: LedgerDriver, _ ending: Outcome
    )
        async throws
    {
        try await driver.withLedger { ledger in
            try await ledger.settle(job(1), ending, at: 1)
            #expect(try await ledger.reopen(jobID(1), keepingJudgement: false, entry(1, at: 5)) == .reopened)

            let open = try #require(try await ledger.job(jobID(1)))
            #expect(open.outcome == nil && open.judgement == nil && open.error == nil && open.finishedAt == nil)
            #expect(open.strandedAt == at(5) && open.heldBy == nil && open.attemptCount == 1)
            let past = PastOutcome(
                outcome: ending, judgement: ending.judgement, attemptCount: 1, finishedAt: at(1), reopenedAt: at(5))
            #expect(open.history == [past])
            #expect(try await ledger.auditTrail(of: jobID(1), limit: 9) == [entry(1, at: 5)])

            let claim = try await ledger.claim(
                job(1), by: "beta", pipeline: "uploads", receivedAt: at(6), until: at(16), now: at(6))
            let token = ClaimToken(job: jobID(1), attempt: 2, worker: "beta")
            #expect(claim == .granted(token, earlier: nil))
            #expect(try await ledger.job(jobID(1))?.strandedAt == nil)
            #expect(try await ledger.finish(token, with: .settled(clean, .kept, nil), at: at(7)))
            let ended = try #require(try await ledger.job(jobID(1)))
            #expect(ended.outcome == .settled(clean, .kept, nil) && ended.history == [past])
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a job that ended twice has both outcomes in its history`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(job(1), .failed(reason: "one", nil), at: 1)
            _ = try await ledger.reopen(jobID(1), keepingJudgement: false, entry(1, at: 2))
            try await ledger.settle(job(1), .failed(reason: "two", infected), at: 3)
            _ = try await ledger.reopen(jobID(1), keepingJudgement: false, entry(1, at: 4))
            let record = try #require(try await ledger.job(jobID(1)))
            #expect(record.history.map(\.outcome) == [.failed(reason: "one", nil), .failed(reason: "two", infected)])
            #expect(record.history.map(\.attemptCount) == [1, 2])
            #expect(try await ledger.summary().open == 1)
        }
    }

    /// The same bytes uploaded again may have the id of the first job. The record is then about the later upload.
    @Test(arguments: LedgerDriver.allCases)
    func `the event's time is that of the upload that is judged`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            func again(_ time: Timestamp?) -> Job {
                let event = job(1).event
                return Job(
                    id: jobID(1),
                    event: Event(
                        object: event.object, size: event.size, sequencer: event.sequencer, time: time, name: event.name
                    ))
            }
            func time() async throws -> Timestamp? { try await ledger.job(jobID(1))?.job.event.time }
            try await ledger.settle(job(1), .settled(clean, .kept, nil), at: 1)
            #expect(try await ledger.reopen(jobID(1), keepingJudgement: false, entry(1, at: 2)) == .reopened)
            try await ledger.release(
                try await ledger.take(again(nil), at: 3), error: "503", strands: false, at: at(4))
            #expect(try await time() == at(-1))
            let token = try await ledger.take(again(at(2)), at: 5)
            #expect(try await time() == at(2))
            // From here on the object may be moved to a key that the time is part of.
            try await ledger.record(clean, for: token, at: at(6))
            try await ledger.release(token, error: "503", strands: false, at: at(7))
            _ = try await ledger.take(again(at(3)), at: 8)
            #expect(try await time() == at(2))
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a reopened job can keep its judgement`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(job(1), .failed(reason: "locked", cleanWithEvidence()), at: 1)
            #expect(try await ledger.reopen(jobID(1), keepingJudgement: true, entry(1, at: 2)) == .reopened)
            let claim = try await ledger.claim(
                job(1), by: "beta", pipeline: nil, receivedAt: at(3), until: at(13), now: at(3))
            #expect(
                claim == .granted(ClaimToken(job: jobID(1), attempt: 2, worker: "beta"), earlier: cleanWithEvidence()))
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `reopening strands an open job and leaves a held one unchanged`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let token = try await ledger.take(job(1))
            try await ledger.record(clean, for: token, at: at(1))
            #expect(
                try await ledger.reopen(jobID(1), keepingJudgement: false, entry(1, at: 2))
                    == .held(by: "alpha", until: at(10)))
            #expect(try await ledger.auditTrail(of: nil, limit: 9).isEmpty)

            // At minute 10 the claim has expired.
            #expect(try await ledger.reopen(jobID(1), keepingJudgement: false, entry(1, at: 10)) == .open)
            #expect(try await ledger.reopen(jobID(1), keepingJudgement: false, entry(1, at: 11)) == .open)
            let record = try #require(try await ledger.job(jobID(1)))
            #expect(record.strandedAt == at(10) && record.judgement == clean && record.history.isEmpty)
            #expect(try await ledger.auditTrail(of: jobID(1), limit: 9).count == 2)
            #expect(try await ledger.reopen(jobID(2), keepingJudgement: false, entry(2, at: 2)) == .unknown)
            #expect(try await ledger.auditTrail(of: jobID(2), limit: 9).isEmpty)
        }
    }

    /// The worker could not reach the ledger for longer than its claim lasts, and is still working.
    @Test(arguments: LedgerDriver.allCases)
    func `a worker can still finish a job that was marked as stranded`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let tokens = (try await ledger.take(job(1)), try await ledger.take(job(2)), try await ledger.take(job(3)))
            for number in 1...3 {
                #expect(
                    try await ledger.reopen(jobID(number), keepingJudgement: false, entry(number, at: 11)) == .open)
            }
            #expect(try await ledger.finish(tokens.0, with: promotion, at: at(12)))
            #expect(try await ledger.finish(tokens.1, with: .gone, at: at(12)))
            #expect(try await ledger.renew(tokens.2, until: at(22)))
            #expect(try await ledger.job(jobID(1))?.outcome == promotion)
            #expect(try await ledger.jobs(JobQuery(strandedOnly: true)).isEmpty)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a job that has ended since it was read is not reopened`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            #expect(ReopenCondition(unchangedSince: try await ledger.job(jobID(1))) == .notEnded)
            try await ledger.release(try await ledger.take(job(1)), error: "503", strands: true, at: at(1))
            let open = ReopenCondition(unchangedSince: try await ledger.job(jobID(1)))
            // Other workers end the job twice.
            try await ledger.settle(job(1), .failed(reason: "denied", nil), at: 2)
            let failed = ReopenCondition(unchangedSince: try await ledger.job(jobID(1)))
            func reopened(_ condition: ReopenCondition, at minute: Int64) async throws -> ReopenResult {
                try await ledger.reopen(jobID(1), if: condition, keepingJudgement: false, entry(1, at: minute))
            }
            #expect(try await reopened(open, at: 3) == .ended(.failed))
            #expect(try await reopened(.notEnded, at: 3) == .ended(.failed))
            #expect(try await reopened(failed, at: 3) == .reopened)
            #expect(try await reopened(failed, at: 3) == .open)
            try await ledger.settle(job(1), promotion, at: 4)
            #expect(try await reopened(failed, at: 5) == .ended(.settled))
            let record = try #require(try await ledger.job(jobID(1)))
            #expect(record.outcome == promotion && record.history.count == 1 && record.strandedAt == nil)
            // The same call again is the same entry.
            #expect(try await ledger.auditTrail(of: jobID(1), limit: 9) == [entry(1, at: 3)])
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a job whose message is dead-lettered is stranded until it is claimed`(_ driver: LedgerDriver)
        async throws
    {
        try await driver.withLedger { ledger in
            try await ledger.release(try await ledger.take(job(1)), error: "first", strands: false, at: at(1))
            #expect(try await ledger.job(jobID(1))?.strandedAt == nil)
            try await ledger.release(try await ledger.take(job(1), at: 2), error: "last", strands: true, at: at(3))
            let record = try #require(try await ledger.job(jobID(1)))
            #expect(record.strandedAt == at(3) && record.outcome == nil && record.error == "last")
            #expect(try await ledger.jobs(JobQuery(strandedOnly: true)).map(\.job.id) == [jobID(1)])
            _ = try await ledger.take(job(1), at: 4)
            #expect(try await ledger.jobs(JobQuery(strandedOnly: true)).isEmpty)
        }
    }

    /// The answer to a call may be lost: the call that is made again is the same one.
    @Test(arguments: LedgerDriver.allCases)
    func `the same reopening made again adds no second audit entry`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(job(1), .failed(reason: "denied", nil), at: 1)
            #expect(try await ledger.reopen(jobID(1), keepingJudgement: false, entry(1, at: 5)) == .reopened)
            #expect(try await ledger.reopen(jobID(1), keepingJudgement: false, entry(1, at: 5)) == .open)
            #expect(try await ledger.auditTrail(of: jobID(1), limit: 9) == [entry(1, at: 5)])
            // A later replay is another one.
            #expect(try await ledger.reopen(jobID(1), keepingJudgement: false, entry(1, at: 6)) == .open)
            #expect(try await ledger.auditTrail(of: jobID(1), limit: 9) == [entry(1, at: 6), entry(1, at: 5)])
        }
    }

    /// Adds eight jobs that differ in the conditions of a replay.
    private func fill(_ ledger: any Ledger) async throws {
        let newer = [SignatureDatabase(name: "daily.cvd", version: 27_001, built: at(-5))]
        try await ledger.settle(job(1), .settled(infected, .quarantined, nil), at: 1)
        try await ledger.settle(job(2), .settled(cleanWithEvidence(), .kept, nil), at: 2)
        try await ledger.settle(job(3), .settled(cleanWithEvidence(signatures: newer), .deleted, nil), at: 3)
        try await ledger.settle(job(4), .failed(reason: "it was max-files of \u{0}them", nil), at: 4)
        _ = try await ledger.take(job(5), at: 5)
        try await ledger.release(try await ledger.take(job(6), at: 6), error: "S3 said 503", strands: false, at: at(7))
        try await ledger.release(try await ledger.take(job(7), at: 7), error: "S3 said no", strands: true, at: at(8))
        try await ledger.settle(job(8), .settled(clean, .kept, nil), at: 9)
    }

    static let queries: [(JobQuery, [Int])] = [
        (JobQuery(strandedOnly: true), [7]),
        (JobQuery(strandedOnly: true, until: at(7)), []),
        (JobQuery(disposition: .kept), [8, 2]),
        (JobQuery(disposition: .promoted), []),
        (JobQuery(reason: "max-files"), [4, 1]),
        (JobQuery(reason: "MAX-FILES"), []),
        (JobQuery(reason: "Eicar-Test-Signature"), [1]),
        (JobQuery(reason: "Eicar"), [1]), (JobQuery(reason: "-files"), [4, 1]), (JobQuery(reason: "eicar"), []),
        (JobQuery(reason: #"[E].*"#), []), (JobQuery(reason: "quoted"), []),
        (JobQuery(verdicts: [.clean, .infected]), [8, 3, 2, 1]), (JobQuery(sha256: clean.evidence.sha256), [8, 3, 2]),
        (JobQuery(verdicts: [.clean], sha256: String(repeating: "0", count: 64)), []),
        (JobQuery(reason: "S3 said"), [7, 6]),
        (JobQuery(reason: "%"), []),
        (JobQuery(reason: "of \u{0}them"), [4]),
        (JobQuery(verdict: .infected, reason: "max-files"), [1]),
        (JobQuery(until: at(3)), [2, 1]),
        (JobQuery(since: at(2), until: at(4)), [3, 2]),
        (JobQuery(unclaimedSince: at(7)), []),
        (JobQuery(unclaimedSince: at(8)), [6]),
        (JobQuery(unclaimedSince: at(9)), [7, 6]),
        (JobQuery(unclaimedSince: at(15)), [7, 6]),
        (JobQuery(unclaimedSince: at(16)), [7, 6, 5]),
        (JobQuery(signaturesBefore: .version(database: "daily", 27_000)), []),
        (JobQuery(signaturesBefore: .version(database: "daily", 27_001)), [2]),
        (JobQuery(signaturesBefore: .version(database: "daily", 27_002)), [3, 2]),
        (JobQuery(signaturesBefore: .version(database: "main", 27_002)), []),
        (JobQuery(signaturesBefore: .built(at(-5))), [2]),
        (JobQuery(signaturesBefore: .built(at(0)), limit: 1, before: jobID(3)), [2]),
        (JobQuery(disposition: .kept, signaturesBefore: .built(at(0))), [2]),
    ]

    @Test(arguments: LedgerDriver.allCases)
    func `the conditions of a replay select the right jobs`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await fill(ledger)
            for (query, expected) in Self.queries {
                #expect(try await ledger.jobs(query).map(\.job.id) == expected.map(jobID), "\(query)")
            }
        }
    }
}
