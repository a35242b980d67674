/// How far a scan may go before its object counts as not wholly inspected.
package struct ScanLimits: Sendable, Equatable {
    package enum Encrypted: String, CaseIterable, Sendable {
        /// Encrypted content makes the object `unscannable`.
        case unscannable
        /// Encrypted content is noted and does not decide.
        case allow
    }

    package var timeout: Duration
    /// Bytes over all layers that the engine unpacks.
    package var maxScanSize: Int64
    package var maxFiles: Int
    package var maxRecursion: Int
    package var encrypted: Encrypted

    package init(
        timeout: Duration = .seconds(120), maxScanSize: Int64 = 4 << 30, maxFiles: Int = 10_000,
        maxRecursion: Int = 17, encrypted: Encrypted = .unscannable
    ) {
        self.timeout = timeout
        self.maxScanSize = maxScanSize
        self.maxFiles = maxFiles
        self.maxRecursion = maxRecursion
        self.encrypted = encrypted
    }
}
