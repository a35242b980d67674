import AWS
import Domain
import Intake
import Ledger
import TestKit
import Testing

@testable import Worker

/// What ends an attempt before its time, and what does not.
@Suite(.timeLimit(.minutes(1))) struct CustodyTests {
    // MARK: A scan under way

    @Test func aLostLeaseEndsTheScanAtOnceAndFreesTheJob() async throws {
        let inspector = HangingInspector()
        let bench = try await CustodyBench(inspector)
        let (job, custody) = (bench.job(), Custody())
        let attempt = bench.run(job, custody)
        await inspector.asked.value
        custody.lose(.taken("ReceiptHandleIsInvalid"))
        guard case .open(let reason) = await attempt.value else {
            Issue.record("it went on")
            return
        }
        #expect(reason.contains("ReceiptHandleIsInvalid"))
        let record = try #require(try await bench.ledger.job(job.id))
        #expect(record.attempts.map(\.error) == [reason] && record.heldBy == nil && record.strandedAt == nil)
        #expect(bench.store["inbox", "up/a"] != nil && bench.store.locations.count == 1)
    }

    @Test func theEndOfTheGraceEndsTheScanAndHandsTheJobBack() async throws {
        let inspector = HangingInspector()
        let bench = try await CustodyBench(inspector)
        let (job, custody) = (bench.job(), Custody())
        let attempt = bench.run(job, custody)
        await inspector.asked.value
        // To drain is no reason to stop what runs.
        custody.drain()
        #expect(custody.interruption(.untilStopped) == nil)
        custody.stop()
        guard case .handedBack = await attempt.value else {
            Issue.record("not handed back")
            return
        }
        let record = try #require(try await bench.ledger.job(job.id))
        #expect(record.heldBy == nil && record.attempts.count == 1)
    }

    @Test func anAttemptThatIsStoppedBeforeItBeginsClaimsNothing() async throws {
        let bench = try await CustodyBench()
        let (job, custody) = (bench.job(), Custody())
        custody.stop()
        guard case .handedBack = await bench.run(job, custody).value else {
            Issue.record("not handed back")
            return
        }
        #expect(try await bench.ledger.job(job.id) == nil)
        #expect(bench.store.calls.isEmpty)
    }

    // MARK: A move under way

    @Test(arguments: [ScriptedLedger.Call.claim, .record, .finish])
    func aStopIsHeededUpToTheMoveAndTheMoveIsFinished(call: ScriptedLedger.Call) async throws {
        let bench = try await CustodyBench()
        let (job, custody) = (bench.job(), Custody())
        bench.ledger.play { now, _ in
            if now == call { custody.stop() }
            return nil
        }
        let result = await bench.run(job, custody).value
        switch (result, call) {
        case (.finished, .finish):
            #expect(bench.store["inbox", "up/a"] == nil && bench.store["out", "done/a"] != nil)
            #expect(try await bench.ledger.job(job.id)?.outcome?.kind == .settled)
        case (.handedBack, .claim), (.handedBack, .record):
            #expect(bench.store["inbox", "up/a"] != nil && bench.store.locations.count == 1)
            #expect(try await bench.ledger.job(job.id)?.heldBy == nil)
        default: Issue.record("\(result) after a stop at \(call)")
        }
    }

    @Test func aStopBetweenCopyAndDeleteLeavesNoObjectInTwoPlaces() async throws {
        let bench = try await CustodyBench()
        let (job, custody) = (bench.job(), Custody())
        bench.store.interrupt { (call) throws(AWSError) in if case .copy = call { custody.stop() } }
        guard case .finished = await bench.run(job, custody).value else {
            Issue.record("a half move")
            return
        }
        #expect(bench.store.locations.map(\.description) == ["s3://out/done/a"])
        #expect(try await bench.ledger.job(job.id)?.outcome?.kind == .settled)
    }

    // MARK: The claim

    /// While the copy is made, the ledger can't be reached for longer than a claim lasts.
    private func outlastingItsClaim(_ bench: CustodyBench) {
        bench.store.interrupt { [clock = bench.clock] (call) throws(AWSError) in
            if case .copy = call { clock.advance(by: .seconds(61)) }
        }
    }

    @Test func aClaimThatAnotherTookStopsTheAttemptBeforeItDeletesAndItWaitsForTheOther() async throws {
        let bench = try await CustodyBench()
        let job = bench.job()
        outlastingItsClaim(bench)
        let taken = Promise<ClaimToken?>()
        bench.ledger.play { call, _ in
            if call == .renew { taken.keep(try? await bench.claimElsewhere(job)) }
            return nil
        }
        let attempt = bench.run(job)
        let other = try #require(await taken.value)
        await bench.clock.untilSleepers(1)
        #expect(bench.store["inbox", "up/a"] != nil)
        #expect(!bench.store.calls.contains { if case .delete = $0 { true } else { false } })
        #expect(try await bench.ledger.inner.finish(other, with: .gone, at: bench.now))
        bench.clock.advance(by: .seconds(3))
        guard case .duplicate(.gone) = await attempt.value else {
            Issue.record("not seen as a duplicate")
            return
        }
    }

    @Test func aClaimThatExpiredAndThatNobodyTookIsRenewedBeforeTheDelete() async throws {
        let bench = try await CustodyBench()
        let job = bench.job()
        outlastingItsClaim(bench)
        guard case .finished = await bench.run(job).value else {
            Issue.record("not finished")
            return
        }
        #expect(bench.ledger.count(.renew) == 1)
        #expect(bench.store.locations.map(\.description) == ["s3://out/done/a"])
        #expect(try await bench.ledger.job(job.id)?.attemptCount == 1)
    }

    @Test func aClaimThatTheLedgerCannotVouchForHoldsTheDeleteUp() async throws {
        let bench = try await CustodyBench()
        let (job, custody) = (bench.job(), Custody())
        outlastingItsClaim(bench)
        bench.ledger.play { call, _ in call == .renew ? .before : nil }
        let attempt = bench.run(job, custody)
        for _ in 1...4 { await bench.pass(.seconds(5)) }
        await bench.clock.untilSleepers(1)
        #expect(bench.store["inbox", "up/a"] != nil)
        custody.lose(.expired)
        guard case .open = await attempt.value else {
            Issue.record("it went on without a claim")
            return
        }
        #expect(bench.store["inbox", "up/a"] != nil)
    }

    /// The claim is looked at before each step that can't be taken back, and asks nobody as long as it is fresh.
    @Test func aFreshClaimCostsNoRequest() async throws {
        let bench = try await CustodyBench()
        _ = await bench.run(bench.job()).value
        #expect(bench.ledger.count(.renew) == 0)
    }

    @Test func aScanWhoseClaimAnotherTookIsEnded() async throws {
        let inspector = HangingInspector()
        let bench = try await CustodyBench(inspector)
        let job = bench.job()
        let keeping = Task { await bench.parts.claims.run() }
        defer { keeping.cancel() }
        let attempt = bench.run(job)
        await inspector.asked.value
        bench.ledger.play { call, _ in call == .renew ? .before : nil }
        // The ledger is away: the keeper waits for it, past the claim's end.
        while bench.clock.now.offset < .seconds(61) { await bench.pass(.seconds(5)) }
        // However often the time is moved on until the attempt comes to ask.
        let other = try await bench.claimElsewhere(job, for: .seconds(1_000_000))
        bench.ledger.play { _, _ in nil }
        while bench.ledger.count(.claim) == 0 { await bench.pass(.seconds(5)) }
        #expect(try await bench.ledger.inner.finish(other, with: .gone, at: bench.now))
        // It asks again after a while, which grows.
        let moving = Task { while !Task.isCancelled { await bench.pass(.seconds(5)) } }
        defer { moving.cancel() }
        guard case .duplicate(.gone) = await attempt.value else {
            Issue.record("it went on")
            return
        }
        #expect(bench.log.count("claim lost") == 1)
    }

    @Test func claimsAreRenewedAtHalfTheirLife() async throws {
        let inspector = HangingInspector()
        let bench = try await CustodyBench(inspector)
        let (job, custody) = (bench.job(), Custody())
        let keeping = Task { await bench.parts.claims.run() }
        defer { keeping.cancel() }
        let attempt = bench.run(job, custody)
        await inspector.asked.value
        for _ in 1...3 { await bench.pass(.seconds(7.5)) }
        await bench.clock.untilSleepers(1)
        #expect(bench.ledger.count(.renew) == 0)
        for _ in 1...30 { await bench.pass(.seconds(7.5)) }
        while bench.ledger.count(.renew) < 7 { await bench.pass(.seconds(7.5)) }
        #expect(try await bench.ledger.job(job.id)?.heldBy == "ours")
        custody.stop()
        guard case .handedBack = await attempt.value else {
            Issue.record("not handed back")
            return
        }
    }

    /// Or the job would be held for a claim's life by nobody.
    @Test func aClaimThatWasLetGoIsNotRenewedWhenTheLedgerIsBack() async throws {
        let inspector = HangingInspector()
        let bench = try await CustodyBench(inspector)
        let (job, custody) = (bench.job(), Custody())
        let keeping = Task { await bench.parts.claims.run() }
        defer { keeping.cancel() }
        let attempt = bench.run(job, custody)
        await inspector.asked.value
        bench.ledger.play { call, _ in call == .renew || call == .release ? .before : nil }
        while bench.ledger.count(.renew) == 0 { await bench.pass(.seconds(7.5)) }
        custody.lose(.expired)
        guard case .open = await attempt.value else {
            Issue.record("it went on")
            return
        }
        bench.ledger.play { _, _ in nil }
        for _ in 1...4 { await bench.pass(.seconds(7.5)) }
        await bench.clock.untilSleepers(1)
        #expect(bench.ledger.count(.renew) == 0)
    }

    // MARK: Dead letters

    @Test(arguments: [true, false])
    func anAttemptThatFailsAtTheLastReceiptStrandsItsJob(isLast: Bool) async throws {
        let bench = try await CustodyBench()
        let job = bench.job()
        bench.store.interrupt { (call) throws(AWSError) in
            throw .test("GetObject", code: "InternalError", status: 500)
        }
        guard case .open = await bench.run(job, isLastReceive: isLast).value else {
            Issue.record("a fault ended the job")
            return
        }
        let record = try #require(try await bench.ledger.job(job.id))
        #expect((record.strandedAt != nil) == isLast)
        #expect(record.outcome == nil && record.heldBy == nil)
    }

    // MARK: A ledger that is down

    @Test func anAttemptWaitsForTheLedgerAtEachOfItsCallsAndIsDoneOnce() async throws {
        let bench = try await CustodyBench()
        let job = bench.job()
        bench.ledger.play { _, count in count <= 2 ? (count == 1 ? .before : .after) : nil }
        let attempt = bench.run(job)
        let passing = Task { while !Task.isCancelled { await bench.pass(.seconds(1)) } }
        defer {
            passing.cancel()
            // It waits for a sleeper.
            Task { try? await bench.clock.sleep(until: .init(offset: .seconds(1e6)), tolerance: nil) }
        }
        guard case .finished = await attempt.value else {
            Issue.record("not finished")
            return
        }
        let record = try #require(try await bench.ledger.job(job.id))
        #expect(record.outcome?.kind == .settled && record.attempts.count == 1)
        #expect(bench.store.locations.map(\.description) == ["s3://out/done/a"])
        for made in [
            bench.store.calls.count { if case .get = $0 { true } else { false } },
            bench.store.calls.count { if case .copy = $0 { true } else { false } },
        ] { #expect(made == 1) }
        #expect(!bench.patient.isDown)
    }

    @Test func aJobThatFailedIsGivenUpInTheLedgerOnceThatIsBack() async throws {
        let bench = try await CustodyBench()
        let job = bench.job()
        bench.store.interrupt { (call) throws(AWSError) in
            throw .test("GetObject", code: "InternalError", status: 500)
        }
        bench.ledger.play { call, count in call == .release && count <= 2 ? .before : nil }
        let attempt = bench.run(job)
        for _ in 1...2 { await bench.pass(.seconds(1)) }
        guard case .open(let reason) = await attempt.value else {
            Issue.record("a fault ended the job")
            return
        }
        #expect(try await bench.ledger.job(job.id)?.attempts.map(\.error) == [reason])
    }
}
