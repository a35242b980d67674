package import Intake
package import Support
package import Transfer

/// How full the spool is, in bytes.
package struct SpoolStatus: Sendable {
    /// Nil if the file system does not say.
    package var space: DiskSpace?
    package var held: SpoolFolder.Held
    /// The spool that running work was granted, of `limit`.
    package var taken: Int64
    package var limit: Int64?
    /// Whether work waits for space on the disk.
    package var isWaitedFor: Bool
    /// Whether work waits for its share of `limit`.
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
        page.value(
            "lazaret_spool_free_bytes", "gauge", "Bytes that the spool folder's disk can still take.", space?.free)
        page.value(
            "lazaret_spool_promised_bytes", "gauge", "Bytes of spool on disk that running jobs may use.", taken)
        page.value("lazaret_spool_limit_bytes", "gauge", "Bytes that --spool-limit allows to all jobs.", limit)
        page.value(
            "lazaret_waiting_for_disk", "gauge", "1 while work waits for space on the spool folder's disk.",
            isWaitedFor ? 1 : 0)
        page.value(
            "lazaret_waiting_for_spool_limit", "gauge", "1 while work waits until other jobs release their spool.",
            waitsForBudget ? 1 : 0)
        return page.text
    }
}

extension SpoolFolder {
    /// The spool's space for a dispatcher. While a fetch waits for a full disk there is none, whatever the file system
    /// reports. If the file system reports nothing, work is dispatched, and the fetch fails with the reason.
    package var spoolSpace: SpoolSpace {
        var disk = space ?? DiskSpace(free: .max, total: .max)
        if isWaitedFor { disk.free = min(disk.free, disk.reserve) }
        return SpoolSpace(disk: disk, spooled: held.onDisk)
    }
}
