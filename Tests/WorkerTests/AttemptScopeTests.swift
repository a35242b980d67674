import AWS
import Domain
import Intake
import Ledger
import TestKit
import Testing

@testable import Worker

/// Calls that interrupt an attempt, and those that do not.
@Suite(.timeLimit(.minutes(1))) struct AttemptScopeTests {
    // MARK: A scan under way

    @Test func `a lost lease cancels the scan at once and releases the job`() async throws {
        let inspector = ScriptedInspector.hanging()
        let fixture = try await AttemptScopeFixture(inspector)
        let (job, scope) = (fixture.job(), AttemptScope())
        let attempt = fixture.run(job, scope)
        await inspector.asked.value
        scope.lose(.taken("ReceiptHandleIsInvalid"))
        guard case .open(let reason) = await attempt.value else {
            Issue.record("it went on")
            return
        }
        #expect(reason.contains("ReceiptHandleIsInvalid"))
        let record = try #require(try await fixture.ledger.job(job.id))
        #expect(record.attempts.map(\.error) == [reason] && record.heldBy == nil && record.strandedAt == nil)
        #expect(fixture.store["inbox", "up/a"] != nil && fixture.store.locations.count == 1)
    }

    @Test func `the end of the grace cancels the scan and hands the job back`() async throws {
        let inspector = ScriptedInspector.hanging()
        let fixture = try await AttemptScopeFixture(inspector)
        let (job, scope) = (fixture.job(), AttemptScope())
        let attempt = fixture.run(job, scope)
        await inspector.asked.value
        // A drain does not stop a running scan.
        scope.drain()
        #expect(scope.interruption(.untilStopped) == nil)
        scope.stop()
        guard case .handedBack = await attempt.value else {
            Issue.record("not handed back")
            return
        }
        let record = try #require(try await fixture.ledger.job(job.id))
        #expect(record.heldBy == nil && record.attempts.count == 1)
    }

    @Test func `an attempt that is stopped before it starts claims nothing`() async throws {
        let fixture = try await AttemptScopeFixture()
        let (job, scope) = (fixture.job(), AttemptScope())
        scope.stop()
        guard case .handedBack = await fixture.run(job, scope).value else {
            Issue.record("not handed back")
            return
        }
        #expect(try await fixture.ledger.job(job.id) == nil)
        #expect(fixture.store.calls.isEmpty)
    }

    // MARK: A move under way

    @Test(arguments: [ScriptedLedger.Call.claim, .record, .finish])
    func `a stop ends an attempt before its move and a move that has begun is finished`(call: ScriptedLedger.Call)
        async throws
    {
        let fixture = try await AttemptScopeFixture()
        let (job, scope) = (fixture.job(), AttemptScope())
        fixture.ledger.play { now, _ in
            if now == call { scope.stop() }
            return nil
        }
        let result = await fixture.run(job, scope).value
        switch (result, call) {
        case (.finished, .finish):
            #expect(fixture.store["inbox", "up/a"] == nil && fixture.store["out", "done/a"] != nil)
            #expect(try await fixture.ledger.job(job.id)?.outcome?.kind == .settled)
        case (.handedBack, .claim), (.handedBack, .record):
            #expect(fixture.store["inbox", "up/a"] != nil && fixture.store.locations.count == 1)
            #expect(try await fixture.ledger.job(job.id)?.heldBy == nil)
        default: Issue.record("\(result) after a stop at \(call)")
        }
    }

    @Test func `a stop between copy and delete leaves no object in two places`() async throws {
        let fixture = try await AttemptScopeFixture()
        let (job, scope) = (fixture.job(), AttemptScope())
        fixture.store.interrupt { (call) throws(AWSError) in if case .copy = call { scope.stop() } }
        guard case .finished = await fixture.run(job, scope).value else {
            Issue.record("a half move")
            return
        }
        #expect(fixture.store.locations.map(\.description) == ["s3://out/done/a"])
        #expect(try await fixture.ledger.job(job.id)?.outcome?.kind == .settled)
    }

    // MARK: The claim

    /// While the copy is made, the ledger can't be reached for longer than a claim lasts.
    private func outlastingItsClaim(_ fixture: AttemptScopeFixture) {
        fixture.store.interrupt { [clock = fixture.clock] (call) throws(AWSError) in
            if case .copy = call { clock.advance(by: .seconds(61)) }
        }
    }

    @Test func `an attempt whose claim was taken deletes nothing and waits for the other attempt`() async throws {
        let fixture = try await AttemptScopeFixture()
        let job = fixture.job()
        outlastingItsClaim(fixture)
        let taken = Promise<ClaimToken?>()
        fixture.ledger.play { call, _ in
            if call == .renew { taken.keep(try? await fixture.claimElsewhere(job)) }
            return nil
        }
        let attempt = fixture.run(job)
        let other = try #require(await taken.value)
        await fixture.clock.untilSleepers(1)
        #expect(fixture.store["inbox", "up/a"] != nil)
        #expect(!fixture.store.calls.contains { if case .delete = $0 { true } else { false } })
        #expect(try await fixture.ledger.inner.finish(other, with: .gone, at: fixture.now))
        fixture.clock.advance(by: .seconds(3))
        guard case .duplicate(.gone) = await attempt.value else {
            Issue.record("not seen as a duplicate")
            return
        }
    }

    @Test func `an expired claim that nobody took is renewed before the delete`() async throws {
        let fixture = try await AttemptScopeFixture()
        let job = fixture.job()
        outlastingItsClaim(fixture)
        guard case .finished = await fixture.run(job).value else {
            Issue.record("not finished")
            return
        }
        #expect(fixture.ledger.count(.renew) == 1)
        #expect(fixture.store.locations.map(\.description) == ["s3://out/done/a"])
        #expect(try await fixture.ledger.job(job.id)?.attemptCount == 1)
    }

    @Test func `nothing is deleted until the ledger confirms an expired claim`() async throws {
        let fixture = try await AttemptScopeFixture()
        let (job, scope) = (fixture.job(), AttemptScope())
        outlastingItsClaim(fixture)
        fixture.ledger.play { call, _ in call == .renew ? .before : nil }
        let attempt = fixture.run(job, scope)
        for _ in 1...4 { await fixture.pass(.seconds(5)) }
        await fixture.clock.untilSleepers(1)
        #expect(fixture.store["inbox", "up/a"] != nil)
        scope.lose(.expired)
        guard case .open = await attempt.value else {
            Issue.record("it went on without a claim")
            return
        }
        #expect(fixture.store["inbox", "up/a"] != nil)
    }

    /// The claim is checked before each change, and costs no request while it is proven.
    @Test func `a fresh claim costs no request`() async throws {
        let fixture = try await AttemptScopeFixture()
        _ = await fixture.run(fixture.job()).value
        #expect(fixture.ledger.count(.renew) == 0)
    }

    @Test func `a scan is cancelled when its claim is taken`() async throws {
        let inspector = ScriptedInspector.hanging()
        let fixture = try await AttemptScopeFixture(inspector)
        let job = fixture.job()
        let keeping = Task { await fixture.context.claims.run() }
        defer { keeping.cancel() }
        let attempt = fixture.run(job)
        await inspector.asked.value
        fixture.ledger.play { call, _ in call == .renew ? .before : nil }
        // The ledger is down: the keeper waits for it, past the claim's end.
        while fixture.clock.now.offset < .seconds(61) { await fixture.pass(.seconds(5)) }
        // Long enough, however often the clock is advanced until the attempt asks.
        let other = try await fixture.claimElsewhere(job, for: .seconds(1_000_000))
        fixture.ledger.play { _, _ in nil }
        while fixture.ledger.count(.claim) == 0 { await fixture.pass(.seconds(5)) }
        #expect(try await fixture.ledger.inner.finish(other, with: .gone, at: fixture.now))
        // The attempt asks again after a growing delay.
        let moving = Task { while !Task.isCancelled { await fixture.pass(.seconds(5)) } }
        defer { moving.cancel() }
        guard case .duplicate(.gone) = await attempt.value else {
            Issue.record("it went on")
            return
        }
        #expect(fixture.log.count("claim lost") == 1)
    }

    @Test func `claims are renewed at half their life`() async throws {
        let inspector = ScriptedInspector.hanging()
        let fixture = try await AttemptScopeFixture(inspector)
        let (job, scope) = (fixture.job(), AttemptScope())
        let keeping = Task { await fixture.context.claims.run() }
        defer { keeping.cancel() }
        let attempt = fixture.run(job, scope)
        await inspector.asked.value
        for _ in 1...3 { await fixture.pass(.seconds(7.5)) }
        await fixture.clock.untilSleepers(1)
        #expect(fixture.ledger.count(.renew) == 0)
        for _ in 1...30 { await fixture.pass(.seconds(7.5)) }
        while fixture.ledger.count(.renew) < 7 { await fixture.pass(.seconds(7.5)) }
        #expect(try await fixture.ledger.job(job.id)?.heldBy == "ours")
        scope.stop()
        guard case .handedBack = await attempt.value else {
            Issue.record("not handed back")
            return
        }
    }

    /// Otherwise nobody could take the job for a claim's life.
    @Test func `a dropped claim is not renewed when the ledger is back`() async throws {
        let inspector = ScriptedInspector.hanging()
        let fixture = try await AttemptScopeFixture(inspector)
        let (job, scope) = (fixture.job(), AttemptScope())
        let keeping = Task { await fixture.context.claims.run() }
        defer { keeping.cancel() }
        let attempt = fixture.run(job, scope)
        await inspector.asked.value
        fixture.ledger.play { call, _ in call == .renew || call == .release ? .before : nil }
        while fixture.ledger.count(.renew) == 0 { await fixture.pass(.seconds(7.5)) }
        scope.lose(.expired)
        guard case .open = await attempt.value else {
            Issue.record("it went on")
            return
        }
        fixture.ledger.play { _, _ in nil }
        for _ in 1...4 { await fixture.pass(.seconds(7.5)) }
        await fixture.clock.untilSleepers(1)
        #expect(fixture.ledger.count(.renew) == 0)
    }

    // MARK: Dead letters

    @Test(arguments: [true, false])
    func `an attempt that fails at the last receive strands its job`(isLast: Bool) async throws {
        let fixture = try await AttemptScopeFixture()
        let job = fixture.job()
        fixture.store.interrupt { (call) throws(AWSError) in
            throw .test("GetObject", code: "InternalError", status: 500)
        }
        guard case .open = await fixture.run(job, isLastReceive: isLast).value else {
            Issue.record("a fault ended the job")
            return
        }
        let record = try #require(try await fixture.ledger.job(job.id))
        #expect((record.strandedAt != nil) == isLast)
        #expect(record.outcome == nil && record.heldBy == nil)
    }

    // MARK: A ledger that is down

    @Test func `an attempt waits for the ledger at each call and does its work once`() async throws {
        let fixture = try await AttemptScopeFixture()
        let job = fixture.job()
        fixture.ledger.play { _, count in count <= 2 ? (count == 1 ? .before : .after) : nil }
        let attempt = fixture.run(job)
        let passing = Task { while !Task.isCancelled { await fixture.pass(.seconds(1)) } }
        defer {
            passing.cancel()
            // `pass` waits for a sleeper.
            Task { try? await fixture.clock.sleep(until: .init(offset: .seconds(1e6)), tolerance: nil) }
        }
        guard case .finished = await attempt.value else {
            Issue.record("not finished")
            return
        }
        let record = try #require(try await fixture.ledger.job(job.id))
        #expect(record.outcome?.kind == .settled && record.attempts.count == 1)
        #expect(fixture.store.locations.map(\.description) == ["s3://out/done/a"])
        for made in [
            fixture.store.calls.count { if case .get = $0 { true } else { false } },
            fixture.store.calls.count { if case .copy = $0 { true } else { false } },
        ] { #expect(made == 1) }
        #expect(!fixture.patient.isDown)
    }

    @Test func `a failed attempt is released in the ledger once the ledger is back`() async throws {
        let fixture = try await AttemptScopeFixture()
        let job = fixture.job()
        fixture.store.interrupt { (call) throws(AWSError) in
            throw .test("GetObject", code: "InternalError", status: 500)
        }
        fixture.ledger.play { call, count in call == .release && count <= 2 ? .before : nil }
        let attempt = fixture.run(job)
        for _ in 1...2 { await fixture.pass(.seconds(1)) }
        guard case .open(let reason) = await attempt.value else {
            Issue.record("a fault ended the job")
            return
        }
        #expect(try await fixture.ledger.job(job.id)?.attempts.map(\.error) == [reason])
    }
}
