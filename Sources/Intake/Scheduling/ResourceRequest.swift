/// What one piece of work needs of the worker's capacity.
package struct ResourceRequest: Sendable, Equatable {
    /// Bytes of spool on disk; nil if unknown, which counts as more than the spool limit.
    package var bytes: Int64?
    /// Whether the work may not use the permits that are reserved for small work.
    package var isLarge: Bool

    package init(bytes: Int64?, isLarge: Bool) {
        self.bytes = bytes
        self.isLarge = isLarge
    }

    /// The request of small work that needs no disk.
    package static let small = ResourceRequest(bytes: 0, isLarge: false)
}
