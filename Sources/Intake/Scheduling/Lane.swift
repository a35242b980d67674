/// The two queues of a worker, as ways through it.
package enum Lane: String, Sendable, CaseIterable {
    /// Uploads as they happen.
    case live
    /// What was enqueued in bulk: it gets what the live lane leaves, and a small share at the least.
    case backfill
}

/// What one piece of work takes of the worker while it is under way.
package struct ResourceRequest: Sendable, Equatable {
    /// Bytes of spool on disk; nil where nobody knows. Such a one is treated as if it were beyond the budget.
    package var bytes: Int64?
    /// Whether it may take only those places that are not kept for small work.
    package var isLarge: Bool

    package init(bytes: Int64?, isLarge: Bool) {
        self.bytes = bytes
        self.isLarge = isLarge
    }

    /// Of what is small and goes to no disk.
    package static let nothing = ResourceRequest(bytes: 0, isLarge: false)
}
