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

    static let charge = QuotaCharge(
        pipeline: "uploads", subject: "ana", time: AttemptScopeFixture.start, bytes: 3, objectsPerHour: 1,
        bytesPerDay: 5)
    static let copy = Destination(ObjectLocation(bucket: "out", key: ObjectKey("a")!), versionID: "v1")

    struct Case: Sendable, CustomTestStringConvertible {
        let call: ScriptedLedger.Call
        let fault: ScriptedLedger.Fault
        var testDescription: String { "\(call) fails \(fault)" }
    }

    static let cases = ScriptedLedger.Call.allCases.flatMap { call in
        ScriptedLedger.Fault.allCases.map { Case(call: call, fault: $0) }
    }

    /// Makes the call and checks its answer.
    private func make(_ call: ScriptedLedger.Call, _ fixture: AttemptScopeFixture, _ job: Job, _ token: ClaimToken)
        async throws
    {
        let (ledger, now) = (fixture.patient, AttemptScopeFixture.start)
        switch call {
        case .claim:
            let claim = try await ledger.claim(
                job, by: "ours", pipeline: "uploads", receivedAt: now, until: now.advanced(by: .seconds(60)), now: now)
            #expect(claim == .granted(token, earlier: nil))
        case .renew: #expect(try await ledger.renew(token, until: now.advanced(by: .seconds(90))))
        case .record:
            let clean = try #require(Self.outcome.judgement)
            #expect(try await ledger.record(clean, for: token, at: now) == .free)
        case .charge: #expect(try await ledger.charge(Self.charge, for: token) == .within)
        case .recordCopy: try await ledger.recordCopy(Self.copy, for: token)
        case .finish: #expect(try await ledger.finish(token, with: Self.outcome, at: now))
        case .release: try await ledger.release(token, error: "why", strands: true, at: now)
        case .recordUnreadable: try await ledger.recordUnreadable(Self.message, at: now)
        }
    }

    /// Whether a call was carried out once, with the time at which it was.
    private func expectDone(_ call: ScriptedLedger.Call, _ fixture: AttemptScopeFixture, _ job: Job, late: Duration)
        async throws
    {
        let record = try await fixture.ledger.job(job.id)
        let now = AttemptScopeFixture.start
        switch call {
        case .claim:
            #expect(record?.attempts.map(\.worker) == ["ours"] && record?.heldBy == "ours")
            #expect(record?.heldUntil == now.advanced(by: .seconds(60) + late))
        case .renew: #expect(record?.heldUntil == now.advanced(by: .seconds(90) + late))
        case .record: #expect(record?.judgement == Self.outcome.judgement && record?.outcome == nil)
        case .charge:
            // Counted once: another job is beyond the quota, and this one still is not.
            let other = try await fixture.claimElsewhere(fixture.job("other"))
            #expect(try await fixture.ledger.inner.charge(Self.charge, for: other) == .beyondObjects(used: 1))
            let token = ClaimToken(job: job.id, attempt: 1, worker: "ours")
            #expect(try await fixture.ledger.inner.charge(Self.charge, for: token) == .within)
        case .recordCopy: #expect(record?.copiedTo == Self.copy)
        case .finish:
            #expect(record?.outcome == Self.outcome && record?.attempts.count == 1)
        case .release:
            #expect(record?.attempts.map(\.error) == ["why"] && record?.heldBy == nil)
            #expect(record?.strandedAt != nil)
        case .recordUnreadable:
            #expect(try await fixture.ledger.unreadableMessages(limit: 9).map(\.message) == [Self.message])
        }
    }

    @Test(arguments: cases)
    func `a call is repeated until it is answered and is carried out once`(testCase: Case) async throws {
        let fixture = try await AttemptScopeFixture()
        let job = fixture.job()
        let token = ClaimToken(job: job.id, attempt: 1, worker: "ours")
        if testCase.call != .claim { try await make(.claim, fixture, job, token) }
        // A repeated release is answered at once: nothing is left to release.
        let failures = testCase.call == .release && testCase.fault == .after ? 1 : 3
        fixture.ledger.play { call, count in call == testCase.call && count <= failures ? testCase.fault : nil }
        let calling = Task { try await make(testCase.call, fixture, job, token) }
        for _ in 1...failures {
            await fixture.clock.untilSleepers(1)
            #expect(fixture.patient.isDown && fixture.patient.isAwaited)
            fixture.clock.advance(by: .seconds(5))
        }
        try await calling.value
        #expect(fixture.ledger.count(testCase.call) == failures + 1)
        // A call has the time of its first try; a renewal has that of its last.
        let isOfFirst = testCase.fault == .after && testCase.call != .renew
        try await expectDone(testCase.call, fixture, job, late: isOfFirst ? .zero : .seconds(5 * failures))
        #expect(!fixture.patient.isDown && !fixture.patient.isAwaited)
        #expect(fixture.log.count("ledger unreachable: waiting") == 1 && fixture.log.count("ledger is back") == 1)
        #expect(fixture.log.all.last?.contains("\"seconds\":\(5 * failures)") == true)
    }

    @Test func `a repeated call does not take back what another worker took`() async throws {
        let fixture = try await AttemptScopeFixture()
        let job = fixture.job()
        let token = ClaimToken(job: job.id, attempt: 1, worker: "ours")
        try await make(.claim, fixture, job, token)
        fixture.ledger.play { [clock = fixture.clock] call, count in
            guard call == .finish, count == 1 else { return nil }
            clock.advance(by: .seconds(61))
            _ = try? await fixture.claimElsewhere(job)
            return .before
        }
        let calling = Task { try await fixture.patient.finish(token, with: Self.outcome, at: fixture.now) }
        await fixture.pass(.seconds(1))
        #expect(try await !calling.value)
        #expect(try await fixture.ledger.job(job.id)?.outcome == nil)
    }

    @Test func `a claim of another worker is not taken for the caller's`() async throws {
        let fixture = try await AttemptScopeFixture()
        let job = fixture.job()
        fixture.ledger.play { call, count in
            guard call == .claim, count == 1 else { return nil }
            _ = try? await fixture.claimElsewhere(job)
            return .before
        }
        let calling = Task {
            try await fixture.patient.claim(
                job, by: "ours", pipeline: nil, receivedAt: fixture.now, until: fixture.now.advanced(by: .seconds(60)),
                now: fixture.now)
        }
        await fixture.pass(.seconds(1))
        guard case .held(by: "theirs", _) = try await calling.value else {
            Issue.record("not held")
            return
        }
    }

    @Test func `a cancelled call stops waiting and the ledger is not awaited any more`() async throws {
        let fixture = try await AttemptScopeFixture()
        let job = fixture.job()
        fixture.ledger.play { _, _ in .before }
        let calling = Task {
            try await make(.claim, fixture, job, ClaimToken(job: job.id, attempt: 1, worker: "ours"))
        }
        await fixture.clock.untilSleepers(1)
        calling.cancel()
        await #expect(throws: ScriptedLedger.outage) { try await calling.value }
        // The ledger is still down, but the next call may try.
        #expect(fixture.patient.isDown && !fixture.patient.isAwaited)
        fixture.ledger.play { _, _ in nil }
        try await make(.recordUnreadable, fixture, job, ClaimToken(job: job.id, attempt: 1, worker: "ours"))
        #expect(!fixture.patient.isDown)
    }

    @Test func `a permanent error is thrown at once`() async throws {
        let fixture = try await AttemptScopeFixture()
        await fixture.ledger.inner.close()
        await #expect(throws: LedgerError.self) {
            try await fixture.patient.recordUnreadable(Self.message, at: fixture.now)
        }
        #expect(fixture.ledger.count(.recordUnreadable) == 1)
        #expect(!fixture.patient.isDown)
    }

    // MARK: Opening

    /// A ledger that is not open yet, on a manual clock.
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
        let (unopened, fixture) = (Unopened(), try await AttemptScopeFixture())
        let opening = Task {
            try await unopened.open { $0 <= 3 ? .failure(ScriptedLedger.outage) : .success(fixture.ledger) }
        }
        for _ in 1...3 {
            await unopened.clock.untilSleepers(1)
            #expect(unopened.ledger.isDown && unopened.ledger.isAwaited)
            unopened.clock.advance(by: .seconds(5))
        }
        try await opening.value
        #expect(unopened.asked.withLock { $0 } == 4)
        #expect(unopened.log.count("ledger unreachable: waiting") == 1 && unopened.log.count("ledger is back") == 1)
        try await unopened.ledger.recordUnreadable(Self.message, at: fixture.now)
        #expect(try await fixture.ledger.unreadableMessages(limit: 9).map(\.message) == [Self.message])
    }

    @Test(
        arguments: LedgerError.Code.allCases.filter {
            !LedgerError($0, operation: "", detail: "", hint: "").isTransient
        })
    func `a permanent error of the first connection is thrown at once`(code: LedgerError.Code) async throws {
        let unopened = Unopened()
        let error = LedgerError(code, operation: "open it", detail: "no", hint: "")
        await #expect(throws: error) { try await unopened.open { _ in .failure(error) } }
        #expect(unopened.asked.withLock { $0 } == 1 && !unopened.ledger.isDown && unopened.log.all.isEmpty)
    }

    @Test func `a cancelled start stops waiting`() async throws {
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
