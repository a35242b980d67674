internal import HTTP

/// A failed attempt of a call: the error to throw, and what the retry policy needs to know.
struct FailedAttempt: Error {
    let failure: CallFailure
    let retry: RetryFailure
    /// The credentials, if the service rejected them as expired or unknown.
    var rejectedCredentials: Credentials?
    /// The credentials, if the answer does not say whether it is they that the service rejected.
    var suspectedCredentials: Credentials?

    init(failure: CallFailure, retry: RetryFailure) {
        self.failure = failure
        self.retry = retry
    }

    /// Creates the failure of an attempt that received no complete response.
    init(_ error: any Error, of call: AWSCall) {
        switch error {
        case let error as AWSError:
            failure = .call(error.adding(call))
            retry = RetryFailure(error.isRetryable ? .transient : .permanent)
        case let error as HTTPError:
            let error = AWSError(call, error)
            failure = .call(error)
            let cause: RetryFailure.Cause =
                !error.isRetryable || call.forbidsRetry(after: error)
                ? .permanent : error.kind == .timedOut ? .timedOut : .transient
            retry = RetryFailure(cause, needsFreshConnection: true)
        case is CancellationError:
            failure = .call(AWSError(cancelled: call))
            retry = RetryFailure(.permanent)
        case let error as BodyRejected:
            failure = .sink(error)
            retry = RetryFailure(error.isTransient ? .transient : .permanent, needsFreshConnection: true)
        default:
            failure = .sink(error)
            retry = RetryFailure(.permanent)
        }
    }
}

extension AWSCall {
    /// Whether the caller, not the retry policy, decides what follows this error.
    func forbidsRetry(after error: AWSError) -> Bool {
        switch retries {
        case .always: false
        case .ifRefused: error.leavesOutcomeOpen
        case .never: error.isRetryable
        }
    }
}

/// Thrown by a sink that rejects a body. A transient rejection is retried by policy on a new connection, and thrown
/// unchanged if that does not help.
package struct BodyRejected: Error, Sendable {
    package let reason: String
    package let isTransient: Bool

    package init(reason: String, isTransient: Bool) {
        self.reason = reason
        self.isTransient = isTransient
    }
}
