internal import Domain

/// When held credentials are refreshed. Pure: times and jitter are passed in.
///
/// At first the credentials are used as they are. In the advisory window one refresh starts while all callers continue
/// with the old credentials. In the mandatory window callers wait for the refresh, and continue with the old
/// credentials if it fails. After their expiration they are not used.
struct RefreshSchedule {
    /// How long before the expiration each window starts, at most. Short-lived credentials are used for at least half
    /// of their lifetime before the advisory window.
    static let advisoryWindow = Duration.seconds(15 * 60)
    static let mandatoryWindow = Duration.seconds(5 * 60)
    /// The least time between two attempts while the old credentials are valid.
    static let advisoryPause = Duration.seconds(60)
    static let mandatoryPause = Duration.seconds(5)
    /// How long credentials that may outlive their expiration are used before the next attempt; jitter adds up to as
    /// much again.
    static let extensionTime = Duration.seconds(5 * 60)

    let resolved: ResolvedCredentials
    private let fetchedAt: Timestamp
    private let advisoryFrom: Timestamp?
    private let mandatoryFrom: Timestamp?
    private(set) var lastAttempt: Timestamp
    /// The end of the extension, if the credentials have been extended.
    private var extendedUntil: Timestamp?

    enum Advice: Equatable {
        case use
        /// Use them, and refresh them in the background.
        case useAndRefresh
        /// Wait for the refresh; they are still valid if it fails.
        case refreshFirst
        case expired
    }

    /// - Parameter jitter: from 0 up to 1; spreads the refreshes of many workers.
    init(_ resolved: ResolvedCredentials, at now: Timestamp, jitter: Double) {
        self.resolved = resolved
        fetchedAt = now
        lastAttempt = now
        guard let expiration = resolved.expiration else {
            (advisoryFrom, mandatoryFrom) = (nil, nil)
            return
        }
        let lifetime = max(.zero, expiration.duration(since: now))
        let spread = 1 - 0.2 * min(1, max(0, jitter))
        advisoryFrom = expiration.advanced(by: .zero - min(Self.advisoryWindow, lifetime / 2) * spread)
        mandatoryFrom = expiration.advanced(by: .zero - min(Self.mandatoryWindow, lifetime / 10) * spread)
        if expiration <= now, resolved.mayOutliveExpiration { extend(at: now, jitter: jitter) }
    }

    func advice(at now: Timestamp) -> Advice {
        guard let expiration = resolved.expiration, let advisoryFrom, let mandatoryFrom else { return .use }
        if now < advisoryFrom { return .use }
        let sinceAttempt = now.duration(since: lastAttempt)
        if let extendedUntil {
            return now < extendedUntil ? .use : .useAndRefresh
        }
        if now >= expiration { return resolved.mayOutliveExpiration ? .refreshFirst : .expired }
        if now >= mandatoryFrom { return sinceAttempt >= Self.mandatoryPause ? .refreshFirst : .use }
        return sinceAttempt >= Self.advisoryPause ? .useAndRefresh : .use
    }

    /// Whether a request may be signed with the credentials.
    func isUsable(at now: Timestamp) -> Bool {
        guard let expiration = resolved.expiration else { return true }
        return now < expiration || resolved.mayOutliveExpiration
    }

    mutating func recordFailure(at now: Timestamp, jitter: Double) {
        lastAttempt = now
        if let expiration = resolved.expiration, expiration <= now, resolved.mayOutliveExpiration {
            extend(at: now, jitter: jitter)
        }
    }

    /// Whether the credentials are so new that fetching them again would return the same ones.
    func isFresh(at now: Timestamp) -> Bool { now.duration(since: fetchedAt) < Self.mandatoryPause }

    private mutating func extend(at now: Timestamp, jitter: Double) {
        extendedUntil = now.advanced(by: Self.extensionTime * (1 + min(1, max(0, jitter))))
    }
}
