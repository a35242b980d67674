internal import Domain
package import Intake
internal import Ledger
package import Support
internal import Transfer

/// The run loop: takes assignments from the intakes of one or both lanes, runs their jobs concurrently and settles
/// them.
package struct Worker: Sendable {
    private let intakes: [Intake]
    private let dispatcher: WorkDispatcher
    private let context: WorkerContext
    private let progress: Progress
    private let log: Log
    private let drainer = Drain()
    /// Watches the disk of the spool folder.
    package let diskWatch: DiskWatch
    /// Watches the disk of the scratch folder. Nil if its free space is not watched.
    package let scratchWatch: ScratchWatch?

    /// - Parameters:
    ///   - intakes: one for each lane.
    ///   - dispatcher: the one that the intakes submit to. It bounds how many jobs run at once.
    package init(
        intakes: [Intake], dispatcher: WorkDispatcher, context: WorkerContext, progress: Progress, log: Log
    ) {
        self.intakes = intakes
        self.dispatcher = dispatcher
        self.context = context
        self.progress = progress
        self.log = log
        diskWatch = DiskWatch(folder: context.fetch.folder, dispatcher: dispatcher, log: log)
        scratchWatch = context.scratch.map { ScratchWatch(folder: $0, log: log) }
    }

    /// Works until the intakes end: stopped, idle for as long as configured, or unable to start, which is thrown.
    /// Running jobs are finished. Cancelling the task has the effect of `drain()`: no move of an object is cancelled.
    ///
    /// - Parameter executor: runs the jobs. Leases and claims are renewed elsewhere, however busy it is.
    package func run(on executor: (any TaskExecutor)? = nil) async throws {
        let running = Task(executorPreference: executor) { try await runWithKeepers() }
        try await withTaskCancellationHandler {
            try await running.value
        } onCancel: {
            drain()
        }
    }

    private func runWithKeepers() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for intake in intakes {
                group.addTask {
                    // If one intake ends, all end.
                    defer { drain() }
                    try await intake.run()
                }
            }
            group.addTask { await work() }
            var keepers = [Task { await context.claims.run() }, Task { await diskWatch.run() }]
            if let scratchWatch { keepers.append(Task { await scratchWatch.run() }) }
            if let outages = context.outages { keepers.append(Task { await outages.run(dispatcher) }) }
            defer { for keeper in keepers { keeper.cancel() } }
            try await group.waitForAll()
        }
    }

    /// Stops receiving. Assignments that have not started, or wait for another worker, go back to the queue unless this
    /// is their last receive. Running jobs are finished, except those that wait for disk space. Further calls have no
    /// effect.
    package func drain() {
        drainer.begin()
        for intake in intakes { intake.stop() }
        context.fetch.folder.stopWaiting()
        context.scratch?.stopWaiting()
    }

    /// Whether the worker stops receiving, or has stopped.
    package var isDraining: Bool { drainer.hasBegun }

    /// Ends the grace after `drain()`: jobs whose move has not begun are stopped and go back to the queue.
    package func endGrace() {
        drainer.endGrace()
        dispatcher.abandonWaiting("\(Interruption.stopped)")
    }

    private func work() async {
        await withDiscardingTaskGroup { group in
            while let (assignment, permit) = await dispatcher.next() {
                group.addTask {
                    let cost = await handle(assignment, in: permit.lane)
                    dispatcher.release(permit, cost: cost)
                }
            }
        }
    }

    /// - Returns: the time that the object took of a scanner child; nil if it was not scanned to an end.
    private func handle(_ assignment: Assignment, in lane: Lane) async -> Duration? {
        let started = progress.started(in: lane)
        defer { progress.ended(started, in: lane) }
        let scope = AttemptScope()
        assignment.lease.onLost { scope.lose($0) }
        drainer.add(scope)
        defer { drainer.remove(scope) }
        switch assignment.work {
        case .job(let job):
            let clock = context.clocks.monotonic
            let start = clock.now
            let runner = JobRunner(
                job, receivedAt: assignment.receivedAt, isLastReceive: assignment.isLastReceive, context: context,
                scope: scope, checkLease: assignment.lease.check)
            let result =
                if let reason = assignment.abandonReason {
                    await runner.giveUp(reason)
                } else {
                    await runner()
                }
            progress.count(result, receivedAt: assignment.receivedAt)
            log.record(result, of: job, took: clock.now - start)
            context.outages?.ended(job.id, isOver: result.isOver)
            if let settlement = result.settlement {
                assignment.settle(settlement)
            } else {
                let abandoned = dispatcher.park(assignment, in: lane)
                context.outages?.recheck()
                // Only once: what is given up is not parked again.
                if let abandoned { _ = await handle(abandoned, in: lane) }
            }
            return result.scanTime
        case .unreadable(let body):
            progress.unreadable()
            await record(body, scope)
            assignment.settle(.retry(body.reason))
            return nil
        }
    }

    private func record(_ body: UnreadableBody, _ scope: AttemptScope) async {
        log(.error, "message unreadable") { json in
            json.field("messageId", body.messageID)
            json.field("receiveCount", body.receiveCount)
            json.field("reason", body.reason)
        }
        do {
            try await scope.run {
                try await context.ledger.recordUnreadable(
                    UnreadableMessage(
                        messageID: body.messageID, reason: body.reason, body: body.bodyPrefix,
                        receiveCount: body.receiveCount),
                    at: context.clocks.wall())
            }
        } catch {
            // The message is not acknowledged: it comes again, and can be recorded then.
            log(.warning, "unreadable message not recorded") { $0.field("error", "\(error)") }
        }
    }
}

extension AttemptResult {
    /// Nil if the message stays in hand.
    fileprivate var settlement: Settlement? {
        switch self {
        case .finished, .duplicate: .done
        case .open(let reason): .retry(reason)
        case .handedBack: .handBack
        case .parked: nil
        }
    }

    fileprivate var scanTime: Duration? {
        guard case .finished(let outcome) = self else { return nil }
        return outcome.judgement?.evidence.scanMilliseconds.map { .milliseconds($0) }
    }

    fileprivate var isOver: Bool {
        switch self {
        case .finished, .duplicate: true
        case .open, .handedBack, .parked: false
        }
    }
}
