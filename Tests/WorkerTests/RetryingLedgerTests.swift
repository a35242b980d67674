import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(1))) struct RetryingLedgerTests {
    static let outcome = Outcome.settled(
        Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 3)), .kept, nil)
    static let message = UnreadableMessage(messageID: "m", reason: "garbage", body: "{", receiveCount: 2)

    struct Case: Sendable, CustomTestStringConvertible {
        let call: ScriptedLedger.Call
        let fault: ScriptedLedger.Fault
        var testDescription: String { "\(call) fails \(fault)" }
    }

    static let cases = ScriptedLedger.Call.allCases.flatMap { call in
        ScriptedLedger.Fault.allCases.map { Case(call: call, fault: $0) }
    }

    /// Makes the call, and checks what it gives.
    private func make(_ call: ScriptedLedger.Call, _ bench: AttemptScopeFixture, _ job: Job, _ token: ClaimToken)
        async throws
    {
        let (ledger, now) = (bench.patient, AttemptScopeFixture.start)
        switch call {
        case .claim:
            let claim = try await ledger.claim(
                job, by: "ours", pipeline: "uploads", receivedAt: now, until: now.advanced(by: .seconds(60)), now: now)
            #expect(claim == .granted(token, earlier: nil))
        case .renew: #expect(try await ledger.renew(token, until: now.advanced(by: .seconds(90))))
        case .record:
            let clean = try #require(Self.outcome.judgement)
            #expect(try await ledger.record(clean, for: token, at: now) == .free)
        case .finish: #expect(try await ledger.finish(token, with: Self.outcome, at: now))
        case .release: try await ledger.release(token, error: "why", strands: true, at: now)
        case .recordUnreadable: try await ledger.recordUnreadable(Self.message, at: now)
        }
    }

    /// Whether a call was carried out once, and with the time at which it went through.
    private func expectDone(_ call: ScriptedLedger.Call, _ bench: AttemptScopeFixture, _ job: Job, late: Duration)
        async throws
    {
        let record = try await bench.ledger.job(job.id)
        let now = AttemptScopeFixture.start
        switch call {
        case .claim:
            #expect(record?.attempts.map(\.worker) == ["ours"] && record?.heldBy == "ours")
            #expect(record?.heldUntil == now.advanced(by: .seconds(60) + late))
        case .renew: #expect(record?.heldUntil == now.advanced(by: .seconds(90) + late))
        case .record: #expect(record?.judgement == Self.outcome.judgement && record?.outcome == nil)
        case .finish:
            #expect(record?.outcome == Self.outcome && record?.attempts.count == 1)
        case .release:
            #expect(record?.attempts.map(\.error) == ["why"] && record?.heldBy == nil)
            #expect(record?.strandedAt != nil)
        case .recordUnreadable:
            #expect(try await bench.ledger.unreadableMessages(limit: 9).map(\.message) == [Self.message])
        }
    }

    @Test(arguments: cases)
    func `a call is repeated until it goes through and is carried out once`(testCase: Case) async throws {
        let bench = try await AttemptScopeFixture()
        let job = bench.job()
        let token = ClaimToken(job: job.id, attempt: 1, worker: "ours")
        if testCase.call != .claim { try await make(.claim, bench, job, token) }
        // Of a release that was carried out, the ledger says at once that there is nothing left to release.
        let failures = testCase.call == .release && testCase.fault == .after ? 1 : 3
        bench.ledger.play { call, count in call == testCase.call && count <= failures ? testCase.fault : nil }
        let calling = Task { try await make(testCase.call, bench, job, token) }
        for _ in 1...failures {
            await bench.clock.untilSleepers(1)
            #expect(bench.patient.isDown && bench.patient.isAwaited)
            bench.clock.advance(by: .seconds(5))
        }
        try await calling.value
        #expect(bench.ledger.count(testCase.call) == failures + 1)
        // What was carried out at the first try bears the time of that; a renewal, that of the last.
        let isOfFirst = testCase.fault == .after && testCase.call != .renew
        try await expectDone(testCase.call, bench, job, late: isOfFirst ? .zero : .seconds(5 * failures))
        #expect(!bench.patient.isDown && !bench.patient.isAwaited)
        #expect(bench.log.count("ledger unreachable: waiting") == 1 && bench.log.count("ledger is back") == 1)
        #expect(bench.log.all.last?.contains("\"seconds\":\(5 * failures)") == true)
    }

    @Test func `what another took meanwhile is not the callers again`() async throws {
        let bench = try await AttemptScopeFixture()
        let job = bench.job()
        let token = ClaimToken(job: job.id, attempt: 1, worker: "ours")
        try await make(.claim, bench, job, token)
        bench.ledger.play { [clock = bench.clock] call, count in
            guard call == .finish, count == 1 else { return nil }
            clock.advance(by: .seconds(61))
            _ = try? await bench.claimElsewhere(job)
            return .before
        }
        let calling = Task { try await bench.patient.finish(token, with: Self.outcome, at: bench.now) }
        await bench.pass(.seconds(1))
        #expect(try await !calling.value)
        #expect(try await bench.ledger.job(job.id)?.outcome == nil)
    }

    @Test func `a claim that another got is not taken for ones own`() async throws {
        let bench = try await AttemptScopeFixture()
        let job = bench.job()
        bench.ledger.play { call, count in
            guard call == .claim, count == 1 else { return nil }
            _ = try? await bench.claimElsewhere(job)
            return .before
        }
        let calling = Task {
            try await bench.patient.claim(
                job, by: "ours", pipeline: nil, receivedAt: bench.now, until: bench.now.advanced(by: .seconds(60)),
                now: bench.now)
        }
        await bench.pass(.seconds(1))
        guard case .held(by: "theirs", _) = try await calling.value else {
            Issue.record("not held")
            return
        }
    }

    @Test func `who is cancelled waits no longer and nothing is awaited then`() async throws {
        let bench = try await AttemptScopeFixture()
        let job = bench.job()
        bench.ledger.play { _, _ in .before }
        let calling = Task {
            try await make(.claim, bench, job, ClaimToken(job: job.id, attempt: 1, worker: "ours"))
        }
        await bench.clock.untilSleepers(1)
        calling.cancel()
        await #expect(throws: ScriptedLedger.outage) { try await calling.value }
        // It is as unreachable as before, but what comes next may try.
        #expect(bench.patient.isDown && !bench.patient.isAwaited)
        bench.ledger.play { _, _ in nil }
        try await make(.recordUnreadable, bench, job, ClaimToken(job: job.id, attempt: 1, worker: "ours"))
        #expect(!bench.patient.isDown)
    }

    @Test func `what will not pass is not waited for`() async throws {
        let bench = try await AttemptScopeFixture()
        await bench.ledger.inner.close()
        await #expect(throws: LedgerError.self) {
            try await bench.patient.recordUnreadable(Self.message, at: bench.now)
        }
        #expect(bench.ledger.count(.recordUnreadable) == 1)
        #expect(!bench.patient.isDown)
    }

    // MARK: Opening

    /// A ledger that is made before there is one to ask, on a clock of its own.
    private final class Unopened: Sendable {
        let clock = ManualClock()
        let log = LogLines()
        let ledger: RetryingLedger
        let asked = Locked(0)

        init() { ledger = RetryingLedger(clocks: Clocks(monotonic: MonotonicClock(clock)) { .now() }, log: log.log) }

        func open(_ result: @escaping @Sendable (_ count: Int) -> Result<any Ledger, LedgerError>) async throws {
            try await ledger.open { () throws(LedgerError) in
                let count = asked.withLock { asked in
                    asked += 1
                    return asked
                }
                return try result(count).get()
            }
        }
    }

    @Test func `a ledger that is down at the start is opened once it is back`() async throws {
        let (unopened, bench) = (Unopened(), try await AttemptScopeFixture())
        let opening = Task {
            try await unopened.open { $0 <= 3 ? .failure(ScriptedLedger.outage) : .success(bench.ledger) }
        }
        for _ in 1...3 {
            await unopened.clock.untilSleepers(1)
            #expect(unopened.ledger.isDown && unopened.ledger.isAwaited)
            unopened.clock.advance(by: .seconds(5))
        }
        try await opening.value
        #expect(unopened.asked.withLock { $0 } == 4)
        #expect(unopened.log.count("ledger unreachable: waiting") == 1 && unopened.log.count("ledger is back") == 1)
        try await unopened.ledger.recordUnreadable(Self.message, at: bench.now)
        #expect(try await bench.ledger.unreadableMessages(limit: 9).map(\.message) == [Self.message])
    }

    @Test(
        arguments: LedgerError.Code.allCases.filter {
            !LedgerError($0, operation: "", detail: "", hint: "").isTransient
        })
    func `what is wrong with a ledger is told at the first try`(code: LedgerError.Code) async throws {
        let unopened = Unopened()
        let error = LedgerError(code, operation: "open it", detail: "no", hint: "")
        await #expect(throws: error) { try await unopened.open { _ in .failure(error) } }
        #expect(unopened.asked.withLock { $0 } == 1 && !unopened.ledger.isDown && unopened.log.all.isEmpty)
    }

    @Test func `who no longer wants it opened waits no longer`() async throws {
        let unopened = Unopened()
        let opening = Task { try await unopened.open { _ in .failure(ScriptedLedger.outage) } }
        await unopened.clock.untilSleepers(1)
        opening.cancel()
        await #expect(throws: ScriptedLedger.outage) { try await opening.value }
        await #expect(throws: LedgerError.self) {
            try await unopened.ledger.recordUnreadable(Self.message, at: AttemptScopeFixture.start)
        }
        await unopened.ledger.close()
    }
}
