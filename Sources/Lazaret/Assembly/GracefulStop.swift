internal import Support

/// A graceful stop in two steps: the first request drains, and the end of the grace period cuts the remaining work
/// short.
///
/// A second request ends the grace period at once. Supervisors send a signal to the process and to its group, so that
/// the same request may arrive twice within a moment: those two count as one.
final class GracefulStop: Sendable {
    private struct State {
        var requestedAt: ContinuousClock.Instant?
        var isOver = false
        var timer: Task<Void, Never>?
    }

    /// Requests this close together count as one.
    static let sameMoment = Duration.seconds(1)

    private let grace: Duration
    private let drain: @Sendable () -> Void
    private let expire: @Sendable () -> Void
    private let state = Locked(State())

    /// - Parameters:
    ///   - grace: the time between `drain` and `expire`.
    ///   - drain: called on the first request.
    ///   - expire: called once, after `drain`.
    init(grace: Duration, drain: @escaping @Sendable () -> Void, expire: @escaping @Sendable () -> Void) {
        self.grace = grace
        self.drain = drain
        self.expire = expire
    }

    func request(at now: ContinuousClock.Instant = .now) {
        let first: ContinuousClock.Instant? = state.withLock { state in
            defer { if state.requestedAt == nil { state.requestedAt = now } }
            return state.requestedAt
        }
        if let first {
            if first.duration(to: now) > Self.sameMoment { expireOnce() }
            return
        }
        drain()
        let timer = Task { [grace] in
            do { try await Task.sleep(for: grace) } catch { return }
            expireOnce()
        }
        state.withLock { $0.timer = timer }
    }

    /// Makes every later request and the end of the grace period do nothing: no work is left to stop.
    func cancel() {
        let timer = state.withLock { state in
            state.isOver = true
            return state.timer
        }
        timer?.cancel()
    }

    private func expireOnce() {
        let isFirst = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        if isFirst { expire() }
    }
}
