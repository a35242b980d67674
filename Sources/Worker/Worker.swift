internal import Domain
package import Intake
internal import Ledger
package import Support
internal import Transfer

/// The run loop: takes assignments from the intakes of one or both lanes, runs their jobs side by side and settles
/// them.
package struct Worker: Sendable {
    private let intakes: [Intake]
    private let dispatcher: WorkDispatcher
    private let parts: JobRun.Parts
    private let progress: Progress
    private let log: Log
    private let end = Drain()
    /// Of the disks that work is done on: what there is to show of them.
    package let diskWatch: DiskWatch
    /// Nil where no room is set aside for scans.
    package let scratchWatch: ScratchWatch?

    /// - Parameters:
    ///   - intakes: one a lane.
    ///   - dispatcher: what those intakes give to; it says how many jobs run at once.
    package init(intakes: [Intake], dispatcher: WorkDispatcher, parts: JobRun.Parts, progress: Progress, log: Log) {
        self.intakes = intakes
        self.dispatcher = dispatcher
        self.parts = parts
        self.progress = progress
        self.log = log
        diskWatch = DiskWatch(folder: parts.fetch.folder, dispatcher: dispatcher, log: log)
        scratchWatch = parts.scratch.map { ScratchWatch(folder: $0, log: log) }
    }

    /// Works until the intakes end: stopped, all idle for as long as was asked, or one unable to begin, which is
    /// thrown. What runs is finished. Cancelling the task is the same as `drain()`: no move of an object is cancelled.
    ///
    /// - Parameter executor: where the jobs run. Leases and claims are kept elsewhere, however busy it is.
    package func run(on executor: (any TaskExecutor)? = nil) async throws {
        let running = Task(executorPreference: executor) { try await workAndKeepClaims() }
        try await withTaskCancellationHandler {
            try await running.value
        } onCancel: {
            drain()
        }
    }

    private func workAndKeepClaims() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for intake in intakes {
                group.addTask {
                    // None goes on by itself.
                    defer { drain() }
                    try await intake.run()
                }
            }
            group.addTask { await work() }
            var keepers = [Task { await parts.claims.run() }, Task { await diskWatch.run() }]
            if let scratchWatch { keepers.append(Task { await scratchWatch.run() }) }
            defer { for keeper in keepers { keeper.cancel() } }
            try await group.waitForAll()
        }
    }

    /// Ends receiving. What was not begun and will come again, or waits for another worker, goes back to the queue;
    /// what runs is finished, but for what waits for a disk to have room. Calling it again does no harm.
    package func drain() {
        end.begin()
        for intake in intakes { intake.stop() }
        parts.fetch.folder.stopWaiting()
        parts.scratch?.stopWaiting()
    }

    /// After `drain()`: what has not begun to move its object is stopped and goes back to the queue as well.
    package func endGrace() {
        end.end()
        dispatcher.abandonWaiting("\(Interruption.stopped)")
    }

    private func work() async {
        await withDiscardingTaskGroup { group in
            while let (assignment, permit) = await dispatcher.next() {
                group.addTask {
                    await handle(assignment, in: permit.lane)
                    dispatcher.release(permit)
                }
            }
        }
    }

    private func handle(_ assignment: Assignment, in lane: Lane) async {
        progress.started(in: lane)
        defer { progress.ended(in: lane) }
        let scope = AttemptScope()
        assignment.lease.onLost { scope.lose($0) }
        end.join(scope)
        defer { end.leave(scope) }
        switch assignment.work {
        case .job(let job):
            let clock = ContinuousClock()
            let start = clock.now
            let run = JobRun(
                job, receivedAt: assignment.receivedAt, isLastReceive: assignment.isLastReceive, parts: parts,
                scope: scope, checkLease: assignment.lease.check)
            let result =
                if let reason = assignment.abandonReason { await run.giveUp(reason) } else { await run() }
            progress.count(result)
            log.record(result, of: job, took: clock.now - start)
            assignment.settle(result.settlement)
        case .unreadable(let body):
            progress.unreadable()
            await record(body, scope)
            assignment.settle(.retry(body.reason))
        }
    }

    private func record(_ body: UnreadableBody, _ scope: AttemptScope) async {
        log(.error, "message unreadable") { json in
            json.field("messageId", body.messageID)
            json.field("receiveCount", body.receiveCount)
            json.field("reason", body.reason)
        }
        do {
            try await scope.heeding {
                try await parts.ledger.recordUnreadable(
                    UnreadableMessage(
                        messageID: body.messageID, reason: body.reason, body: body.bodyPrefix,
                        receiveCount: body.receiveCount),
                    at: .now())
            }
        } catch {
            // The message is not acknowledged, so it comes again, and so does the chance to record it.
            log(.warning, "unreadable message not recorded") { $0.field("error", "\(error)") }
        }
    }
}

extension JobRun.Result {
    fileprivate var settlement: Settlement {
        switch self {
        case .finished, .duplicate: .done
        case .open(let reason): .retry(reason)
        case .handedBack: .handBack
        }
    }
}
