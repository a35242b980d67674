package import Domain
internal import Support

/// Lets one attempt of this worker at a time be at a job. The same event delivered twice at once waits here for its twin,
/// and then learns from the ledger how that ended.
package final class JobMutex: Sendable {
    private struct State {
        /// Who waits, of each job that somebody is at; the longest wait first.
        var lines: [JobID: [(id: Int, continuation: CheckedContinuation<Void, any Error>)]] = [:]
        var lastID = 0

        mutating func takeIfFree(_ job: JobID) -> Bool {
            guard lines[job] == nil else { return false }
            lines[job] = []
            return true
        }
    }

    private let state = Locked(State())

    package init() {}

    /// Takes the job where no other attempt has it.
    package func takeIfFree(_ job: JobID) -> Bool { state.withLock { $0.takeIfFree(job) } }

    /// Takes the job, waiting while another attempt has it.
    ///
    /// - Throws: `CancellationError` where the task is cancelled first; the job is not taken then.
    package func take(_ job: JobID) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    // Seen here or by the handler, which comes after the flag.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.takeIfFree(job) { return .success(()) }
                    state.lines[job]?.append((id, continuation))
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.lines[job]?.firstIndex { $0.id == id }.flatMap { state.lines[job]?.remove(at: $0) }
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Hands the job to who waits longest for it.
    package func giveBack(_ job: JobID) {
        let next = state.withLock { state in
            guard state.lines[job]?.isEmpty == false else {
                state.lines[job] = nil
                return nil as CheckedContinuation<Void, any Error>?
            }
            return state.lines[job]?.removeFirst().continuation
        }
        next?.resume()
    }
}
