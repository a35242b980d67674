internal import Domain
package import Intake
package import Support
package import Transfer

/// Checks the spool's disk while work waits for space, and logs that once a minute.
package struct DiskWatch: Sendable {
    private let folder: SpoolFolder
    private let dispatcher: WorkDispatcher
    private let log: Log
    private let reminder: Reminder

    package init(folder: SpoolFolder, dispatcher: WorkDispatcher, clocks: Clocks = .system, log: Log) {
        self.folder = folder
        self.dispatcher = dispatcher
        self.log = log
        reminder = Reminder(clock: clocks.monotonic)
    }

    /// Runs until its task is cancelled.
    package func run() async {
        await reminder.run {
            guard status.isWaitedFor else { return false }
            // The dispatcher has no timer of its own; a waiting fetch checks the disk itself.
            dispatcher.recheck()
            return status.isWaitedFor
        } report: {
            let status = status
            log(.warning, "spool folder full: waiting") { json in
                json.field("folder", folder.path)
                json.field("free", status.space?.free)
                json.field("reserve", status.space?.reserve)
                json.field("spooled", status.held.onDisk)
            }
        }
    }

    package var status: SpoolStatus {
        let dispatched = dispatcher.status
        return SpoolStatus(
            space: folder.space, held: folder.held, taken: dispatched.taken, limit: dispatched.limit,
            isWaitedFor: folder.isWaitedFor || dispatched.waitsForDisk, waitsForBudget: dispatched.waitsForBudget)
    }
}
