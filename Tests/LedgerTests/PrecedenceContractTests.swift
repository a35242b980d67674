import Domain
import Ledger
import Testing

/// The contract of the precedence among uploads of one key, for each driver.
@Suite(.timeLimit(.minutes(1)))
struct PrecedenceContractTests {
    private func upload(
        _ number: Int, _ sequencer: String?, key: String = "uploads/é.png", bucket: String = "in",
        at minute: Int64 = 0
    ) -> Job {
        let object = ObjectVersion(bucket: bucket, key: ObjectKey(key)!, versionID: "v\(number)", etag: "e\(number)")
        return Job(
            id: jobID(number),
            event: Event(object: object, size: 1, sequencer: sequencer, time: at(minute), name: "ObjectCreated:Put"))
    }

    /// Claims the job until minute 10 and records the judgement.
    private func judge(
        _ job: Job, _ judgement: Judgement = clean, under basis: JudgementBasis? = nil, in ledger: any Ledger
    ) async throws -> (claim: ClaimToken, precedence: Precedence) {
        let claim = try await ledger.take(job)
        return (claim, try await ledger.record(judgement, for: claim, under: basis, at: at(1)))
    }

    /// An earlier and a later sequencer.
    static let orders = [("0A", "0B"), ("9", "A"), ("0F", "10"), ("00FF", "100"), ("ff", "0100"), ("", "1")]

    @Test(arguments: LedgerDriver.allCases, orders)
    func `a later upload waits for an earlier one and then overtakes it`(
        _ driver: LedgerDriver, _ order: (earlier: String, later: String)
    ) async throws {
        try await driver.withLedger { ledger in
            let first = try await judge(upload(1, order.earlier), in: ledger)
            #expect(first.precedence == .free)
            let second = try await judge(upload(2, order.later), in: ledger)
            #expect(second.precedence == .behind(jobID(1), until: at(10)))
            #expect(try await ledger.precedence(of: jobID(1), now: at(2)) == .overtaken(by: jobID(2)))

            #expect(try await ledger.finish(first.claim, with: .superseded, at: at(3)))
            #expect(try await ledger.precedence(of: jobID(2), now: at(3)) == .free)
            #expect(try await ledger.finish(second.claim, with: promotion, at: at(4)))
            #expect(try await judge(upload(3, order.earlier), in: ledger).precedence == .overtaken(by: jobID(2)))
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `an earlier upload with an expired claim is not waited for`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            _ = try await judge(upload(1, "A"), in: ledger)
            _ = try await judge(upload(2, "B"), in: ledger)
            #expect(try await ledger.precedence(of: jobID(2), now: at(9)) == .behind(jobID(1), until: at(10)))
            #expect(try await ledger.precedence(of: jobID(2), now: at(10)) == .free)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `an upload that is not promoted does not block others`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            _ = try await judge(upload(1, "A"), infected, in: ledger)
            _ = try await judge(upload(2, "C"), infected, in: ledger)
            try await ledger.settle(upload(3, "D"), .settled(clean, .kept, nil))
            try await ledger.settle(upload(4, "E"), .failed(reason: "denied", clean))
            _ = try await judge(upload(5, "F", key: "uploads/e\u{301}.png"), in: ledger)
            _ = try await judge(upload(6, "F", bucket: "other"), in: ledger)
            _ = try await judge(upload(7, nil), in: ledger)
            _ = try await ledger.take(upload(8, "F"))
            #expect(try await judge(upload(9, "B"), in: ledger).precedence == .free)
            #expect(try await judge(upload(10, "B0"), infected, in: ledger).precedence == .free)
            for number in [1, 7, 99] {
                #expect(try await ledger.precedence(of: jobID(number), now: at(1)) == .free, "\(number)")
            }
        }
    }

    /// The earlier and the later upload's sequencers. The times decide, even if the later one arrives first.
    @Test(arguments: LedgerDriver.allCases, [(nil, "01"), ("FF", nil), (nil, nil)] as [(String?, String?)])
    func `times order uploads of which one has no sequencer`(
        _ driver: LedgerDriver, _ order: (earlier: String?, later: String?)
    ) async throws {
        try await driver.withLedger { ledger in
            let first = try await judge(upload(1, order.earlier, at: -9), in: ledger)
            let second = try await judge(upload(2, order.later, at: -8), in: ledger)
            #expect(first.precedence == .free)
            #expect(second.precedence == .behind(jobID(1), until: at(10)))
            #expect(try await ledger.precedence(of: jobID(1), now: at(2)) == .overtaken(by: jobID(2)))
            #expect(try await ledger.finish(second.claim, with: promotion, at: at(4)))
            #expect(
                try await judge(upload(3, order.earlier, at: -9), in: ledger).precedence == .overtaken(by: jobID(2)))
            #expect(try await ledger.finish(first.claim, with: .superseded, at: at(4)))
            #expect(
                try await judge(upload(4, order.later, at: -7), in: ledger).precedence
                    == .behind(jobID(3), until: at(10)))
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `uploads that go to different locations do not block each other`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            func place(_ key: String, _ bucket: String = "out") -> JudgementBasis {
                JudgementBasis(rules: "r", destination: ObjectLocation(bucket: bucket, key: ObjectKey(key)!))
            }
            _ = try await judge(upload(1, "B"), under: place("monday/a"), in: ledger)
            _ = try await judge(upload(2, "C"), under: place("tuesday/a", "other"), in: ledger)
            #expect(try await judge(upload(3, "A"), under: place("tuesday/a"), in: ledger).precedence == .free)
            let same = try await judge(upload(4, "A"), under: place("monday/a"), in: ledger)
            #expect(same.precedence == .overtaken(by: jobID(1)))

            // A note that is recorded later keeps the basis and the time.
            try await ledger.record(infected, for: same.claim, at: at(7))
            let record = try #require(try await ledger.job(jobID(4)))
            #expect(record.basis == place("monday/a") && record.judgedAt == at(1) && record.judgement == infected)
        }
    }

    /// The sequencer of the event that S3 sent is taken over by the job that a backfill began.
    @Test(arguments: LedgerDriver.allCases)
    func `a job takes over the sequencer of a later message`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let claim = try await ledger.take(upload(1, nil))
            try await ledger.release(claim, error: "later", strands: false, at: at(1))
            _ = try await ledger.take(upload(1, "0A"), at: 2)
            #expect(try await ledger.job(jobID(1))?.job.event.sequencer == "0A")
        }
    }
}
