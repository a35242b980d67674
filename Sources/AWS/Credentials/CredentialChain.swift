package import Domain
package import HTTP
internal import Support

/// Asks one source after the other; the first that has credentials wins, and is asked again whenever they are about to expire.
/// However many ask, one fetch is under way at a time, and who has credentials that hold does not wait for it.
package final class CredentialChain: CredentialProvider {
    private let sources: [any CredentialSource]
    private let clock: ClientClock
    /// Told of each attempt at renewal that failed, with until when the old credentials hold.
    private let onFailure: @Sendable (AWSError, _ until: Timestamp?) -> Void
    private let state = Locked(State())

    private struct State {
        var term: RefreshSchedule?
        var fetch: Task<Result<FoundCredentials, AWSError>, Never>?
        /// The source that had some once.
        var winner: Int?
    }

    package init(
        _ sources: [any CredentialSource], clock: ClientClock = ClientClock(),
        onFailure: @escaping @Sendable (AWSError, _ until: Timestamp?) -> Void = { _, _ in }
    ) {
        self.sources = sources
        self.clock = clock
        self.onFailure = onFailure
    }

    /// All sources, in the order of the AWS SDKs and Tools Reference Guide, "Standardized credential providers": environment, web
    /// identity, profile, container, instance metadata.
    ///
    /// - Parameter http: for what goes to STS. Container and instance metadata are asked without a proxy, by a client of their own.
    package convenience init(
        environment: [String: String], settings: AWSSettings, http: HTTPClient, clock: ClientClock = ClientClock(),
        onFailure: @escaping @Sendable (AWSError, _ until: Timestamp?) -> Void = { _, _ in }
    ) {
        let means = CredentialProviderContext(environment: environment, settings: settings, http: http, clock: clock)
        self.init(
            [
                EnvironmentCredentials(environment), EnvironmentWebIdentity(means),
                ProfileCredentials(means, profile: settings.profile), ContainerCredentials(means),
                InstanceMetadata(means),
            ], clock: clock, onFailure: onFailure)
    }

    package func credentials() async throws(AWSError) -> Credentials { try await found().credentials }

    /// The credentials of the moment, with where they come from.
    package func found() async throws(AWSError) -> FoundCredentials {
        let now = clock.now()
        let (held, fetch): (FoundCredentials?, Task<Result<FoundCredentials, AWSError>, Never>?) =
            state.withLock { state in
                guard let term = state.term else { return (nil, join(&state)) }
                switch term.advice(at: now) {
                case .use: return (term.found, nil)
                case .useAndRenew:
                    _ = join(&state)
                    return (term.found, nil)
                case .renewFirst, .over: return (nil, join(&state))
                }
            }
        if let held { return held }
        guard let fetch else { throw AWSError(noneAmong: []) }
        switch await fetch.value {
        case .success(let fresh): return fresh
        case .failure(let error):
            // What is left of the old ones is better than nothing.
            guard let old = state.withLock({ $0.term }) else { throw error }
            guard old.holds(at: clock.now()) else { throw AWSError(expired: old.found, notRenewedFor: error) }
            return old.found
        }
    }

    package func renew(refused: Credentials) -> Bool {
        let now = clock.now()
        return state.withLock { state in
            guard let term = state.term else { return true }
            if term.found.credentials != refused { return true }
            guard term.found.expiration != nil, !term.isFresh(at: now) else { return false }
            state.term = nil
            return true
        }
    }

    /// The fetch that is under way, or a new one.
    private func join(_ state: inout State) -> Task<Result<FoundCredentials, AWSError>, Never> {
        if let fetch = state.fetch { return fetch }
        let winner = state.winner
        let fetch = Task { await self.fetch(winner) }
        state.fetch = fetch
        return fetch
    }

    private func fetch(_ winner: Int?) async -> Result<FoundCredentials, AWSError> {
        var result: Result<(FoundCredentials, Int), AWSError>
        do throws(AWSError) {
            result = .success(try await search(winner))
        } catch {
            result = .failure(error)
        }
        let now = clock.now()
        let dice = clock.dice()
        if case .success(let (found, _)) = result, !RefreshSchedule(found, at: now, dice: dice).holds(at: now) {
            result = .failure(AWSError(expiredAtOnce: found, now: now))
        }
        let (end, until): (Result<FoundCredentials, AWSError>, Timestamp?) = state.withLock { state in
            state.fetch = nil
            switch result {
            case .success(let (found, index)):
                state.term = RefreshSchedule(found, at: now, dice: dice)
                state.winner = index
                return (.success(found), nil)
            case .failure(let error):
                state.term?.noteFailure(at: now, dice: dice)
                return (.failure(error), state.term?.found.expiration)
            }
        }
        if case .failure(let error) = end { onFailure(error, until) }
        return end
    }

    private func search(_ winner: Int?) async throws(AWSError) -> (FoundCredentials, Int) {
        var seen: [String] = []
        for (index, source) in sources.enumerated() where winner == nil || winner == index {
            switch try await source.find() {
            case .found(let found): return (found, index)
            case .absent(let place): seen.append(place)
            }
        }
        throw AWSError(noneAmong: seen)
    }
}

extension AWSError {
    fileprivate init(noneAmong places: [String]) {
        self.init(
            kind: .credentials, code: "NoCredentials",
            message: "no credentials were found; looked at \(places.joined(separator: "; "))",
            hint:
                "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in AWS_PROFILE, or give this machine, task or pod a role."
        )
    }

    fileprivate init(expired found: FoundCredentials, notRenewedFor cause: AWSError) {
        self.init(
            kind: cause.kind, code: cause.code, service: cause.service, operation: cause.operation,
            status: cause.status,
            requestID: cause.requestID,
            message:
                "the credentials of \(found.origin) expired at \(found.expiration?.description ?? "") and can't be renewed: \(cause.message)",
            hint: cause.hint, isRetryable: cause.isRetryable)
    }

    fileprivate init(expiredAtOnce found: FoundCredentials, now: Timestamp) {
        self.init(
            kind: .credentials, code: "ExpiredCredentials",
            message:
                "the credentials of \(found.origin) expired at \(found.expiration?.description ?? ""), before they came (\(now))",
            hint: "Check this machine's clock, and why their source gives old ones.")
    }
}
