package import Domain
internal import ScanProtocol

/// What a scan came to, with what it rests on.
package struct ScanReport: Sendable, Equatable {
    /// No finding of the kinds `signature` and `limit` means that the object was wholly inspected and nothing was found.
    package let findings: [Finding]
    package let engine: String
    package let signatures: String
    package let databases: [SignatureDatabase]
    /// How long the scan might have taken: its time limit and the grace on top of it.
    package let allowance: Duration
    package let milliseconds: Int64
    package let bytesRead: Int64
    /// The MIME type of the whole file, where it was asked for.
    package let detectedType: String?
    /// MIME types in whose form the object can be read as well.
    package let secondTypes: [String]
    /// Nil where no scan came to its end.
    package let method: Evidence.Method?
    /// The object and all that was unpacked from it and inspected.
    package let objects: Int
    /// The deepest level that was inspected; 0 is the object itself.
    package let deepest: Int
    /// Members that the engine missed, and that were unpacked and scanned all the same.
    package let recovered: Int
    /// Whether the disk under scratch was full, so that a finding says less of the object than of the machine. Not where the
    /// object is infected all the same.
    package let metFullScratch: Bool

    package init(
        findings: [Finding], engine: EngineDescription, allowance: Duration, milliseconds: Int64, bytesRead: Int64 = 0,
        detectedType: String? = nil, secondTypes: [String] = [], method: Evidence.Method? = nil, objects: Int = 0,
        deepest: Int = 0, recovered: Int = 0, metFullScratch: Bool = false
    ) {
        self.findings = findings
        self.engine = engine.engine
        signatures = engine.signatures
        databases = engine.databases.map {
            SignatureDatabase(name: $0.name, version: $0.version, built: $0.built)
        }
        self.allowance = allowance
        self.milliseconds = milliseconds
        self.bytesRead = bytesRead
        self.detectedType = detectedType
        self.secondTypes = secondTypes
        self.method = method
        self.objects = objects
        self.deepest = deepest
        self.recovered = recovered
        self.metFullScratch = metFullScratch && Verdict(of: findings) < .infected
    }

    /// The report on a scan that a child brought to its end.
    ///
    /// - Parameters:
    ///   - size: of the object, as the worker knows it.
    ///   - type: the MIME type of the whole file, where the worker knew it before.
    init(
        _ facts: ScanFacts, size: Int64, type: String?, limits: ScanLimits, engine: EngineDescription,
        allowance: Duration
    ) {
        let type = type ?? (facts.detectedType.isEmpty ? nil : facts.detectedType)
        self.init(
            findings: Inspection.findings(of: facts, size: size, type: type, limits: limits), engine: engine,
            allowance: allowance, milliseconds: facts.milliseconds, bytesRead: facts.bytesRead, detectedType: type,
            secondTypes: facts.secondTypes, method: Evidence.Method(facts.method),
            // The engine says nothing of a file that is too short for any match, and that was read all the same.
            objects: size < shortestMatch ? max(1, Int(facts.layers)) : Int(facts.layers), deepest: Int(facts.deepest),
            recovered: Int(facts.recovered),
            metFullScratch: facts.gaps.contains { $0.kind == .scratchFull })
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

extension Evidence.Method {
    fileprivate init(_ method: ScanMethod) {
        switch method {
        case .whole: self = .whole
        case .members: self = .members
        case .windows: self = .windows
        }
    }
}
