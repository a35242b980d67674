internal import Domain
package import Intake
package import Support
package import Transfer

/// Looks at the spool's disk while work waits for it, and says once a minute that it does.
package struct DiskWatch: Sendable {
    private let folder: SpoolFolder
    private let dispatcher: WorkDispatcher
    private let log: Log
    private let reminder: Reminder

    package init(
        folder: SpoolFolder, dispatcher: WorkDispatcher, clock: any Clock<Duration> & Sendable = ContinuousClock(),
        log: Log
    ) {
        self.folder = folder
        self.dispatcher = dispatcher
        self.log = log
        reminder = Reminder(clock: clock)
    }

    /// Until its task is cancelled.
    package func run() async {
        await reminder.run {
            guard status.isWaitedFor else { return false }
            // Whoever waits in the dispatcher is looked after from here; a fetch looks by itself.
            dispatcher.recheck()
            return status.isWaitedFor
        } say: {
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
        let handedOut = dispatcher.status
        return SpoolStatus(
            space: folder.space, held: folder.held, taken: handedOut.taken, limit: handedOut.limit,
            isWaitedFor: folder.isWaitedFor || handedOut.waitsForDisk, waitsForBudget: handedOut.waitsForBudget)
    }
}

/// How the spool fares, in bytes.
package struct SpoolStatus: Sendable {
    /// Nil where the file system does not tell.
    package var space: DiskSpace?
    package var held: SpoolFolder.Held
    /// What work under way was promised, of what there is to promise.
    package var taken: Int64
    package var limit: Int64?
    /// Whether work waits for room on the disk, or for its share of the limit.
    package var isWaitedFor: Bool
    package var waitsForBudget: Bool

    package init(
        space: DiskSpace?, held: SpoolFolder.Held, taken: Int64, limit: Int64?, isWaitedFor: Bool, waitsForBudget: Bool
    ) {
        self.space = space
        self.held = held
        self.taken = taken
        self.limit = limit
        self.isWaitedFor = isWaitedFor
        self.waitsForBudget = waitsForBudget
    }

    /// In Prometheus' text format.
    package var metrics: String {
        var page = MetricsPage()
        page.family(
            "lazaret_spool_bytes", "gauge", "Bytes of objects that are being inspected.",
            [("{in=\"disk\"}", held.onDisk), ("{in=\"memory\"}", held.inMemory)])
        page.value("lazaret_spool_free_bytes", "gauge", "What the spool folder's disk can still take.", space?.free)
        page.value(
            "lazaret_spool_promised_bytes", "gauge", "Spool on disk that the jobs under way may come to take.", taken)
        page.value("lazaret_spool_limit_bytes", "gauge", "What --spool-limit lets them take together.", limit)
        page.value(
            "lazaret_waiting_for_disk", "gauge", "1 while work waits for room on the spool folder's disk.",
            isWaitedFor ? 1 : 0)
        page.value(
            "lazaret_waiting_for_spool_limit", "gauge", "1 while work waits for others to give back what they spool.",
            waitsForBudget ? 1 : 0)
        return page.text
    }
}

extension SpoolFolder {
    /// For a dispatcher. Where a fetch met a full disk there is no room, whatever the file system says of the moment;
    /// and where it says nothing, the fetch tells what is wrong.
    package var spoolSpace: SpoolSpace {
        var disk = space ?? DiskSpace(free: .max, total: .max)
        if isWaitedFor { disk.free = min(disk.free, disk.reserve) }
        return SpoolSpace(disk: disk, spooled: held.onDisk)
    }
}
