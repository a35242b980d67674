internal import Domain
package import HTTP
internal import Support

/// Signs calls, sends them, and tries them again as the policy says. Shared by the clients of all services: the budget of retries
/// and the correction of the clock are kept here.
package final class AWSClient: Sendable {
    package let settings: AWSSettings
    private let credentials: any CredentialProvider
    private let http: HTTPClient
    private let policy: RetryPolicy
    private let clock: ClientClock
    private let state = Locked(State())

    private struct State {
        var budget = RetryBudget()
        var requests: [AWSService: Int] = [:]
        var skew = ClockSkew()
    }

    package init(
        settings: AWSSettings, credentials: any CredentialProvider, http: HTTPClient, clock: ClientClock = ClientClock()
    ) {
        self.settings = settings
        self.credentials = credentials
        self.http = http
        self.clock = clock
        policy = RetryPolicy(maxAttempts: settings.maxAttempts)
    }

    /// Requests sent to a service so far, each try counted.
    package func requestCount(_ service: AWSService) -> Int { state.withLock { $0.requests[service] ?? 0 } }

    /// What is left for retries.
    package var retryBudget: RetryBudget { state.withLock { $0.budget } }

    /// Sends a call until it succeeds or the policy gives up, and reads its answer.
    ///
    /// - Parameter read: makes the answer out of a 2xx response. What it throws is treated as if the service had said it: S3 puts
    ///   errors into answers of status 200 at times.
    package func send<Answer>(
        _ call: AWSCall, _ read: (HTTPResponse) throws(AWSError) -> Answer
    ) async throws(AWSError) -> Answer {
        do {
            return try await send(call, into: nil, read)
        } catch {
            switch error {
            case .call(let error): throw error
            // Without a sink there is nobody else who could have thrown.
            case .sink(let error): throw AWSError(call, kind: .invalid, code: "Unexpected", message: "\(error)")
            }
        }
    }

    /// The same, with the body going to a sink. What the sink throws is not tried again, except a `BodyRejected` that says so.
    func send<Answer>(
        _ call: AWSCall, into sink: (any HTTPBodySink)?, _ read: (HTTPResponse) throws(AWSError) -> Answer
    ) async throws(CallFailure) -> Answer {
        var attempt = 1
        var onFreshConnection = false
        var lastCost = 0
        var hasRenewed = false
        while true {
            let failed: FailedTry
            switch await sendOnce(call, into: sink, onFreshConnection, read) {
            case .success(let answer):
                state.withLock { $0.budget.giveBack(lastCost: lastCost) }
                return answer
            case .failure(let failure): failed = failure
            }
            // Other credentials are asked for once: where the service refuses those too, it has another reason.
            var retry = failed.retry
            if let refused = failed.refused, !hasRenewed, credentials.renew(refused: refused) {
                retry = RetryFailure(.oldCredentials)
                hasRenewed = true
            }
            let dice = clock.dice()
            let decision = state.withLock { state in
                policy.decide(after: retry, attempt: attempt, dice: dice, budget: &state.budget)
            }
            guard case .retry(let wait, let fresh, let cost) = decision else { throw failed.failure }
            if wait > .zero {
                do {
                    try await clock.sleep(wait)
                } catch { throw .call(AWSError(cancelled: call)) }
            }
            attempt += 1
            onFreshConnection = fresh
            lastCost = cost
        }
    }

    private func sendOnce<Answer>(
        _ call: AWSCall, into sink: (any HTTPBodySink)?, _ onFreshConnection: Bool,
        _ read: (HTTPResponse) throws(AWSError) -> Answer
    ) async -> Result<Answer, FailedTry> {
        let signedAt: Timestamp
        let response: HTTPResponse
        var used: Credentials?
        do {
            used = call.isSigned ? try await credentials.credentials() : nil
            let now = clock.now()
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
                floor: call.floor, needsFreshConnection: onFreshConnection, isSentOnce: call.repetition != .always)
            response = try await http.send(request, into: sink)
        } catch {
            return .failure(FailedTry(error, of: call))
        }
        do throws(AWSError) {
            guard response.head.isSuccess else { throw AWSError(call, refusedWith: response) }
            return .success(try read(response))
        } catch {
            var failed = failedTry(error, head: response.head, signedAt: signedAt)
            if call.isLeft(after: error) {
                failed = FailedTry(failure: .call(error), retry: RetryFailure(.final))
            }
            // An answer to HEAD has no body to name the code in: S3 answers 400 to a session that is over.
            let isUnnamed = call.method == "HEAD" && response.head.status == 400 && used?.sessionToken != nil
            if isUnnamed || codesOfOldCredentials.contains(error.code) { failed.refused = used }
            return .failure(failed)
        }
    }

    /// What a refusal by the service means for a retry. A refusal for a wrong clock corrects it.
    private func failedTry(_ error: AWSError, head: HTTPHead, signedAt: Timestamp) -> FailedTry {
        let now = clock.now()
        if error.kind == .skewed || codesOfAnyWrongSignature.contains(error.code),
            let serverTime = head.headers["date"].flatMap({ Timestamp(httpDate: $0) }),
            state.withLock({ $0.skew.learn(serverTime: serverTime, signedAt: signedAt, now: now) })
        {
            return FailedTry(failure: .call(error), retry: RetryFailure(.wrongClock))
        }
        let wait = retryAfter(head.headers, now: now)
        let cause: RetryFailure.Cause =
            switch error.kind {
            case .throttled: .throttled
            case .transient, .unreachable: .transient
            case .timedOut: .timedOut
            case .notFound, .denied, .preconditionFailed, .conflict, .credentials, .skewed, .invalid, .cancelled: .final
            }
        return FailedTry(failure: .call(error), retry: RetryFailure(cause, retryAfter: wait))
    }
}

private let userAgent = HTTPHeader("user-agent", "lazaret")

/// What ends a call.
enum CallFailure: Error {
    case call(AWSError)
    /// What the sink threw, as it is.
    case sink(any Error)
}
