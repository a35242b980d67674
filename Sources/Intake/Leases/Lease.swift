internal import Support

/// Why the right to work on a message ended.
package enum LeaseLost: Error, Sendable, Equatable, CustomStringConvertible {
    /// No extension succeeded in time.
    case expired
    /// The message was held for 12 hours, the longest that SQS allows.
    case tooOld
    /// SQS answered with this code that the message is not ours.
    case taken(String)
    /// The message was acknowledged or returned to the queue.
    case settled

    package var description: String {
        switch self {
        case .expired: "the lease expired: it could not be extended in time"
        case .tooOld: "the lease ended: SQS lets a message be held for at most 12 hours"
        case .taken(let code): "the lease was lost: \(code)"
        case .settled: "the lease ended: its message is settled"
        }
    }
}

/// The right to work on a message. It is extended from receipt until the message is settled. A lost lease stays lost.
/// Call `check()` before deleting anything.
package final class Lease: Sendable {
    private struct State {
        var term: LeaseTerm
        var handlers: [@Sendable (LeaseLost) -> Void] = []
    }

    private let state: Locked<State>
    private let clock: MonotonicClock

    init(receivedAt: Duration, visibility: Duration, clock: MonotonicClock) {
        state = Locked(State(term: LeaseTerm(receivedAt: receivedAt, visibility: visibility)))
        self.clock = clock
    }

    package var isHeld: Bool { loss == nil }

    /// - Throws: why the lease is lost, if it is.
    package func check() throws(LeaseLost) { if let loss { throw loss } }

    /// Calls `handler` once when the lease is lost, or at once if it already is. Settling the message calls no handler.
    package func onLost(_ handler: @escaping @Sendable (LeaseLost) -> Void) {
        let loss: LeaseLost? = state.withLock { state in
            if state.term.loss == nil { state.handlers.append(handler) }
            return state.term.loss
        }
        if let loss, loss != .settled { handler(loss) }
    }

    private var loss: LeaseLost? {
        let now = clock.now
        return update { term in
            // The deadline counts even if the keeper has not noticed it yet.
            if now >= term.deadline { _ = term.tick(now: now) }
            return term.loss
        }
    }

    /// Runs a step of the term, and calls the handlers if the step lost the lease.
    @discardableResult
    func update<Result: Sendable>(_ step: @Sendable (inout LeaseTerm) -> Result) -> Result {
        let (result, loss, handlers) = state.withLock { state in
            let result = step(&state.term)
            let loss = state.term.loss
            defer { if loss != nil { state.handlers = [] } }
            return (result, loss, loss == nil ? [] : state.handlers)
        }
        if let loss, loss != .settled { for handler in handlers { handler(loss) } }
        return result
    }
}
