internal import Support

/// The stop of a worker, forwarded to all its attempts: first the drain, then the end of the grace.
final class Drain: Sendable {
    private enum Phase: Comparable { case running, draining, graceOver }

    private struct State {
        var phase = Phase.running
        var attempts: [ObjectIdentifier: AttemptScope] = [:]
    }

    private let state = Locked(State())

    var hasBegun: Bool { state.withLock { $0.phase != .running } }

    /// Adds an attempt. It is interrupted at once if the drain has begun.
    func add(_ attempt: AttemptScope) {
        let phase = state.withLock { state in
            state.attempts[ObjectIdentifier(attempt)] = attempt
            return state.phase
        }
        notify(attempt, phase)
    }

    func remove(_ attempt: AttemptScope) { state.withLock { $0.attempts[ObjectIdentifier(attempt)] = nil } }

    /// Ends attempts that wait for others.
    func begin() { advance(to: .draining) }

    /// Ends attempts whose move has not begun.
    func endGrace() { advance(to: .graceOver) }

    private func advance(to phase: Phase) {
        let attempts = state.withLock { state in
            state.phase = max(state.phase, phase)
            return Array(state.attempts.values)
        }
        for attempt in attempts { notify(attempt, phase) }
    }

    private func notify(_ attempt: AttemptScope, _ phase: Phase) {
        if phase >= .draining { attempt.drain() }
        if phase == .graceOver { attempt.stop() }
    }
}
