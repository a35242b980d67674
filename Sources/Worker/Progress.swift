package import Domain
package import Intake
internal import Support

/// What a worker has done so far, for the status line and the summary.
package final class Progress: Sendable {
    package struct Counts: Sendable {
        package var settled = 0
        package var bytes: Int64 = 0
        package var verdicts: [Verdict: Int] = [:]
        package var otherOutcomes: [Outcome.Kind: Int] = [:]
        package var duplicates = 0
        package var retries = 0
        /// Jobs that were not begun or were stopped, because the worker was to end.
        package var handedBack = 0
        package var unreadable = 0
        /// Under way, by lane.
        package var runningIn: [Lane: Int] = [:]
        /// From the first job's begin to the last one's end; what an idle worker waits before and after is not in it.
        package var activeTime: Duration { begun.map { $0.duration(to: ended ?? .now) } ?? .zero }
        fileprivate var begun: ContinuousClock.Instant?
        fileprivate var ended: ContinuousClock.Instant?

        package var running: Int { runningIn.values.reduce(0, +) }

        /// Jobs that ended, whatever their outcome.
        package var objects: Int { settled + otherOutcomes.values.reduce(0, +) }
    }

    private let state = Locked(Counts())

    package init() {}

    package var counts: Counts { state.withLock { $0 } }

    func started(in lane: Lane) {
        state.withLock { counts in
            counts.runningIn[lane, default: 0] += 1
            if counts.begun == nil { counts.begun = .now }
        }
    }

    func ended(in lane: Lane) {
        state.withLock { counts in
            counts.runningIn[lane, default: 0] -= 1
            counts.ended = .now
        }
    }

    func unreadable() { state.withLock { $0.unreadable += 1 } }

    func count(_ result: JobRun.Result) {
        state.withLock { counts in
            switch result {
            case .finished(.settled(let judgement, _, _)):
                counts.settled += 1
                counts.bytes += judgement.evidence.bytesRead
                counts.verdicts[judgement.verdict, default: 0] += 1
            case .finished(let outcome): counts.otherOutcomes[outcome.kind, default: 0] += 1
            case .duplicate: counts.duplicates += 1
            case .open: counts.retries += 1
            case .handedBack: counts.handedBack += 1
            }
        }
    }
}
