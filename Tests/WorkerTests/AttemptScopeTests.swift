import AWS
import Domain
import Intake
import Ledger
import TestKit
import Testing

@testable import Worker

/// What ends an attempt before its time, and what does not.
@Suite(.timeLimit(.minutes(1))) struct AttemptScopeTests {
    // MARK: A scan under way

    @Test func `a lost lease ends the scan at once and frees the job`() async throws {
        let inspector = HangingInspector()
        let bench = try await AttemptScopeFixture(inspector)
        let (job, scope) = (bench.job(), AttemptScope())
        let attempt = bench.run(job, scope)
        await inspector.asked.value
        scope.lose(.taken("ReceiptHandleIsInvalid"))
        guard case .open(let reason) = await attempt.value else {
            Issue.record("it went on")
            return
        }
        #expect(reason.contains("ReceiptHandleIsInvalid"))
        let record = try #require(try await bench.ledger.job(job.id))
        #expect(record.attempts.map(\.error) == [reason] && record.heldBy == nil && record.strandedAt == nil)
        #expect(bench.store["inbox", "up/a"] != nil && bench.store.locations.count == 1)
    }

    @Test func `the end of the grace ends the scan and hands the job back`() async throws {
        let inspector = HangingInspector()
        let bench = try await AttemptScopeFixture(inspector)
        let (job, scope) = (bench.job(), AttemptScope())
        let attempt = bench.run(job, scope)
        await inspector.asked.value
        // To drain is no reason to stop what runs.
        scope.drain()
        #expect(scope.interruption(.untilStopped) == nil)
        scope.stop()
        guard case .handedBack = await attempt.value else {
            Issue.record("not handed back")
            return
        }
        let record = try #require(try await bench.ledger.job(job.id))
        #expect(record.heldBy == nil && record.attempts.count == 1)
    }

    @Test func `an attempt that is stopped before it begins claims nothing`() async throws {
        let bench = try await AttemptScopeFixture()
        let (job, scope) = (bench.job(), AttemptScope())
        scope.stop()
        guard case .handedBack = await bench.run(job, scope).value else {
            Issue.record("not handed back")
            return
        }
        #expect(try await bench.ledger.job(job.id) == nil)
        #expect(bench.store.calls.isEmpty)
    }

    // MARK: A move under way

    @Test(arguments: [ScriptedLedger.Call.claim, .record, .finish])
    func `a stop is heeded up to the move and the move is finished`(call: ScriptedLedger.Call) async throws {
        let bench = try await AttemptScopeFixture()
        let (job, scope) = (bench.job(), AttemptScope())
        bench.ledger.play { now, _ in
            if now == call { scope.stop() }
            return nil
        }
        let result = await bench.run(job, scope).value
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

    @Test func `a stop between copy and delete leaves no object in two places`() async throws {
        let bench = try await AttemptScopeFixture()
        let (job, scope) = (bench.job(), AttemptScope())
        bench.store.interrupt { (call) throws(AWSError) in if case .copy = call { scope.stop() } }
        guard case .finished = await bench.run(job, scope).value else {
            Issue.record("a half move")
            return
        }
        #expect(bench.store.locations.map(\.description) == ["s3://out/done/a"])
        #expect(try await bench.ledger.job(job.id)?.outcome?.kind == .settled)
    }

    // MARK: The claim

    /// While the copy is made, the ledger can't be reached for longer than a claim lasts.
    private func outlastingItsClaim(_ bench: AttemptScopeFixture) {
        bench.store.interrupt { [clock = bench.clock] (call) throws(AWSError) in
            if case .copy = call { clock.advance(by: .seconds(61)) }
        }
    }

    @Test func `a claim that another took stops the attempt before it deletes and it waits for the other`() async throws
    {
        let bench = try await AttemptScopeFixture()
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

    @Test func `a claim that expired and that nobody took is renewed before the delete`() async throws {
        let bench = try await AttemptScopeFixture()
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

    @Test func `a claim that the ledger cannot vouch for holds the delete up`() async throws {
        let bench = try await AttemptScopeFixture()
        let (job, scope) = (bench.job(), AttemptScope())
        outlastingItsClaim(bench)
        bench.ledger.play { call, _ in call == .renew ? .before : nil }
        let attempt = bench.run(job, scope)
        for _ in 1...4 { await bench.pass(.seconds(5)) }
        await bench.clock.untilSleepers(1)
        #expect(bench.store["inbox", "up/a"] != nil)
        scope.lose(.expired)
        guard case .open = await attempt.value else {
            Issue.record("it went on without a claim")
            return
        }
        #expect(bench.store["inbox", "up/a"] != nil)
    }

    /// The claim is looked at before each step that can't be taken back, and asks nobody as long as it is fresh.
    @Test func `a fresh claim costs no request`() async throws {
        let bench = try await AttemptScopeFixture()
        _ = await bench.run(bench.job()).value
        #expect(bench.ledger.count(.renew) == 0)
    }

    @Test func `a scan whose claim another took is ended`() async throws {
        let inspector = HangingInspector()
        let bench = try await AttemptScopeFixture(inspector)
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

    @Test func `claims are renewed at half their life`() async throws {
        let inspector = HangingInspector()
        let bench = try await AttemptScopeFixture(inspector)
        let (job, scope) = (bench.job(), AttemptScope())
        let keeping = Task { await bench.parts.claims.run() }
        defer { keeping.cancel() }
        let attempt = bench.run(job, scope)
        await inspector.asked.value
        for _ in 1...3 { await bench.pass(.seconds(7.5)) }
        await bench.clock.untilSleepers(1)
        #expect(bench.ledger.count(.renew) == 0)
        for _ in 1...30 { await bench.pass(.seconds(7.5)) }
        while bench.ledger.count(.renew) < 7 { await bench.pass(.seconds(7.5)) }
        #expect(try await bench.ledger.job(job.id)?.heldBy == "ours")
        scope.stop()
        guard case .handedBack = await attempt.value else {
            Issue.record("not handed back")
            return
        }
    }

    /// Or the job would be held for a claim's life by nobody.
    @Test func `a claim that was let go is not renewed when the ledger is back`() async throws {
        let inspector = HangingInspector()
        let bench = try await AttemptScopeFixture(inspector)
        let (job, scope) = (bench.job(), AttemptScope())
        let keeping = Task { await bench.parts.claims.run() }
        defer { keeping.cancel() }
        let attempt = bench.run(job, scope)
        await inspector.asked.value
        bench.ledger.play { call, _ in call == .renew || call == .release ? .before : nil }
        while bench.ledger.count(.renew) == 0 { await bench.pass(.seconds(7.5)) }
        scope.lose(.expired)
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
    func `an attempt that fails at the last receipt strands its job`(isLast: Bool) async throws {
        let bench = try await AttemptScopeFixture()
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

    @Test func `an attempt waits for the ledger at each of its calls and is done once`() async throws {
        let bench = try await AttemptScopeFixture()
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

    @Test func `a job that failed is given up in the ledger once that is back`() async throws {
        let bench = try await AttemptScopeFixture()
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
