package import AWS
package import Domain
internal import Intake
internal import Support

extension AWSError {
    /// An error as SQS would answer.
    package static func sqs(_ kind: Kind, _ code: String) -> AWSError {
        AWSError(kind: kind, code: code, service: .sqs, operation: nil, message: "", hint: "")
    }
}

/// SQS in memory, on a clock that a test advances: messages are hidden for their visibility timeout, and each delivery
/// has its own receipt handle, `ID#COUNT`. Tests can await requests and make them fail.
package final class MemoryQueue: MessageQueue, SendingQueue {
    package struct Message: Sendable {
        package let id: String
        package let body: String
        package fileprivate(set) var visibleAt: Duration = .zero
        package fileprivate(set) var receiptHandle: String?
        package fileprivate(set) var receiveCount = 0
    }

    package struct VisibilityChange: Sendable, Equatable {
        package let receiptHandle: String
        package let timeout: Duration

        package init(receiptHandle: String, timeout: Duration) {
            self.receiptHandle = receiptHandle
            self.timeout = timeout
        }

        package var messageID: String { String(receiptHandle.prefix { $0 != "#" }) }
    }

    package struct State: Sendable {
        package fileprivate(set) var messages: [Message] = []
        fileprivate var lastNumber = 0

        package fileprivate(set) var receiveRequests: [(max: Int, wait: Duration, visibility: Duration?)] = []
        package fileprivate(set) var sendRequests: [[String]] = []
        /// With groups and deduplication ids, each try counted.
        package fileprivate(set) var sent: [SQSOutgoingMessage] = []
        package fileprivate(set) var deleteRequests: [[String]] = []
        package fileprivate(set) var changeRequests: [[VisibilityChange]] = []
        /// Message ids, in the order of their deletion.
        package fileprivate(set) var deleted: [String] = []
        /// The number of messages delivered, and of receive requests answered.
        package fileprivate(set) var delivered = 0
        package fileprivate(set) var answered = 0

        /// The first receipt time of every delivered message.
        package var firstReceivedAt: Timestamp?
        /// Called at each receive request, before it is answered.
        package var onReceive: (@Sendable () -> Void)?
        /// The errors of the next receive requests, one each.
        package var receiveErrors: [AWSError] = []
        /// Each returns the failure of one entry of a batch. Requests are counted from 1.
        package var failSend: (@Sendable (_ body: String, _ request: Int) throws(AWSError) -> SQSBatchFailure?)?
        package var failDelete: (@Sendable (_ handle: String, _ request: Int) throws(AWSError) -> SQSBatchFailure?)?
        package var failChange:
            (@Sendable (_ change: VisibilityChange, _ request: Int) throws(AWSError) -> SQSBatchFailure?)?

        /// All changes of visibility, in order.
        package var changes: [VisibilityChange] { changeRequests.flatMap(\.self) }

        package func visibilities(of id: String) -> [Duration] {
            changes.filter { $0.messageID == id }.map(\.timeout)
        }

        /// The number of messages that are received and neither deleted nor visible again.
        package func inFlight(now: Duration) -> Int {
            messages.count { $0.receiptHandle != nil && $0.visibleAt > now }
        }

        fileprivate mutating func add(_ body: String, id: String?) {
            lastNumber += 1
            messages.append(Message(id: id ?? "m\(lastNumber)", body: body))
        }

        fileprivate mutating func deliver(max: Int, visibility: Duration, now: Duration) -> [SQSMessage] {
            var batch: [SQSMessage] = []
            for index in messages.indices where batch.count < max && messages[index].visibleAt <= now {
                messages[index].receiveCount += 1
                messages[index].visibleAt = now + visibility
                let handle = "\(messages[index].id)#\(messages[index].receiveCount)"
                messages[index].receiptHandle = handle
                batch.append(
                    SQSMessage(
                        id: messages[index].id, receiptHandle: handle, body: messages[index].body,
                        receiveCount: messages[index].receiveCount, sentAt: nil, firstReceivedAt: firstReceivedAt))
            }
            delivered += batch.count
            return batch
        }

        /// The index of the message, if the receipt handle is still valid.
        fileprivate func index(of handle: String, now: Duration) -> Int? {
            messages.firstIndex { $0.receiptHandle == handle && $0.visibleAt > now }
        }
    }

    private struct Watcher {
        let condition: @Sendable (State) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct Shared {
        var state = State()
        var lastWatcher = 0
        var watchers: [Int: Watcher] = [:]
    }

    private let shared = Locked(Shared())
    private let longPolls: Bool
    package let clock: ManualClock

    /// A queue whose receive requests wait on the clock while no message is visible.
    package convenience init(clock: ManualClock = ManualClock()) { self.init(clock: clock, longPolls: true) }

    private init(clock: ManualClock, longPolls: Bool) {
        self.clock = clock
        self.longPolls = longPolls
    }

    package var state: State { shared.withLock { $0.state } }

    private var now: Duration { clock.now.offset }

    /// Changes the state, and wakes the tasks whose condition then holds.
    @discardableResult
    package func change<Value: Sendable>(_ body: @Sendable (inout State) -> Value) -> Value {
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

    /// Returns once the condition holds after a request or change, or when the task is cancelled.
    package func until(_ condition: @escaping @Sendable (State) -> Bool) async {
        let id = shared.withLock { shared in
            shared.lastWatcher += 1
            return shared.lastWatcher
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = shared.withLock { shared in
                    if Task.isCancelled || condition(shared.state) { return true }
                    shared.watchers[id] = Watcher(condition: condition, continuation: continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let watcher = shared.withLock { $0.watchers.removeValue(forKey: id) }
            watcher?.continuation.resume()
        }
    }

    // MARK: MessageQueue and SendingQueue

    package func send(_ messages: [SQSOutgoingMessage]) async throws(AWSError) -> [SQSBatchFailure?] {
        let bodies = messages.map(\.body)
        return try change { state in
            state.sent += messages
            state.sendRequests.append(bodies)
            return Result { () throws(AWSError) in
                try bodies.map { body throws(AWSError) -> SQSBatchFailure? in
                    if let failure = try state.failSend?(body, state.sendRequests.count) { return failure }
                    state.add(body, id: nil)
                    return nil
                }
            }
        }.get()
    }

    package func receive(max: Int, wait: Duration, visibility: Duration?) async throws(AWSError) -> [SQSMessage] {
        state.onReceive?()
        let end = now + wait
        let error: AWSError? = change { state in
            state.receiveRequests.append((max, wait, visibility))
            return state.receiveErrors.isEmpty ? nil : state.receiveErrors.removeFirst()
        }
        if let error { throw error }
        defer { change { $0.answered += 1 } }
        while true {
            let now = now
            let batch = change { $0.deliver(max: max, visibility: visibility ?? .seconds(30), now: now) }
            if !batch.isEmpty || now >= end { return batch }
            guard longPolls else {
                try? await Task.sleep(for: .milliseconds(10))
                return []
            }
            await untilVisible(before: end)
            if Task.isCancelled { throw .sqs(.cancelled, "Cancelled") }
        }
    }

    /// Returns when a message may be visible, at the end of the wait, or when the task is cancelled.
    private func untilVisible(before end: Duration) async {
        let times = state.messages.map(\.visibleAt)
        if times.contains(where: { $0 <= now }) { return }
        let next = ManualClock.Instant(offset: min(times.min() ?? end, end))
        await withTaskGroup { [clock] group in
            group.addTask { try? await clock.sleep(until: next, tolerance: nil) }
            group.addTask { await self.until { $0.messages.map(\.visibleAt) != times } }
            await group.next()
            group.cancelAll()
        }
    }

    package func delete(_ receiptHandles: [String]) async throws(AWSError) -> [SQSBatchFailure?] {
        let now = now
        return try change { state in
            state.deleteRequests.append(receiptHandles)
            return Result { () throws(AWSError) in
                try receiptHandles.map { handle throws(AWSError) -> SQSBatchFailure? in
                    if let failure = try state.failDelete?(handle, state.deleteRequests.count) { return failure }
                    guard let index = state.index(of: handle, now: now) else {
                        return SQSBatchFailure(code: "ReceiptHandleIsInvalid", message: handle, isSenderFault: true)
                    }
                    state.deleted.append(state.messages.remove(at: index).id)
                    return nil
                }
            }
        }.get()
    }

    package func changeVisibility(
        _ changes: [(handle: String, timeout: Duration)]
    ) async throws(AWSError) -> [SQSBatchFailure?] {
        let now = now
        let changes = changes.map { VisibilityChange(receiptHandle: $0.handle, timeout: $0.timeout) }
        return try change { state in
            state.changeRequests.append(changes)
            return Result { () throws(AWSError) in
                try changes.map { change throws(AWSError) -> SQSBatchFailure? in
                    if let failure = try state.failChange?(change, state.changeRequests.count) { return failure }
                    guard let index = state.index(of: change.receiptHandle, now: now) else {
                        return SQSBatchFailure(
                            code: "AWS.SimpleQueueService.MessageNotInflight", message: change.receiptHandle,
                            isSenderFault: true)
                    }
                    state.messages[index].visibleAt = now + change.timeout
                    return nil
                }
            }
        }.get()
    }
}

extension MemoryQueue {
    /// A queue that answers a receive request without messages after 10 ms of real time. A hidden message becomes
    /// visible only if its clock is advanced.
    package static func answeringAtOnce(clock: ManualClock = ManualClock()) -> MemoryQueue {
        MemoryQueue(clock: clock, longPolls: false)
    }

    package func send(_ body: String, id: String? = nil) { change { $0.add(body, id: id) } }

    package func send(_ event: Event, id: String? = nil) { send(EventMessage(event).body, id: id) }

    package var messages: [Message] { state.messages }
    package var bodies: [String] { messages.map(\.body) }

    /// The ids of the visible messages.
    package var visible: [String] {
        let now = clock.now.offset
        return messages.filter { $0.visibleAt <= now }.map(\.id)
    }

    /// The events of its messages, in order.
    package var events: [Event] {
        bodies.flatMap { body -> [Event] in
            guard case .records(let records) = MessageBody(reading: body) else { return [] }
            return records.compactMap { if case .created(let event) = $0 { event } else { nil } }
        }
    }
}
