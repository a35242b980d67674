package import Domain
package import Intake
package import Ledger
internal import Pipelines
internal import Support

/// Finds jobs in the ledger that were not finished and that nobody works on, and finishes or reports them.
package struct Reconciler: Sendable {
    package struct Options: Sendable {
        /// The person or program that asks, for the audit trail.
        package var actor: String
        /// Limits the run to jobs received since then.
        package var since: Timestamp?
        /// How long an open job must have been without a claim.
        package var olderThan = Duration.seconds(900)
        /// Whether settled jobs are checked too, at a request for each.
        package var includesSettled = false
        /// Whether nothing is changed.
        package var isDryRun = false

        package init(actor: String) { self.actor = actor }
    }

    let context: WorkerContext
    let sender: EventSender?
    let options: Options

    /// - Parameters:
    ///   - context: as of a worker. Its scanner is never used.
    ///   - sender: nil if there is no queue to send to.
    package init(context: WorkerContext, sender: EventSender?, options: Options) {
        self.context = context
        self.sender = sender
        self.options = options
    }

    /// Checks the jobs, a few concurrently, and reports each that is not as it should be.
    ///
    /// - Parameter isStopped: checked between jobs. Repairs that have started are finished.
    /// - Returns: how many jobs were checked.
    package func run(
        isStopped: @Sendable () -> Bool, report: (InterruptedMove) -> Void
    ) async throws(LedgerError) -> Int {
        let keeper = Task { await context.claims.run() }
        defer { keeper.cancel() }
        var checked = 0
        for var query in queries {
            while !isStopped() {
                let page = try await context.ledger.jobs(query)
                guard let last = page.last else { break }
                for start in stride(from: 0, to: page.count, by: Self.concurrency) where !isStopped() {
                    let some = page[start..<min(start + Self.concurrency, page.count)]
                    checked += some.count
                    for move in await repair(Array(some)) { report(move) }
                }
                query.before = last.job.id
            }
        }
        return checked
    }

    private static let concurrency = 8

    private var queries: [JobQuery] {
        let limit = 200
        let unclaimed = context.clocks.wall().advanced(by: .zero - options.olderThan)
        var queries = [
            JobQuery(openOnly: true, unclaimedSince: unclaimed, since: options.since, limit: limit),
            JobQuery(outcome: .failed, since: options.since, limit: limit),
        ]
        if options.includesSettled { queries.append(JobQuery(outcome: .settled, since: options.since, limit: limit)) }
        return queries
    }

    /// Returns the jobs that are not as they should be, in the order of their records.
    private func repair(_ records: [JobRecord]) async -> [InterruptedMove] {
        await withTaskGroup(of: (Int, InterruptedMove?).self) { group in
            for (index, record) in records.enumerated() {
                group.addTask { (index, await repair(record)) }
            }
            var moves: [(Int, InterruptedMove)] = []
            for await (index, move) in group {
                if let move { moves.append((index, move)) }
            }
            return moves.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// Returns nil if the job is as it should be.
    private func repair(_ record: JobRecord) async -> InterruptedMove? {
        var state: ObjectState?
        var repair: RepairAction?
        do {
            state = try await self.state(of: record)
            let chosen = try await self.repairAction(for: record, state)
            repair = chosen
            if chosen == .nothing { return nil }
            let result = try await apply(chosen, to: record, state)
            return InterruptedMove(record: record, state: state, repair: repair, result: result)
        } catch {
            return InterruptedMove(record: record, state: state, repair: repair, result: .failed("\(error)"))
        }
    }

    /// Returns nil if the job has no judgement, or one of an unknown version, or was settled without a copy.
    private func state(of record: JobRecord) async throws -> ObjectState? {
        guard let judgement = record.judgement, record.job.object.isPinned else { return nil }
        if record.outcome != nil && record.outcome?.kind != .failed && record.destination == nil { return nil }
        return try await locator(for: record).state(for: judgement)
    }

    private func repairAction(for record: JobRecord, _ state: ObjectState?) async throws -> RepairAction {
        let now = context.clocks.wall()
        let object = record.job.object
        let isTaken = pipeline(for: record) != nil
        switch (record.outcome?.kind, state) {
        case (.settled, let state?):
            guard case .there = state.source else { return .nothing }
            let latest = try await context.ledger.latestJobs(of: [object])[0]
            return .ofSettled(record, state, isLatest: latest?.job.id == record.job.id, at: now)
        case (nil, _) where !isTaken:
            return .person("no pipeline takes the object any more")
        case (.failed, let state?) where isTaken: return .ofFailed(state, at: now)
        case (nil, let state?): return .ofJudged(state, canSend: sender != nil)
        case (nil, nil): return .ofUnjudged(canSend: sender != nil)
        default: return .nothing
        }
    }

    private func pipeline(for record: JobRecord) -> Pipeline? {
        context.pipelines.pipeline(for: record.job.object.bucket, key: record.job.object.key)
    }

    func locator(for record: JobRecord) -> ObjectLocator {
        let pipeline = pipeline(for: record)
        return ObjectLocator(record: record, pipeline: pipeline, mover: context.using(pipeline).mover)
    }

    /// A runner without a message, and so without a lease: the claim alone guards the job. It does not wait for a claim
    /// that another worker has.
    ///
    /// - Parameter hasCopy: whether the copy was found.
    func runner(for record: JobRecord, hasCopy: Bool) -> JobRunner {
        let scope = AttemptScope()
        scope.drain()
        return JobRunner(
            record.job, receivedAt: record.firstReceivedAt, hasCopy: hasCopy, context: context, scope: scope,
            checkLease: {})
    }
}
