internal import AWS
import Domain
package import Intake
package import Ledger
package import Support

/// Sweeps a dead-letter queue message by message: sends the selected messages to a queue and deletes them here. The
/// others become visible again at the end.
///
/// A message is sent before it is deleted: a kill in between leaves it in both queues, and the ledger recognises its
/// jobs. Only messages that the queue confirmed as sent are deleted, and leftovers whose jobs are done.
package struct DeadLetterReplay: Sendable {
    private let source: any MessageQueue
    private let ledger: any Ledger
    private let sender: EventSender
    private let rateLimiter: RateLimiter?
    private let context: ReplayContext
    private let clock: MonotonicClock
    private let report: @Sendable (ReplayStep) -> Void

    /// - Parameters:
    ///   - sender: one without a rate limiter: messages wait here, before their jobs are reopened.
    ///   - report: called for each job, and for each message that is left for a reason of its own.
    package init(
        from source: any MessageQueue, ledger: any Ledger, sender: EventSender, rateLimiter: RateLimiter?,
        context: ReplayContext, report: @escaping @Sendable (ReplayStep) -> Void
    ) {
        self.source = source
        self.ledger = ledger
        self.sender = sender
        self.rateLimiter = rateLimiter
        self.context = context
        self.report = report
        clock = context.clocks.monotonic
    }

    /// Returns once no new messages are received. Cancel the task to stop between two requests.
    ///
    /// - Returns: false if so many messages were left that the rest could not be looked at.
    @discardableResult
    package func run(_ selection: ReplaySelection) async throws(ReplayFailure) -> Bool {
        var sweep = DeadLetterSweep()
        var failure: ReplayFailure?
        do throws(ReplayFailure) {
            while !sweep.isOver, !sweep.isFull { try await step(&sweep, selection) }
        } catch {
            failure = error
        }
        let (isComplete, handles) = (!sweep.isFull, sweep.receiptHandles)
        await Task { await hide(handles, for: .zero) }.value
        if let failure { throw failure }
        return isComplete
    }

    private func step(_ sweep: inout DeadLetterSweep, _ selection: ReplaySelection) async throws(ReplayFailure) {
        guard !Task.isCancelled else { throw .stopped }
        await hide(sweep.renewals(now: clock.now), for: DeadLetterSweep.visibility)
        let fresh = sweep.take(try await receive(), now: clock.now)
        guard !Task.isCancelled else { throw .stopped }
        var sends: [Sending] = []
        var leftovers: [Leftover] = []
        for message in fresh {
            let (decision, records) = try await decision(message, selection)
            switch decision {
            case .skip: break
            case .leave(let reason): report(ReplayStep(.leftMessage(reason), message: message.id))
            case .leaveHeld(let event, let reason): report(ReplayStep(.left(reason), event, message))
            case .send(let events, let ended):
                if context.isDryRun {
                    report({ ended.contains(JobID(of: $0)) ? .reopened : .sent }, events, message)
                }
                sends.append(Sending(message: message, events: events, records: records))
            case .acknowledge(let events):
                if context.isDryRun { report({ _ in .acknowledged }, events, message) }
                leftovers.append(Leftover(message: message, events: events, unreadable: nil))
            case .discard(let reason):
                if context.isDryRun { report(ReplayStep(.discarded(reason), message: message.id)) }
                leftovers.append(Leftover(message: message, events: [], unreadable: reason))
            }
        }
        guard !context.isDryRun, !sends.isEmpty || !leftovers.isEmpty else { return }
        do { try await rateLimiter?.acquire(sends.count) } catch { throw .stopped }
        // A task of its own: a batch that has started is completed despite a cancellation.
        let work = Task { [sends, leftovers] in await act(sends, leftovers) }
        let (deleted, failure) = await work.value
        for message in deleted { sweep.drop(message) }
        if let failure { throw failure }
    }

    private func receive() async throws(ReplayFailure) -> [SQSMessage] {
        let max = min(10, rateLimiter?.burst ?? 10)
        // A task of its own, completed despite a cancellation: messages whose answer is dropped would stay hidden.
        let result = await Task { [source] () -> Result<[SQSMessage], AWSError> in
            do throws(AWSError) {
                return .success(
                    try await source.receive(max: max, wait: .seconds(1), visibility: DeadLetterSweep.visibility))
            } catch {
                return .failure(error)
            }
        }.value
        do { return try result.get() } catch { throw .queue(error) }
    }

    /// A message to send, the events whose jobs are to be reopened, and the jobs' records at the time of the decision.
    private struct Sending: Sendable {
        let message: SQSMessage
        let events: [Event]
        let records: [JobID: JobRecord]

        var jobs: [(job: Job, condition: ReopenCondition)] {
            events.map { event in
                let job = Job(of: event)
                return (job, ReopenCondition(unchangedSince: records[job.id]))
            }
        }
    }

    /// A message to delete: its jobs have ended, or it can't be read.
    private struct Leftover: Sendable {
        let message: SQSMessage
        let events: [Event]
        /// Why it can't be read.
        let unreadable: String?
    }

    private func decision(
        _ message: SQSMessage, _ selection: ReplaySelection
    ) async throws(ReplayFailure) -> (DeadLetterDecision, [JobID: JobRecord]) {
        let body = MessageBody(reading: message.body)
        var records: [JobID: JobRecord] = [:]
        if case .records(let all) = body {
            for id in Set(all.events.map(JobID.init(of:))) {
                do { records[id] = try await ledger.job(id) } catch { throw .ledger(error) }
            }
        }
        let decision = DeadLetterDecision(
            for: body, knowing: records, selection, firstReceivedAt: message.firstReceivedAt, now: context.now)
        return (decision, records)
    }

    /// - Returns: the deleted messages, and why the replay can't go on.
    private func act(
        _ sends: [Sending], _ leftovers: [Leftover]
    ) async -> (deleted: [SQSMessage], failure: ReplayFailure?) {
        var (toDelete, failure) = await send(sends)
        for leftover in leftovers where failure == nil {
            do throws(LedgerError) {
                try await settle(leftover)
                toDelete.append(leftover.message)
            } catch { failure = .ledger(error) }
        }
        return (await delete(toDelete), failure)
    }

    /// Records in the audit trail that a message is deleted, before it is.
    private func settle(_ leftover: Leftover) async throws(LedgerError) {
        let message = leftover.message
        guard let reason = leftover.unreadable else {
            for event in leftover.events { try await ledger.audit(context.entry("acknowledge", Job(of: event))) }
            report({ _ in .acknowledged }, leftover.events, message)
            return
        }
        let entry = AuditEntry(
            at: context.now, actor: context.actor, action: "discard", subject: message.id,
            reason: "\(context.reason) (\(reason))")
        if try await !ledger.discardUnreadable(message.id, entry) { try await ledger.audit(entry) }
        report(ReplayStep(.discarded(reason), message: message.id))
    }

    /// - Returns: the messages that were sent or need not be, and why the replay can't go on.
    private func send(_ sends: [Sending]) async -> (sent: [SQSMessage], failure: ReplayFailure?) {
        var failure: ReplayFailure?
        var ready: [(message: SQSMessage, jobs: [(event: Event, result: ReplayStep.Result)])] = []
        var done: [SQSMessage] = []
        for sending in sends {
            let message = sending.message
            var opened: [(event: Event, result: ReplayStep.Result)] = []
            var isHeld = false
            let reopenings = await JobReopener(ledger: ledger, context: context).reopen(sending.jobs)
            for (event, reopening) in zip(sending.events, reopenings) {
                switch reopening {
                case .success(.reopened): opened.append((event, .reopened))
                case .success(.open): opened.append((event, .sent))
                case .success(.unknown):
                    opened.append((event, .sent))
                    // A job that was never claimed has no record in the ledger, but gets its entry in the audit trail.
                    do { try await ledger.audit(context.entry("replay", Job(of: event))) } catch {
                        failure = .ledger(error)
                    }
                case .success(.held(let holder, let until)):
                    isHeld = true
                    report(ReplayStep(.left(.held(by: holder, until: until)), event, message))
                case .success(.ended(let kind)): report(ReplayStep(.left(.endedMeanwhile(kind)), event, message))
                case .failure(let error): failure = .ledger(error)
                }
            }
            if failure != nil { break }
            if isHeld { continue }
            if sending.events.isEmpty || !opened.isEmpty {
                ready.append((message, opened))
            } else {
                // All of its jobs have ended meanwhile.
                done.append(message)
            }
        }
        let failures = await sender.send(
            ready.map { EventMessage(body: $0.message.body, about: $0.jobs.first?.event.object) })
        var sent = done
        for ((message, jobs), unsent) in zip(ready, failures) {
            if unsent == nil { sent.append(message) }
            let results = jobs.isEmpty ? [(nil, ReplayStep.Result.sent)] : jobs.map { (Optional($0.event), $0.result) }
            for (event, result) in results { report(ReplayStep(unsent.map { .unsent($0) } ?? result, event, message)) }
            if let unsent { failure = failure ?? .sending(unsent) }
        }
        return (sent, failure)
    }

    /// - Returns: the deleted messages.
    private func delete(_ messages: [SQSMessage]) async -> [SQSMessage] {
        var rest = messages
        var reason = ""
        for _ in 1...3 where !rest.isEmpty {
            do {
                let failures = try await source.delete(rest.map(\.receiptHandle))
                reason = failures.compactMap(\.self).first?.description ?? reason
                rest = zip(rest, failures).filter { $0.1 != nil }.map(\.0)
            } catch { reason = "\(error)" }
        }
        for message in rest {
            let text =
                "handled, but not deleted from this queue (\(reason)): the next replay finds it again, which is safe"
            report(ReplayStep(.leftMessage(text), message: message.id))
        }
        let left = Set(rest.map(\.id))
        return messages.filter { !left.contains($0.id) }
    }

    /// Sets how long messages stay hidden; zero makes them visible. A message for which that fails becomes visible when
    /// its time is over, and the sweep recognises it.
    private func hide(_ handles: [String], for time: Duration) async {
        for start in stride(from: 0, to: handles.count, by: 10) {
            let batch = handles[start..<min(start + 10, handles.count)]
            _ = try? await source.changeVisibility(batch.map { (handle: $0, timeout: time) })
        }
    }

    private func report(_ result: (Event) -> ReplayStep.Result, _ events: [Event], _ message: SQSMessage) {
        if events.isEmpty { report(ReplayStep(.sent, nil, message)) }
        for event in events { report(ReplayStep(result(event), event, message)) }
    }
}
