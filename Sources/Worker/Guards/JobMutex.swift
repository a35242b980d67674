package import Domain
internal import Support

/// Lets one attempt of this worker at a time work on a job. If an event is delivered twice at once, the second attempt
/// waits here, and then reads from the ledger how the first ended.
package final class JobMutex: Sendable {
    private struct State {
        /// The waiters of each job that is taken; the longest wait first.
        var waiters: [JobID: [(id: Int, continuation: CheckedContinuation<Void, any Error>)]] = [:]
        var lastID = 0

        mutating func takeIfFree(_ job: JobID) -> Bool {
            guard waiters[job] == nil else { return false }
            waiters[job] = []
            return true
        }
    }

    private let state = Locked(State())

    package init() {}

    /// Takes the job if no other attempt has it.
    package func takeIfFree(_ job: JobID) -> Bool { state.withLock { $0.takeIfFree(job) } }

    /// Takes the job, waiting while another attempt has it.
    ///
    /// - Throws: `CancellationError` if the task is cancelled first; the job is not taken then.
    package func take(_ job: JobID) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    // A cancellation is seen here, or by the handler below, which runs after the flag is set.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.takeIfFree(job) { return .success(()) }
                    state.waiters[job]?.append((id, continuation))
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters[job]?.firstIndex { $0.id == id }.flatMap { state.waiters[job]?.remove(at: $0) }
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Releases the job, to the attempt that has waited longest for it.
    package func release(_ job: JobID) {
        let next = state.withLock { state in
            guard state.waiters[job]?.isEmpty == false else {
                state.waiters[job] = nil
                return nil as CheckedContinuation<Void, any Error>?
            }
            return state.waiters[job]?.removeFirst().continuation
        }
        next?.resume()
    }
}
