internal import Domain
internal import Support

/// How one record of a message ended.
package enum Settlement: Sendable, Equatable {
    /// For good: its outcome is recorded, and the message need not come again for it.
    case done
    /// The message is to come again, for this reason.
    case retry(String)
    /// It was not begun, or is stopped through no fault of its own: the message is to be had again at once.
    case handBack
}

/// A message that was received and is neither acknowledged nor given back: how many of its records are open, and what
/// the settled ones ask for.
final class HeldMessage: Sendable {
    /// What becomes of a message once all its records are settled.
    enum Ending: Sendable, Equatable {
        case acknowledge
        case retry(String)
        /// As `retry`, but it can't be read, so that trying again soon would not help.
        case unreadable(String)
        /// Some of it was never started.
        case handBack
    }

    private struct State {
        var open: Int
        var ending = Ending.acknowledge
    }

    let id: String
    let receipt: String
    let receiveCount: Int
    /// Whether it goes to the dead-letter queue unless it is acknowledged.
    let isLastReceive: Bool
    let receivedAt: Timestamp
    let lease: Lease
    private let state: Locked<State>
    private let finish: @Sendable (HeldMessage, Ending) -> Void

    /// - Parameters:
    ///   - message: what the queue gave.
    ///   - records: how many settlements to wait for.
    ///   - maxReceives: how often the queue gives a message; nil: for ever.
    ///   - finish: called once, after the last of them.
    init(
        _ message: QueuedMessage, records: Int, maxReceives: Int?, receivedAt: Timestamp, lease: Lease,
        finish: @escaping @Sendable (HeldMessage, Ending) -> Void
    ) {
        id = message.id
        receipt = message.receipt
        receiveCount = message.receiveCount
        isLastReceive = maxReceives.map { message.receiveCount >= $0 } ?? false
        self.receivedAt = receivedAt
        self.lease = lease
        state = Locked(State(open: records))
        self.finish = finish
    }

    /// Takes the ending that one record asks for; the gravest of all is the message's.
    func settleRecord(_ ending: Ending) {
        let final: Ending? = state.withLock { state in
            if ending.gravity > state.ending.gravity { state.ending = ending }
            state.open -= 1
            return state.open == 0 ? state.ending : nil
        }
        if let final { finish(self, final) }
    }
}

extension HeldMessage.Ending {
    fileprivate var gravity: Int {
        switch self {
        case .acknowledge: 0
        case .handBack: 1
        case .retry: 2
        case .unreadable: 3
        }
    }
}

/// The duty to settle one record, once. Dropped unsettled, it asks for another try, so that nothing is acknowledged by
/// being forgotten and no message is waited for in vain.
///
/// Its end may finish the message, which takes the intake's lock: never let go of one while holding that.
final class SettlementHandle: Sendable {
    private let message: HeldMessage
    /// Set where the record can't be read: whatever is asked for, its message is not acknowledged.
    private let unreadable: String?
    private let isSettled = Locked(false)

    init(_ message: HeldMessage, unreadable: String?) {
        self.message = message
        self.unreadable = unreadable
    }

    deinit { settle(.retry("dropped before it was settled")) }

    func settle(_ settlement: Settlement) {
        if let unreadable { return end(.unreadable(unreadable)) }
        switch settlement {
        case .done: end(.acknowledge)
        case .retry(let reason): end(.retry(reason))
        case .handBack: end(.handBack)
        }
    }

    /// Gives the record up unstarted.
    func handBack() { end(.handBack) }

    private func end(_ ending: HeldMessage.Ending) {
        let isFirst = isSettled.withLock { isSettled in
            defer { isSettled = true }
            return !isSettled
        }
        if isFirst { message.settleRecord(ending) }
    }
}
