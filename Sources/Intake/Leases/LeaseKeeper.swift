internal import Support

/// Extends the leases of all held messages, up to 10 in a request, and notices those that run out.
final class LeaseKeeper: Sendable {
    private struct State {
        var messages: [ObjectIdentifier: HeldMessage] = [:]
        var isFinished = false
    }

    private let queue: any MessageQueue
    private let visibility: Duration
    private let timeline: MonotonicClock
    private let tally: Tally
    private let log: Log
    private let state = Locked(State())
    private let wakeup = Signal()

    init(queue: any MessageQueue, visibility: Duration, timeline: MonotonicClock, tally: Tally, log: Log) {
        self.queue = queue
        self.visibility = visibility
        self.timeline = timeline
        self.tally = tally
        self.log = log
    }

    func keep(_ message: HeldMessage) { state.withLock { $0.messages[ObjectIdentifier(message)] = message } }

    /// Its lease is over, or nobody asks for it any more.
    func drop(_ message: HeldMessage) {
        state.withLock { _ = $0.messages.removeValue(forKey: ObjectIdentifier(message)) }
    }

    func finish() {
        state.withLock { $0.isFinished = true }
        wakeup.ring()
    }

    /// Returns after `finish()`.
    func run() async {
        await withDiscardingTaskGroup { group in
            while true {
                let (messages, isFinished) = state.withLock { (Array($0.messages.values), $0.isFinished) }
                if isFinished { return }
                let now = timeline.now
                // New messages need nothing before half of a visibility has gone: a look each quarter is in time.
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
                    // A request that hangs must not keep the others from being made.
                    group.addTask { await self.extend(batch) }
                }
                await wakeup.wait(until: next, on: timeline)
            }
        }
    }

    private struct Extension: Sendable {
        let message: HeldMessage
        let time: Duration
    }

    private func extend(_ batch: [Extension]) async {
        let start = timeline.now
        tally.add { $0.visibilityRequests += 1 }
        let failures = await positionalFailures(count: batch.count) {
            try await queue.changeVisibility(
                batch.map { VisibilityChange(receipt: $0.message.receipt, timeout: $0.time) })
        }
        let now = timeline.now
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
            case .passing:
                lease.update { $0.notExtended(now: now) }
                log(.warning, "a lease was not extended; it is tried again until the lease runs out") {
                    $0.field("messageId", extended.message.id)
                    $0.field("error", failure.description)
                }
            }
        }
        if failures.contains(where: { $0 != nil }) { wakeup.ring() }
    }
}

/// What a batch request failed with, entry by entry. A request that failed as a whole, or that did not answer for each
/// entry, failed for every one.
func positionalFailures(
    count: Int, of request: () async throws -> [QueueFailure?]
) async -> [QueueFailure?] {
    do {
        let failures = try await request()
        if failures.count == count { return failures }
        let answer = QueueFailure(code: "Unanswered", message: "\(failures.count) results for \(count) entries")
        return Array(repeating: answer, count: count)
    } catch {
        return Array(repeating: QueueFailure(code: "RequestFailed", message: "\(error)"), count: count)
    }
}
