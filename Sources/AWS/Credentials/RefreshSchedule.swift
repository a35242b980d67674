internal import Domain

/// When credentials that are at hand are to be renewed. Pure: times and dice are given.
///
/// Of their time left, the first part is quiet. Then comes the advisory part: somebody fetches new ones while all go on with the
/// old. In the mandatory part all wait for the new ones, and go on with the old where there are none. After the end, no more.
struct RefreshSchedule {
    /// How long before the end each part begins at the most. Short-lived credentials are kept for half of their time at least.
    static let advisoryLead = Duration.seconds(15 * 60)
    static let mandatoryLead = Duration.seconds(5 * 60)
    /// How long after an attempt the next one may begin, as long as the old credentials hold.
    static let advisoryPause = Duration.seconds(60)
    static let mandatoryPause = Duration.seconds(5)
    /// How long credentials past their end are kept before they are asked for anew, where they may be kept; half of it again by
    /// the dice.
    static let extensionTime = Duration.seconds(5 * 60)

    let found: FoundCredentials
    private let fetchedAt: Timestamp
    private let advisoryFrom: Timestamp?
    private let mandatoryFrom: Timestamp?
    private(set) var lastAttempt: Timestamp
    /// Until when credentials past their end were granted more time.
    private var extendedUntil: Timestamp?

    enum Advice: Equatable {
        case use
        /// They hold, and it is time to fetch others beside.
        case useAndRenew
        /// They hold a little longer; wait for others.
        case renewFirst
        /// They are over.
        case over
    }

    /// - Parameter dice: from 0 up to 1; spreads the renewals of many workers.
    init(_ found: FoundCredentials, at now: Timestamp, dice: Double) {
        self.found = found
        fetchedAt = now
        lastAttempt = now
        guard let end = found.expiration else {
            (advisoryFrom, mandatoryFrom) = (nil, nil)
            return
        }
        let life = max(.zero, end.duration(since: now))
        let spread = 1 - 0.2 * min(1, max(0, dice))
        advisoryFrom = end.advanced(by: .zero - min(Self.advisoryLead, life / 2) * spread)
        mandatoryFrom = end.advanced(by: .zero - min(Self.mandatoryLead, life / 10) * spread)
        if end <= now, found.mayOutliveExpiration { extend(at: now, dice: dice) }
    }

    func advice(at now: Timestamp) -> Advice {
        guard let end = found.expiration, let advisoryFrom, let mandatoryFrom else { return .use }
        if now < advisoryFrom { return .use }
        let rested = now.duration(since: lastAttempt)
        if let extendedUntil {
            return now < extendedUntil ? .use : .useAndRenew
        }
        if now >= end { return found.mayOutliveExpiration ? .renewFirst : .over }
        if now >= mandatoryFrom { return rested >= Self.mandatoryPause ? .renewFirst : .use }
        return rested >= Self.advisoryPause ? .useAndRenew : .use
    }

    /// Whether a request may be signed with them.
    func holds(at now: Timestamp) -> Bool {
        guard let end = found.expiration else { return true }
        return now < end || found.mayOutliveExpiration
    }

    mutating func noteFailure(at now: Timestamp, dice: Double) {
        lastAttempt = now
        if let end = found.expiration, end <= now, found.mayOutliveExpiration { extend(at: now, dice: dice) }
    }

    /// Whether they were fetched so lately that fetching them once more would bring the same.
    func isFresh(at now: Timestamp) -> Bool { now.duration(since: fetchedAt) < Self.mandatoryPause }

    private mutating func extend(at now: Timestamp, dice: Double) {
        extendedUntil = now.advanced(by: Self.extensionTime * (1 + min(1, max(0, dice))))
    }
}
