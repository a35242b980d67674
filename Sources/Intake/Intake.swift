internal import AWS
internal import Domain
package import Support

/// Receives messages of one queue, keeps their leases, passes their records to a `WorkDispatcher`, and acknowledges
/// each message or returns it to the queue.
///
/// - Each record of a message is settled separately. The message is acknowledged once all are done; otherwise it
///   returns to the queue. So does a message with an unreadable record: its other records are worked on, and the ledger
///   recognises them when the message is delivered again, until the queue's redrive policy moves it to the dead-letter
///   queue.
/// - A message is held from its receipt to its last settlement. At most `maxHeld` messages are held at once.
package final class Intake: Sendable {
    private typealias Received = Result<[SQSMessage], AWSError>

    private struct State {
        var hasRun = false
        /// Whether messages are still received and dispatched.
        var isOpen = true
        /// How many received messages are not settled.
        var held = 0
        /// Whether the latest request for messages failed.
        var isFailing = false
        /// The pending request for messages.
        var pending: Task<Received, Never>?
        /// Cancels that request at the end of `stopGrace`.
        var cancelPending: Task<Void, Never>?
    }

    private let queue: any MessageQueue
    private let lane: Lane
    private let dispatcher: WorkDispatcher
    private let configuration: IntakeConfiguration
    private let clocks: Clocks
    private let mayReceive: @Sendable () -> Bool
    private let receiveCap: @Sendable () -> Int
    private let log: Log
    private let tally = Tally()
    private let keeper: LeaseKeeper
    private let acknowledger: Acknowledger
    private let state = Locked(State())
    /// Sent when a message is settled, when there may be capacity, and when the intake is closed.
    private let change = Signal()

    private var clock: MonotonicClock { clocks.monotonic }

    /// - Parameters:
    ///   - configuration: one without problems in `validate()`.
    ///   - dispatcher: takes what is received, and limits how much that may be.
    ///   - mayReceive: whether received work could be done now; otherwise receiving would only raise receive counts.
    ///     Called before each request, and after `recheck()`.
    ///   - receiveCap: the most messages to ask for, read before each request: fewer while received work would be
    ///     parked.
    package init(
        queue: any MessageQueue, configuration: IntakeConfiguration, lane: Lane = .live, dispatcher: WorkDispatcher,
        clocks: Clocks = .system, mayReceive: @escaping @Sendable () -> Bool = { true },
        receiveCap: @escaping @Sendable () -> Int = { .max }, log: Log
    ) {
        self.queue = queue
        self.lane = lane
        self.dispatcher = dispatcher
        self.configuration = configuration
        self.clocks = clocks
        self.mayReceive = mayReceive
        self.receiveCap = receiveCap
        self.log = log
        keeper = LeaseKeeper(
            queue: queue, visibility: configuration.visibility, clock: clocks.monotonic, tally: tally, log: log)
        acknowledger = Acknowledger(
            queue: queue, keeper: keeper, configuration: configuration, clock: clocks.monotonic, tally: tally, log: log)
        dispatcher.register(lane) { [change] in change.send() }
    }

    package var counters: IntakeCounters { tally.snapshot }

    /// Whether the latest request for messages failed.
    package var isFailing: Bool { state.withLock { $0.isFailing } }

    /// Call when the result of `mayReceive` may have changed.
    package func recheck() { change.send() }

    // MARK: The run

    /// Receives until `stop()`, until the task is cancelled (which is the same) or until the queue is idle. Returns
    /// when all dispatched work is settled and the queue has been updated. Call it once.
    ///
    /// - Throws: `QueueUnusable` if the first request is refused for good.
    @concurrent package func run() async throws {
        let isOpen = state.withLock { state in
            precondition(!state.hasRun, "an intake runs once")
            state.hasRun = true
            return state.isOpen
        }
        // Unstructured tasks: neither ends with a cancellation, since held messages must be kept and settled, and
        // neither inherits the caller's executor, since the thread of the jobs may be busy when a lease is due.
        let keeping = Task { await keeper.run() }
        let acknowledging = Task { await acknowledger.run() }
        let failure = await withTaskCancellationHandler {
            isOpen ? await receiveUntilClosed() : nil
        } onCancel: {
            stop()
        }
        stop()
        dispatcher.finish(lane)
        while state.withLock({ $0.held > 0 }) { await change.wait(on: clock) }
        acknowledger.finish()
        await acknowledging.value
        keeper.finish()
        await keeping.value
        if let failure { throw failure }
    }

    private func receiveUntilClosed() async -> QueueUnusable? {
        var idle = IdleTimeout(limit: configuration.untilIdle, longestWait: configuration.wait, now: clock.now)
        let backoff = Backoff(base: .milliseconds(500), max: .seconds(20))
        var failures = 0
        var hasSucceeded = false
        // Fewer after an answer that was too large.
        var most = configuration.batch
        while let limit = await receiveLimit() {
            switch await receive(max: min(limit, most), wait: idle.wait(now: clock.now)) {
            case .success(let messages):
                (failures, hasSucceeded) = (0, true)
                state.withLock { $0.isFailing = false }
                most = min(configuration.batch, most + 1)
                if !messages.isEmpty { idle.reset(now: clock.now) }
                let working = state.withLock { $0.held } - dispatcher.parkedMessages(of: lane)
                let isIdle = messages.isEmpty && working <= 0 && idle.isExpired(now: clock.now)
                if dispatcher.setIdle(isIdle, lane) { return nil }
                accept(messages)
            case .failure(let error):
                guard state.withLock({ $0.isOpen }) else { return nil }
                if error.isOfConfiguration, !hasSucceeded { return QueueUnusable(cause: error) }
                if error.isTooLarge { most = max(1, most / 2) }
                failures += 1
                state.withLock { $0.isFailing = true }
                _ = dispatcher.setIdle(false, lane)
                log(error.isRetryable ? .warning : .error, "receiving messages failed: retrying") {
                    $0.field("error", "\(error)")
                    $0.field("failures", failures)
                }
                let end = clock.now + backoff.delay(attempt: failures)
                while clock.now < end, state.withLock({ $0.isOpen }) { await change.wait(until: end, on: clock) }
                idle.reset(now: clock.now)
            }
        }
        return nil
    }

    /// Waits until more messages may be held and worked on. Returns how many, or nil once the intake is closed.
    private func receiveLimit() async -> Int? {
        let most = configuration.maxHeld - configuration.batch
        while true {
            let (isOpen, held) = state.withLock { ($0.isOpen, $0.held) }
            if !isOpen { return nil }
            let isAllowed = held - dispatcher.parkedMessages(of: lane) <= most && mayReceive()
            let limit = isAllowed ? min(configuration.batch, dispatcher.receiveLimit(of: lane)) : 0
            let allowed = limit > 0 ? min(limit, receiveCap()) : 0
            if allowed > 0 { return allowed }
            await change.wait(on: clock)
        }
    }

    private func receive(max: Int, wait: Duration) async -> Received {
        tally.add { $0.receives += 1 }
        let (queue, visibility) = (queue, configuration.visibility)
        let pending = Task<Received, Never> {
            do throws(AWSError) {
                return .success(try await queue.receive(max: max, wait: wait, visibility: visibility))
            } catch {
                return .failure(error)
            }
        }
        let isOpen = state.withLock { state in
            if state.isOpen { state.pending = pending }
            return state.isOpen
        }
        if !isOpen { pending.cancel() }
        let result = await pending.value
        let cancelPending = state.withLock { state in
            state.pending = nil
            return state.cancelPending.take()
        }
        cancelPending?.cancel()
        return result
    }

    // MARK: Received messages

    private func accept(_ messages: [SQSMessage]) {
        let (receivedAt, time) = (clock.now, clocks.wall())
        tally.add { $0.messages += messages.count }
        let isOpen = state.withLock { state in
            state.held += messages.count
            return state.isOpen
        }
        // All leases are kept before any of the work starts.
        let accepted = messages.map { message in
            // What arrives after a stop is returned unread, unless SQS would not deliver it again.
            let isRead = isOpen || configuration.maxReceives.map { message.receiveCount >= $0 } ?? false
            let body = isRead ? MessageBody(reading: message.body) : .records([])
            let works = works(of: body, in: message)
            let lease = Lease(receivedAt: receivedAt, visibility: configuration.visibility, clock: clock)
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
                held.settleRecord(isRead ? .done : .handBack)
            } else {
                dispatcher.enqueue(
                    works.map { work in
                        var unreadableReason: String?
                        if case .unreadable(let body) = work { unreadableReason = body.reason }
                        let handle = SettlementHandle(held, unreadableReason: unreadableReason)
                        return Assignment(work: work, message: held, handle: handle)
                    }, from: lane)
            }
        }
    }

    /// Returns the work of a body; none if it reports no created object.
    private func works(of body: MessageBody, in message: SQSMessage) -> [Assignment.Work] {
        var works: [Assignment.Work] = []
        func add(unreadable reason: String, record: Int?) {
            works.append(.unreadable(UnreadableBody(message: message, reason: reason, record: record)))
            tally.add { $0.unreadable += 1 }
            log(.debug, "unreadable message received") {
                $0.field("messageId", message.id)
                $0.field("record", record)
                $0.field("reason", reason)
                $0.field("receiveCount", message.receiveCount)
            }
        }
        func ignore(_ name: String) {
            tally.add { $0.ignored += 1 }
            log(.debug, "event ignored") {
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
                    // The same version of an object twice in a message is one piece of work.
                    if jobs.insert(job.id).inserted { works.append(.job(job)) }
                }
            }
        }
        return works
    }

    /// Called once for each message, when its last record is settled.
    private func finish(_ message: HeldMessage, _ settlement: Settlement) {
        if message.isLastReceive, settlement != .done || !message.lease.isHeld {
            tally.add { $0.deadLetters += 1 }
            log.deadLetter(message, settlement)
        }
        // After a lost lease SQS may deliver the message to another worker: leave it alone.
        if !message.lease.isHeld {
            keeper.drop(message)
        } else {
            switch settlement {
            case .done: acknowledger.acknowledge(message)
            case .handBack: acknowledger.returnToQueue(message, after: .zero)
            case .postpone(let delay): acknowledger.returnToQueue(message, after: delay)
            case .retry(let reason): retry(message, reason)
            }
        }
        state.withLock { $0.held -= 1 }
        change.send()
    }

    private func retry(_ message: HeldMessage, _ reason: String) {
        let backoff =
            message.isUnreadable
            ? Backoff(base: configuration.unreadableBase, max: configuration.unreadableMax)
            : Backoff(base: configuration.retryBase, max: configuration.retryMax)
        // After its last receive nobody retries the message: move it to the dead-letter queue without delay.
        let delay = message.isLastReceive ? .zero : backoff.delay(attempt: message.receiveCount)
        log(.info, "message returned to the queue for a retry") {
            $0.field("messageId", message.id)
            // The code that settled the record has logged any other reason.
            if reason == SettlementHandle.dropped { $0.field("reason", reason) }
            $0.field("receiveCount", message.receiveCount)
            $0.field("delaySeconds", delay.roundedUpToSeconds.components.seconds)
        }
        acknowledger.returnToQueue(message, after: delay)
    }

    // MARK: The stop

    /// Stops receiving. Messages that were not dispatched return to the queue at once, except those on their last
    /// receive: they would go to the dead-letter queue, and are still dispatched. Dispatched work goes on, and `run()`
    /// waits for it. A pending request may continue for `stopGrace`, since messages of a cancelled request may stay
    /// hidden for a whole lease; its messages return to the queue too. Calls after the first do nothing.
    package func stop() {
        let pending = state.withLock { state in
            state.isOpen = false
            return state.pending.take()
        }
        acknowledger.flush()
        dispatcher.drain(lane)
        if let pending { cancelAfterGrace(pending) }
        change.send()
    }

    private func cancelAfterGrace(_ pending: Task<Received, Never>) {
        let end = clock.now + configuration.stopGrace
        let cancelPending = Task { [clock] in
            try? await clock.sleep(until: end)
            pending.cancel()
        }
        state.withLock { $0.cancelPending = cancelPending }
    }
}
