import Domain
package import Intake
package import Ledger
package import Support

/// Replays jobs of the ledger: reopens those that have ended, and sends the event of each to the queue.
///
/// The ledger comes first. A kill between the two leaves an open, stranded job, which the next replay of failed jobs
/// finds. In the other order a worker could receive the message while the job is still ended, and would acknowledge it.
package struct JobReplay: Sendable {
    private let ledger: any Ledger
    private let sender: EventSender
    private let rateLimiter: RateLimiter?
    private let context: ReplayContext
    private let report: @Sendable (ReplayStep) -> Void

    private static let pageSize = 500
    /// How many jobs are reopened at once, so that they share a sync of the ledger, and then sent.
    private static let batchSize = 100

    /// - Parameters:
    ///   - sender: one without a rate limiter: jobs wait here, before they are reopened.
    ///   - report: called for each job in turn.
    package init(
        ledger: any Ledger, sender: EventSender, rateLimiter: RateLimiter?, context: ReplayContext,
        report: @escaping @Sendable (ReplayStep) -> Void
    ) {
        self.ledger = ledger
        self.sender = sender
        self.rateLimiter = rateLimiter
        self.context = context
        self.report = report
    }

    /// Returns once all jobs were looked at. Cancel the task to stop between two batches.
    package func run(_ selection: ReplaySelection) async throws(ReplayFailure) {
        if selection.jobs.isEmpty {
            let start = context.now
            for query in selection.queries { try await run(query, includesGone: selection.includesGone, start: start) }
            return
        }
        var records: [JobRecord] = []
        for id in selection.jobs {
            guard let record = try await read({ () async throws(LedgerError) in try await ledger.job(id) }) else {
                report(ReplayStep(.unknown, job: id))
                continue
            }
            records.append(record)
            if records.count == Self.pageSize {
                try await replay(records, includesGone: true, start: nil)
                records = []
            }
        }
        try await replay(records, includesGone: true, start: nil)
    }

    /// Reads page by page. A reopened job keeps its position in the list, so that no job is skipped.
    private func run(_ query: JobQuery, includesGone: Bool, start: Timestamp) async throws(ReplayFailure) {
        var query = query
        query.limit = Self.pageSize
        while true {
            let page = query
            let records = try await read { () async throws(LedgerError) in try await ledger.jobs(page) }
            try await replay(records, includesGone: includesGone, start: start)
            guard records.count == Self.pageSize, let last = records.last else { return }
            query.before = last.job.id
        }
    }

    private func replay(_ records: [JobRecord], includesGone: Bool, start: Timestamp?) async throws(ReplayFailure) {
        var chosen: [(record: JobRecord, result: ReplayStep.Result)] = []
        let batchSize = min(Self.batchSize, rateLimiter?.burst ?? Self.batchSize)
        for record in records {
            switch ReplayDecision(for: record, includesGone: includesGone, start: start, now: context.now) {
            case .leave(let reason): report(ReplayStep(.left(reason), record))
            case .reopen: chosen.append((record, .reopened))
            case .send: chosen.append((record, .sent))
            }
            if chosen.count == batchSize {
                try await act(on: chosen, includesGone: includesGone, start: start)
                chosen = []
            }
        }
        try await act(on: chosen, includesGone: includesGone, start: start)
    }

    private func act(
        on chosen: [(record: JobRecord, result: ReplayStep.Result)], includesGone: Bool, start: Timestamp?
    ) async throws(ReplayFailure) {
        guard !Task.isCancelled else { throw .stopped }
        guard !chosen.isEmpty else { return }
        if context.isDryRun {
            for (record, result) in chosen { report(ReplayStep(result, record)) }
            return
        }
        do { try await rateLimiter?.acquire(chosen.count) } catch { throw .stopped }
        // At a slow rate the page is old by now, and the jobs may have changed.
        var records: [JobRecord] = []
        for id in chosen.map(\.record.job.id) {
            guard let record = try await read({ () async throws(LedgerError) in try await ledger.job(id) }) else {
                report(ReplayStep(.unknown, job: id))
                continue
            }
            switch ReplayDecision(for: record, includesGone: includesGone, start: start, now: context.now) {
            case .leave(let reason): report(ReplayStep(.left(reason), record))
            case .reopen, .send: records.append(record)
            }
        }
        // A task of its own: what is reopened is sent despite a cancellation.
        let failure = await Task { [records] in await reopenAndSend(records) }.value
        if let failure { throw failure }
    }

    private func reopenAndSend(_ records: [JobRecord]) async -> ReplayFailure? {
        var failure: ReplayFailure?
        var opened: [(record: JobRecord, result: ReplayStep.Result)] = []
        let reopenings = await JobReopener(ledger: ledger, context: context).reopen(
            records.map { ($0.job, ReopenCondition(unchangedSince: $0)) })
        for (record, reopening) in zip(records, reopenings) {
            switch reopening {
            case .success(.reopened): opened.append((record, .reopened))
            case .success(.open): opened.append((record, .sent))
            case .success(.held(let holder, let until)):
                report(ReplayStep(.left(.held(by: holder, until: until)), record))
            case .success(.ended(let kind)): report(ReplayStep(.left(.endedMeanwhile(kind)), record))
            case .success(.unknown): report(ReplayStep(.unknown, record))
            case .failure(let error): failure = failure ?? .ledger(error)
            }
        }
        let failures = await sender.send(opened.map { EventMessage($0.record.job.event) })
        for ((record, result), unsent) in zip(opened, failures) {
            report(ReplayStep(unsent.map { .unsent($0) } ?? result, record))
            // Going on would reopen job after job without a message.
            if let unsent { failure = failure ?? .sending(unsent) }
        }
        return failure
    }

    private func read<Value>(_ body: () async throws(LedgerError) -> Value) async throws(ReplayFailure) -> Value {
        guard !Task.isCancelled else { throw .stopped }
        do { return try await body() } catch { throw Task.isCancelled ? .stopped : .ledger(error) }
    }
}
