package import Domain

/// What a scan came to, with what it rests on.
package struct ScanReport: Sendable, Equatable {
    /// No finding of the kinds `signature` and `limit` means that the object was wholly inspected and nothing was found.
    package let findings: [Finding]
    package let bytesRead: Int64
    /// The MIME type of the whole file, where it was asked for.
    package let detectedType: String?
    package let engine: String
    package let signatures: String
    package let milliseconds: Int64
    /// The object and all that was unpacked from it.
    package let layers: Int

    package init(
        findings: [Finding], bytesRead: Int64, detectedType: String?, engine: EngineDescription, milliseconds: Int64,
        layers: Int
    ) {
        self.findings = findings
        self.bytesRead = bytesRead
        self.detectedType = detectedType
        self.engine = engine.engine
        signatures = engine.signatures
        self.milliseconds = milliseconds
        self.layers = layers
    }

    /// Names of the limits that the scan ran into, each once.
    package var limits: [String] {
        var names: [String] = []
        for finding in findings where finding.kind == .limit && !names.contains(finding.name) {
            names.append(finding.name)
        }
        return names
    }
}
