internal import Domain
package import HTTP
package import Support

/// Signs and sends calls, and retries them by policy. Shared by the clients of all services: it holds the retry budget
/// and the clock correction.
package final class AWSClient: Sendable {
    package let settings: AWSSettings
    private let credentials: any CredentialProvider
    private let http: HTTPClient
    private let policy: RetryPolicy
    private let clocks: Clocks
    private let jitter: @Sendable () -> Double
    private let state = Locked(State())

    private struct State {
        var budget = RetryBudget()
        var requests: [AWSService: Int] = [:]
        var skew = ClockSkew()
    }

    /// - Parameter jitter: returns a random number from 0 up to 1.
    package init(
        settings: AWSSettings, credentials: any CredentialProvider, http: HTTPClient, clocks: Clocks = .system,
        jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.settings = settings
        self.credentials = credentials
        self.http = http
        self.clocks = clocks
        self.jitter = jitter
        policy = RetryPolicy(maxAttempts: settings.maxAttempts)
    }

    /// Returns the number of requests sent to a service, counting each attempt.
    package func requestCount(_ service: AWSService) -> Int { state.withLock { $0.requests[service] ?? 0 } }

    /// Sends a call until it succeeds or the policy gives up, and parses the response.
    ///
    /// - Parameter parse: parses a 2xx response. Its error is handled like an error of the service: S3 may return
    ///   errors with status 200.
    package func send<Output>(
        _ call: AWSCall, _ parse: (HTTPResponse) throws(AWSError) -> Output
    ) async throws(AWSError) -> Output {
        do {
            return try await send(call, into: nil, parse)
        } catch {
            switch error {
            case .call(let error): throw error
            // Unreachable: there is no sink.
            case .sink(let error): throw AWSError(call, kind: .invalid, code: "Unexpected", message: "\(error)")
            }
        }
    }

    /// Sends a call whose response body goes to a sink. An error of the sink is not retried, except a transient
    /// `BodyRejected`.
    func send<Output>(
        _ call: AWSCall, into sink: (any HTTPBodySink)?, _ parse: (HTTPResponse) throws(AWSError) -> Output
    ) async throws(CallFailure) -> Output {
        var attempt = 1
        var onFreshConnection = false
        var lastCost = 0
        var hasInvalidated = false
        while true {
            let failed: FailedAttempt
            switch await sendOnce(call, into: sink, onFreshConnection: onFreshConnection, parse) {
            case .success(let output):
                state.withLock { $0.budget.release(lastCost: lastCost) }
                return output
            case .failure(let failure): failed = failure
            }
            // Credentials are replaced once: if the service rejects those too, the reason is another one.
            var retry = failed.retry
            var rejected = failed.rejectedCredentials
            if let suspected = failed.suspectedCredentials, await areRejected(suspected, in: call) {
                rejected = suspected
            }
            if let rejected, !hasInvalidated, credentials.invalidate(rejected) {
                retry = RetryFailure(.expiredCredentials)
                hasInvalidated = true
            }
            let jitter = jitter()
            let decision = state.withLock { state in
                policy.decide(after: retry, attempt: attempt, jitter: jitter, budget: &state.budget)
            }
            guard case .retry(let wait, let fresh, let cost) = decision else { throw failed.failure }
            do {
                if wait > .zero { try await clocks.monotonic.sleep(for: wait) }
                if let mayRepeat = call.mayRepeat, await !mayRepeat() { throw failed.failure }
            } catch {
                // What the retry would have cost is left for other calls.
                state.withLock { $0.budget.release(lastCost: cost) }
                throw error as? CallFailure ?? .call(AWSError(cancelled: call))
            }
            attempt += 1
            onFreshConnection = fresh
            lastCost = cost
        }
    }

    private func sendOnce<Output>(
        _ call: AWSCall, into sink: (any HTTPBodySink)?, onFreshConnection: Bool,
        _ parse: (HTTPResponse) throws(AWSError) -> Output
    ) async -> Result<Output, FailedAttempt> {
        let signedAt: Timestamp
        let response: HTTPResponse
        var used: Credentials?
        do {
            used = call.isSigned ? try await credentials.credentials() : nil
            let now = clocks.wall()
            signedAt = state.withLock { state in
                state.requests[call.service, default: 0] += 1
                return state.skew.corrected(now)
            }
            var headers = call.headers
            if let used {
                headers = call.signer.sign(
                    method: call.method, host: call.address.host, path: call.address.path, query: call.query,
                    headers: call.headers, body: call.body, credentials: used, at: signedAt)
            }
            headers.append(userAgent)
            let request = HTTPRequest(
                method: call.method, url: call.url, headers: headers, body: call.body, timeout: call.timeout,
                floor: call.floor, needsFreshConnection: onFreshConnection, isSentOnce: call.retries != .always)
            response = try await http.send(request, into: sink)
        } catch {
            return .failure(FailedAttempt(error, of: call))
        }
        do throws(AWSError) {
            guard response.head.isSuccess else { throw AWSError(call, response: response) }
            return .success(try parse(response))
        } catch {
            var failed = failedAttempt(error, head: response.head, signedAt: signedAt)
            if call.forbidsRetry(after: error) {
                failed = FailedAttempt(failure: .call(error), retry: RetryFailure(.permanent))
            }
            if expiredCredentialCodes.contains(error.code) { failed.rejectedCredentials = used }
            // A response to HEAD has no body with a code. S3 answers 400 if the session has expired, and also for a
            // fault of the object.
            let isUnexplained = call.method == "HEAD" && response.head.status == 400 && used?.sessionToken != nil
            if isUnexplained { failed.suspectedCredentials = used }
            return .failure(failed)
        }
    }

    /// Sends a GET in place of a HEAD that was answered 400, for the code in its body.
    private func areRejected(_ suspected: Credentials, in call: AWSCall) async -> Bool {
        var get = call
        get.method = "GET"
        get.addHeader("range", "bytes=0-0")
        if get.operation == "HeadBucket" { get.addQuery("max-keys", "0") }
        let answer = await sendOnce(get, into: nil, onFreshConnection: false) { _ in }
        guard case .failure(let failed) = answer else { return false }
        return failed.rejectedCredentials == suspected
    }

    /// Classifies a service's error for the retry policy. A rejection because of a wrong clock corrects the clock.
    private func failedAttempt(_ error: AWSError, head: HTTPHead, signedAt: Timestamp) -> FailedAttempt {
        let now = clocks.wall()
        if error.kind == .skewed || possibleClockSkewCodes.contains(error.code),
            let serverTime = head.headers["date"].flatMap({ Timestamp(httpDate: $0) }),
            state.withLock({ $0.skew.learn(serverTime: serverTime, signedAt: signedAt, now: now) })
        {
            return FailedAttempt(failure: .call(error), retry: RetryFailure(.clockSkew))
        }
        let wait = retryAfter(head.headers, now: now)
        let cause: RetryFailure.Cause =
            switch error.kind {
            case .throttled: .throttled
            case .transient, .unreachable: .transient
            case .timedOut: .timedOut
            case .preconditionFailed where error.code == AWSError.passingConflict: .transient
            case .notFound, .denied, .preconditionFailed, .conflict, .credentials, .skewed, .invalid, .cancelled:
                .permanent
            }
        return FailedAttempt(failure: .call(error), retry: RetryFailure(cause, retryAfter: wait))
    }
}

private let userAgent = HTTPHeader("user-agent", "lazaret")

/// The error that ends a call.
enum CallFailure: Error {
    case call(AWSError)
    /// The sink's error, unchanged.
    case sink(any Error)
}
