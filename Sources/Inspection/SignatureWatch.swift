/// When the signatures are to be loaded anew, as a value: looks at the folder go in, what to do comes out.
///
/// A set is taken up once it has stood still: two looks, at least `interval` apart, with no other one in between. So a set
/// that is still being copied is not loaded as it grows. A set that was refused is left alone until the folder changes.
struct SignatureWatch: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Advice: Sendable, Equatable {
        case stay
        /// Load the folder as it stands, in a scanner beside the one that serves.
        case load
        /// What is being loaded is not what stands there any more: it may be half of one set and half of the next.
        case abandon
    }

    let interval: Duration
    /// The folder as it was last seen; nil before the first look.
    private(set) var last: SignatureLook?
    /// The set in the folder that is not to be served.
    private(set) var refused: SignatureLook?
    private var firstSeen: Instant?
    private var lastSeen: Instant?

    init(interval: Duration) { self.interval = interval }

    /// - Parameter begun: when the look was begun.
    mutating func saw(_ look: SignatureLook, begun: Instant) {
        if look != last { firstSeen = begun }
        (last, lastSeen) = (look, begun)
    }

    /// The set was loaded and found wanting.
    mutating func refuse(_ look: SignatureLook?) { refused = look }

    /// What serves now is the folder's set, or the folder has it again.
    mutating func accept() { refused = nil }

    /// - Parameters:
    ///   - serving: the folder as it was when what serves began to load.
    ///   - loading: the same of what is being loaded; nil where nothing is.
    func advice(serving: SignatureLook?, loading: SignatureLook?) -> Advice {
        guard let last, let firstSeen, let lastSeen else { return .stay }
        if let loading { return last == loading ? .stay : .abandon }
        guard last != serving, last != refused, lastSeen - firstSeen >= interval else { return .stay }
        return .load
    }
}
