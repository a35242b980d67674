internal import Domain
package import Support

/// What a piece of work holds of the worker as long as it is under way.
package struct Permit: Sendable, Equatable {
    package let lane: Lane
    let isLarge: Bool
    /// Bytes of the budget.
    let bytes: Int64
}

/// Who waits, and for what.
package struct WorkDispatcherStatus: Sendable, Equatable {
    /// Received and not begun.
    package var waiting: [Lane: Int] = [:]
    /// Bytes of the budget that work under way holds, and all that there are.
    package var taken: Int64
    package var limit: Int64?
    /// Whether work waits until other work has given bytes back, or until the disk has room.
    package var waitsForBudget = false
    package var waitsForDisk = false
}

/// Hands out what the intakes of one or both lanes received, as `LaneSchedule` says, and tells them when to ask for more.
package final class WorkDispatcher: Sendable {
    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<(Assignment, Permit)?, Never>
    }

    private struct State {
        var schedule: LaneSchedule<Assignment>
        var open: Set<Lane>
        /// Of these, nothing is begun any more but what would not come again.
        var closing: Set<Lane> = []
        /// What is given up at the last receipt: handed out without a turn, for the ledger to be told.
        var givenUp: [(Assignment, Lane)] = []
        var waiters: [Waiter] = []
        var lastWaiter = 0
        var quiet: Set<Lane> = []
        /// Each wakes an intake that waits for room.
        var bells: [Lane: @Sendable () -> Void] = [:]

        /// Whether nothing will be handed out any more.
        var isOver: Bool { open.isEmpty && givenUp.isEmpty && schedule.isEmpty }
    }

    private let lanes: Set<Lane>
    private let need: @Sendable (Assignment) -> ResourceRequest
    private let space: @Sendable () -> SpoolSpace
    private let timeline: MonotonicClock
    private let log: Log
    private let state: Locked<State>

    /// - Parameters:
    ///   - lanes: those that an intake works in.
    ///   - need: what a piece of work takes.
    ///   - space: looks at the spool's disk.
    package init(
        lanes: Set<Lane>, shares: Capacity, need: @escaping @Sendable (Assignment) -> ResourceRequest,
        space: @escaping @Sendable () -> SpoolSpace, clock: any Clock<Duration> & Sendable = ContinuousClock(), log: Log
    ) {
        self.lanes = lanes
        self.need = need
        self.space = space
        self.log = log
        timeline = MonotonicClock(clock)
        state = Locked(State(schedule: LaneSchedule(shares), open: lanes))
    }

    /// For a single intake whose work has as many places as somebody takes it.
    convenience init(log: Log) {
        self.init(
            lanes: [.live], shares: Capacity(places: .max), need: { _ in .nothing },
            space: { SpoolSpace(disk: DiskSpace(free: 0, total: 0), spooled: 0) }, log: log)
    }

    package var status: WorkDispatcherStatus { state.withLock { $0.schedule.status } }

    // MARK: The side of the worker

    /// The next piece of work and its place, which is to be given back once it is over; waits for one. Nil once all lanes
    /// have ended and nothing waits, or when the task is cancelled.
    package func next() async -> (Assignment, Permit)? {
        while let (assignment, place) = await take() {
            // One whose lease was lost while it waited here is let go; the queue gives its message again.
            if assignment.lease.isHeld { return (assignment, place) }
            giveBack(place)
        }
        return nil
    }

    package func giveBack(_ place: Permit) {
        state.withLock { $0.schedule.end(place) }
        serve()
    }

    /// Hands out what still waits without a turn, as given up: for a worker whose time is over.
    package func giveUp(_ reason: String) {
        state.withLock { state in
            for lane in lanes {
                state.givenUp += state.schedule.removeAll(of: lane).map { ($0.givenUp(reason), lane) }
            }
        }
        serve()
    }

    /// Looks anew whether what waits can begin: for when the disk may have changed.
    package func look() { serve() }

    private func take() async -> (Assignment, Permit)? {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Seen here or by the handler, which comes after the flag: no cancellation is missed.
                let isOver = state.withLock { state in
                    if Task.isCancelled || state.isOver { return true }
                    state.waiters.append(Waiter(id: id, continuation: continuation))
                    return false
                }
                if isOver { continuation.resume(returning: nil) } else { serve() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: nil)
        }
    }

    // MARK: The side of an intake

    /// - Parameter bell: called when there may be room again.
    func register(_ lane: Lane, bell: @escaping @Sendable () -> Void) {
        precondition(lanes.contains(lane), "no lane \(lane)")
        state.withLock { $0.bells[lane] = bell }
    }

    /// How many messages the lane may ask for now.
    func room(for lane: Lane) -> Int { state.withLock { $0.schedule.room(for: lane) } }

    /// Takes what was received.
    func put(_ assignments: [Assignment], from lane: Lane) {
        let needs = assignments.map(need)
        let tooLate = state.withLock { state in
            guard state.open.contains(lane) else { return assignments }
            let isClosing = state.closing.contains(lane)
            for (assignment, need) in zip(assignments, needs) where !isClosing || assignment.isLastReceive {
                state.schedule.add(assignment, to: lane, need: need)
            }
            return isClosing ? assignments.filter { !$0.isLastReceive } : []
        }
        for assignment in tooLate { assignment.handBack() }
        serve()
    }

    /// Whether all lanes are quiet, this one as it says.
    func note(isQuiet: Bool, of lane: Lane) -> Bool {
        state.withLock { state in
            if isQuiet { state.quiet.insert(lane) } else { state.quiet.remove(lane) }
            return state.quiet == lanes
        }
    }

    /// Begins nothing more of a lane: what has not begun goes back to its queue. What was received for the last time would go
    /// to the dead-letter queue instead, and is handed out as ever.
    func close(_ lane: Lane) {
        let unstarted = state.withLock { state in
            state.closing.insert(lane)
            return state.schedule.removeAll(of: lane) { $0.isLastReceive }
        }
        for assignment in unstarted { assignment.handBack() }
        serve()
    }

    /// Nothing more is received in a lane.
    func end(_ lane: Lane) {
        state.withLock { _ = $0.open.remove(lane) }
        serve()
    }

    // MARK: Serving

    private enum Turn {
        case begin(Waiter, Assignment, Permit)
        case refuse(Assignment, Lane, bytes: Int64)
    }

    /// Gives those who wait what may begin. Nothing is resumed or let go of under the lock, which an assignment's end takes.
    private func serve() {
        while true {
            // Looked at only where it matters, and never under the lock: a file system may take its time.
            let space = state.withLock { $0.schedule.asksForBytes } ? self.space() : nil
            let now = timeline.now
            let turn: Turn? = state.withLock { state in
                guard !state.waiters.isEmpty else { return nil }
                if !state.givenUp.isEmpty {
                    let (assignment, lane) = state.givenUp.removeFirst()
                    return .begin(state.waiters.removeFirst(), assignment, state.schedule.placeOutOfTurn(in: lane))
                }
                switch state.schedule.next(space, now: now) {
                case .begin(let assignment, let place): return .begin(state.waiters.removeFirst(), assignment, place)
                case .refuse(let assignment, let lane, let bytes): return .refuse(assignment, lane, bytes: bytes)
                case .wait: return nil
                }
            }
            switch turn {
            case .begin(let waiter, let assignment, let place):
                waiter.continuation.resume(returning: (assignment, place))
            case .refuse(let assignment, let lane, let bytes): refuse(assignment, of: lane, bytes: bytes)
            case nil:
                let idle = state.withLock { state in
                    guard state.isOver else { return [Waiter]() }
                    defer { state.waiters = [] }
                    return state.waiters
                }
                for waiter in idle { waiter.continuation.resume(returning: nil) }
                for bell in state.withLock({ Array($0.bells.values) }) { bell() }
                return
            }
        }
    }

    private func refuse(_ assignment: Assignment, of lane: Lane, bytes: Int64) {
        let free = space().disk.free
        let reason = "the object takes \(bytes) bytes of spool, and the disk has \(free): give `--spool` a larger one"
        log(.warning, "an object does not fit into the spool folder; it goes back to the queue") { json in
            json.field("messageId", assignment.messageID)
            if case .job(let job) = assignment.work {
                json.field("job", job.id.text)
                json.field("bucket", job.object.bucket)
                json.field("key", job.object.key.text)
            }
            json.field("bytes", bytes)
            json.field("free", free)
        }
        guard assignment.isLastReceive else { return assignment.refuse(reason) }
        state.withLock { $0.givenUp.append((assignment.givenUp(reason), lane)) }
    }
}
