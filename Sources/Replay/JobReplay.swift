import Domain
package import Intake
package import Ledger
package import Support

/// Works through jobs of the ledger: opens those that have ended, and sends a message of each to the queue.
///
/// The ledger comes first. A kill between the two leaves an open job that is stranded, and that the next replay of failed jobs
/// finds; the other way round the message could come to a worker while the job is still ended, and would be acknowledged.
package struct JobReplay: Sendable {
    private let ledger: any Ledger
    private let sender: EventSender
    private let pace: RateLimiter?
    private let order: ReplayOrder
    private let report: @Sendable (ReplayStep) -> Void

    private static let page = 500
    /// So many jobs are opened at once, so that they share the ledger's sync, and then sent.
    private static let batch = 100

    /// - Parameters:
    ///   - sender: one without a pace of its own: jobs wait here, before they are opened.
    ///   - report: told of each job in turn.
    package init(
        ledger: any Ledger, sender: EventSender, pace: RateLimiter?, order: ReplayOrder,
        report: @escaping @Sendable (ReplayStep) -> Void
    ) {
        self.ledger = ledger
        self.sender = sender
        self.pace = pace
        self.order = order
        self.report = report
    }

    /// Returns once all jobs were looked at. Cancel its task to have it stop between two batches.
    package func run(_ selection: ReplaySelection) async throws(ReplayFailure) {
        if selection.jobs.isEmpty {
            let start = order.now()
            for query in selection.queries { try await run(query, takesGone: selection.takesGone, start: start) }
            return
        }
        var records: [JobRecord] = []
        for id in selection.jobs {
            guard let record = try await reading({ () async throws(LedgerError) in try await ledger.job(id) }) else {
                report(ReplayStep(.unknown, job: id))
                continue
            }
            records.append(record)
            if records.count == Self.page {
                try await replay(records, takesGone: true, start: nil)
                records = []
            }
        }
        try await replay(records, takesGone: true, start: nil)
    }

    /// Page by page: jobs stay where they are in the list when they are opened, so that none is passed over.
    private func run(_ query: JobQuery, takesGone: Bool, start: Timestamp) async throws(ReplayFailure) {
        var query = query
        query.limit = Self.page
        while true {
            let page = query
            let records = try await reading { () async throws(LedgerError) in try await ledger.jobs(page) }
            try await replay(records, takesGone: takesGone, start: start)
            guard records.count == Self.page, let last = records.last else { return }
            query.before = last.job.id
        }
    }

    private func replay(_ records: [JobRecord], takesGone: Bool, start: Timestamp?) async throws(ReplayFailure) {
        var chosen: [(record: JobRecord, deed: ReplayStep.Deed)] = []
        let room = min(Self.batch, pace?.batch ?? Self.batch)
        for record in records {
            switch ReplayDecision(for: record, takesGone: takesGone, start: start, now: order.now()) {
            case .leave(let reason): report(ReplayStep(.left(reason), record))
            case .reopen: chosen.append((record, .reopened))
            case .send: chosen.append((record, .sent))
            }
            if chosen.count == room {
                try await act(on: chosen, takesGone: takesGone, start: start)
                chosen = []
            }
        }
        try await act(on: chosen, takesGone: takesGone, start: start)
    }

    private func act(
        on chosen: [(record: JobRecord, deed: ReplayStep.Deed)], takesGone: Bool, start: Timestamp?
    ) async throws(ReplayFailure) {
        guard !Task.isCancelled else { throw .stopped }
        guard !chosen.isEmpty else { return }
        if order.isDry {
            for (record, deed) in chosen { report(ReplayStep(deed, record)) }
            return
        }
        do { try await pace?.turn(of: chosen.count) } catch { throw .stopped }
        // At a slow pace the page is old by now, and others may have been here.
        var records: [JobRecord] = []
        for id in chosen.map(\.record.job.id) {
            guard let record = try await reading({ () async throws(LedgerError) in try await ledger.job(id) }) else {
                report(ReplayStep(.unknown, job: id))
                continue
            }
            switch ReplayDecision(for: record, takesGone: takesGone, start: start, now: order.now()) {
            case .leave(let reason): report(ReplayStep(.left(reason), record))
            case .reopen, .send: records.append(record)
            }
        }
        // What is opened is sent, whoever wants to stop meanwhile.
        let failure = await Task { [records] in await openAndSend(records) }.value
        if let failure { throw failure }
    }

    private func openAndSend(_ records: [JobRecord]) async -> ReplayFailure? {
        var failure: ReplayFailure?
        var opened: [(record: JobRecord, deed: ReplayStep.Deed)] = []
        let answers = await JobOpening(ledger: ledger, order: order).open(
            records.map { ($0.job, ReopenCondition(unchangedSince: $0)) })
        for (record, answer) in zip(records, answers) {
            switch answer {
            case .success(.reopened): opened.append((record, .reopened))
            case .success(.open): opened.append((record, .sent))
            case .success(.held(let holder, let until)):
                report(ReplayStep(.left(.held(by: holder, until: until)), record))
            case .success(.ended(let kind)): report(ReplayStep(.left(.endedMeanwhile(kind)), record))
            case .success(.unknown): report(ReplayStep(.unknown, record))
            case .failure(let error): failure = failure ?? .ledger(error)
            }
        }
        let results = await sender.send(opened.map { EventMessage($0.record.job.event) })
        for ((record, deed), result) in zip(opened, results) {
            report(ReplayStep(result.map { .unsent($0) } ?? deed, record))
            // Were it to go on, it would open job after job that no message comes for.
            if let result { failure = failure ?? .sending(result) }
        }
        return failure
    }

    private func reading<Value>(_ body: () async throws(LedgerError) -> Value) async throws(ReplayFailure) -> Value {
        guard !Task.isCancelled else { throw .stopped }
        do { return try await body() } catch { throw Task.isCancelled ? .stopped : .ledger(error) }
    }
}
