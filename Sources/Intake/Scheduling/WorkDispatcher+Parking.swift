internal import Support

// Work that waits in hand, with its lease kept, until what it needs is back.
extension WorkDispatcher {
    /// How many pieces of work may be parked. Beyond it more of them are postponed, so that the work of other pipelines
    /// is still received; only work on its last receive is parked all the same, up to twice as much.
    static var maxParked: Int { 1000 }

    /// How long a postponed message stays hidden: an hour after its first receive, then twice as long each time, so
    /// that the receives of a usual queue last for more than a day.
    static func postponement(receives: Int) -> Duration {
        .seconds(3600) * min(6, 1 << min(max(0, receives - 1), 3))
    }

    /// Parks work that was started. While its lane drains, the work returns to the queue instead.
    ///
    /// - Returns: work on its last receive that a drain keeps from being parked: the caller has its job recorded. It is
    ///   not dispatched again, since nobody may ask for work any more.
    package func park(_ assignment: Assignment, in lane: Lane) -> Assignment? {
        let assignment = assignment.tried()
        switch withState({ $0.park(assignment, lane) }) {
        case .parked:
            recheck()
            return nil
        case .full:
            postpone(assignment)
            return nil
        case .draining: break
        }
        if let abandoned = assignment.abandonedForOutage() { return abandoned }
        assignment.settle(.handBack)
        return nil
    }

    func postpone(_ assignment: Assignment) {
        assignment.settle(.postpone(Self.postponement(receives: assignment.receiveCount)))
    }

    /// Schedules the parked work that may start: all that was not tried yet, and after it at most `mostTried` pieces of
    /// what failed.
    ///
    /// - Returns: whether more could start.
    package func resumeParked(mostTried: Int, _ mayStart: (Assignment) -> Bool) -> Bool {
        let candidates = withState { $0.parked.map(\.assignment) }
        let lost = candidates.filter { !$0.lease.isHeld }
        let free = candidates.filter { $0.lease.isHeld && mayStart($0) }
        let tried = free.filter { $0.tries > 0 }
        let resumed = Set((lost + free.filter { $0.tries == 0 } + tried.prefix(mostTried)).map(\.id))
        guard !resumed.isEmpty else { return tried.count > mostTried }
        withState { state in
            let entries = state.parked.filter { resumed.contains($0.assignment.id) }
            for isTried in [false, true] {
                for (assignment, lane) in entries where (assignment.tries > 0) == isTried {
                    state.schedule.add(assignment, to: lane, request: request(assignment))
                }
            }
            state.parked.removeAll { resumed.contains($0.assignment.id) }
        }
        recheck()
        return tried.count > mostTried
    }

    /// Schedules one piece of parked work as a probe: the one that was tried least often, and of several the oldest.
    ///
    /// - Parameter isSuitable: called until it returns true once.
    /// - Returns: how often it was tried; nil if there was none.
    package func startParked(_ isSuitable: (Assignment) -> Bool) -> Int? {
        let candidates = withState { $0.parked.map(\.assignment) }.filter(\.lease.isHeld)
        // A stable order: the oldest of several first.
        let sorted = candidates.enumerated().sorted { ($0.element.tries, $0.offset) < ($1.element.tries, $1.offset) }
        guard let chosen = sorted.first(where: { isSuitable($0.element) })?.element else { return nil }
        let isThere = withState { state in
            guard let index = state.parked.firstIndex(where: { $0.assignment.id == chosen.id }) else { return false }
            let (assignment, lane) = state.parked.remove(at: index)
            state.schedule.add(assignment.asProbe(), to: lane, request: request(assignment))
            return true
        }
        recheck()
        return isThere ? chosen.tries : nil
    }

    /// Gives the parked work of a lane back to the queue. Messages on their last receive would go to the dead-letter
    /// queue: their jobs are recorded first.
    func returnParked(_ lane: Lane) {
        let returned = withState { state in
            var returned: [Assignment] = []
            for (assignment, parkedLane) in state.parked where parkedLane == lane {
                if let abandoned = assignment.abandonedForOutage() {
                    state.abandoned.append((abandoned, lane))
                } else {
                    returned.append(assignment)
                }
            }
            state.parked.removeAll { $0.lane == lane }
            return returned
        }
        for assignment in returned { assignment.settle(.handBack) }
    }
}

extension Assignment {
    /// Work on its last receive, to be recorded; nil for other work.
    fileprivate func abandonedForOutage() -> Assignment? {
        isLastReceive ? abandoned("the worker stopped while S3 could not be used") : nil
    }
}
