internal import Support

/// The wish to stop, given once or often: what was not begun ends at once, what runs when its time is over.
///
/// Supervisors send a signal to a process and to its group, so that it comes twice in a moment. Who gives the order again
/// after that does not want to wait: then the time is over at once. Nothing is lost by it.
final class StopOrder: Sendable {
    private struct State {
        var given: ContinuousClock.Instant?
        var isOver = false
        var timer: Task<Void, Never>?
    }

    /// Orders that come no further apart are one.
    static let sameMoment = Duration.seconds(1)

    private let grace: Duration
    private let drain: @Sendable () -> Void
    private let end: @Sendable () -> Void
    private let state = Locked(State())

    /// - Parameters:
    ///   - grace: how long after `drain` comes `end`.
    ///   - drain: called at the first order.
    ///   - end: called once, after `drain`.
    init(grace: Duration, drain: @escaping @Sendable () -> Void, end: @escaping @Sendable () -> Void) {
        self.grace = grace
        self.drain = drain
        self.end = end
    }

    func give(at now: ContinuousClock.Instant = .now) {
        let first: ContinuousClock.Instant? = state.withLock { state in
            defer { if state.given == nil { state.given = now } }
            return state.given
        }
        if let first {
            if first.duration(to: now) > Self.sameMoment { endOnce() }
            return
        }
        drain()
        let timer = Task { [grace] in
            do { try await Task.sleep(for: grace) } catch { return }
            endOnce()
        }
        state.withLock { $0.timer = timer }
    }

    /// There is nothing left that could be stopped.
    func cancel() {
        let timer = state.withLock { state in
            state.isOver = true
            return state.timer
        }
        timer?.cancel()
    }

    private func endOnce() {
        let isFirst = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        if isFirst { end() }
    }
}
