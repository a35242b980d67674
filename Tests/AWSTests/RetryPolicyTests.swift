import Domain
import HTTP
import Testing

@testable import AWS

@Suite struct RetryPolicyTests {
    private func decide(
        _ cause: RetryFailure.Cause, attempt: Int = 1, jitter: Double = 0.5, retryAfter: Duration? = nil,
        fresh: Bool = false,
        budget: RetryBudget = RetryBudget(), maxAttempts: Int = 3
    ) -> (decision: RetryDecision, tokens: Int) {
        var budget = budget
        let failure = RetryFailure(cause, retryAfter: retryAfter, needsFreshConnection: fresh)
        let decision = RetryPolicy(maxAttempts: maxAttempts).decide(
            after: failure, attempt: attempt, jitter: jitter, budget: &budget)
        return (decision, budget.tokens)
    }

    @Test(arguments: [
        (RetryFailure.Cause.throttled, 5), (.transient, 5), (.timedOut, 10),
    ])
    func `a temporary failure is retried at a cost`(cause: RetryFailure.Cause, cost: Int) {
        let (decision, tokens) = decide(cause)
        #expect(decision == .retry(after: .milliseconds(500), onFreshConnection: false, cost: cost))
        #expect(tokens == 500 - cost)
    }

    @Test func `a permanent failure is not retried and costs nothing`() {
        let (decision, tokens) = decide(.permanent)
        #expect(decision == .giveUp(.permanentFailure))
        #expect(tokens == 500)
    }

    @Test func `a call is retried at once after a clock correction`() {
        #expect(decide(.clockSkew).decision == .retry(after: .zero, onFreshConnection: false, cost: 5))
    }

    @Test(arguments: [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 16.0), (6, 20.0), (60, 20.0)])
    func `the backoff doubles up to 20 seconds with full jitter`(attempt: Int, ceiling: Double) {
        for jitter in [0, 0.25, 0.999] {
            let (decision, _) = decide(.throttled, attempt: attempt, jitter: jitter, maxAttempts: 100)
            #expect(decision == .retry(after: .seconds(ceiling) * jitter, onFreshConnection: false, cost: 5))
        }
    }

    @Test func `there is no retry after the last attempt`() {
        #expect(decide(.transient, attempt: 3).decision == .giveUp(.attemptsExhausted))
        #expect(decide(.transient, attempt: 1, maxAttempts: 1).decision == .giveUp(.attemptsExhausted))
        #expect(decide(.transient, attempt: 3).tokens == 500)
    }

    @Test(arguments: [
        (Duration.seconds(3), Duration.seconds(3)), (.seconds(3600), .seconds(20)), (.zero, .milliseconds(500)),
    ])
    func `a requested delay is honoured up to 20 seconds`(asked: Duration, waited: Duration) {
        #expect(
            decide(.throttled, retryAfter: asked).decision == .retry(after: waited, onFreshConnection: false, cost: 5))
    }

    @Test func `a stalled call is retried on a fresh connection`() {
        #expect(
            decide(.timedOut, jitter: 0, fresh: true).decision
                == .retry(after: .zero, onFreshConnection: true, cost: 10))
    }

    @Test func `an empty budget stops retries until successes refill it`() {
        var budget = RetryBudget()
        let policy = RetryPolicy(maxAttempts: 10)
        var retries = 0
        while case .retry = policy.decide(after: RetryFailure(.timedOut), attempt: 1, jitter: 0, budget: &budget) {
            retries += 1
        }
        #expect(retries == 50)
        #expect(budget.tokens == 0)
        for _ in 0..<4 { budget.release(lastCost: 0) }
        #expect(
            policy.decide(after: RetryFailure(.transient), attempt: 1, jitter: 0, budget: &budget)
                == .giveUp(.budgetExhausted))
        budget.release(lastCost: 10)
        #expect(budget.tokens == 14)
        for _ in 0..<1000 { budget.release(lastCost: 10) }
        #expect(budget.tokens == 500)
    }

    @Test(arguments: [
        ("SlowDown", 503, AWSError.Kind.throttled), ("ThrottlingException", 400, .throttled),
        ("Anything", 429, .throttled),
        ("RequestTimeout", 400, .transient), ("InternalError", 500, .transient), ("Anything", 502, .transient),
        ("Anything", 503, .transient), ("Anything", 504, .transient), ("NoSuchKey", 404, .notFound),
        ("QueueDoesNotExist", 400, .notFound), ("AccessDenied", 403, .denied),
        ("PreconditionFailed", 412, .preconditionFailed),
        ("ExpiredToken", 400, .credentials), ("RequestTimeTooSkewed", 403, .skewed), ("InvalidRange", 416, .invalid),
        ("ReceiptHandleIsInvalid", 400, .invalid), ("Anything", 409, .conflict),
    ])
    func `error codes take precedence over statuses`(code: String, status: Int, kind: AWSError.Kind) {
        #expect(AWSError.Kind(code: code, status: status) == kind)
    }

    @Test(arguments: [
        (["x-amz-retry-after": "1500"], Duration.milliseconds(1500)), (["Retry-After": "7"], .seconds(7)),
        (["Retry-After": "Sat, 21 Nov 2026 08:09:20 GMT"], .seconds(10)),
        (["Retry-After": "Sat, 21 Nov 2026 08:09:00 GMT"], .zero), (["Retry-After": "soon"], nil),
        (["Retry-After": "-1"], nil),
        ([:], nil),
    ])
    func `requested delays are parsed`(headers: [String: String], wait: Duration?) throws {
        let now = try #require(Timestamp(iso8601: "2026-11-21T08:09:10Z"))
        #expect(retryAfter(HTTPHeaders(headers.map { HTTPHeader($0.key, $0.value) }), now: now) == wait)
    }
}

@Suite struct ClockSkewTests {
    private let now = Timestamp(milliseconds: 1_795_248_550_000)

    @Test(arguments: [Duration.seconds(3600), .seconds(-3600), .seconds(241)])
    func `a large clock difference is corrected`(ahead: Duration) {
        var skew = ClockSkew()
        let learnt = skew.learn(serverTime: now.advanced(by: ahead), signedAt: now, now: now)
        #expect(learnt)
        #expect(skew.corrected(now) == now.advanced(by: ahead))
        // The same rejection of a corrected time is not caused by the clock.
        let again = skew.learn(serverTime: now.advanced(by: ahead), signedAt: skew.corrected(now), now: now)
        #expect(!again)
    }

    @Test func `a small clock difference is ignored`() {
        var skew = ClockSkew()
        let learnt = skew.learn(serverTime: now.advanced(by: .seconds(240)), signedAt: now, now: now)
        #expect(!learnt)
        #expect(skew.offset == .zero)
    }

    @Test(arguments: [
        "", "Sat, 21 Nov 2026 08:09:10", "Saturday, 21-Nov-26 08:09:10 GMT", "Sat, 21 Foo 2026 08:09:10 GMT",
    ])
    func `an invalid HTTP date is rejected`(text: String) {
        #expect(Timestamp(httpDate: text) == nil)
    }

    @Test func `an HTTP date is parsed`() {
        #expect(Timestamp(httpDate: "Sat, 21 Nov 2026 08:09:10 GMT") == now)
    }
}
