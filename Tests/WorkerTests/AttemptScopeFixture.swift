import AWS
import Domain
import Inspection
import Intake
import Judging
import Ledger
import Pipelines
import ScanProtocol
import Support
import TestKit
import Transfer

@testable import Worker

/// Attempts at jobs on a manual clock, over a store in memory and a ledger that fails by script.
struct AttemptScopeFixture {
    static let start = Timestamp(milliseconds: 1_795_248_600_000)

    let base: JobFixture
    let clock = ManualClock()
    let ledger: ScriptedLedger
    let patient: RetryingLedger
    let context: WorkerContext
    let log = LogLines()

    var store: MemoryStore { base.store }
    var now: Timestamp { Self.start.advanced(by: clock.now.offset) }

    init(
        _ inspector: any Inspector = ScriptedInspector(), maxWaiters: Int = 8, pipelines: String = JobFixture.uploads,
        copying: ObjectCopier.Configuration = .init()
    ) async throws {
        let log = log.log
        let clock = clock
        let clocks = Clocks(monotonic: MonotonicClock(clock)) { Self.start.advanced(by: clock.now.offset) }
        base = try await JobFixture(pipelines: pipelines)
        ledger = ScriptedLedger(base.ledger)
        patient = RetryingLedger(ledger, clocks: clocks, log: log)
        context = WorkerContext(
            worker: "ours", pipelines: base.pipelines, ledger: patient,
            fetch: RangedFetch(store: base.store, directory: base.directory.path),
            mover: ObjectMover(
                store: base.store, configuration: copying,
                capabilities: StoreCapabilities(conditionalDeletesIn: ["inbox"])),
            inspection: ObjectInspection(inspector: inspector),
            claims: ClaimKeeper(ledger: patient, life: .seconds(60), clocks: clocks, log: log),
            maxWaiters: maxWaiters, clocks: clocks)
    }

    /// Puts an object and returns its job.
    func job(_ key: String = "up/a") -> Job {
        base.store["inbox", key] = .init([1, 2, 3])
        return base.job(key)
    }

    /// Starts an attempt.
    func run(
        _ job: Job, isLastReceive: Bool = false, _ scope: AttemptScope = AttemptScope(),
        checkLease: @escaping @Sendable () throws -> Void = {}
    ) -> Task<AttemptResult, Never> {
        let run = JobRunner(
            job, receivedAt: now, isLastReceive: isLastReceive, context: context, scope: scope, checkLease: checkLease)
        return Task { await run() }
    }

    /// Claims a job as another worker.
    func claimElsewhere(_ job: Job, for time: Duration = .seconds(60)) async throws -> ClaimToken {
        let claim = try await ledger.inner.claim(
            job, by: "theirs", pipeline: "uploads", receivedAt: now, until: now.advanced(by: time), now: now)
        guard case .granted(let token, _) = claim else { throw NotGranted(claim: claim) }
        return token
    }

    struct NotGranted: Error { let claim: Claim }

    /// Advances the clock once a task sleeps on it.
    func pass(_ time: Duration) async {
        await clock.untilSleepers(1)
        clock.advance(by: time)
        try? await Task.sleep(for: .milliseconds(1))
    }
}
