/// Wakes one task that waits, or spares it the next wait. Cancelling the task does not: what it waits for must be
/// finished all the same.
package final class Signal: Sendable {
    private enum State {
        case quiet
        case rung
        case waiting(CheckedContinuation<Void, Never>)
    }

    private let state = Locked(State.quiet)

    package init() {}

    /// Any number of rings before a wait are one.
    package func ring() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            if case .waiting(let waiter) = state {
                state = .quiet
                return waiter
            }
            state = .rung
            return nil
        }
        waiter?.resume()
    }

    /// Returns at the next ring or at `time`, or for no reason; ask again what you waited for. One task at a time.
    package func wait(until time: Duration? = nil, on timeline: MonotonicClock) async {
        let timer = time.map { time in
            Task { if (try? await timeline.sleep(until: time)) != nil { ring() } }
        }
        await withCheckedContinuation { waiter in
            let isRung = state.withLock { state in
                if case .rung = state {
                    state = .quiet
                    return true
                }
                state = .waiting(waiter)
                return false
            }
            if isRung { waiter.resume() }
        }
        timer?.cancel()
    }
}
