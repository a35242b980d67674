/// Whether and when a failed call is tried again: AWS's "standard" mode (AWS SDKs and Tools Reference Guide, "Retry behavior").
/// Pure: what happened, the budget and the dice are given.
package struct RetryPolicy: Sendable {
    /// All tries, the first one included.
    package let maxAttempts: Int
    package static let longestBackoff = Duration.seconds(20)

    package init(maxAttempts: Int = 3) { self.maxAttempts = max(1, maxAttempts) }

    /// What is to be done after a try that failed.
    ///
    /// - Parameters:
    ///   - attempt: counts from 1.
    ///   - dice: from 0 up to 1, anew each time.
    ///   - budget: a retry is paid from it; where it has not enough, there is none.
    package func decide(
        after failure: RetryFailure, attempt: Int, dice: Double, budget: inout RetryBudget
    ) -> RetryDecision {
        let cost: Int
        var wait = Duration.zero
        switch failure.cause {
        case .final: return .giveUp(.isFinal)
        // The clock is right now, or the credentials new; waiting would not make them more so.
        case .wrongClock, .oldCredentials: cost = RetryBudget.costOfRetry
        case .throttled, .transient:
            cost = RetryBudget.costOfRetry
            wait = Self.backoff(attempt: attempt, dice: dice)
        case .timedOut:
            cost = RetryBudget.costOfTimeout
            wait = Self.backoff(attempt: attempt, dice: dice)
        }
        guard attempt < maxAttempts else { return .giveUp(.attemptsAreUsed) }
        guard budget.take(cost) else { return .giveUp(.budgetIsEmpty) }
        if let asked = failure.retryAfter { wait = max(wait, min(asked, Self.longestBackoff)) }
        return .retry(after: wait, onFreshConnection: failure.needsFreshConnection, cost: cost)
    }

    /// Full jitter: anything from nothing to 1 s, 2 s, 4 s … 20 s.
    static func backoff(attempt: Int, dice: Double) -> Duration {
        let ceiling = attempt > 5 ? longestBackoff : min(.seconds(1 << (attempt - 1)), longestBackoff)
        return ceiling * min(1, max(0, dice))
    }
}

/// What of a failure decides on a retry.
package struct RetryFailure: Sendable, Equatable {
    package enum Cause: Sendable, Equatable { case throttled, transient, timedOut, wrongClock, oldCredentials, final }

    package let cause: Cause
    /// What the service asked for.
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

    package enum Reason: Sendable { case isFinal, attemptsAreUsed, budgetIsEmpty }
}

/// Tokens that retries cost and successes bring back, shared by all calls of a client: while a service fails for everyone, retries
/// stop and each call is tried once.
package struct RetryBudget: Sendable, Equatable {
    package static let capacity = 500
    static let costOfRetry = 5
    static let costOfTimeout = 10

    package private(set) var tokens = capacity

    package init() {}

    mutating func take(_ cost: Int) -> Bool {
        guard tokens >= cost else { return false }
        tokens -= cost
        return true
    }

    /// - Parameter lastCost: what the last retry of the call that succeeded had cost; 0 where it needed none.
    package mutating func giveBack(lastCost: Int) { tokens = min(Self.capacity, tokens + max(1, lastCost)) }
}
