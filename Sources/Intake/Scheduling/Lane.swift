/// The queues of a worker. Each has its own share of the capacity.
package enum Lane: String, Sendable, CaseIterable {
    /// Notifications of uploads as they happen.
    case live
    /// Events that were enqueued in bulk. The lane gets what the live lane leaves, and at least a small share.
    case backfill
}
