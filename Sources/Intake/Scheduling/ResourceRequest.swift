/// What one piece of work needs of the worker's capacity.
package struct ResourceRequest: Sendable, Equatable {
    /// Bytes of spool on disk; nil if unknown, which counts as more than the spool limit.
    package var bytes: Int64?
    /// Whether the work may not use the permits that are reserved for small work.
    package var isLarge: Bool

    /// Whose work it is; nil if it is nobody's, as of an unreadable message.
    package var share: Share?

    package init(bytes: Int64?, isLarge: Bool, share: Share? = nil) {
        self.bytes = bytes
        self.isLarge = isLarge
        self.share = share
    }

    /// The request of small work that needs no disk.
    package static let small = ResourceRequest(bytes: 0, isLarge: false)
}
