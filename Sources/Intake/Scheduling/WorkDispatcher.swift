internal import Domain
package import Support

/// Dispatches what the intakes of one or both lanes received to the worker, as `LaneSchedule` decides, and tells the
/// intakes when they may receive more.
package final class WorkDispatcher: Sendable {
    package struct Status: Sendable, Equatable {
        /// Received and not started.
        package var waiting: [Lane: Int] = [:]
        /// Bytes of the spool limit that running work has reserved, and the limit itself.
        package var taken: Int64
        package var limit: Int64?
        /// Whether work waits until other work releases bytes of the limit, or until the disk has room.
        package var waitsForBudget = false
        package var waitsForDisk = false
        /// Parked, and the messages of it.
        package var parked = 0
        package var parkedMessages: [Lane: Int] = [:]
    }

    struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<(Assignment, Permit)?, Never>
    }

    struct State {
        var schedule: LaneSchedule<Assignment>
        var open: Set<Lane>
        /// Lanes that start only messages on their last receive.
        var draining: Set<Lane> = []
        /// Work on its last receive that must not be started. It is dispatched without a turn, to be recorded.
        var abandoned: [(Assignment, Lane)] = []
        /// Work in hand that must not start for now, the oldest first.
        var parked: [(assignment: Assignment, lane: Lane)] = []
        var waiters: [Waiter] = []
        var lastWaiter = 0
        var idle: Set<Lane> = []
        var onCapacity: [Lane: @Sendable () -> Void] = [:]
        var onDrop: @Sendable (Assignment) -> Void = { _ in }

        /// Whether nothing will be dispatched any more.
        var isOver: Bool { open.isEmpty && abandoned.isEmpty && parked.isEmpty && schedule.isEmpty }

        func parkedMessages(of lane: Lane) -> Int {
            parked.isEmpty ? 0 : Set(parked.lazy.filter { $0.lane == lane }.map(\.assignment.messageID)).count
        }

        enum Parking { case parked, full, draining }

        /// Parks work, unless its lane drains or as much is parked as may be: then it is left to the caller.
        mutating func park(_ assignment: Assignment, _ lane: Lane) -> Parking {
            if draining.contains(lane) { return .draining }
            if parked.count >= WorkDispatcher.maxParked, !assignment.isLastReceive { return .full }
            parked.append((assignment, lane))
            return .parked
        }
    }

    private let lanes: Set<Lane>
    let request: @Sendable (Assignment) -> ResourceRequest
    private let space: @Sendable () -> SpoolSpace
    private let mayStart: @Sendable (Assignment) -> Bool
    private let clock: MonotonicClock
    private let log: Log
    private let state: Locked<State>

    /// - Parameters:
    ///   - lanes: those that have an intake.
    ///   - request: returns what a piece of work needs.
    ///   - space: looks at the spool's disk.
    ///   - mayStart: whether work may start now; otherwise it is parked. Called under the dispatcher's lock.
    package init(
        lanes: Set<Lane>, capacity: Capacity, request: @escaping @Sendable (Assignment) -> ResourceRequest,
        space: @escaping @Sendable () -> SpoolSpace,
        mayStart: @escaping @Sendable (Assignment) -> Bool = { _ in true }, clocks: Clocks = .system, log: Log
    ) {
        self.lanes = lanes
        self.request = request
        self.space = space
        self.mayStart = mayStart
        self.log = log
        clock = clocks.monotonic
        state = Locked(State(schedule: LaneSchedule(capacity), open: lanes))
    }

    package var status: Status {
        state.withLock { state in
            var status = state.schedule.status
            status.parked = state.parked.count
            for lane in lanes { status.parkedMessages[lane] = state.parkedMessages(of: lane) }
            return status
        }
    }

    // MARK: For the worker

    /// Waits for the next piece of work, and returns it with its permit, which is to be released when the work is over.
    /// Returns nil once all lanes have finished and nothing waits, or if the task is cancelled.
    package func next() async -> (Assignment, Permit)? {
        while let (assignment, permit) = await nextTurn() {
            // If the lease was lost while the work waited here, drop it: SQS delivers the message again.
            if assignment.lease.isHeld { return (assignment, permit) }
            release(permit)
            state.withLock { $0.onDrop }(assignment)
        }
        return nil
    }

    /// Sets a handler that is called with work that is dropped since its lease was lost before it started.
    package func onDrop(_ handler: @escaping @Sendable (Assignment) -> Void) {
        state.withLock { $0.onDrop = handler }
    }

    /// - Parameter cost: the time that the work took of a scanner child; nil if it was not scanned to an end.
    package func release(_ permit: Permit, cost: Duration? = nil) {
        state.withLock { $0.schedule.release(permit, cost: cost) }
        dispatch()
    }

    /// Dispatches all waiting work at once as abandoned: for a worker whose grace has ended.
    package func abandonWaiting(_ reason: String) {
        state.withLock { state in
            for lane in lanes {
                state.abandoned += state.schedule.removeAll(of: lane).map { ($0.abandoned(reason), lane) }
            }
        }
        dispatch()
    }

    /// Checks again whether waiting work can start: the disk may have changed.
    package func recheck() { dispatch() }

    private func nextTurn() async -> (Assignment, Permit)? {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A cancellation is seen either here or by the handler, which runs after the flag is set.
                let isOver = state.withLock { state in
                    if Task.isCancelled || state.isOver { return true }
                    state.waiters.append(Waiter(id: id, continuation: continuation))
                    return false
                }
                if isOver { continuation.resume(returning: nil) } else { dispatch() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: nil)
        }
    }

    func withState<Value: Sendable>(_ body: (inout State) -> Value) -> Value { state.withLock { body(&$0) } }

    // MARK: For an intake

    /// - Parameter onCapacity: called when the lane may be allowed to receive again.
    func register(_ lane: Lane, onCapacity: @escaping @Sendable () -> Void) {
        precondition(lanes.contains(lane), "no lane \(lane)")
        state.withLock { $0.onCapacity[lane] = onCapacity }
    }

    /// How many messages the lane may receive now; 0 if none.
    func receiveLimit(of lane: Lane) -> Int {
        state.withLock { $0.parked.count < 2 * Self.maxParked ? $0.schedule.receiveLimit(of: lane) : 0 }
    }

    /// How many of a lane's messages in hand have parked work.
    func parkedMessages(of lane: Lane) -> Int { state.withLock { $0.parkedMessages(of: lane) } }

    func enqueue(_ assignments: [Assignment], from lane: Lane) {
        let requests = assignments.map(request)
        let tooLate = state.withLock { state in
            guard state.open.contains(lane) else { return assignments }
            let isDraining = state.draining.contains(lane)
            for (assignment, request) in zip(assignments, requests) where !isDraining || assignment.isLastReceive {
                state.schedule.add(assignment, to: lane, request: request)
            }
            return isDraining ? assignments.filter { !$0.isLastReceive } : []
        }
        for assignment in tooLate { assignment.settle(.handBack) }
        dispatch()
    }

    /// Notes whether a lane is idle. Returns whether all lanes are.
    func setIdle(_ isIdle: Bool, _ lane: Lane) -> Bool {
        state.withLock { state in
            if isIdle { state.idle.insert(lane) } else { state.idle.remove(lane) }
            return state.idle == lanes
        }
    }

    /// Starts no more work of a lane: unstarted messages return to the queue. Those on their last receive would go to
    /// the dead-letter queue instead, and are still dispatched.
    func drain(_ lane: Lane) {
        let unstarted = state.withLock { state in
            state.draining.insert(lane)
            return state.schedule.removeAll(of: lane) { $0.isLastReceive }
        }
        for assignment in unstarted { assignment.settle(.handBack) }
        returnParked(lane)
        dispatch()
    }

    /// Call when the lane receives nothing more.
    func finish(_ lane: Lane) {
        state.withLock { _ = $0.open.remove(lane) }
        dispatch()
    }

    // MARK: Dispatching

    private enum Turn {
        case start(Waiter, Assignment, Permit)
        /// It was parked.
        case park
        case postpone(Assignment)
        case refuse(Assignment, Lane, bytes: Int64)
    }

    /// Gives waiters the work that may start. No continuation is resumed and no assignment released under the lock:
    /// settling an assignment takes it.
    private func dispatch() {
        while true {
            // The disk is looked at only if it matters, and never under the lock: a file system may be slow.
            let space = state.withLock { $0.schedule.needsDisk } ? self.space() : nil
            let now = clock.now
            let turn: Turn? = state.withLock { state in
                guard !state.waiters.isEmpty else { return nil }
                if !state.abandoned.isEmpty {
                    let (assignment, lane) = state.abandoned.removeFirst()
                    return .start(state.waiters.removeFirst(), assignment, state.schedule.permitWithoutWork(in: lane))
                }
                switch state.schedule.next(space, now: now) {
                case .start(let assignment, let permit):
                    if !assignment.isProbe, !mayStart(assignment) {
                        switch state.park(assignment, permit.lane) {
                        case .parked:
                            state.schedule.release(permit)
                            return .park
                        case .full:
                            state.schedule.release(permit)
                            return .postpone(assignment)
                        case .draining: break
                        }
                    }
                    return .start(state.waiters.removeFirst(), assignment, permit)
                case .refuse(let assignment, let lane, let bytes): return .refuse(assignment, lane, bytes: bytes)
                case .wait: return nil
                }
            }
            switch turn {
            case .start(let waiter, let assignment, let permit):
                waiter.continuation.resume(returning: (assignment, permit))
            case .park: continue
            case .postpone(let assignment): postpone(assignment)
            case .refuse(let assignment, let lane, let bytes): refuse(assignment, of: lane, bytes: bytes)
            case nil:
                let released = state.withLock { state in
                    guard state.isOver else { return [Waiter]() }
                    defer { state.waiters = [] }
                    return state.waiters
                }
                for waiter in released { waiter.continuation.resume(returning: nil) }
                for onCapacity in state.withLock({ Array($0.onCapacity.values) }) { onCapacity() }
                return
            }
        }
    }

    private func refuse(_ assignment: Assignment, of lane: Lane, bytes: Int64) {
        let free = space().disk.free
        let reason =
            "the object needs \(bytes) bytes of spool, and the disk has \(free) free: use a larger disk for `--spool`"
        log(.warning, "an object does not fit into the spool folder: its message returns to the queue") { json in
            json.field("messageId", assignment.messageID)
            if case .job(let job) = assignment.work {
                json.field("job", job.id.text)
                json.field("bucket", job.object.bucket)
                json.field("key", job.object.key.text)
            }
            json.field("bytes", bytes)
            json.field("free", free)
        }
        guard assignment.isLastReceive else { return assignment.settle(.retry(reason)) }
        state.withLock { $0.abandoned.append((assignment.abandoned(reason), lane)) }
    }
}
