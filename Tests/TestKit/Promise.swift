internal import Support

/// A value that is set once and that any number of tasks can await.
package final class Promise<Value: Sendable>: Sendable {
    private enum State {
        case open([CheckedContinuation<Value, Never>])
        case kept(Value)
    }

    private let state = Locked(State.open([]))

    package init() {}

    /// Sets the value; later calls change nothing.
    package func keep(_ value: Value) {
        let waiting: [CheckedContinuation<Value, Never>] = state.withLock { state in
            guard case .open(let waiting) = state else { return [] }
            state = .kept(value)
            return waiting
        }
        for waiter in waiting { waiter.resume(returning: value) }
    }

    package var value: Value {
        get async {
            await withCheckedContinuation { waiter in
                let kept: Value? = state.withLock { state in
                    switch state {
                    case .open(let waiting):
                        state = .open(waiting + [waiter])
                        return nil
                    case .kept(let value): return value
                    }
                }
                if let kept { waiter.resume(returning: kept) }
            }
        }
    }
}

/// Thrown if an awaited event did not happen in time.
package struct Overdue: Error, CustomStringConvertible {
    package let what: String
    package let limit: Duration

    package var description: String { "\(what) did not happen within \(limit)" }
}

/// Runs `work` and cancels it at the time limit. `work` must return when it is cancelled.
package func within<Value: Sendable>(
    _ limit: Duration, _ what: String, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else { throw Overdue(what: what, limit: limit) }
        return value
    }
}

/// Polls until `condition` holds. Sleeps between two polls: tasks that only yield would occupy the threads that the
/// awaited work needs.
///
/// - Throws: the error of `condition`, or `CancellationError` if the task is cancelled.
package func eventually(_ condition: () throws -> Bool) async throws {
    while try !condition() { try await Task.sleep(for: .milliseconds(1)) }
}
