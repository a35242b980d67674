internal import Dispatch

/// A task executor with a single thread. It runs each task until the task suspends.
///
/// On a small machine this is cheaper than the cooperative pool: a response that arrives while the thread is busy wakes
/// no other thread. As on the pool, tasks must not block.
///
/// ```swift
/// await withTaskExecutorPreference(WorkThread("jobs")) { await work() }
/// ```
package final class WorkThread: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        /// Whether `work` runs or is enqueued.
        var isBusy = false
    }

    private let state = Locked(State())
    private let queue: DispatchQueue

    package init(_ label: String) { queue = DispatchQueue(label: label) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let mustStart = state.withLock { state in
            state.jobs.append(job)
            defer { state.isBusy = true }
            return !state.isBusy
        }
        if mustStart { queue.async { self.work() } }
    }

    /// Returns once the thread has taken up something that was enqueued now.
    package func turn() async { await Task(executorPreference: self) {}.value }

    private func work() {
        while true {
            let jobs = state.withLock { state in
                defer { state.jobs = [] }
                state.isBusy = !state.jobs.isEmpty
                return state.jobs
            }
            guard !jobs.isEmpty else { return }
            for job in jobs { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }
}
