/// What a verdict rests on.
package struct Evidence: Sendable, Equatable {
    /// How an object was gone over.
    package enum Method: String, CaseIterable, Sendable {
        /// The engine took it as one file.
        case whole
        /// It is beyond the engine's ceiling: its members were unpacked, and each was scanned.
        case members
        /// It is beyond the engine's ceiling: it was matched in windows that overlap.
        case windows
    }

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
    /// The signature set, each database of it; none where nothing was scanned.
    package var databases: [SignatureDatabase]
    package var scanMilliseconds: Int64?
    /// Names of the limits that the scan ran into.
    package var limits: [String]
    /// Nil where nothing was scanned.
    package var method: Method?
    /// The object and all that was unpacked from it and inspected.
    package var objects: Int?
    /// The deepest level that was inspected: 0 is the object itself, 1 what is packed in it.
    package var deepest: Int?
    /// Members that the engine missed, and that were unpacked and scanned all the same.
    package var recovered: Int?

    package init(
        bytesRead: Int64 = 0, sha256: String? = nil, declaredType: String? = nil, detectedType: String? = nil,
        engine: String? = nil, signatures: String? = nil, databases: [SignatureDatabase] = [],
        scanMilliseconds: Int64? = nil, limits: [String] = [], method: Method? = nil, objects: Int? = nil,
        deepest: Int? = nil, recovered: Int? = nil
    ) {
        self.bytesRead = bytesRead
        self.sha256 = sha256
        self.declaredType = declaredType
        self.detectedType = detectedType
        self.engine = engine
        self.signatures = signatures
        self.databases = databases
        self.scanMilliseconds = scanMilliseconds
        self.limits = limits
        self.method = method
        self.objects = objects
        self.deepest = deepest
        self.recovered = recovered
    }
}
