package import Domain
package import HTTP
package import Support

/// The default chain of credential sources. The first source that has credentials is selected, and fetched from again
/// before they expire. At most one fetch runs at a time; callers wait for it only if the held credentials are about to
/// expire.
package final class CredentialProviderChain: CredentialProvider {
    private typealias Fetch = Task<Result<ResolvedCredentials, AWSError>, Never>

    private let sources: [any CredentialSource]
    private let clocks: Clocks
    private let jitter: @Sendable () -> Double
    /// Called after each failed fetch, with the expiration of the credentials held.
    private let onFailure: @Sendable (AWSError, _ expiration: Timestamp?) -> Void
    private let state = Locked(State())

    private struct State {
        var schedule: RefreshSchedule?
        var fetch: Fetch?
        /// The index of the source that once had credentials.
        var selected: Int?
    }

    package init(
        _ sources: [any CredentialSource], clocks: Clocks = .system,
        jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        onFailure: @escaping @Sendable (AWSError, _ expiration: Timestamp?) -> Void = { _, _ in }
    ) {
        self.sources = sources
        self.clocks = clocks
        self.jitter = jitter
        self.onFailure = onFailure
    }

    /// Creates a chain of all sources, in the order of the AWS SDKs and Tools Reference Guide, "Standardized credential
    /// providers": environment, web identity, profile, container, instance metadata.
    ///
    /// - Parameter http: used for STS. Container and instance metadata endpoints are called by a client without a
    ///   proxy.
    package convenience init(
        environment: [String: String], settings: AWSSettings, http: HTTPClient, clocks: Clocks = .system,
        jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        onFailure: @escaping @Sendable (AWSError, _ expiration: Timestamp?) -> Void = { _, _ in }
    ) {
        let context = CredentialProviderContext(
            environment: environment, settings: settings, http: http, clocks: clocks, jitter: jitter)
        self.init(
            [
                EnvironmentCredentials(environment), EnvironmentWebIdentityCredentials(context),
                ProfileCredentials(context, profile: settings.profile), ContainerCredentials(context),
                InstanceMetadataCredentials(context),
            ], clocks: clocks, jitter: jitter, onFailure: onFailure)
    }

    package func credentials() async throws(AWSError) -> Credentials { try await resolve().credentials }

    /// Returns the current credentials with their origin and expiration.
    package func resolve() async throws(AWSError) -> ResolvedCredentials {
        let now = clocks.wall()
        let (held, fetch): (ResolvedCredentials?, Fetch?) =
            state.withLock { state in
                guard let schedule = state.schedule else { return (nil, joinFetch(&state)) }
                switch schedule.advice(at: now) {
                case .use: return (schedule.resolved, nil)
                case .useAndRefresh:
                    _ = joinFetch(&state)
                    return (schedule.resolved, nil)
                case .refreshFirst, .expired: return (nil, joinFetch(&state))
                }
            }
        if let held { return held }
        guard let fetch else { throw AWSError(noCredentialsIn: []) }
        switch await fetch.value {
        case .success(let fetched): return fetched
        case .failure(let error):
            // The old credentials may still be usable.
            guard let old = state.withLock({ $0.schedule }) else { throw error }
            guard old.isUsable(at: clocks.wall()) else { throw AWSError(expired: old.resolved, notRefreshed: error) }
            return old.resolved
        }
    }

    package func invalidate(_ rejected: Credentials) -> Bool {
        let now = clocks.wall()
        return state.withLock { state in
            guard let schedule = state.schedule else { return true }
            if schedule.resolved.credentials != rejected { return true }
            guard !schedule.isFresh(at: now) else { return false }
            state.schedule = nil
            return true
        }
    }

    /// Returns the running fetch, or starts one.
    private func joinFetch(_ state: inout State) -> Fetch {
        if let fetch = state.fetch { return fetch }
        let selected = state.selected
        let fetch = Task { await self.fetch(selected) }
        state.fetch = fetch
        return fetch
    }

    private func fetch(_ selected: Int?) async -> Result<ResolvedCredentials, AWSError> {
        var result: Result<(ResolvedCredentials, Int), AWSError>
        do throws(AWSError) {
            result = .success(try await search(selected))
        } catch {
            result = .failure(error)
        }
        let now = clocks.wall()
        let jitter = jitter()
        if case .success(let (fetched, _)) = result,
            !RefreshSchedule(fetched, at: now, jitter: jitter).isUsable(at: now)
        {
            result = .failure(AWSError(expiredOnReceipt: fetched, now: now))
        }
        let (end, expiration): (Result<ResolvedCredentials, AWSError>, Timestamp?) = state.withLock { state in
            state.fetch = nil
            switch result {
            case .success(let (fetched, index)):
                state.schedule = RefreshSchedule(fetched, at: now, jitter: jitter)
                state.selected = index
                return (.success(fetched), nil)
            case .failure(let error):
                state.schedule?.recordFailure(at: now, jitter: jitter)
                return (.failure(error), state.schedule?.resolved.expiration)
            }
        }
        if case .failure(let error) = end { onFailure(error, expiration) }
        return end
    }

    /// Fetches from the selected source or, if none is selected, from the first one that has credentials.
    private func search(_ selected: Int?) async throws(AWSError) -> (ResolvedCredentials, Int) {
        var searched: [String] = []
        for (index, source) in sources.enumerated() where selected == nil || selected == index {
            switch try await source.lookUp() {
            case .found(let found): return (found, index)
            case .absent(let location): searched.append(location)
            }
        }
        throw AWSError(noCredentialsIn: searched)
    }
}

extension AWSError {
    fileprivate init(noCredentialsIn locations: [String]) {
        self.init(
            kind: .credentials, code: "NoCredentials",
            message: "no credentials were found; searched \(locations.joined(separator: "; "))",
            hint:
                "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in AWS_PROFILE, or give this machine, task or pod a role."
        )
    }

    fileprivate init(expired old: ResolvedCredentials, notRefreshed cause: AWSError) {
        self.init(
            kind: cause.kind, code: cause.code, service: cause.service, operation: cause.operation,
            status: cause.status, requestID: cause.requestID,
            message:
                "the credentials of \(old.origin) expired at \(old.expiration?.description ?? "") and can't be refreshed: \(cause.message)",
            hint: cause.hint, isRetryable: cause.isRetryable)
    }

    fileprivate init(expiredOnReceipt fetched: ResolvedCredentials, now: Timestamp) {
        self.init(
            kind: .credentials, code: "ExpiredCredentials",
            message:
                "the credentials of \(fetched.origin) expired at \(fetched.expiration?.description ?? ""), before they were received (\(now))",
            hint: "Check this machine's clock, and why the source returns expired credentials.")
    }
}
