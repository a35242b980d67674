internal import Support

/// A value that comes once, for any number of tasks that wait for it.
package final class Promise<Value: Sendable>: Sendable {
    private enum State {
        case open([CheckedContinuation<Value, Never>])
        case kept(Value)
    }

    private let state = Locked(State.open([]))

    package init() {}

    /// The first call counts; later ones change nothing.
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

/// Something that had to happen in time and did not.
package struct Overdue: Error, CustomStringConvertible {
    package let what: String
    package let limit: Duration

    package var description: String { "\(what) did not happen within \(limit)" }
}

/// Runs `work`, and cancels it when the time is up; it must heed that.
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

/// Looks until `condition` holds. It sleeps between the looks: tasks that only yield keep the threads from what they wait for.
///
/// - Throws: what `condition` does; `CancellationError` when the task is cancelled.
package func eventually(_ condition: () throws -> Bool) async throws {
    while try !condition() { try await Task.sleep(for: .milliseconds(1)) }
}
