internal import Dispatch
internal import Pipelines
internal import Support

/// The pipeline folder of a running worker: compares it with what the worker has read.
final class PipelineFiles: Sendable {
    enum Change: Sendable, Equatable {
        case none
        case changed
        /// The files can't be used; each mistake.
        case mistaken([String])
    }

    private let folder: String
    private let fingerprints: [String]
    private let log: Log
    private let queue = DispatchQueue(label: "lazaret.pipelines")
    private let isWanted = Locked(false)
    private let isEnding = Locked(false)

    init(folder: String, _ pipelines: PipelineSet, log: Log) {
        self.folder = folder
        fingerprints = pipelines.pipelines.map(\.fingerprint)
        self.log = log
    }

    /// Whether the worker is to start again once it has drained.
    var restartsWorker: Bool { isWanted.withLock { $0 } && !isEnding.withLock { $0 } }

    /// The worker is to end, whatever the files say.
    func end() { isEnding.withLock { $0 = true } }

    /// Checks the files. If they have changed and are right, the worker is to drain and start again.
    ///
    /// - Parameter checked: is called with whether it is; not for a further request while the worker drains.
    func reload(_ checked: @escaping @Sendable (_ restarts: Bool) -> Void) {
        queue.async { [self] in
            switch change() {
            case .none:
                log(.info, "pipelines unchanged")
                checked(false)
            case .mistaken(let mistakes):
                log(.error, "pipelines not reloaded: the worker goes on with those that it has") {
                    $0.field("mistakes", mistakes)
                }
                checked(false)
            case .changed:
                let isFirst: Bool = isWanted.withLock { wanted in
                    defer { wanted = true }
                    return !wanted
                }
                // Another request to stop would end the grace of the jobs.
                guard isFirst, !isEnding.withLock({ $0 }) else { return }
                log(.info, "pipelines changed: draining, to start again")
                checked(true)
            }
        }
    }

    /// Reports a change once, each time the files change again, until the task is cancelled.
    func watch(every interval: Duration) async {
        var reported = Change.none
        while (try? await Task.sleep(for: interval)) != nil {
            // A file system may be slow: never on a thread of Swift's pool.
            let change = await withCheckedContinuation { (waiter: CheckedContinuation<Change, Never>) in
                queue.async { [self] in waiter.resume(returning: self.change()) }
            }
            guard change != reported else { continue }
            reported = change
            switch change {
            case .none: log(.info, "pipeline files are again as the worker has read them")
            case .changed: log(.warning, "pipeline files have changed: SIGHUP has the worker take them up")
            case .mistaken(let mistakes):
                log(.warning, "pipeline files have changed, and have mistakes") { $0.field("mistakes", mistakes) }
            }
        }
    }

    private func change() -> Change {
        do throws(PipelineProblems) {
            let now = try PipelineSet(directory: folder)
            return now.pipelines.map(\.fingerprint) == fingerprints ? .none : .changed
        } catch {
            return .mistaken(error.problems.map(\.description))
        }
    }
}
