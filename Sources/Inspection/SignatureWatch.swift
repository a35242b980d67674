/// Decides when to load the signatures again, without I/O: snapshots of the folder go in, advice comes out.
///
/// A set is loaded once it is stable: two equal snapshots, taken at least `interval` apart, with no other one in
/// between. So a set that is still being copied is not loaded. A refused set is not tried again until the folder
/// changes.
struct SignatureWatch: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Advice: Sendable, Equatable {
        case stay
        /// Load the folder in a second scanner beside the serving one.
        case load
        /// Stop loading: the folder changed, so the loaded set may be half of one and half of the next.
        case abandon
    }

    let interval: Duration
    /// The last snapshot of the folder; nil before the first one.
    private(set) var last: SignatureSnapshot?
    /// The set that was refused.
    private(set) var refused: SignatureSnapshot?
    private var firstSeen: Instant?
    private var lastSeen: Instant?

    init(interval: Duration) { self.interval = interval }

    /// - Parameter startedAt: when the snapshot's reading started.
    mutating func observe(_ snapshot: SignatureSnapshot, startedAt: Instant) {
        if snapshot != last { firstSeen = startedAt }
        (last, lastSeen) = (snapshot, startedAt)
    }

    /// Records that a set was loaded and refused.
    mutating func refuse(_ snapshot: SignatureSnapshot?) { refused = snapshot }

    /// Records that the folder holds the serving set.
    mutating func accept() { refused = nil }

    /// - Parameters:
    ///   - serving: the snapshot from which the serving set was loaded.
    ///   - loading: the snapshot of the set that is loading; nil if none is.
    func advice(serving: SignatureSnapshot?, loading: SignatureSnapshot?) -> Advice {
        guard let last, let firstSeen, let lastSeen else { return .stay }
        if let loading { return last == loading ? .stay : .abandon }
        guard last != serving, last != refused, lastSeen - firstSeen >= interval else { return .stay }
        return .load
    }
}
