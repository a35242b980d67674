/// What one piece of work occupies of the worker's capacity while it runs.
package struct Permit: Sendable, Equatable {
    package let lane: Lane
    let isLarge: Bool
    /// Bytes of the spool limit.
    let bytes: Int64
    /// Whose work it is; nil if it has no share.
    var share: Share?
}
