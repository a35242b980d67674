/// The facts that a verdict is based on.
package struct Evidence: Sendable, Equatable {
    /// Bytes of the object that were read and inspected.
    package var bytesRead: Int64
    /// The hash of the whole object in lowercase hexadecimal; nil if not all of it was read.
    package var sha256: String?
    /// The uploader's `Content-Type`.
    package var declaredType: String?
    /// The MIME type that libmagic found.
    package var detectedType: String?
    /// `ClamAV 1.4.6`; nil without a scan. `ClamAV 1.4.6, filtered` if signatures that need a fragment were left out,
    /// since none of their fragments stands in the object.
    package var engine: String?
    /// Names and versions of the signature databases, in short.
    package var signatures: String?
    /// Each signature database; empty without a scan.
    package var databases: [SignatureDatabase]
    package var scanMilliseconds: Int64?
    /// Names of the limits that the scan hit.
    package var limits: [String]
    /// Nil without a scan that finished.
    package var method: ScanMethod?
    /// How many layers were inspected, the object itself included.
    package var objects: Int?
    /// The deepest inspected level: 0 is the object itself, 1 its members.
    package var deepest: Int?
    /// Members that the engine missed and that were extracted and scanned separately.
    package var extracted: Int?
    /// The forms of the layers that were inspected.
    package var forms: [FormEvidence]
    /// The job that inspected the same bytes, if they were not inspected again for this one: engine, signatures, method
    /// and layers are those of its scan.
    package var vouchedBy: JobID?

    package init(
        bytesRead: Int64 = 0, sha256: String? = nil, declaredType: String? = nil, detectedType: String? = nil,
        engine: String? = nil, signatures: String? = nil, databases: [SignatureDatabase] = [],
        scanMilliseconds: Int64? = nil, limits: [String] = [], method: ScanMethod? = nil, objects: Int? = nil,
        deepest: Int? = nil, extracted: Int? = nil, forms: [FormEvidence] = [], vouchedBy: JobID? = nil
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
        self.extracted = extracted
        self.forms = forms
        self.vouchedBy = vouchedBy
    }
}
