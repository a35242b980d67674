/// Wakes the one task that waits for it. A signal sent while no task waits ends the next wait at once.
///
/// Cancelling the task does not end its wait: what it waits for must be finished even then.
package final class Signal: Sendable {
    private enum State {
        case idle
        case sent
        case waiting(CheckedContinuation<Void, Never>)
    }

    private let state = Locked(State.idle)

    package init() {}

    /// Several calls before a wait count as one.
    package func send() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            if case .waiting(let waiter) = state {
                state = .idle
                return waiter
            }
            state = .sent
            return nil
        }
        waiter?.resume()
    }

    /// Returns at the next signal, at `time`, or spuriously: check the awaited condition again. One task at a time.
    package func wait(until time: Duration? = nil, on clock: MonotonicClock) async {
        let timer = time.map { time in
            Task { if (try? await clock.sleep(until: time)) != nil { send() } }
        }
        await withCheckedContinuation { waiter in
            let isSent = state.withLock { state in
                if case .sent = state {
                    state = .idle
                    return true
                }
                state = .waiting(waiter)
                return false
            }
            if isSent { waiter.resume() }
        }
        timer?.cancel()
    }
}
