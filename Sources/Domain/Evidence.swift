/// What a verdict rests on.
package struct Evidence: Sendable, Equatable {
    /// Bytes of the object that were read and inspected.
    package var bytesRead: Int64
    /// Lowercase hexadecimal, of the whole object; nil where it was not wholly read.
    package var sha256: String?
    /// As the uploader said (`Content-Type`).
    package var declaredType: String?
    /// As the bytes say (libmagic).
    package var detectedType: String?
    /// `ClamAV 1.4.6`; nil where nothing was scanned.
    package var engine: String?
    /// The signature set in a word or two: names and versions of its databases.
    package var signatures: String?
    package var scanMilliseconds: Int64?
    /// Names of the limits that the scan ran into.
    package var limits: [String]

    package init(
        bytesRead: Int64 = 0, sha256: String? = nil, declaredType: String? = nil, detectedType: String? = nil,
        engine: String? = nil, signatures: String? = nil, scanMilliseconds: Int64? = nil, limits: [String] = []
    ) {
        self.bytesRead = bytesRead
        self.sha256 = sha256
        self.declaredType = declaredType
        self.detectedType = detectedType
        self.engine = engine
        self.signatures = signatures
        self.scanMilliseconds = scanMilliseconds
        self.limits = limits
    }
}
