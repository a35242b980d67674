package import Domain

/// The signature handovers of a running scanner, for metrics.
package struct SignatureStatus: Sendable, Equatable {
    /// How many sets replaced another one.
    package var switches = 0
    /// How many sets were refused.
    package var refusals = 0
    /// Why the set in the folder does not serve; nil if it does, or is still loading.
    package var refusal: String?
    /// When the newest database of the serving set was built; nil before the first load.
    package var built: Timestamp?
    /// When the serving set began to serve; nil before the first load.
    package var loaded: Timestamp?

    package init() {}
}
