import Domain
package import Intake
package import Ledger
package import Support

/// Goes once round a dead-letter queue, message by message: what is asked for is sent to the queue again and then deleted
/// here, and the rest is shown again at the end.
///
/// Sent first: a kill before the deletion leaves the message in both queues, and the ledger knows its jobs. Nothing is
/// deleted but what was sent, with the queue's word for it, and leftovers of jobs that are done.
package struct DeadLetterReplay: Sendable {
    private let source: any MessageQueue
    private let ledger: any Ledger
    private let sender: EventSender
    private let pace: RateLimiter?
    private let order: ReplayOrder
    private let elapsed: @Sendable () -> Duration
    private let report: @Sendable (ReplayStep) -> Void

    /// - Parameters:
    ///   - sender: one without a pace of its own.
    ///   - report: told of each job, and of each message that is left for a reason of its own.
    package init<C: Clock<Duration>>(
        from source: any MessageQueue, ledger: any Ledger, sender: EventSender, pace: RateLimiter?, order: ReplayOrder,
        clock: C = ContinuousClock(), report: @escaping @Sendable (ReplayStep) -> Void
    ) {
        self.source = source
        self.ledger = ledger
        self.sender = sender
        self.pace = pace
        self.order = order
        self.report = report
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
    }

    /// Returns once nothing new comes. Cancel its task to have it stop between two requests.
    ///
    /// - Returns: false where so many messages were left that not all could be looked at.
    @discardableResult
    package func run(_ selection: ReplaySelection) async throws(ReplayFailure) -> Bool {
        var round = DeadLetterRound()
        var failure: ReplayFailure?
        do throws(ReplayFailure) {
            while !round.isOver, !round.isFull { try await step(&round, selection) }
        } catch {
            failure = error
        }
        let (isWhole, receipts) = (!round.isFull, round.receipts)
        await Task { await hide(receipts, for: .zero) }.value
        if let failure { throw failure }
        return isWhole
    }

    private func step(_ round: inout DeadLetterRound, _ selection: ReplaySelection) async throws(ReplayFailure) {
        guard !Task.isCancelled else { throw .stopped }
        await hide(round.renewals(now: elapsed()), for: DeadLetterRound.visibility)
        let received: [QueuedMessage]
        do {
            // Brought to its end even when the replay is stopped: messages whose answer is thrown away would stay hidden.
            received = try await Task { [source, most = min(10, pace?.batch ?? 10)] in
                try await source.receive(max: most, wait: .seconds(1), visibility: DeadLetterRound.visibility)
            }.value
        } catch {
            throw .queue(error)
        }
        let fresh = round.take(received, now: elapsed())
        guard !Task.isCancelled else { throw .stopped }
        var sends: [Sending] = []
        var leftovers: [(message: QueuedMessage, events: [Event])] = []
        for message in fresh {
            let (decision, records) = try await decision(message, selection)
            switch decision {
            case .pass: break
            case .leave(let reason): report(ReplayStep(.leftMessage(reason), message: message.id))
            case .leaveHeld(let event, let reason): report(ReplayStep(.left(reason), event, message))
            case .send(let events, let ended):
                if order.isDry { tell({ ended.contains(JobID(of: $0)) ? .reopened : .sent }, events, message) }
                sends.append(Sending(message: message, events: events, records: records))
            case .acknowledge(let events):
                if order.isDry { tell({ _ in .acknowledged }, events, message) }
                leftovers.append((message, events))
            }
        }
        guard !order.isDry, !sends.isEmpty || !leftovers.isEmpty else { return }
        do { try await pace?.turn(of: sends.count) } catch { throw .stopped }
        // What is begun is brought to its end, whoever wants to stop meanwhile.
        let work = Task { [sends, leftovers] in await act(sends, leftovers) }
        let (gone, failure) = await work.value
        for message in gone { round.drop(message) }
        if let failure { throw failure }
    }

    /// A message that is to be sent, its events whose jobs are to be opened, and how those stood when it was decided.
    private struct Sending: Sendable {
        let message: QueuedMessage
        let events: [Event]
        let records: [JobID: JobRecord]

        var jobs: [(job: Job, condition: ReopenCondition)] {
            events.map { event in
                let job = Job(of: event)
                return (job, ReopenCondition(unchangedSince: records[job.id]))
            }
        }
    }

    private func decision(
        _ message: QueuedMessage, _ selection: ReplaySelection
    ) async throws(ReplayFailure) -> (DeadLetterDecision, [JobID: JobRecord]) {
        let body = MessageBody(reading: message.body)
        var records: [JobID: JobRecord] = [:]
        if case .records(let all) = body {
            for id in Set(all.events.map(JobID.init(of:))) {
                do { records[id] = try await ledger.job(id) } catch { throw .ledger(error) }
            }
        }
        let decision = DeadLetterDecision(
            for: body, knowing: records, selection, firstReceivedAt: message.firstReceivedAt, now: order.now())
        return (decision, records)
    }

    /// - Returns: the messages that are deleted, and why it can't go on.
    private func act(
        _ sends: [Sending], _ leftovers: [(message: QueuedMessage, events: [Event])]
    ) async -> (gone: [QueuedMessage], failure: ReplayFailure?) {
        var (toDelete, failure) = await send(sends)
        for (message, events) in leftovers where failure == nil {
            do {
                for event in events { try await ledger.audit(order.entry("acknowledge", Job(of: event))) }
                toDelete.append(message)
                tell({ _ in .acknowledged }, events, message)
            } catch { failure = .ledger(error) }
        }
        return (await delete(toDelete), failure)
    }

    /// - Returns: those that were sent.
    private func send(
        _ sends: [Sending]
    ) async -> (sent: [QueuedMessage], failure: ReplayFailure?) {
        var failure: ReplayFailure?
        var ready: [(message: QueuedMessage, opened: [(event: Event, deed: ReplayStep.Deed)])] = []
        for sending in sends {
            let message = sending.message
            var opened: [(event: Event, deed: ReplayStep.Deed)] = []
            var isHeld = false
            let answers = await JobOpening(ledger: ledger, order: order).open(sending.jobs)
            for (event, answer) in zip(sending.events, answers) {
                switch answer {
                case .success(.reopened): opened.append((event, .reopened))
                case .success(.open): opened.append((event, .sent))
                case .success(.unknown):
                    opened.append((event, .sent))
                    // Never claimed, it has no record; the audit trail has it all the same.
                    do { try await ledger.audit(order.entry("replay", Job(of: event))) } catch {
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
            // Once all of them have ended meanwhile it is a leftover, as the next time round finds.
            if !isHeld, sending.events.isEmpty || !opened.isEmpty { ready.append((message, opened)) }
        }
        let results = await sender.send(ready.map { EventMessage(body: $0.message.body) })
        var sent: [QueuedMessage] = []
        for ((message, opened), result) in zip(ready, results) {
            if result == nil { sent.append(message) }
            let deeds = opened.isEmpty ? [(nil, ReplayStep.Deed.sent)] : opened.map { (Optional($0.event), $0.deed) }
            for (event, deed) in deeds { report(ReplayStep(result.map { .unsent($0) } ?? deed, event, message)) }
            if let result { failure = failure ?? .sending(result) }
        }
        return (sent, failure)
    }

    /// - Returns: those that are deleted.
    private func delete(_ messages: [QueuedMessage]) async -> [QueuedMessage] {
        var rest = messages
        var reason = ""
        for _ in 1...3 where !rest.isEmpty {
            do {
                let failures = try await source.delete(rest.map(\.receipt))
                reason = failures.compactMap(\.self).first?.description ?? reason
                rest = zip(rest, failures).filter { $0.1 != nil }.map(\.0)
            } catch { reason = "\(error)" }
        }
        for message in rest {
            let text = "done with, but not deleted here (\(reason)): it comes up again next time, which does no harm"
            report(ReplayStep(.leftMessage(text), message: message.id))
        }
        let left = Set(rest.map(\.id))
        return messages.filter { !left.contains($0.id) }
    }

    /// A message that could not be hidden any longer, or shown, comes up again by itself, and is known.
    private func hide(_ receipts: [String], for time: Duration) async {
        for start in stride(from: 0, to: receipts.count, by: 10) {
            let batch = receipts[start..<min(start + 10, receipts.count)]
            _ = try? await source.changeVisibility(batch.map { VisibilityChange(receipt: $0, timeout: time) })
        }
    }

    private func tell(_ deed: (Event) -> ReplayStep.Deed, _ events: [Event], _ message: QueuedMessage) {
        if events.isEmpty { report(ReplayStep(.sent, nil, message)) }
        for event in events { report(ReplayStep(deed(event), event, message)) }
    }
}

extension ReplayStep {
    fileprivate init(_ deed: Deed, _ event: Event?, _ message: QueuedMessage) {
        self.init(deed, job: event.map { JobID(of: $0) }, object: event?.object, message: message.id)
    }
}
