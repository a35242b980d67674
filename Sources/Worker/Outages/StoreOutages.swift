internal import Domain
package import Intake
package import Pipelines
package import Support

/// The outages of S3, by pipeline and use: while one lasts, the jobs of the pipeline wait in hand, with their leases
/// kept, and nothing more is received for it. An outage of all of S3 concerns every pipeline, unless some use their
/// buckets with another identity or in another region: then each finds out for itself.
///
/// An outage ends by itself: `run` lets one waiting job after the other try, and the first step that succeeds ends it.
package final class StoreOutages: Sendable {
    /// Nil stands for all of S3.
    private typealias Scope = StoreUse?

    /// How many failed jobs try again at once when an outage has ended; doubled at each interval.
    private static let firstRamp = 2
    private static let rampInterval = Duration.milliseconds(500)

    private let pipelines: PipelineSet
    private let sharesAccess: Bool
    private let clock: MonotonicClock
    private let log: Log
    private let breakers = Locked<[Scope: CircuitBreaker]>([:])
    /// Whether a probe needs a message that is not in hand.
    private let wantsMessage = Locked(false)
    private let change = Signal()
    private let changeHandler = Locked<@Sendable () -> Void>({})

    package init(pipelines: PipelineSet, clocks: Clocks = .system, log: Log) {
        self.pipelines = pipelines
        sharesAccess = Set(pipelines.pipelines.map(\.access)).count <= 1
        clock = clocks.monotonic
        self.log = log
    }

    /// Sets a handler that is called when `receiveCap` may have changed.
    package func onChange(_ handler: @escaping @Sendable () -> Void) { changeHandler.withLock { $0 = handler } }

    // MARK: Steps of jobs

    /// Notes a failed step.
    ///
    /// - Returns: whether the service is to blame, so that the job waits for it.
    func failed(_ job: JobID, _ use: StoreUse, _ fault: StoreFault, _ reason: String) -> CircuitBreaker.Blame {
        let scope: Scope = fault.concernsAllOfS3 && sharesAccess ? nil : use
        let now = clock.now
        let (blame, hasOpened) = breakers.withLock { $0[scope, default: CircuitBreaker()].failed(job, fault, now: now) }
        if hasOpened {
            log(.error, "S3 can't be used: its jobs wait, and nothing is received for them") { json in
                json.field("pipeline", scope?.pipeline)
                json.field("bucket", use.bucket)
                json.field("access", scope?.access.rawValue)
                json.field("fault", fault.rawValue)
                json.field("error", reason)
            }
        }
        if hasOpened || blame == .service { changed() }
        return blame
    }

    func succeeded(_ job: JobID, _ use: StoreUse) {
        let now = clock.now
        let ended: [(Scope, Duration)] = breakers.withLock { breakers in
            [nil, use].compactMap { scope in
                // A use that never failed needs no breaker.
                breakers[scope]?.succeeded(job, now: now).map { (scope, $0) }
            }
        }
        for (scope, duration) in ended {
            log(.info, "S3 can be used again") { json in
                json.field("pipeline", scope?.pipeline)
                json.field("bucket", use.bucket)
                json.field("access", scope?.access.rawValue)
                json.field("seconds", Int64(duration / .seconds(1)))
            }
        }
        if !ended.isEmpty { changed() }
    }

    /// Notes the end of an attempt.
    ///
    /// - Parameter isOver: whether the job is over too.
    func ended(_ job: JobID, isOver: Bool) {
        let isNews = breakers.withLock { breakers in
            let wereDue = breakers.values.count { $0.nextProbe != nil }
            for scope in breakers.keys {
                breakers[scope]?.stopProbing(with: job)
                if isOver { breakers[scope]?.ended(job) }
            }
            return breakers.values.count { $0.nextProbe != nil } != wereDue
        }
        if isNews { change.send() }
    }

    private func changed() {
        change.send()
        changeHandler.withLock { $0 }()
    }

    // MARK: What waits

    /// Whether the jobs of a pipeline wait.
    package func stops(_ pipeline: String) -> Bool {
        breakers.withLock { breakers in
            breakers.contains { $0.value.isOpen && ($0.key == nil || $0.key?.pipeline == pipeline) }
        }
    }

    /// Whether an assignment may start: during an outage only one that was received as a probe.
    package func mayStart(_ assignment: Assignment) -> Bool {
        guard breakers.withLock({ $0.values.contains { $0.isOpen } }) else { return true }
        guard case .job(let job) = assignment.work, let pipeline = pipeline(of: assignment), stops(pipeline) else {
            return true
        }
        let isProbe = wantsMessage.withLock { wantsMessage in
            defer { wantsMessage = false }
            return wantsMessage
        }
        guard isProbe else { return false }
        breakers.withLock { breakers in
            for scope in breakers.keys where scope == nil || scope?.pipeline == pipeline {
                breakers[scope]?.probe(with: job.id)
            }
        }
        return true
    }

    /// Call when work was parked: the outage may have ended meanwhile.
    func recheck() { change.send() }

    /// How many messages may be received: none while the jobs of every pipeline wait, but for one now and then that a
    /// probe needs.
    package var receiveCap: Int {
        guard stopsReceiving else { return .max }
        return wantsMessage.withLock { $0 } ? 1 : 0
    }

    /// Whether the jobs of every pipeline wait, so that whatever is received would only wait, too.
    package var stopsReceiving: Bool {
        guard breakers.withLock({ $0.values.contains { $0.isOpen } }) else { return false }
        return pipelines.pipelines.allSatisfy { stops($0.name) }
    }

    /// The buckets that an outage concerns, sorted, and the others that the pipelines name.
    package var buckets: [(name: String, isDown: Bool)] {
        let open = breakers.withLock { $0.filter(\.value.isOpen).keys }
        let isAll = open.contains(nil)
        var names: Set<String> = []
        for pipeline in pipelines.pipelines {
            names.insert(pipeline.match.bucket)
            for verdict in Verdict.allCases {
                if let bucket = pipeline.action(for: verdict).destination?.bucket { names.insert(bucket) }
            }
        }
        let down = Set(open.compactMap { $0?.bucket })
        return names.sorted().map { ($0, isAll || down.contains($0)) }
    }

    private func pipeline(of assignment: Assignment) -> String? {
        guard case .job(let job) = assignment.work else { return nil }
        return pipelines.pipeline(for: job.object.bucket, key: job.object.key)?.name
    }

    // MARK: The end of outages

    /// Probes, and lets waiting jobs start when an outage has ended, until its task is cancelled.
    package func run(_ dispatcher: WorkDispatcher) async {
        dispatcher.onDrop { [self] assignment in
            if case .job(let job) = assignment.work { ended(job.id, isOver: false) }
        }
        await withTaskCancellationHandler {
            // What failed comes back slowly at first: some of it may have a fault of its own.
            var (ramp, rampFrom) = (Self.firstRamp, Duration.zero)
            while !Task.isCancelled {
                let now = clock.now
                if breakers.withLock({ $0.values.contains { $0.isOpen } }) { ramp = Self.firstRamp }
                let mostTried = now >= rampFrom ? ramp : 0
                let hasMore = dispatcher.resumeParked(mostTried: mostTried) { assignment in
                    pipeline(of: assignment).map { !stops($0) } ?? true
                }
                if hasMore, mostTried > 0 {
                    rampFrom = now + Self.rampInterval
                    ramp = min(2 * ramp, 1000)
                }
                for scope in dueProbes(now) { probe(scope, dispatcher, now: now) }
                let next = breakers.withLock { $0.values.compactMap(\.nextProbe).min() }
                await change.wait(until: [next, hasMore ? rampFrom : nil].compactMap(\.self).min(), on: clock)
            }
        } onCancel: {
            change.send()
        }
    }

    private func dueProbes(_ now: Duration) -> [StoreUse?] {
        breakers.withLock { breakers in breakers.filter { $0.value.nextProbe.map { $0 <= now } ?? false }.map(\.key) }
    }

    private func probe(_ scope: StoreUse?, _ dispatcher: WorkDispatcher, now: Duration) {
        var tries: [Int] = []
        for _ in 0..<CircuitBreaker.probeWidth {
            var chosen: JobID?
            let started = dispatcher.startParked { assignment in
                guard case .job(let job) = assignment.work else { return false }
                if let scope, pipeline(of: assignment) != scope.pipeline { return false }
                breakers.withLock { $0[scope]?.probe(with: job.id) }
                chosen = job.id
                return true
            }
            guard let started else {
                // It was returned to the queue meanwhile.
                if let chosen { breakers.withLock { $0[scope]?.stopProbing(with: chosen) } }
                break
            }
            tries.append(started)
        }
        if tries.isEmpty { breakers.withLock { $0[scope]?.awaitProbe(now: now) } }
        // If all that waits was tried already, a message that comes now is the next probe: one object's fault must not
        // hold up the others.
        if tries.allSatisfy({ $0 > 0 }) {
            wantsMessage.withLock { $0 = true }
            changeHandler.withLock { $0 }()
        }
    }
}
