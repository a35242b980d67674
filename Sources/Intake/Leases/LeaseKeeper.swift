internal import AWS
internal import Support

/// Extends the leases of all held messages, up to 10 per request, and notices those that expire.
final class LeaseKeeper: Sendable {
    private struct State {
        var messages: [ObjectIdentifier: HeldMessage] = [:]
        var isFinished = false
    }

    private struct Extension: Sendable {
        let message: HeldMessage
        let time: Duration
    }

    private let queue: any MessageQueue
    private let visibility: Duration
    private let clock: MonotonicClock
    private let tally: Tally
    private let log: Log
    private let state = Locked(State())
    /// Sent when a request failed, and by `finish()`.
    private let change = Signal()

    init(queue: any MessageQueue, visibility: Duration, clock: MonotonicClock, tally: Tally, log: Log) {
        self.queue = queue
        self.visibility = visibility
        self.clock = clock
        self.tally = tally
        self.log = log
    }

    func keep(_ message: HeldMessage) { state.withLock { $0.messages[ObjectIdentifier(message)] = message } }

    func drop(_ message: HeldMessage) {
        state.withLock { _ = $0.messages.removeValue(forKey: ObjectIdentifier(message)) }
    }

    func finish() {
        state.withLock { $0.isFinished = true }
        change.send()
    }

    /// Returns after `finish()`.
    func run() async {
        await withDiscardingTaskGroup { group in
            while true {
                let (messages, isFinished) = state.withLock { (Array($0.messages.values), $0.isFinished) }
                if isFinished { return }
                let now = clock.now
                // A new message is due after half a visibility timeout: a look each quarter is in time.
                var next = now + visibility / 4
                var due: [Extension] = []
                for message in messages {
                    switch message.lease.update({ $0.tick(now: now) }) {
                    case .wait(let time): next = min(next, time)
                    case .extend(let time): due.append(Extension(message: message, time: time))
                    case .over: drop(message)
                    }
                }
                for start in stride(from: 0, to: due.count, by: 10) {
                    let batch = Array(due[start..<min(start + 10, due.count)])
                    // A task of its own: a request that hangs must not delay the others.
                    group.addTask { await self.extend(batch) }
                }
                await change.wait(until: next, on: clock)
            }
        }
    }

    private func extend(_ batch: [Extension]) async {
        let start = clock.now
        tally.add { $0.visibilityRequests += 1 }
        let changes = batch.map { (handle: $0.message.receiptHandle, timeout: $0.time) }
        let failures = await batchFailures(count: batch.count) { () async throws(AWSError) in
            try await queue.changeVisibility(changes)
        }
        let now = clock.now
        for (extended, failure) in zip(batch, failures) {
            let lease = extended.message.lease
            guard let failure else {
                lease.update { $0.extended(by: extended.time, from: start) }
                tally.add { $0.extensions += 1 }
                continue
            }
            switch failure.meaning {
            case .lost: lease.update { $0.lose(.taken(failure.code)) }
            case .tooOld: lease.update { $0.refused() }
            case .transient:
                lease.update { $0.notExtended(now: now) }
                log(.warning, "extending a lease failed: retrying until it expires") {
                    $0.field("messageId", extended.message.id)
                    $0.field("error", failure.description)
                }
            }
        }
        if failures.contains(where: { $0 != nil }) { change.send() }
    }
}
