/// Decides whether and when a failed call is sent again, like AWS's "standard" mode (AWS SDKs and Tools Reference
/// Guide, "Retry behavior"). Pure: failure, budget and jitter are passed in.
package struct RetryPolicy: Sendable {
    /// The number of attempts, including the first one.
    package let maxAttempts: Int
    package static let maxBackoff = Duration.seconds(20)

    package init(maxAttempts: Int = 3) { self.maxAttempts = max(1, maxAttempts) }

    /// Decides what to do after a failed attempt.
    ///
    /// - Parameters:
    ///   - attempt: counts from 1.
    ///   - jitter: from 0 up to 1, random for each call.
    ///   - budget: pays for the retry. Without enough tokens there is no retry.
    package func decide(
        after failure: RetryFailure, attempt: Int, jitter: Double, budget: inout RetryBudget
    ) -> RetryDecision {
        let cost: Int
        var wait = Duration.zero
        switch failure.cause {
        case .permanent: return .giveUp(.permanentFailure)
        // The clock has been corrected or the credentials replaced; waiting adds nothing.
        case .clockSkew, .expiredCredentials: cost = RetryBudget.retryCost
        case .throttled, .transient:
            cost = RetryBudget.retryCost
            wait = Self.backoff(attempt: attempt, jitter: jitter)
        case .timedOut:
            cost = RetryBudget.timeoutCost
            wait = Self.backoff(attempt: attempt, jitter: jitter)
        }
        guard attempt < maxAttempts else { return .giveUp(.attemptsExhausted) }
        guard budget.acquire(cost) else { return .giveUp(.budgetExhausted) }
        if let requested = failure.retryAfter { wait = max(wait, min(requested, Self.maxBackoff)) }
        return .retry(after: wait, onFreshConnection: failure.needsFreshConnection, cost: cost)
    }

    /// Returns a delay with full jitter: from zero to 1 s, 2 s, 4 s … 20 s.
    static func backoff(attempt: Int, jitter: Double) -> Duration {
        let ceiling = attempt > 5 ? maxBackoff : min(.seconds(1 << (attempt - 1)), maxBackoff)
        return ceiling * min(1, max(0, jitter))
    }
}

/// The properties of a failure that decide on a retry.
package struct RetryFailure: Sendable, Equatable {
    package enum Cause: Sendable, Equatable {
        case throttled, transient, timedOut, clockSkew, expiredCredentials, permanent
    }

    package let cause: Cause
    /// The delay that the service requested.
    package let retryAfter: Duration?
    package let needsFreshConnection: Bool

    package init(_ cause: Cause, retryAfter: Duration? = nil, needsFreshConnection: Bool = false) {
        self.cause = cause
        self.retryAfter = retryAfter
        self.needsFreshConnection = needsFreshConnection
    }
}

package enum RetryDecision: Sendable, Equatable {
    case retry(after: Duration, onFreshConnection: Bool, cost: Int)
    case giveUp(Reason)

    package enum Reason: Sendable { case permanentFailure, attemptsExhausted, budgetExhausted }
}

/// A token bucket that retries empty and successes fill, shared by all calls of a client. While a service fails for
/// every call, retries stop and each call is sent once.
package struct RetryBudget: Sendable, Equatable {
    package static let capacity = 500
    static let retryCost = 5
    static let timeoutCost = 10

    package private(set) var tokens = capacity

    package init() {}

    mutating func acquire(_ cost: Int) -> Bool {
        guard tokens >= cost else { return false }
        tokens -= cost
        return true
    }

    /// Returns tokens after a success.
    ///
    /// - Parameter lastCost: the cost of the call's last retry; 0 if it needed none.
    package mutating func release(lastCost: Int) { tokens = min(Self.capacity, tokens + max(1, lastCost)) }
}
