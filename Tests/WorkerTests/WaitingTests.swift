import Domain
import Intake
import Ledger
import TestKit
import Testing

@testable import Worker

/// Two workers with the same job: one works, the other waits.
@Suite(.timeLimit(.minutes(1))) struct WaitingTests {
    @Test func `an attempt whose job is taken waits until the job ends and does no work`() async throws {
        let fixture = try await AttemptScopeFixture()
        let job = fixture.job()
        let other = try await fixture.claimElsewhere(job)
        let attempt = fixture.run(job)
        // It asks several times before the claim expires.
        for _ in 1...3 { await fixture.pass(.seconds(3)) }
        await fixture.clock.untilSleepers(1)
        #expect(try await fixture.ledger.inner.finish(other, with: .gone, at: fixture.now))
        fixture.clock.advance(by: .seconds(3))
        guard case .duplicate(.gone) = await attempt.value else {
            Issue.record("not seen as a duplicate")
            return
        }
        #expect(fixture.ledger.count(.claim) == 5)
        #expect(fixture.store.calls.isEmpty)
        #expect(try await fixture.ledger.job(job.id)?.attemptCount == 1)
    }

    @Test func `a waiting attempt takes over when the claim expires`() async throws {
        let fixture = try await AttemptScopeFixture()
        let job = fixture.job()
        _ = try await fixture.claimElsewhere(job, for: .seconds(4))
        let attempt = fixture.run(job)
        await fixture.pass(.seconds(3))
        await fixture.pass(.seconds(3))
        guard case .finished(.settled(_, .promoted, _)) = await attempt.value else {
            Issue.record("not taken over")
            return
        }
        #expect(fixture.store["inbox", "up/a"] == nil && fixture.store["out", "done/a"] != nil)
        #expect(try await fixture.ledger.job(job.id)?.attempts.map(\.worker) == ["theirs", "ours"])
    }

    /// The last request is at the moment of expiry, not a whole pause later.
    @Test func `a claim is taken over as soon as it expires`() async throws {
        let fixture = try await AttemptScopeFixture()
        let job = fixture.job()
        _ = try await fixture.claimElsewhere(job, for: .seconds(1))
        let attempt = fixture.run(job)
        await fixture.pass(.milliseconds(1010))
        guard case .finished = await attempt.value else {
            Issue.record("not taken over")
            return
        }
    }

    enum Call: CaseIterable { case drain, stop, leaseLost }

    private func give(_ call: Call, to scope: AttemptScope) {
        switch call {
        case .drain: scope.drain()
        case .stop: scope.stop()
        case .leaseLost: scope.lose(.expired)
        }
    }

    private func expect(_ result: AttemptResult, after call: Call) {
        switch (result, call) {
        case (.handedBack, .drain), (.handedBack, .stop), (.open, .leaseLost): break
        default: Issue.record("\(result) after \(call)")
        }
    }

    @Test(arguments: Call.allCases)
    func `the wait for another worker ends at once when the attempt is interrupted`(call: Call) async throws {
        let fixture = try await AttemptScopeFixture()
        let job = fixture.job()
        _ = try await fixture.claimElsewhere(job)
        let scope = AttemptScope()
        let attempt = fixture.run(job, scope)
        await fixture.clock.untilSleepers(1)
        give(call, to: scope)
        expect(await attempt.value, after: call)
        #expect(fixture.clock.now.offset == .zero)
        #expect(try await fixture.ledger.job(job.id)?.heldBy == "theirs")
    }

    @Test(arguments: Call.allCases)
    func `the wait for a duplicate ends at once when the attempt is interrupted`(call: Call) async throws {
        let gate = Promise<Void>()
        let inspector = ScriptedInspector.waiting(for: gate)
        let fixture = try await AttemptScopeFixture(inspector)
        let job = fixture.job()
        let first = fixture.run(job)
        try await eventually { !fixture.store.calls.isEmpty }
        let scope = AttemptScope()
        let duplicate = fixture.run(job, scope)
        for _ in 0..<50 { await Task.yield() }
        give(call, to: scope)
        expect(await duplicate.value, after: call)
        gate.keep(())
        guard case .finished = await first.value else {
            Issue.record("the end of the duplicate ended the first attempt")
            return
        }
        // The mutex is free again for the next attempt.
        guard case .duplicate = await fixture.run(job).value else {
            Issue.record("not seen as a duplicate")
            return
        }
    }

    @Test func `only so many attempts wait unless their message does not come again`() async throws {
        let fixture = try await AttemptScopeFixture(maxWaiters: 1)
        let jobs = ["up/a", "up/b", "up/c"].map { fixture.job($0) }
        for job in jobs { _ = try await fixture.claimElsewhere(job, for: .seconds(1)) }
        let first = fixture.run(jobs[0])
        await fixture.clock.untilSleepers(1)
        guard case .open(let reason) = await fixture.run(jobs[1]).value else {
            Issue.record("more wait than may")
            return
        }
        #expect(reason.contains("limit of 1 waiting"))
        let last = fixture.run(jobs[2], isLastReceive: true)
        await fixture.clock.untilSleepers(2)
        fixture.clock.advance(by: .seconds(2))
        for attempt in [first, last] {
            guard case .finished = await attempt.value else {
                Issue.record("not taken over")
                return
            }
        }
        // Another attempt may wait again.
        _ = try await fixture.claimElsewhere(jobs[1], for: .seconds(1))
        let next = fixture.run(jobs[1])
        await fixture.pass(.seconds(2))
        guard case .finished = await next.value else {
            Issue.record("not taken over")
            return
        }
    }
}
