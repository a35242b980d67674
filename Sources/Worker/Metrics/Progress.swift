package import Domain
package import Intake
package import Support

/// Counts of what a worker has done, for the status line and the summary.
package final class Progress: Sendable {
    package struct Counts: Sendable {
        package var settled = 0
        package var bytes: Int64 = 0
        package var verdicts: [Verdict: Int] = [:]
        /// Of the verdicts, those that another job vouches for.
        package var reusedVerdicts = 0
        package var otherOutcomes: [Outcome.Kind: Int] = [:]
        package var duplicates = 0
        package var retries = 0
        /// Jobs that were not started, or were stopped, because the worker was stopping.
        package var handedBack = 0
        package var unreadable = 0
        /// Running jobs, by lane.
        package var runningIn: [Lane: Int] = [:]
        /// From the first receipt of a job's message to its outcome, by verdict.
        package var times: [Verdict: Histogram] = [:]
        /// When a job was settled last.
        package var lastSettled: Timestamp?
        /// For how long the job that was started first has been running; zero if none runs.
        package var oldestRunning = Duration.zero
        /// From the start of the first job to the end of the last: without the idle time before and after.
        package var activeTime: Duration { start.map { (end ?? $0) - $0 } ?? .zero }
        fileprivate var start: Duration?
        fileprivate var end: Duration?

        package var running: Int { runningIn.values.reduce(0, +) }

        /// Jobs that ended, whatever their outcome.
        package var objects: Int { settled + otherOutcomes.values.reduce(0, +) }
    }

    private let state = Locked(Counts())
    /// When each running job was started.
    private let starts = Locked<[UInt64: Duration]>([:])
    private let lastID = Locked<UInt64>(0)

    private let clocks: Clocks
    private var clock: MonotonicClock { clocks.monotonic }

    package init(clocks: Clocks = .system) { self.clocks = clocks }

    package var counts: Counts {
        let now = clock.now
        let first = starts.withLock { $0.values.min() }
        return state.withLock { counts in
            var counts = counts
            if counts.end == nil { counts.end = now }
            if let first { counts.oldestRunning = now - first }
            return counts
        }
    }

    /// - Returns: what `ended` takes.
    func started(in lane: Lane) -> UInt64 {
        let now = clock.now
        let id = lastID.withLock { last in
            last += 1
            return last
        }
        starts.withLock { $0[id] = now }
        state.withLock { counts in
            counts.runningIn[lane, default: 0] += 1
            if counts.start == nil { counts.start = now }
        }
        return id
    }

    func ended(_ id: UInt64, in lane: Lane) {
        let now = clock.now
        starts.withLock { _ = $0.removeValue(forKey: id) }
        state.withLock { counts in
            counts.runningIn[lane, default: 0] -= 1
            counts.end = now
        }
    }

    func unreadable() { state.withLock { $0.unreadable += 1 } }

    /// - Parameter receivedAt: when the job's message was first received.
    func count(_ result: AttemptResult, receivedAt: Timestamp) {
        let now = clocks.wall()
        state.withLock { counts in
            switch result {
            case .finished(.settled(let judgement, _, _)):
                counts.settled += 1
                // The figure may come from a scanner child or from a ledger: it must not stop the worker.
                let (sum, overflows) = counts.bytes.addingReportingOverflow(max(0, judgement.evidence.bytesRead))
                counts.bytes = overflows ? .max : sum
                counts.verdicts[judgement.verdict, default: 0] += 1
                if judgement.evidence.vouchedBy != nil { counts.reusedVerdicts += 1 }
                counts.times[judgement.verdict, default: Histogram()].add(now.duration(since: receivedAt))
                counts.lastSettled = now
            case .finished(let outcome): counts.otherOutcomes[outcome.kind, default: 0] += 1
            case .duplicate: counts.duplicates += 1
            case .open: counts.retries += 1
            case .handedBack: counts.handedBack += 1
            // The job's next attempt counts.
            case .parked: break
            }
        }
    }
}
