internal import Support

/// Tells the queue what became of messages: deletes those that are settled, gives back those that are to come again.
///
/// A message that could not be deleted comes again, and the ledger knows its jobs; one that could not be given back
/// comes again when its lease has run out. So a failure is retried for a while and then only told.
final class Acknowledger: Sendable {
    private struct Return: Sendable {
        let message: HeldMessage
        let delay: Duration
    }

    private struct State {
        var deletes: BatchBuffer<HeldMessage>
        var returns: BatchBuffer<Return>
        var isFinishing = false

        mutating func next(now: Duration) -> Step? {
            if isFinishing, deletes.isEmpty, returns.isEmpty { return nil }
            switch (deletes.next(now: now), returns.next(now: now)) {
            case (.wait(let one), .wait(let other)): return .wait(until: [one, other].compactMap(\.self).min())
            case (.send(let deletes), .send(let returns)): return .send(deletes: deletes, returns: returns)
            case (.send(let deletes), .wait): return .send(deletes: deletes, returns: [])
            case (.wait, .send(let returns)): return .send(deletes: [], returns: returns)
            }
        }
    }

    private enum Step {
        case send(deletes: [BatchBuffer<HeldMessage>.Entry], returns: [BatchBuffer<Return>.Entry])
        case wait(until: Duration?)
    }

    private let queue: any MessageQueue
    private let keeper: LeaseKeeper
    private let timeline: MonotonicClock
    private let tally: Tally
    private let log: Log
    private let state: Locked<State>
    private let wakeup = Signal()

    init(
        queue: any MessageQueue, keeper: LeaseKeeper, configuration: IntakeConfiguration, timeline: MonotonicClock,
        tally: Tally, log: Log
    ) {
        self.queue = queue
        self.keeper = keeper
        self.timeline = timeline
        self.tally = tally
        self.log = log
        let (linger, attempts) = (configuration.ackLinger, configuration.ackAttempts)
        let backoff = Backoff(base: .milliseconds(400), max: .seconds(10))
        state = Locked(
            State(
                deletes: BatchBuffer(linger: linger, attempts: attempts, backoff: backoff),
                returns: BatchBuffer(linger: linger, attempts: attempts, backoff: backoff)))
    }

    /// Deletes the message. Its lease is kept up until that is done.
    func acknowledge(_ message: HeldMessage) {
        let now = timeline.now
        if state.withLock({ $0.deletes.add(message, now: now) }) { wakeup.ring() }
    }

    /// Ends the lease and shows the message to others after `delay`.
    func giveBack(_ message: HeldMessage, after delay: Duration) {
        let now = timeline.now
        // Let go before the request, so that no extension follows it and hides the message again.
        end(message)
        let entry = Return(message: message, delay: delay.roundedUpToSeconds)
        if state.withLock({ $0.returns.add(entry, now: now) }) { wakeup.ring() }
    }

    /// From now on nothing waits for company.
    func hurry() {
        state.withLock { state in
            state.deletes.isHurried = true
            state.returns.isHurried = true
        }
        wakeup.ring()
    }

    /// `run()` returns once all that was given up to now is through, or given up.
    func finish() {
        state.withLock { $0.isFinishing = true }
        hurry()
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            while true {
                let now = timeline.now
                switch state.withLock({ $0.next(now: now) }) {
                case nil: return
                case .wait(let time): await wakeup.wait(until: time, on: timeline)
                case .send(let deletes, let returns):
                    if !deletes.isEmpty { group.addTask { await self.delete(deletes) } }
                    if !returns.isEmpty { group.addTask { await self.giveBack(returns) } }
                }
            }
        }
    }

    private func end(_ message: HeldMessage, _ loss: LeaseLost = .settled) {
        message.lease.update { $0.lose(loss) }
        keeper.drop(message)
    }

    private func delete(_ batch: [BatchBuffer<HeldMessage>.Entry]) async {
        defer { wakeup.ring() }
        // A message whose lease is lost may be with somebody else by now: it is theirs to delete.
        let held = batch.filter { $0.item.lease.isHeld }
        for lost in batch where !held.contains(where: { $0.item === lost.item }) {
            state.withLock { $0.deletes.settle(lost) }
        }
        guard !held.isEmpty else { return }
        tally.add { $0.deleteRequests += 1 }
        let failures = await positionalFailures(count: held.count) { try await queue.delete(held.map(\.item.receipt)) }
        let (now, spread) = (timeline.now, Double.random(in: 0..<1))
        for (entry, failure) in zip(held, failures) {
            let message = entry.item
            guard let failure else {
                end(message)
                tally.add { $0.acknowledged += 1 }
                state.withLock { $0.deletes.settle(entry) }
                continue
            }
            if failure.meaning == .lost {
                end(message, .taken(failure.code))
                state.withLock { $0.deletes.settle(entry) }
                continue
            }
            if state.withLock({ $0.deletes.fail(entry, spread: spread, now: now) }) { continue }
            end(message)
            log(.warning, "a message was not acknowledged; it comes again, and the ledger knows its jobs") {
                $0.field("messageId", message.id)
                $0.field("error", failure.description)
            }
        }
    }

    private func giveBack(_ batch: [BatchBuffer<Return>.Entry]) async {
        defer { wakeup.ring() }
        tally.add { $0.visibilityRequests += 1 }
        let changes = batch.map { VisibilityChange(receipt: $0.item.message.receipt, timeout: $0.item.delay) }
        let failures = await positionalFailures(count: batch.count) { try await queue.changeVisibility(changes) }
        let (now, spread) = (timeline.now, Double.random(in: 0..<1))
        for (entry, failure) in zip(batch, failures) {
            guard let failure else {
                tally.add { $0.returned += 1 }
                state.withLock { $0.returns.settle(entry) }
                continue
            }
            // Refused for good, it comes again by itself.
            guard failure.meaning == .passing else {
                state.withLock { $0.returns.settle(entry) }
                continue
            }
            if state.withLock({ $0.returns.fail(entry, spread: spread, now: now) }) { continue }
            log(.warning, "a message was not given back; it comes again when its lease has run out") {
                $0.field("messageId", entry.item.message.id)
                $0.field("error", failure.description)
            }
        }
    }
}
