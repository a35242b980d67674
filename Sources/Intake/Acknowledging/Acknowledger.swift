internal import AWS
internal import Support

/// Acknowledges messages and returns messages to the queue: deletes those that are done, and sets the visibility
/// timeout of those to be delivered again.
///
/// If a delete fails, SQS delivers the message again, and the ledger recognises its jobs. If a return fails, SQS
/// delivers the message when its lease has expired. So a failed request is retried for a while, and then only logged.
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
    private let clock: MonotonicClock
    private let tally: Tally
    private let log: Log
    private let state: Locked<State>
    /// Sent when the buffers may have a batch that is due.
    private let change = Signal()

    init(
        queue: any MessageQueue, keeper: LeaseKeeper, configuration: IntakeConfiguration, clock: MonotonicClock,
        tally: Tally, log: Log
    ) {
        self.queue = queue
        self.keeper = keeper
        self.clock = clock
        self.tally = tally
        self.log = log
        let (linger, attempts) = (configuration.ackLinger, configuration.ackAttempts)
        let backoff = Backoff(base: .milliseconds(400), max: .seconds(10))
        state = Locked(
            State(
                deletes: BatchBuffer(linger: linger, attempts: attempts, backoff: backoff),
                returns: BatchBuffer(linger: linger, attempts: attempts, backoff: backoff)))
    }

    /// Deletes the message. Its lease is kept until the delete has succeeded.
    func acknowledge(_ message: HeldMessage) {
        let now = clock.now
        if state.withLock({ $0.deletes.add(message, now: now) }) { change.send() }
    }

    /// Ends the lease, and makes the message visible to receivers after `delay`.
    func returnToQueue(_ message: HeldMessage, after delay: Duration) {
        let now = clock.now
        // The lease ends before the request, so that no later extension hides the message again.
        endLease(of: message)
        let entry = Return(message: message, delay: delay.roundedUpToSeconds)
        if state.withLock({ $0.returns.add(entry, now: now) }) { change.send() }
    }

    /// From now on entries are sent without lingering.
    func flush() {
        state.withLock { state in
            state.deletes.isFlushing = true
            state.returns.isFlushing = true
        }
        change.send()
    }

    /// Lets `run()` return once all entries so far were sent, or have failed for good.
    func finish() {
        state.withLock { $0.isFinishing = true }
        flush()
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            while true {
                let now = clock.now
                switch state.withLock({ $0.next(now: now) }) {
                case nil: return
                case .wait(let time): await change.wait(until: time, on: clock)
                case .send(let deletes, let returns):
                    if !deletes.isEmpty { group.addTask { await self.delete(deletes) } }
                    if !returns.isEmpty { group.addTask { await self.makeVisible(returns) } }
                }
            }
        }
    }

    private func endLease(of message: HeldMessage, _ loss: LeaseLost = .settled) {
        message.lease.update { $0.lose(loss) }
        keeper.drop(message)
    }

    private func delete(_ batch: [BatchBuffer<HeldMessage>.Entry]) async {
        defer { change.send() }
        // A message whose lease is lost may be with another worker by now, which deletes it.
        let held = batch.filter { $0.item.lease.isHeld }
        for lost in batch where !held.contains(where: { $0.item === lost.item }) {
            state.withLock { $0.deletes.complete(lost) }
        }
        guard !held.isEmpty else { return }
        tally.add { $0.deleteRequests += 1 }
        let failures = await batchFailures(count: held.count) { () async throws(AWSError) in
            try await queue.delete(held.map(\.item.receiptHandle))
        }
        let (now, jitter) = (clock.now, Double.random(in: 0..<1))
        for (entry, failure) in zip(held, failures) {
            let message = entry.item
            guard let failure else {
                endLease(of: message)
                tally.add { $0.acknowledged += 1 }
                state.withLock { $0.deletes.complete(entry) }
                continue
            }
            if failure.meaning == .lost {
                endLease(of: message, .taken(failure.code))
                state.withLock { $0.deletes.complete(entry) }
                continue
            }
            if state.withLock({ $0.deletes.fail(entry, jitter: jitter, now: now) }) { continue }
            endLease(of: message)
            tally.add { $0.acknowledgementsFailed += 1 }
            log(.warning, "a message was not acknowledged: SQS delivers it again, and the ledger recognises its jobs") {
                $0.field("messageId", message.id)
                $0.field("error", failure.description)
            }
        }
    }

    private func makeVisible(_ batch: [BatchBuffer<Return>.Entry]) async {
        defer { change.send() }
        tally.add { $0.visibilityRequests += 1 }
        let changes = batch.map { (handle: $0.item.message.receiptHandle, timeout: $0.item.delay) }
        let failures = await batchFailures(count: batch.count) { () async throws(AWSError) in
            try await queue.changeVisibility(changes)
        }
        let (now, jitter) = (clock.now, Double.random(in: 0..<1))
        for (entry, failure) in zip(batch, failures) {
            guard let failure else {
                tally.add { $0.returned += 1 }
                state.withLock { $0.returns.complete(entry) }
                continue
            }
            // If the delivery is over, the message is visible already, or another worker has it.
            guard failure.meaning == .transient else {
                state.withLock { $0.returns.complete(entry) }
                continue
            }
            if state.withLock({ $0.returns.fail(entry, jitter: jitter, now: now) }) { continue }
            log(.warning, "a message was not returned to the queue: SQS delivers it again when its lease has expired") {
                $0.field("messageId", entry.item.message.id)
                $0.field("error", failure.description)
            }
        }
    }
}
