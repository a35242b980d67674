import Domain
import Intake
import Support
import TestKit

/// A queue in memory with the manners of SQS: messages are hidden for their visibility, each delivery has a receipt of
/// its own, an empty queue is waited on. Faults are scripted; what was asked of it can be awaited.
final class FakeQueue: MessageQueue {
    struct Message {
        let id: String
        let body: String
        var visibleAt: Duration = .zero
        var receipt: String?
        var receiveCount = 0
    }

    struct State {
        var messages: [Message] = []
        var receives: [(max: Int, wait: Duration, visibility: Duration)] = []
        var deletes: [[String]] = []
        var changes: [[VisibilityChange]] = []
        /// Ids, in the order of their deletion.
        var deleted: [String] = []
        /// How many messages were given out.
        var given = 0
        /// How many of the requests for messages have been answered.
        var answered = 0
        /// Each is thrown by one request for messages, in turn.
        var receiveErrors: [any Error] = []
        var failDelete: (@Sendable (_ receipt: String, _ request: Int) throws -> QueueFailure?)?
        var failChange: (@Sendable (_ change: VisibilityChange, _ request: Int) throws -> QueueFailure?)?
        var ignoresCancellation = false

        /// How many messages are received and neither deleted nor visible again.
        func inFlight(now: Duration) -> Int { messages.count { $0.receipt != nil && $0.visibleAt > now } }

        func visibilities(of id: String) -> [Duration] {
            changes.flatMap(\.self).filter { $0.receipt.hasPrefix(id + "#") }.map(\.timeout)
        }
    }

    private struct Shared {
        var state = State()
        var lastWatcher = 0
        var watchers: [Int: (condition: @Sendable (State) -> Bool, continuation: CheckedContinuation<Void, Never>)] =
            [:]
    }

    private let shared = Locked(Shared())
    let clock: ManualClock

    init(clock: ManualClock) { self.clock = clock }

    var state: State { shared.withLock { $0.state } }

    private var now: Duration { clock.now.offset }

    /// Changes the state and tells those who watch it.
    @discardableResult
    func change<Value: Sendable>(_ body: @Sendable (inout State) -> Value) -> Value {
        let (value, woken) = shared.withLock { shared in
            let value = body(&shared.state)
            let state = shared.state
            let met = shared.watchers.filter { $0.value.condition(state) }
            for (id, _) in met { shared.watchers.removeValue(forKey: id) }
            return (value, met.map(\.value.continuation))
        }
        for continuation in woken { continuation.resume() }
        return value
    }

    /// Waits until the condition holds, as seen after some request or change, or until the task is cancelled.
    func until(_ condition: @escaping @Sendable (State) -> Bool) async {
        let id = shared.withLock { shared in
            shared.lastWatcher += 1
            return shared.lastWatcher
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isSo = shared.withLock { shared in
                    if Task.isCancelled || condition(shared.state) { return true }
                    shared.watchers[id] = (condition, continuation)
                    return false
                }
                if isSo { continuation.resume() }
            }
        } onCancel: {
            let watcher = shared.withLock { $0.watchers.removeValue(forKey: id) }
            watcher?.continuation.resume()
        }
    }

    func send(_ body: String, id: String) { change { $0.messages.append(Message(id: id, body: body)) } }

    /// A message with one record for each key.
    func send(keys: [String], id: String) {
        let records = keys.map { recordText(key: $0, sequencer: id) }.joined(separator: ",")
        send("{\"Records\":[\(records)]}", id: id)
    }

    /// Messages `m1`, `m2`, … with one record each.
    func send(count: Int) { for index in 1...count { send(keys: ["k\(index)"], id: "m\(index)") } }

    func receive(max: Int, wait: Duration, visibility: Duration) async throws -> [QueuedMessage] {
        let end = now + wait
        let error: (any Error)? = change { state in
            state.receives.append((max, wait, visibility))
            return state.receiveErrors.isEmpty ? nil : state.receiveErrors.removeFirst()
        }
        if let error { throw error }
        defer { change { $0.answered += 1 } }
        while true {
            let now = now
            let taken = change { state in
                var taken: [QueuedMessage] = []
                for index in state.messages.indices where taken.count < max && state.messages[index].visibleAt <= now {
                    state.messages[index].receiveCount += 1
                    let receipt = "\(state.messages[index].id)#\(state.messages[index].receiveCount)"
                    state.messages[index].receipt = receipt
                    state.messages[index].visibleAt = now + visibility
                    taken.append(
                        QueuedMessage(
                            id: state.messages[index].id, receipt: receipt, body: state.messages[index].body,
                            receiveCount: state.messages[index].receiveCount,
                            firstReceivedAt: Timestamp(milliseconds: 1_795_248_550_123)))
                }
                state.given += taken.count
                return taken
            }
            if !taken.isEmpty || now >= end { return taken }
            await untilVisible(before: end)
            if !state.ignoresCancellation { try Task.checkCancellation() }
        }
    }

    /// Waits until a message may be visible, the end of the wait, or cancellation.
    private func untilVisible(before end: Duration) async {
        let (clock, state) = (clock, state)
        let times = state.messages.map(\.visibleAt)
        if times.contains(where: { $0 <= now }) { return }
        let time = ManualClock.Instant(offset: min(times.filter { $0 > now }.min() ?? end, end))
        let waiting = Task {
            await withTaskGroup { group in
                group.addTask { try? await clock.sleep(until: time, tolerance: nil) }
                group.addTask { await self.until { $0.messages.map(\.visibleAt) != times } }
                await group.next()
                group.cancelAll()
            }
        }
        await withTaskCancellationHandler {
            await waiting.value
        } onCancel: {
            if !state.ignoresCancellation { waiting.cancel() }
        }
    }

    func delete(_ receipts: [String]) async throws -> [QueueFailure?] {
        let now = now
        return try change { state in
            state.deletes.append(receipts)
            return Result {
                try receipts.map { receipt -> QueueFailure? in
                    if let failure = try state.failDelete?(receipt, state.deletes.count) { return failure }
                    guard let index = state.index(of: receipt, now: now) else {
                        return QueueFailure(code: "ReceiptHandleIsInvalid", message: receipt)
                    }
                    state.deleted.append(state.messages.remove(at: index).id)
                    return nil
                }
            }
        }.get()
    }

    func changeVisibility(_ changes: [VisibilityChange]) async throws -> [QueueFailure?] {
        let now = now
        return try change { state in
            state.changes.append(changes)
            return Result {
                try changes.map { change -> QueueFailure? in
                    if let failure = try state.failChange?(change, state.changes.count) { return failure }
                    guard let index = state.index(of: change.receipt, now: now) else {
                        return QueueFailure(code: "AWS.SimpleQueueService.MessageNotInflight", message: change.receipt)
                    }
                    state.messages[index].visibleAt = now + change.timeout
                    return nil
                }
            }
        }.get()
    }
}

extension FakeQueue.State {
    fileprivate func index(of receipt: String, now: Duration) -> Int? {
        messages.firstIndex { $0.receipt == receipt && $0.visibleAt > now }
    }
}

struct DeniedError: TransientlyFailing {
    var isTransient: Bool { false }
}

struct OutageError: TransientlyFailing {
    var isTransient: Bool { true }
}
