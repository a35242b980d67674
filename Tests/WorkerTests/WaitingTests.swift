import Domain
import Intake
import Ledger
import TestKit
import Testing

@testable import Worker

/// Two workers with the same job: one works, the other waits.
@Suite(.timeLimit(.minutes(1))) struct WaitingTests {
    @Test func `who finds the job taken waits until it is done and does nothing`() async throws {
        let bench = try await AttemptScopeFixture()
        let job = bench.job()
        let other = try await bench.claimElsewhere(job)
        let attempt = bench.run(job)
        // It asks now and then, long before the claim expires.
        for _ in 1...3 { await bench.pass(.seconds(3)) }
        await bench.clock.untilSleepers(1)
        #expect(try await bench.ledger.inner.finish(other, with: .gone, at: bench.now))
        bench.clock.advance(by: .seconds(3))
        guard case .duplicate(.gone) = await attempt.value else {
            Issue.record("not seen as a duplicate")
            return
        }
        #expect(bench.ledger.count(.claim) == 5)
        #expect(bench.store.calls.isEmpty)
        #expect(try await bench.ledger.job(job.id)?.attemptCount == 1)
    }

    @Test func `who waits takes over when the claim expires`() async throws {
        let bench = try await AttemptScopeFixture()
        let job = bench.job()
        _ = try await bench.claimElsewhere(job, for: .seconds(4))
        let attempt = bench.run(job)
        await bench.pass(.seconds(3))
        await bench.pass(.seconds(3))
        guard case .finished(.settled(_, .promoted, _)) = await attempt.value else {
            Issue.record("not taken over")
            return
        }
        #expect(bench.store["inbox", "up/a"] == nil && bench.store["out", "done/a"] != nil)
        #expect(try await bench.ledger.job(job.id)?.attempts.map(\.worker) == ["theirs", "ours"])
    }

    /// The last look is at the moment of expiry, not a whole wait later.
    @Test func `the claim is taken over as soon as it expires`() async throws {
        let bench = try await AttemptScopeFixture()
        let job = bench.job()
        _ = try await bench.claimElsewhere(job, for: .seconds(1))
        let attempt = bench.run(job)
        await bench.pass(.milliseconds(1010))
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
    func `the wait for another worker ends at once when it is no use`(call: Call) async throws {
        let bench = try await AttemptScopeFixture()
        let job = bench.job()
        _ = try await bench.claimElsewhere(job)
        let scope = AttemptScope()
        let attempt = bench.run(job, scope)
        await bench.clock.untilSleepers(1)
        give(call, to: scope)
        expect(await attempt.value, after: call)
        #expect(bench.clock.now.offset == .zero)
        #expect(try await bench.ledger.job(job.id)?.heldBy == "theirs")
    }

    @Test(arguments: Call.allCases)
    func `the wait for a twin ends at once when it is no use`(call: Call) async throws {
        let inspector = GatedInspector()
        let bench = try await AttemptScopeFixture(inspector)
        let job = bench.job()
        let first = bench.run(job)
        try await eventually { !bench.store.calls.isEmpty }
        let scope = AttemptScope()
        let twin = bench.run(job, scope)
        for _ in 0..<50 { await Task.yield() }
        give(call, to: scope)
        expect(await twin.value, after: call)
        inspector.gate.keep(())
        guard case .finished = await first.value else {
            Issue.record("the twin's end ended the first")
            return
        }
        // The line is in order: the next one is served.
        guard case .duplicate = await bench.run(job).value else {
            Issue.record("not seen as a duplicate")
            return
        }
    }

    @Test func `only so many wait and the others go back unless they would not come again`() async throws {
        let bench = try await AttemptScopeFixture(maxWaiters: 1)
        let jobs = ["up/a", "up/b", "up/c"].map { bench.job($0) }
        for job in jobs { _ = try await bench.claimElsewhere(job, for: .seconds(1)) }
        let first = bench.run(jobs[0])
        await bench.clock.untilSleepers(1)
        guard case .open(let reason) = await bench.run(jobs[1]).value else {
            Issue.record("more wait than may")
            return
        }
        #expect(reason.contains("limit of 1 waiting"))
        let last = bench.run(jobs[2], isLastReceive: true)
        await bench.clock.untilSleepers(2)
        bench.clock.advance(by: .seconds(2))
        for attempt in [first, last] {
            guard case .finished = await attempt.value else {
                Issue.record("not taken over")
                return
            }
        }
        // There is room again.
        _ = try await bench.claimElsewhere(jobs[1], for: .seconds(1))
        let next = bench.run(jobs[1])
        await bench.pass(.seconds(2))
        guard case .finished = await next.value else {
            Issue.record("not taken over")
            return
        }
    }
}
