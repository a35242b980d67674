import Domain
import Ledger
import Testing

/// The contract of finished jobs, for each driver.
@Suite(.timeLimit(.minutes(1)))
struct OutcomeContractTests {
    static let outcomes: [Outcome] = [
        promotion,
        .settled(cleanWithEvidence(), .kept, nil),
        .failed(reason: "disk full", cleanWithEvidence()),
        .settled(
            infected, .quarantined,
            Destination(ObjectLocation(bucket: "quarantine", key: ObjectKey("infected/\u{0}é/e\u{301}")!))),
        .settled(Judgement(verdict: .rejected, findings: [], evidence: Evidence()), .deleted, nil),
        .settled(Judgement(verdict: .unscannable, findings: [], evidence: Evidence()), .kept, nil),
        .gone, .superseded, .unmatched, .marker,
        .failed(reason: "the copy was denied", infected),
        .failed(reason: "", nil),
    ]

    @Test(arguments: LedgerDriver.allCases, outcomes)
    func `an outcome is stored unchanged and returned to duplicates`(_ driver: LedgerDriver, _ outcome: Outcome)
        async throws
    {
        try await driver.withLedger { ledger in
            let token = try await ledger.take(job(1))
            #expect(try await ledger.finish(token, with: outcome, at: at(3)))
            let record = try #require(try await ledger.job(jobID(1)))
            #expect(record.outcome == outcome && record.judgement == outcome.judgement)
            #expect(record.finishedAt == at(3) && record.heldBy == nil && record.attempts[0].endedAt == at(3))
            if case .failed(let reason, _) = outcome {
                #expect(record.error == reason && record.attempts[0].error == reason)
            } else {
                #expect(record.error == nil)
            }
            let duplicate = try await ledger.claim(
                job(1), by: "beta", pipeline: nil, receivedAt: at(5), until: at(20), now: at(15))
            #expect(duplicate == .finished(outcome))
            #expect(try await ledger.job(jobID(1)) == record)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `the first outcome stays and a repeated finish returns true`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let token = try await ledger.take(job(1))
            #expect(try await ledger.finish(token, with: promotion, at: at(1)))
            #expect(try await ledger.finish(token, with: promotion, at: at(2)))
            #expect(try await ledger.finish(token, with: .gone, at: at(2)) == false)
            let record = try await ledger.job(jobID(1))
            #expect(record?.outcome == promotion && record?.finishedAt == at(1))
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `an outcome without a judgement keeps the judgement on record`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let token = try await ledger.take(job(1))
            try await ledger.record(infected, for: token, at: at(1))
            #expect(try await ledger.job(jobID(1))?.judgement == infected)
            #expect(try await ledger.finish(token, with: .failed(reason: "disk full", nil), at: at(2)))
            #expect(try await ledger.job(jobID(1))?.outcome == .failed(reason: "disk full", infected))
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `each job keeps its own signature set`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let sets = (0..<4).map { [SignatureDatabase(name: "daily.cld", version: $0, built: at($0))] } + [[]]
            func set(_ number: Int) -> [SignatureDatabase] { sets[number % sets.count] }
            for number in 0..<15 {
                try await ledger.settle(job(number), .settled(cleanWithEvidence(signatures: set(number)), .kept, nil))
            }
            for number in 0..<15 {
                #expect(
                    try await ledger.job(jobID(number))?.judgement == cleanWithEvidence(signatures: set(number)),
                    "\(number)")
            }
            let listed = try await ledger.jobs(JobQuery()).map(\.judgement?.evidence.databases)
            #expect(listed == (0..<15).reversed().map(set))
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a later judgement replaces an earlier one`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let token = try await ledger.take(job(1))
            try await ledger.record(infected, for: token, at: at(1))
            try await ledger.record(clean, for: token, at: at(2))
            #expect(try await ledger.job(jobID(1))?.judgement == clean)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a cancelled caller's write is carried out`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let token = try await ledger.take(job(1))
            let finishing = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await ledger.finish(token, with: promotion, at: at(1))
            }
            #expect(try await finishing.value)
            #expect(try await ledger.job(jobID(1))?.outcome == promotion)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `completed calls survive a crash`(_ driver: LedgerDriver) async throws {
        try await driver.withStore { url in
            let ledger = try await openLedger(at: url, log: .silent)
            let token = try await ledger.take(job(1))
            try await ledger.record(clean, for: token, at: at(1))
            try await ledger.settle(job(2))
            // The first ledger is not closed: the second one sees only what the first has written.
            let other = try await openLedger(at: url, log: .silent)
            #expect(try await other.job(jobID(1))?.judgement == clean)
            #expect(try await other.job(jobID(2))?.outcome == promotion)
            await other.close()
            await ledger.close()
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `two ledgers on one store see each other's work`(_ driver: LedgerDriver) async throws {
        try await driver.withStore { url in
            let one = try await openLedger(at: url, log: .silent)
            let two = try await openLedger(at: url, log: .silent)
            for number in 1...20 { try await (number % 2 == 0 ? one : two).settle(job(number)) }
            #expect(try await one.summary().outcomes == [.settled: 20])
            #expect(try await two.summary().outcomes == [.settled: 20])
            await one.close()
            #expect(try await two.job(jobID(2))?.outcome == promotion)
            await two.close()
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a closed ledger refuses calls and can be closed again`(_ driver: LedgerDriver) async throws {
        try await driver.withStore { url in
            let ledger = try await openLedger(at: url, log: .silent)
            let token = try await ledger.take(job(1))
            await ledger.close()
            await ledger.close()
            let writing = await #expect(throws: LedgerError.self) { try await ledger.renew(token, until: at(9)) }
            #expect(writing?.code == .closed)
            let reading = await #expect(throws: LedgerError.self) { try await ledger.summary() }
            #expect(reading?.code == .closed)
        }
    }
}
