internal import Support

/// The end of a worker, told to all attempts: first that it drains, then that the time for what runs is over.
final class Drain: Sendable {
    private enum Phase: Comparable { case none, draining, over }

    private struct State {
        var phase = Phase.none
        var attempts: [ObjectIdentifier: AttemptScope] = [:]
    }

    private let state = Locked(State())

    /// The attempt hears of it, at once if it has begun.
    func join(_ attempt: AttemptScope) {
        let phase = state.withLock { state in
            state.attempts[ObjectIdentifier(attempt)] = attempt
            return state.phase
        }
        tell(attempt, phase)
    }

    func leave(_ attempt: AttemptScope) { state.withLock { $0.attempts[ObjectIdentifier(attempt)] = nil } }

    /// Attempts that wait for others end.
    func begin() { advance(to: .draining) }

    /// All that has not begun to move its object ends.
    func end() { advance(to: .over) }

    private func advance(to phase: Phase) {
        let attempts = state.withLock { state in
            state.phase = max(state.phase, phase)
            return Array(state.attempts.values)
        }
        for attempt in attempts { tell(attempt, phase) }
    }

    private func tell(_ attempt: AttemptScope, _ phase: Phase) {
        if phase >= .draining { attempt.drain() }
        if phase == .over { attempt.stop() }
    }
}
