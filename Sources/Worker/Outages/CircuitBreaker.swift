internal import Domain
internal import Support

/// The circuit breaker of one use of S3: it separates failures of the service from those of objects. A value without
/// I/O; times count from any fixed moment.
///
/// | state | jobs | left when |
/// |---|---|---|
/// | closed | run | as many jobs as the fault's threshold failed, with no success in between |
/// | open | wait; a few at a time probe the service, with growing pauses | a step of this use succeeds |
///
/// A job has a fault of its own if it fails again although more steps of other jobs succeeded meanwhile than failed, or
/// if others succeeded before each of three failures. While the breaker is closed, one success of another job is enough
/// for a fault that does not come and go, and a job that had a fault of its own keeps it: such jobs open the breaker
/// only if very many fail with no success in between.
struct CircuitBreaker: Sendable {
    enum Blame: Sendable, Equatable {
        case service, object
        /// Too few jobs failed to tell.
        case undecided
    }

    private struct Counts: Sendable {
        var successes: UInt64 = 0
        var failures: UInt64 = 0
    }

    /// A job that failed.
    private struct Suspect: Sendable {
        /// After its latest failure.
        var counts: Counts
        /// How many of its failures had a success of another job before them.
        var strikes = 0
        /// Whether it had a fault of its own.
        var hasOwnFault = false
    }

    private struct Opening: Sendable {
        let since: Duration
        var probes = 1
        var nextProbe: Duration
        var probing: Set<JobID> = []
    }

    static let backoff = Backoff(base: .seconds(1), max: .seconds(5))
    /// How many jobs probe at once: one object's fault must not stand for the service's.
    static let probeWidth = 4
    private static let maxStrikes = 3
    /// How many jobs with a fault of their own may fail with no success in between, until the service is to blame.
    static let maxOwnFaults = 16
    /// How many failed jobs are remembered.
    static let maxSuspects = 4096

    private var counts = Counts()
    private var suspects: [JobID: Suspect] = [:]
    /// The jobs that failed since the last success, by fault.
    private var failing: [StoreFault: Set<JobID>] = [:]
    /// Those with a fault of their own that failed since the last success.
    private var failingAlone: Set<JobID> = []
    private var opening: Opening?

    var isOpen: Bool { opening != nil }
    /// How many jobs it remembers.
    var remembered: Int { suspects.count + failing.values.reduce(failingAlone.count) { $0 + $1.count } }

    /// - Returns: what the failure says about, and whether it opened the breaker.
    mutating func failed(
        _ job: JobID, _ fault: StoreFault, now: Duration, jitter: Double = .random(in: 0..<1)
    ) -> (blame: Blame, hasOpened: Bool) {
        let known = suspects[job]
        let (successes, failures) = (
            counts.successes - (known?.counts.successes ?? counts.successes),
            counts.failures - (known?.counts.failures ?? counts.failures)
        )
        let strikes = (known?.strikes ?? 0) + (successes > 0 ? 1 : 0)
        var isOwn = successes > failures || strikes >= Self.maxStrikes
        if opening == nil { isOwn = isOwn || known?.hasOwnFault == true || (fault.isLasting && successes > 0) }
        counts.failures += 1
        if known == nil, suspects.count >= Self.maxSuspects { suspects = [:] }
        suspects[job] = Suspect(
            counts: counts, strikes: isOwn ? 0 : strikes, hasOwnFault: isOwn || known?.hasOwnFault == true)
        if opening != nil {
            if !isOwn, opening?.probing.contains(job) == true { postponeProbe(now: now, jitter: jitter) }
            stopProbing(with: job)
            return (isOwn ? .object : .service, false)
        }
        if isOwn {
            failingAlone.insert(job)
            guard failingAlone.count >= Self.maxOwnFaults else { return (.object, false) }
        } else {
            failing[fault, default: []].insert(job)
            guard failing[fault, default: []].count >= fault.threshold else { return (.undecided, false) }
        }
        opening = Opening(since: now, nextProbe: now + Self.backoff.delay(attempt: 1, jitter: jitter))
        forgetFailing()
        return (.service, true)
    }

    private mutating func forgetFailing() { (failing, failingAlone) = ([:], []) }

    /// - Returns: for how long the breaker was open, if it was.
    mutating func succeeded(_ job: JobID, now: Duration) -> Duration? {
        counts.successes += 1
        forgetFailing()
        suspects[job] = nil
        defer { opening = nil }
        return opening.map { now - $0.since }
    }

    /// Forgets a job that has ended.
    mutating func ended(_ job: JobID) { suspects[job] = nil }

    // MARK: Probes

    /// When the next probes are due; nil if none are, or while some are under way.
    var nextProbe: Duration? { opening.flatMap { $0.probing.isEmpty ? $0.nextProbe : nil } }

    mutating func probe(with job: JobID) { opening?.probing.insert(job) }

    /// A probe has ended. If none failed, the next ones are due at once.
    mutating func stopProbing(with job: JobID) { opening?.probing.remove(job) }

    /// Nothing is there to probe with.
    mutating func awaitProbe(now: Duration) { opening?.nextProbe = now + Self.backoff.base }

    private mutating func postponeProbe(now: Duration, jitter: Double) {
        guard var open = opening else { return }
        // The failures of probes that went together count as one.
        if open.nextProbe <= now { open.probes = min(open.probes + 1, 30) }
        open.nextProbe = now + Self.backoff.delay(attempt: open.probes, jitter: jitter)
        opening = open
    }
}
