internal import Dispatch

/// One thread that runs all tasks which prefer it, each until it waits for something.
///
/// On a small machine this is cheaper than the cooperative pool: answers that arrive while the thread is busy are taken up
/// without waking anybody. What blocks does not belong here, as it does not belong on the pool.
///
/// ```swift
/// await withTaskExecutorPreference(WorkThread("jobs")) { await work() }
/// ```
package final class WorkThread: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        /// Whether a run of `work` is under way or on its way.
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
