internal import AWS
internal import Domain
internal import Support

/// How the work on one record of a message ended.
package enum Settlement: Sendable, Equatable {
    /// Finished: its outcome is recorded, and the message need not be delivered again for it.
    case done
    /// To be tried again after a delay, for this reason.
    case retry(String)
    /// Not started, or stopped through no fault of its own: to be delivered again at once.
    case handBack
    /// Not started, since what it needs is away for long: to be delivered again after this time.
    case postpone(Duration)
}

/// A received message that is neither acknowledged nor back in the queue. Counts its open records, and keeps what the
/// settled ones ask for.
final class HeldMessage: Sendable {
    private struct State {
        var open: Int
        var settlement = Settlement.done
        var isUnreadable = false
    }

    let id: String
    let receiptHandle: String
    let receiveCount: Int
    /// Whether the message goes to the dead-letter queue unless it is acknowledged.
    let isLastReceive: Bool
    let receivedAt: Timestamp
    let lease: Lease
    private let state: Locked<State>
    private let onSettled: @Sendable (HeldMessage, Settlement) -> Void

    /// - Parameters:
    ///   - records: how many settlements to wait for.
    ///   - maxReceives: how often the queue delivers a message; nil means without limit.
    ///   - onSettled: called once, after the last settlement, with the one that holds for the message.
    init(
        _ message: SQSMessage, records: Int, maxReceives: Int?, receivedAt: Timestamp, lease: Lease,
        onSettled: @escaping @Sendable (HeldMessage, Settlement) -> Void
    ) {
        id = message.id
        receiptHandle = message.receiptHandle
        receiveCount = message.receiveCount
        isLastReceive = maxReceives.map { message.receiveCount >= $0 } ?? false
        self.receivedAt = receivedAt
        self.lease = lease
        state = Locked(State(open: records))
        self.onSettled = onSettled
    }

    /// Whether the retry is due to a record that can't be read, so that a retry soon would not help.
    var isUnreadable: Bool { state.withLock { $0.isUnreadable } }

    /// Settles one record. The settlement with the highest precedence holds for the message.
    ///
    /// - Parameter isUnreadable: whether a retry is due to a record that can't be read.
    func settleRecord(_ settlement: Settlement, isUnreadable: Bool = false) {
        let final: Settlement? = state.withLock { state in
            let precedence = settlement.precedence(isUnreadable: isUnreadable)
            if precedence > state.settlement.precedence(isUnreadable: state.isUnreadable) {
                (state.settlement, state.isUnreadable) = (settlement, isUnreadable)
            }
            state.open -= 1
            return state.open == 0 ? state.settlement : nil
        }
        if let final { onSettled(self, final) }
    }
}

extension Settlement {
    fileprivate func precedence(isUnreadable: Bool) -> Int {
        switch self {
        case .done: 0
        case .handBack: 1
        case .postpone: 2
        case .retry: isUnreadable ? 4 : 3
        }
    }
}
