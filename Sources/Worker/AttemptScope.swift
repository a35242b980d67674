package import Intake
internal import Ledger
internal import Support

/// Why an attempt is to end before its time.
package enum Interruption: Error, Sendable, Equatable, CustomStringConvertible {
    /// The right to the job's message is lost.
    case leaseLost(LeaseLost)
    /// Another worker has the job.
    case claimLost
    /// The worker drains: nothing is waited for that another worker does.
    case draining
    /// The worker drains, and the time for what runs is over.
    case stopped

    package var description: String {
        switch self {
        case .leaseLost(let loss): "\(loss)"
        case .claimLost: "another worker has claimed the job meanwhile"
        case .draining: "the worker is told to end, and the job is not begun"
        case .stopped: "the worker is told to end, and its time for what runs was over"
        }
    }
}

/// One attempt's right to go on, and the calls that end it before its time.
///
/// What can be begun again heeds them: its task is cancelled. Moving an object does not; it asks before each step that it
/// can't take back whether lease and claim are there still.
package final class AttemptScope: Sendable {
    /// What makes a stage of an attempt give up.
    enum Patience {
        /// It waits for something that another attempt does.
        case untilDraining
        /// It works.
        case untilStopped
    }

    private struct Watcher {
        let patience: Patience
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var isDraining = false
        /// The lease is lost or the time is over: the first of both stays.
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

        /// Those who have something to hear now.
        mutating func takeWoken() -> [CheckedContinuation<Void, Never>] {
            let woken = watchers.filter { interruption($0.value.patience) != nil }
            for (id, _) in woken { watchers[id] = nil }
            return woken.map(\.value.continuation)
        }
    }

    private let state = Locked(State())

    package init() {}

    // MARK: The calls

    func lose(_ loss: LeaseLost) { change { if $0.end == nil { $0.end = .leaseLost(loss) } } }

    /// Another attempt has the job. Said of a claim that was let go meanwhile it means nothing.
    func lose(_ claim: ClaimToken) { change { if $0.claim == claim { $0.isClaimLost = true } } }

    func drain() { change { $0.isDraining = true } }

    func stop() { change { if $0.end == nil { $0.end = .stopped } } }

    private func change(_ body: (inout State) -> Void) {
        let woken = state.withLock { state in
            body(&state)
            return state.takeWoken()
        }
        for watcher in woken { watcher.resume() }
    }

    // MARK: The attempt

    /// From here on it is about this claim; nil: about none.
    func hold(_ claim: ClaimToken?) {
        state.withLock { state in
            state.claim = claim
            state.isClaimLost = false
        }
    }

    /// - Throws: why work is not to go on.
    func check() throws(Interruption) { if let reason = interruption(.untilStopped) { throw reason } }

    func interruption(_ patience: Patience) -> Interruption? { state.withLock { $0.interruption(patience) } }

    /// Runs `body` and cancels it at the first call that it is to heed. It is begun even where the call came before, so
    /// that what does not heed cancellation is done; what it brings counts, whatever was called.
    ///
    /// - Throws: what `body` throws; where there was a call, its reason instead.
    func heeding<Value: Sendable>(
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

    /// Returns at a call that is to be heeded, or when the task is cancelled.
    private func untilInterrupted(_ patience: Patience) async {
        let id = state.withLock { state in
            state.lastWatcher += 1
            return state.lastWatcher
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // Seen here or by the handler, which comes after the flag.
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
