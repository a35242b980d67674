package import Domain
package import Support

/// Receives messages, keeps the right to work on them, gives what they ask for to a `Handout`, and tells the queue what
/// became of it.
///
/// - Each record of a message settles by itself; the message is acknowledged when all are settled for good, and goes
///   back to the queue otherwise. So does a message with a record that can't be read: its other records are worked on,
///   and the ledger knows them when they come again, until the queue's own policy moves it to the dead-letter queue.
/// - A message is held from its receipt to its last settlement. No more than `capacity` are held at a time.
package final class Intake: Sendable {
    private struct State {
        var hasRun = false
        /// Whether messages are still received and handed out.
        var isOpen = true
        /// How many messages were received and are not finished.
        var held = 0
        /// The request for messages that is under way.
        var poll: Task<[QueuedMessage], any Error>?
        /// What cuts that request off after `stop()`.
        var cutOff: Task<Void, Never>?
    }

    private let queue: any MessageQueue
    private let lane: Lane
    private let dispatcher: WorkDispatcher
    private let configuration: IntakeConfiguration
    private let timeline: MonotonicClock
    private let wallClock: @Sendable () -> Timestamp
    private let mayReceive: @Sendable () -> Bool
    private let log: Log
    private let tally = Tally()
    private let keeper: LeaseKeeper
    private let acknowledger: Acknowledger
    private let state = Locked(State())
    /// Rung when a message is finished and when the intake is closed.
    private let change = Signal()

    /// - Parameters:
    ///   - configuration: one that `validate()` finds nothing wrong with.
    ///   - dispatcher: takes what is received, and says how much that may be; nil: one of this intake's own, without bounds.
    ///   - clock: what leases, delays and idleness are measured by.
    ///   - wallClock: the time of day, for records.
    ///   - mayReceive: whether what is received can be worked on; otherwise it would only wear out its receipts. Asked
    ///     before each request, and after `lookAgain()`.
    package init(
        queue: any MessageQueue, configuration: IntakeConfiguration, lane: Lane = .live,
        dispatcher: WorkDispatcher? = nil,
        clock: any Clock<Duration> & Sendable = ContinuousClock(),
        wallClock: @escaping @Sendable () -> Timestamp = { Timestamp.now() },
        mayReceive: @escaping @Sendable () -> Bool = { true }, log: Log
    ) {
        self.queue = queue
        self.lane = lane
        self.dispatcher = dispatcher ?? WorkDispatcher(log: log)
        self.configuration = configuration
        timeline = MonotonicClock(clock)
        self.wallClock = wallClock
        self.mayReceive = mayReceive
        self.log = log
        keeper = LeaseKeeper(
            queue: queue, visibility: configuration.visibility, timeline: timeline, tally: tally, log: log)
        acknowledger = Acknowledger(
            queue: queue, keeper: keeper, configuration: configuration, timeline: timeline, tally: tally, log: log)
        self.dispatcher.register(lane) { [change] in change.ring() }
    }

    package var counters: IntakeCounters { tally.snapshot }

    /// `mayReceive` may have another answer now.
    package func lookAgain() { change.ring() }

    // MARK: The run

    /// Receives until `stop()`, until the task is cancelled (which is the same) or until the queue is idle; returns when
    /// all that was handed out is settled and the queue knows. To be called once.
    ///
    /// - Throws: `QueueUnusable` when the first request is refused in a way that will not pass.
    @concurrent package func run() async throws {
        let isOpen = state.withLock { state in
            precondition(!state.hasRun, "an intake runs once")
            state.hasRun = true
            return state.isOpen
        }
        // Neither ends by cancellation: what is held must be kept and told of to the end. Nor do they run where the caller
        // would like its tasks to: the thread of the jobs may be busy when a lease is due.
        let keeping = Task { await keeper.run() }
        let acknowledging = Task { await acknowledger.run() }
        let failure = await withTaskCancellationHandler {
            isOpen ? await receiveUntilClosed() : nil
        } onCancel: {
            stop()
        }
        stop()
        dispatcher.end(lane)
        while state.withLock({ $0.held > 0 }) { await change.wait(on: timeline) }
        acknowledger.finish()
        await acknowledging.value
        keeper.finish()
        await keeping.value
        if let failure { throw failure }
    }

    private func receiveUntilClosed() async -> QueueUnusable? {
        var idle = IdleWatch(
            limit: configuration.untilIdle, longestWait: configuration.wait, now: timeline.now)
        let backoff = Backoff(base: .milliseconds(500), max: .seconds(20))
        var failures = 0
        var hasWorked = false
        while let room = await room() {
            switch await receive(max: room, wait: idle.wait(now: timeline.now)) {
            case .success(let messages):
                (failures, hasWorked) = (0, true)
                if !messages.isEmpty { idle.stir(now: timeline.now) }
                let isQuiet =
                    messages.isEmpty && state.withLock { $0.held == 0 } && idle.isOver(now: timeline.now)
                if dispatcher.note(isQuiet: isQuiet, of: lane) { return nil }
                accept(messages)
            case .failure(let error):
                guard state.withLock({ $0.isOpen }) else { return nil }
                let isTransient = (error as? any TransientlyFailing)?.isTransient ?? true
                if !isTransient, !hasWorked { return QueueUnusable(cause: error) }
                failures += 1
                _ = dispatcher.note(isQuiet: false, of: lane)
                log(isTransient ? .warning : .error, "no messages could be received; it is tried again") {
                    $0.field("error", "\(error)")
                    $0.field("failures", failures)
                }
                let end = timeline.now + backoff.delay(attempt: failures)
                while timeline.now < end, state.withLock({ $0.isOpen }) {
                    await change.wait(until: end, on: timeline)
                }
                idle.stir(now: timeline.now)
            }
        }
        return nil
    }

    /// Waits until more messages may be held and worked on, and tells how many; nil once the intake is closed.
    private func room() async -> Int? {
        let most = configuration.capacity - configuration.batch
        while true {
            let (isOpen, held) = state.withLock { ($0.isOpen, $0.held) }
            if !isOpen { return nil }
            let room = held <= most && mayReceive() ? min(configuration.batch, dispatcher.room(for: lane)) : 0
            if room > 0 { return room }
            await change.wait(on: timeline)
        }
    }

    private func receive(max: Int, wait: Duration) async -> Result<[QueuedMessage], any Error> {
        tally.add { $0.receives += 1 }
        let (queue, visibility) = (queue, configuration.visibility)
        let poll = Task { try await queue.receive(max: max, wait: wait, visibility: visibility) }
        let isOpen = state.withLock { state in
            if state.isOpen { state.poll = poll }
            return state.isOpen
        }
        if !isOpen { poll.cancel() }
        let result = await poll.result
        let cutOff = state.withLock { state in
            state.poll = nil
            return state.cutOff.take()
        }
        cutOff?.cancel()
        return result
    }

    // MARK: What was received

    private func accept(_ messages: [QueuedMessage]) {
        let (receivedAt, time) = (timeline.now, wallClock())
        tally.add { $0.messages += messages.count }
        let isOpen = state.withLock { state in
            state.held += messages.count
            return state.isOpen
        }
        // All leases are kept up before any of the work is begun.
        let accepted = messages.map { message in
            // What comes too late goes back unread, unless it would not come again.
            let isRead = isOpen || configuration.maxReceives.map { message.receiveCount >= $0 } ?? false
            let body = isRead ? MessageBody(reading: message.body) : .records([])
            let works = works(of: body, in: message)
            let lease = Lease(
                receivedAt: receivedAt, visibility: configuration.visibility, timeline: timeline, wallClock: wallClock)
            let held = HeldMessage(
                message, records: max(1, works.count), maxReceives: configuration.maxReceives,
                receivedAt: message.firstReceivedAt ?? time, lease: lease
            ) { [self] in finish($0, $1) }
            lease.onLost { [tally, log] loss in
                tally.add { $0.leasesLost += 1 }
                log(.warning, loss.description) { $0.field("messageId", message.id) }
            }
            keeper.keep(held)
            return (held, works, isRead)
        }
        for (held, works, isRead) in accepted {
            if works.isEmpty {
                held.settleRecord(isRead ? .acknowledge : .handBack)
            } else {
                dispatcher.put(
                    works.map { work in
                        var unreadable: String?
                        if case .unreadable(let body) = work { unreadable = body.reason }
                        return Assignment(
                            work: work, message: held, ticket: SettlementHandle(held, unreadable: unreadable))
                    }, from: lane)
            }
        }
    }

    /// What there is to do about a body; nothing where it tells of nothing that was created.
    private func works(of body: MessageBody, in message: QueuedMessage) -> [Assignment.Work] {
        var works: [Assignment.Work] = []
        func add(unreadable reason: String, record: Int?) {
            works.append(.unreadable(UnreadableBody(message: message, reason: reason, record: record)))
            tally.add { $0.unreadable += 1 }
            log(.debug, "a message can't be read") {
                $0.field("messageId", message.id)
                $0.field("record", record)
                $0.field("reason", reason)
                $0.field("receiveCount", message.receiveCount)
            }
        }
        func ignore(_ name: String) {
            tally.add { $0.ignored += 1 }
            log(.debug, "an event asks for nothing") {
                $0.field("messageId", message.id)
                $0.field("event", name)
            }
        }
        switch body {
        case .test: ignore("s3:TestEvent")
        case .unreadable(let reason): add(unreadable: reason, record: nil)
        case .records(let records):
            var jobs: Set<JobID> = []
            for (index, record) in records.enumerated() {
                switch record {
                case .ignored(let name): ignore(name)
                case .unreadable(let reason): add(unreadable: reason, record: index)
                case .created(let event):
                    let job = Job(of: event)
                    // The same state of the same object twice in a message is one piece of work.
                    if jobs.insert(job.id).inserted { works.append(.job(job)) }
                }
            }
        }
        return works
    }

    /// Called once for each message, when its last record is settled.
    private func finish(_ message: HeldMessage, _ ending: HeldMessage.Ending) {
        if message.isLastReceive, ending != .acknowledge || !message.lease.isHeld {
            tally.add { $0.deadLetters += 1 }
            log.deadLetter(message, ending)
        }
        // Whose lease is lost has no say any more: the queue gives the message to whoever asks.
        if !message.lease.isHeld {
            keeper.drop(message)
        } else {
            switch ending {
            case .acknowledge: acknowledger.acknowledge(message)
            case .handBack: acknowledger.giveBack(message, after: .zero)
            case .retry(let reason):
                giveBack(message, reason, Backoff(base: configuration.retryBase, max: configuration.retryMax))
            case .unreadable(let reason):
                giveBack(message, reason, Backoff(base: configuration.unreadableBase, max: configuration.unreadableMax))
            }
        }
        state.withLock { $0.held -= 1 }
        change.ring()
    }

    private func giveBack(_ message: HeldMessage, _ reason: String, _ backoff: Backoff) {
        // Nobody will try again: the sooner it is in the dead-letter queue, the sooner somebody hears of it.
        let delay = message.isLastReceive ? .zero : backoff.delay(attempt: message.receiveCount)
        log(.info, "a message goes back to be tried again") {
            $0.field("messageId", message.id)
            $0.field("reason", reason)
            $0.field("receiveCount", message.receiveCount)
            $0.field("delaySeconds", delay.roundedUpToSeconds.components.seconds)
        }
        acknowledger.giveBack(message, after: delay)
    }

    // MARK: Handing out

    /// The next piece of work, for who has no use for its place; waits for one. Nil once the intake is closed, or when
    /// the task is cancelled.
    package func next() async -> Assignment? { await dispatcher.next()?.0 }

    /// Ends the receiving: no new requests, what was not handed out goes back to the queue at once.
    /// What was received for the last time is handed out as ever, lest it go to the dead-letter queue.
    /// What was handed out goes on, and `run()` waits for it. A request that is under way may still bring messages for a
    /// moment, lest they stay hidden for a whole lease; they go back too. Calls after the first do nothing.
    package func stop() {
        let poll = state.withLock { state in
            state.isOpen = false
            return state.poll.take()
        }
        acknowledger.hurry()
        dispatcher.close(lane)
        if let poll { cutOff(poll) }
        change.ring()
    }

    private func cutOff(_ poll: Task<[QueuedMessage], any Error>) {
        let end = timeline.now + configuration.stopGrace
        let cutOff = Task { [timeline] in
            try? await timeline.sleep(until: end)
            poll.cancel()
        }
        state.withLock { $0.cutOff = cutOff }
    }
}
