package import Intake
internal import Ledger
internal import Support

/// Why an attempt stops early.
package enum Interruption: Error, Sendable, Equatable, CustomStringConvertible {
    /// The lease on the job's message is lost.
    case leaseLost(LeaseLost)
    /// Another attempt has the claim.
    case claimLost
    /// The worker drains: it does not wait for other attempts.
    case draining
    /// The worker drains, and its grace is over.
    case stopped

    package var description: String {
        switch self {
        case .leaseLost(let loss): "\(loss)"
        case .claimLost: "another worker has claimed the job"
        case .draining: "the worker is stopping, and the job has not started"
        case .stopped: "the worker is stopping, and its grace is over"
        }
    }
}

/// The scope of one attempt: the calls that stop it early, and the work that they cancel.
///
/// Work that can be repeated runs in the scope and is cancelled. The requests of a move do not: before each change the
/// move checks lease and claim (`JobGuards`).
package final class AttemptScope: Sendable {
    /// Which call cancels a piece of work.
    enum Patience {
        /// The drain: the work waits for another attempt.
        case untilDraining
        /// The end of the grace.
        case untilStopped
    }

    private struct Watcher {
        let patience: Patience
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var isDraining = false
        /// The lease was lost or the grace ended, whichever came first.
        var end: Interruption?
        var claim: ClaimToken?
        var isClaimLost = false
        var lastWatcher = 0
        var watchers: [Int: Watcher] = [:]

        func interruption(_ patience: Patience) -> Interruption? {
            if let end { return end }
            if isClaimLost { return .claimLost }
            return patience == .untilDraining && isDraining ? .draining : nil
        }

        /// Removes the watchers that are interrupted, and returns their continuations.
        mutating func takeInterrupted() -> [CheckedContinuation<Void, Never>] {
            let interrupted = watchers.filter { interruption($0.value.patience) != nil }
            for (id, _) in interrupted { watchers[id] = nil }
            return interrupted.map(\.value.continuation)
        }
    }

    private let state = Locked(State())

    package init() {}

    // MARK: Calls

    func lose(_ loss: LeaseLost) { change { if $0.end == nil { $0.end = .leaseLost(loss) } } }

    /// Another attempt has the job. Has no effect if the claim is not held any more.
    func lose(_ claim: ClaimToken) { change { if $0.claim == claim { $0.isClaimLost = true } } }

    func drain() { change { $0.isDraining = true } }

    func stop() { change { if $0.end == nil { $0.end = .stopped } } }

    private func change(_ body: (inout State) -> Void) {
        let interrupted = state.withLock { state in
            body(&state)
            return state.takeInterrupted()
        }
        for watcher in interrupted { watcher.resume() }
    }

    // MARK: The attempt

    /// Sets the claim whose loss interrupts the attempt; nil for none.
    func hold(_ claim: ClaimToken?) {
        state.withLock { state in
            state.claim = claim
            state.isClaimLost = false
        }
    }

    /// - Throws: the reason if the attempt has to stop.
    func check() throws(Interruption) { if let reason = interruption(.untilStopped) { throw reason } }

    func interruption(_ patience: Patience) -> Interruption? { state.withLock { $0.interruption(patience) } }

    /// Runs `body` and cancels it at the first call that its patience does not outlast. It starts even after such a
    /// call, so that work which ignores cancellation is done. If it returns a value, that counts, whatever was called.
    ///
    /// - Throws: the error of `body`; after a call, the reason of the call instead.
    func run<Value: Sendable>(
        _ patience: Patience = .untilStopped, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                await self.untilInterrupted(patience)
                return nil
            }
            defer { group.cancelAll() }
            do {
                while let ended = try await group.next() {
                    if let value = ended { return value }
                    group.cancelAll()
                }
            } catch { throw interruption(patience) ?? error }
            throw CancellationError()
        }
    }

    /// Returns at an interruption, or when the task is cancelled.
    private func untilInterrupted(_ patience: Patience) async {
        let id = state.withLock { state in
            state.lastWatcher += 1
            return state.lastWatcher
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // A cancellation is seen here, or by the handler below, which runs after the flag is set.
                    if Task.isCancelled || state.interruption(patience) != nil { return true }
                    state.watchers[id] = Watcher(patience: patience, continuation: continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let watcher = state.withLock { $0.watchers.removeValue(forKey: id) }
            watcher?.continuation.resume()
        }
    }
}
