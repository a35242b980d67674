import Domain
import Ledger
import Testing

/// The contract of claims, for each driver.
@Suite(.timeLimit(.minutes(1)))
struct ClaimContractTests {
    @Test(arguments: LedgerDriver.allCases)
    func `a new job is granted and stored unchanged`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let claim = try await ledger.claim(
                job(1), by: "alpha", pipeline: "uploads", receivedAt: at(1), until: at(12), now: at(2))
            #expect(claim == .granted(ClaimToken(job: jobID(1), attempt: 1, worker: "alpha"), earlier: nil))
            let record = JobRecord(
                job: job(1), pipeline: "uploads",
                attempts: [Attempt(number: 1, worker: "alpha", startedAt: at(2), endedAt: nil, error: nil)],
                heldBy: "alpha", heldUntil: at(12), firstReceivedAt: at(1))
            #expect(try await ledger.job(jobID(1)) == record)
            #expect(try await ledger.job(jobID(2)) == nil)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a claimed job is held even for its own worker`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            _ = try await ledger.take(job(1), by: "alpha")
            for worker in ["alpha", "beta"] {
                let claim = try await ledger.claim(
                    job(1), by: worker, pipeline: "uploads", receivedAt: at(1), until: at(20), now: at(9))
                #expect(claim == .held(by: "alpha", until: at(10)))
            }
            #expect(try await ledger.job(jobID(1))?.attemptCount == 1)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `an expired claim goes to the next worker with the judgement on record`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let first = try await ledger.take(job(1), by: "alpha")
            try await ledger.record(infected, for: first, at: at(1))
            let claim = try await ledger.claim(
                job(1), by: "beta", pipeline: "other", receivedAt: at(9), until: at(20), now: at(10))
            let second = ClaimToken(job: jobID(1), attempt: 2, worker: "beta")
            #expect(claim == .granted(second, earlier: infected))
            let record = try #require(try await ledger.job(jobID(1)))
            #expect(record.pipeline == "other" && record.attemptCount == 2 && record.firstReceivedAt == at(0))
            #expect(record.attempts.map(\.worker) == ["alpha", "beta"])
            #expect(record.attempts[0].endedAt == at(10) && record.attempts[0].error?.contains("expired") == true)
            #expect(record.attempts[1].endedAt == nil)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a renewed claim is held for longer`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let token = try await ledger.take(job(1))
            #expect(try await ledger.renew(token, until: at(30)))
            let claim = try await ledger.claim(
                job(1), by: "beta", pipeline: nil, receivedAt: at(0), until: at(40), now: at(29))
            #expect(claim == .held(by: "alpha", until: at(30)))
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `an expired claim that no worker took still holds`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let token = try await ledger.take(job(1))
            try await ledger.record(clean, for: token, at: at(60))
            #expect(try await ledger.renew(token, until: at(70)))
            #expect(try await ledger.finish(token, with: promotion, at: at(80)))
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a released job can be claimed at once and keeps its error`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let first = try await ledger.take(job(1))
            try await ledger.release(first, error: "S3 answered 503", strands: false, at: at(1))
            let open = try #require(try await ledger.job(jobID(1)))
            #expect(
                open.error == "S3 answered 503" && open.heldBy == nil && open.heldUntil == nil && open.outcome == nil)
            #expect(open.attempts[0].endedAt == at(1) && open.attempts[0].error == "S3 answered 503")

            let second = try await ledger.take(job(1), at: 1)
            #expect(second.attempt == 2)
            #expect(try await ledger.finish(second, with: promotion, at: at(2)))
            let done = try #require(try await ledger.job(jobID(1)))
            #expect(done.error == nil && done.attempts.map(\.error) == ["S3 answered 503", nil])
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a stale token is refused and changes nothing`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let stale = try await ledger.take(job(1), by: "alpha")
            _ = try await ledger.take(job(1), by: "alpha", at: 10)
            let before = try await ledger.job(jobID(1))
            try await expectRefused(stale, ledger)
            #expect(try await ledger.job(jobID(1)) == before)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a token is stale after release or with another worker's name`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let token = try await ledger.take(job(1), by: "alpha")
            try await expectRefused(ClaimToken(job: token.job, attempt: 1, worker: "beta"), ledger)
            try await expectRefused(ClaimToken(job: jobID(2), attempt: 1, worker: "alpha"), ledger)
            try await ledger.release(token, error: "stopped", strands: false, at: at(1))
            try await expectRefused(token, ledger)
            #expect(try await ledger.job(jobID(1))?.outcome == nil)
        }
    }

    private func expectRefused(_ token: ClaimToken, _ ledger: any Ledger) async throws {
        #expect(try await ledger.renew(token, until: at(99)) == false)
        #expect(try await ledger.finish(token, with: promotion, at: at(99)) == false)
        #expect(try await ledger.finish(token, with: .gone, at: at(99)) == false)
        let recording = await #expect(throws: LedgerError.self) {
            try await ledger.record(infected, for: token, at: at(99))
        }
        #expect(recording?.code == .claimLost)
        let releasing = await #expect(throws: LedgerError.self) {
            try await ledger.release(token, error: "late", strands: false, at: at(99))
        }
        #expect(releasing?.code == .claimLost)
    }

    @Test(arguments: LedgerDriver.allCases)
    func `exactly one of many concurrent claims is granted`(_ driver: LedgerDriver) async throws {
        try await driver.withStore { url in
            // Two ledgers act as two processes.
            let ledgers = [
                try await openLedger(at: url, log: .silent), try await openLedger(at: url, log: .silent),
            ]
            let granted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let claim = try await ledgers[number % 2].claim(
                            job(1), by: "worker-\(number)", pipeline: nil, receivedAt: at(0), until: at(10), now: at(0))
                        if case .granted = claim { return true }
                        return false
                    }
                }
                return try await group.reduce(into: 0) { count, isGranted in count += isGranted ? 1 : 0 }
            }
            #expect(granted == 1)
            #expect(try await ledgers[1].job(jobID(1))?.attempts.count == 1)
            for ledger in ledgers { await ledger.close() }
        }
    }
}
