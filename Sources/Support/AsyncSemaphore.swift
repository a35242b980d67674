/// A fixed number of places; who finds none free waits in line.
package final class AsyncSemaphore: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Locked<State>

    package init(_ count: Int) { state = Locked(State(free: count)) }

    /// Runs `body` in a place of its own.
    package func withSlot<Result, Failure: Error>(
        _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        await take()
        defer { giveBack() }
        return try await body()
    }

    /// Takes a place, waiting where none is free. Not cancelled with its task: places come back soon.
    package func take() async {
        let isTaken = state.withLock { state in
            guard state.free > 0 else { return false }
            state.free -= 1
            return true
        }
        if isTaken { return }
        await withCheckedContinuation { waiter in
            let gotOneMeanwhile = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(waiter)
                return false
            }
            if gotOneMeanwhile { waiter.resume() }
        }
    }

    /// Hands the place to who waits longest.
    package func giveBack() {
        let next: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
