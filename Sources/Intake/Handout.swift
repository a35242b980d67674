internal import Domain
package import Support

/// What a piece of work holds of the worker as long as it is under way.
package struct Place: Sendable, Equatable {
    package let lane: Lane
    let isLarge: Bool
    /// Bytes of the budget.
    let bytes: Int64
}

/// Who waits, and for what.
package struct HandoutStatus: Sendable, Equatable {
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
package final class Handout: Sendable {
    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<(Assignment, Place)?, Never>
    }

    private struct State {
        var schedule: LaneSchedule<Assignment>
        var open: Set<Lane>
        var waiters: [Waiter] = []
        var lastWaiter = 0
        var quiet: Set<Lane> = []
        /// Each wakes an intake that waits for room.
        var bells: [Lane: @Sendable () -> Void] = [:]
    }

    private let lanes: Set<Lane>
    private let need: @Sendable (Assignment) -> Need
    private let space: @Sendable () -> SpoolSpace
    private let timeline: Timeline
    private let log: Log
    private let state: Locked<State>

    /// - Parameters:
    ///   - lanes: those that an intake works in.
    ///   - need: what a piece of work takes.
    ///   - space: looks at the spool's disk.
    package init(
        lanes: Set<Lane>, shares: Shares, need: @escaping @Sendable (Assignment) -> Need,
        space: @escaping @Sendable () -> SpoolSpace, clock: any Clock<Duration> & Sendable = ContinuousClock(), log: Log
    ) {
        self.lanes = lanes
        self.need = need
        self.space = space
        self.log = log
        timeline = Timeline(clock)
        state = Locked(State(schedule: LaneSchedule(shares), open: lanes))
    }

    /// For a single intake whose work has as many places as somebody takes it.
    convenience init(log: Log) {
        self.init(
            lanes: [.live], shares: Shares(places: .max), need: { _ in .nothing },
            space: { SpoolSpace(disk: DiskSpace(free: 0, total: 0), spooled: 0) }, log: log)
    }

    package var status: HandoutStatus { state.withLock { $0.schedule.status } }

    // MARK: The side of the worker

    /// The next piece of work and its place, which is to be given back once it is over; waits for one. Nil once all lanes
    /// are closed, or when the task is cancelled.
    package func next() async -> (Assignment, Place)? {
        while let (assignment, place) = await take() {
            // One whose lease was lost while it waited here is let go; the queue gives its message again.
            if assignment.lease.isHeld { return (assignment, place) }
            giveBack(place)
        }
        return nil
    }

    package func giveBack(_ place: Place) {
        state.withLock { $0.schedule.end(place) }
        serve()
    }

    /// Looks anew whether what waits can begin: for when the disk may have changed.
    package func look() { serve() }

    private func take() async -> (Assignment, Place)? {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Seen here or by the handler, which comes after the flag: no cancellation is missed.
                let isOver = state.withLock { state in
                    if Task.isCancelled || state.open.isEmpty { return true }
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
        let isOpen = state.withLock { state in
            guard state.open.contains(lane) else { return false }
            for (assignment, need) in zip(assignments, needs) { state.schedule.add(assignment, to: lane, need: need) }
            return true
        }
        guard isOpen else {
            for assignment in assignments { assignment.handBack() }
            return
        }
        serve()
    }

    /// Whether all lanes are quiet, this one as it says.
    func note(isQuiet: Bool, of lane: Lane) -> Bool {
        state.withLock { state in
            if isQuiet { state.quiet.insert(lane) } else { state.quiet.remove(lane) }
            return state.quiet == lanes
        }
    }

    /// Hands out nothing more of a lane; what has not begun goes back to its queue.
    func close(_ lane: Lane) {
        let (unstarted, waiters) = state.withLock { state in
            state.open.remove(lane)
            let unstarted = state.schedule.removeAll(of: lane)
            defer { if state.open.isEmpty { state.waiters = [] } }
            return (unstarted, state.open.isEmpty ? state.waiters : [])
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
        for assignment in unstarted { assignment.handBack() }
        serve()
    }

    // MARK: Serving

    private enum Turn {
        case begin(Waiter, Assignment, Place)
        case refuse(Assignment, bytes: Int64)
    }

    /// Gives those who wait what may begin. Nothing is resumed or let go of under the lock, which an assignment's end takes.
    private func serve() {
        while true {
            // Looked at only where it matters, and never under the lock: a file system may take its time.
            let space = state.withLock { $0.schedule.asksForBytes } ? self.space() : nil
            let now = timeline.now
            let turn: Turn? = state.withLock { state in
                guard !state.waiters.isEmpty else { return nil }
                switch state.schedule.next(space, now: now) {
                case .begin(let assignment, let place): return .begin(state.waiters.removeFirst(), assignment, place)
                case .refuse(let assignment, let bytes): return .refuse(assignment, bytes: bytes)
                case .wait: return nil
                }
            }
            switch turn {
            case .begin(let waiter, let assignment, let place):
                waiter.continuation.resume(returning: (assignment, place))
            case .refuse(let assignment, let bytes): refuse(assignment, bytes: bytes)
            case nil:
                for bell in state.withLock({ Array($0.bells.values) }) { bell() }
                return
            }
        }
    }

    private func refuse(_ assignment: Assignment, bytes: Int64) {
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
        assignment.refuse(reason)
    }
}
