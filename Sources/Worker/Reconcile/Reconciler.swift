package import Domain
package import Intake
package import Ledger
internal import Pipelines
internal import Support

/// Goes through the ledger for jobs that stand half-way and that nobody is going to bring further, and finishes them or
/// tells of them.
package struct Reconciler: Sendable {
    package struct Options: Sendable {
        /// Who asks, for the audit trail.
        package var actor: String
        /// Only jobs received since then.
        package var since: Timestamp?
        /// How long nobody must have had a claim on an open job.
        package var olderThan = Duration.seconds(900)
        /// Whether jobs that ended with their object at another place are looked at: a request for each.
        package var includesSettled = false
        /// Whether nothing is to be changed.
        package var isDryRun = false

        package init(actor: String) { self.actor = actor }
    }

    let parts: JobRun.Parts
    let sender: EventSender?
    let options: Options

    /// - Parameters:
    ///   - parts: those of a worker; its scanner is never asked.
    ///   - sender: nil where there is no queue to send to.
    package init(parts: JobRun.Parts, sender: EventSender?, options: Options) {
        self.parts = parts
        self.sender = sender
        self.options = options
    }

    /// Looks at one job after the other, a few at once, and tells of each that is not as it should be.
    ///
    /// - Parameter isStopped: asked between jobs; what is begun is finished.
    /// - Returns: how many jobs were looked at.
    package func run(
        isStopped: @Sendable () -> Bool, tell: (InterruptedMove) -> Void
    ) async throws(LedgerError) -> Int {
        let keeper = Task { await parts.claims.run() }
        defer { keeper.cancel() }
        var looked = 0
        for var query in queries {
            while !isStopped() {
                let page = try await parts.ledger.jobs(query)
                guard let last = page.last else { break }
                for start in stride(from: 0, to: page.count, by: Self.atOnce) where !isStopped() {
                    let some = page[start..<min(start + Self.atOnce, page.count)]
                    looked += some.count
                    for move in await handle(Array(some)) { tell(move) }
                }
                query.before = last.job.id
            }
        }
        return looked
    }

    private static let atOnce = 8

    private var queries: [JobQuery] {
        let limit = 200
        let unclaimed = Timestamp.now().advanced(by: .zero - options.olderThan)
        var queries = [
            JobQuery(openOnly: true, unclaimedSince: unclaimed, since: options.since, limit: limit),
            JobQuery(outcome: .failed, since: options.since, limit: limit),
        ]
        if options.includesSettled { queries.append(JobQuery(outcome: .settled, since: options.since, limit: limit)) }
        return queries
    }

    /// Those that are not as they should be, in their order.
    private func handle(_ records: [JobRecord]) async -> [InterruptedMove] {
        await withTaskGroup(of: (Int, InterruptedMove?).self) { group in
            for (place, record) in records.enumerated() {
                group.addTask { (place, await handle(record)) }
            }
            var moves: [(Int, InterruptedMove)] = []
            for await (place, move) in group {
                if let move { moves.append((place, move)) }
            }
            return moves.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// Nil where nothing is amiss.
    private func handle(_ record: JobRecord) async -> InterruptedMove? {
        var found: ObjectState?
        var remedy: RepairAction?
        do {
            found = try await whereabouts(record)
            let chosen = try await self.remedy(of: record, found)
            remedy = chosen
            if chosen == .nothing { return nil }
            let result = try await apply(chosen, to: record)
            return InterruptedMove(record: record, found: found, remedy: remedy, result: result)
        } catch {
            return InterruptedMove(record: record, found: found, remedy: remedy, result: .failed("\(error)"))
        }
    }

    /// Nil of a job whose judgement does not say which bytes it is about, or that has none.
    private func whereabouts(_ record: JobRecord) async throws -> ObjectState? {
        guard let judgement = record.judgement, record.job.object.isPinned else { return nil }
        if record.outcome != nil && record.outcome?.kind != .failed && record.destination == nil { return nil }
        let pipeline = parts.pipelines.pipeline(for: record.job.object.bucket, key: record.job.object.key)
        return try await run(of: record).whereabouts(judgement, pipeline, settled: record.destination)
    }

    private func remedy(of record: JobRecord, _ found: ObjectState?) async throws -> RepairAction {
        let now = Timestamp.now()
        let object = record.job.object
        let isTaken = parts.pipelines.pipeline(for: object.bucket, key: object.key) != nil
        switch (record.outcome?.kind, found) {
        case (.settled, let found?):
            guard case .there = found.source else { return .nothing }
            let latest = try await parts.ledger.latestJobs(of: [object])[0]
            return .ofSettled(record, found, isLatest: latest?.job.id == record.job.id, at: now)
        case (nil, _) where !isTaken:
            return .person("no pipeline takes the object any more")
        case (.failed, let found?) where isTaken: return .ofFailed(found, at: now)
        case (nil, let found?): return .ofJudged(found, canSend: sender != nil)
        case (nil, nil): return .ofUnjudged(canSend: sender != nil)
        default: return .nothing
        }
    }

    /// No message stands behind it, so there is no lease: the claim alone says whose the job is. One that somebody else
    /// has is not waited for.
    func run(of record: JobRecord) -> JobRun {
        let scope = AttemptScope()
        scope.drain()
        return JobRun(
            record.job, receivedAt: record.firstReceivedAt, parts: parts, scope: scope, checkLease: {})
    }
}
