package import Domain
internal import Support

/// Why there is no right to work on a message any more.
package enum LeaseLost: Error, Sendable, Equatable, CustomStringConvertible {
    /// The queue could not be told in time that the work goes on.
    case expired
    /// The message was held for 12 hours, the longest that SQS allows.
    case tooOld
    /// The queue says that the message is not ours, by this code.
    case taken(String)
    /// It was given up: the message is acknowledged, or back in the queue.
    case settled

    package var description: String {
        switch self {
        case .expired: "the lease ran out: it could not be extended in time"
        case .tooOld: "the lease ended: a message can be held for 12 hours"
        case .taken(let code): "the lease was lost: \(code)"
        case .settled: "the lease ended: its message is settled"
        }
    }
}

/// The right to work on a message. It is kept up from the moment of receipt until the message is settled; lost once, it
/// stays lost. Who is about to delete anything asks `check()` first.
package final class Lease: Sendable {
    private struct State {
        var term: LeaseTerm
        var handlers: [@Sendable (LeaseLost) -> Void] = []
    }

    private let state: Locked<State>
    private let timeline: MonotonicClock
    private let wallClock: @Sendable () -> Timestamp

    init(
        receivedAt: Duration, visibility: Duration, timeline: MonotonicClock,
        wallClock: @escaping @Sendable () -> Timestamp
    ) {
        state = Locked(State(term: LeaseTerm(receivedAt: receivedAt, visibility: visibility)))
        self.timeline = timeline
        self.wallClock = wallClock
    }

    package var isHeld: Bool { loss == nil }

    /// - Throws: why the lease is lost, if it is.
    package func check() throws(LeaseLost) { if let loss { throw loss } }

    /// How long the lease is sure to last, if it is not extended; zero when it is lost.
    package var remaining: Duration {
        let now = timeline.now
        return update { term in
            _ = term.tick(now: now)
            return term.loss == nil ? max(.zero, term.deadline - now) : .zero
        }
    }

    /// Until when the lease is sure to last, if it is not extended.
    package var deadline: Timestamp { wallClock().advanced(by: remaining) }

    /// Calls `handler` once, when the lease is lost; at once where it is already. Not when the message is settled.
    package func onLost(_ handler: @escaping @Sendable (LeaseLost) -> Void) {
        let loss: LeaseLost? = state.withLock { state in
            if state.term.loss == nil { state.handlers.append(handler) }
            return state.term.loss
        }
        if let loss, loss != .settled { handler(loss) }
    }

    private var loss: LeaseLost? {
        let now = timeline.now
        return update { term in
            // The deadline counts even where the keeper was not there to see it pass.
            if now >= term.deadline { _ = term.tick(now: now) }
            return term.loss
        }
    }

    /// Runs a step of the term, and the handlers if it was the lease's last.
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
