/// How far a scan may go before its object counts as not wholly inspected.
package struct ScanLimits: Sendable, Equatable {
    package enum Encrypted: String, CaseIterable, Sendable {
        /// Encrypted content makes the object `unscannable`.
        case unscannable
        /// Encrypted content is noted and does not decide.
        case allow
    }

    package enum OverCeiling: String, CaseIterable, Sendable {
        /// An object beyond the engine's largest file is `unscannable`.
        case unscannable
        /// It is inspected in parts: the members of an archive, other data in overlapping windows.
        case stream
    }

    package enum Unknown: String, CaseIterable, Sendable {
        /// Bytes of no known form are matched, as the bytes of a form without parts are.
        case match
        /// They make the object `unscannable`.
        case unscannable
    }

    package var timeout: Duration
    /// Bytes over all layers that the engine unpacks.
    package var maxScanSize: Int64
    package var maxFiles: Int
    package var maxRecursion: Int
    package var encrypted: Encrypted
    package var overCeiling: OverCeiling
    /// Whether images are also matched by perceptual hash: ten times slower, and a small file may take a gigabyte.
    package var hashesImages: Bool
    package var unknown: Unknown

    package init(
        timeout: Duration = .seconds(120), maxScanSize: Int64 = 4 << 30, maxFiles: Int = 10_000,
        maxRecursion: Int = 17, encrypted: Encrypted = .unscannable,
        overCeiling: OverCeiling = .unscannable, hashesImages: Bool = false, unknown: Unknown = .match
    ) {
        self.timeout = timeout
        self.maxScanSize = maxScanSize
        self.maxFiles = maxFiles
        self.maxRecursion = maxRecursion
        self.encrypted = encrypted
        self.overCeiling = overCeiling
        self.hashesImages = hashesImages
        self.unknown = unknown
    }
}
