package import Domain
package import ScanProtocol

/// The findings and the evidence of one scan.
package struct ScanReport: Sendable, Equatable {
    /// Without a finding of kind `signature` or `limit`, the object was wholly inspected and nothing was found.
    package let findings: [Finding]
    /// What the scan contributes to the judgement's evidence. The declared type and the hash come from elsewhere.
    package let evidence: Evidence
    /// MIME types of further forms in which the object can be read.
    package let secondTypes: [String]
    /// How long the scan may have taken: its time limit and the grace on top of it.
    package let allowance: Duration
    /// Whether the disk under the scratch folder was full, so that a finding may be due to the machine and not to the
    /// object. False if the object is infected anyway.
    package let metFullScratch: Bool
    /// Whether the object ended its scanner children or kept one busy for too long, as its bytes would do again.
    package let isGivenUp: Bool

    package init(
        findings: [Finding], engine: EngineDescription, allowance: Duration, milliseconds: Int64, bytesRead: Int64 = 0,
        detectedType: String? = nil, secondTypes: [String] = [], method: ScanMethod? = nil, objects: Int = 0,
        deepest: Int = 0, extracted: Int = 0, forms: [FormEvidence] = [], isFiltered: Bool = false,
        metFullScratch: Bool = false, isGivenUp: Bool = false
    ) {
        self.findings = findings
        evidence = Evidence(
            bytesRead: bytesRead, detectedType: detectedType,
            engine: engine.name(isFiltered: isFiltered), signatures: engine.signatures,
            databases: engine.databases.map(\.withoutCount), scanMilliseconds: milliseconds,
            limits: Self.limits(in: findings), method: method, objects: objects, deepest: deepest,
            extracted: extracted, forms: forms)
        self.secondTypes = secondTypes
        self.allowance = allowance
        self.isGivenUp = isGivenUp
        self.metFullScratch = metFullScratch && Verdict(of: findings) < .infected
    }

    /// - Parameters:
    ///   - size: the object's size in bytes, as the worker knows it.
    ///   - knownType: the MIME type of the whole object, if the worker knew it before the scan.
    ///   - limits: the limits that the scan was asked to keep to.
    package init(_ answer: ScanAnswer, size: Int64, knownType: String?, limits: ScanLimits) {
        switch answer.result {
        case .scanned(let facts):
            let type = knownType ?? (facts.detectedType.isEmpty ? nil : facts.detectedType)
            // The engine reports no layer for a file below its shortest, which was read nevertheless.
            let fewest = size < EngineLimits.shortestFile ? 1 : 0
            self.init(
                findings: facts.findings(size: size, knownType: knownType, limits: limits), engine: answer.engine,
                allowance: answer.allowance, milliseconds: facts.milliseconds,
                // More than the object has is a finding, and no figure to count with.
                bytesRead: min(max(0, facts.bytesRead), max(0, size)),
                detectedType: type, secondTypes: facts.secondTypes, method: facts.method,
                objects: max(fewest, Int(facts.layers)), deepest: Int(facts.deepest), extracted: Int(facts.extracted),
                forms: facts.forms.map {
                    FormEvidence(form: $0.form, opener: $0.opener.rawValue, layers: Int($0.layers))
                },
                isFiltered: facts.isFiltered,
                metFullScratch: facts.gaps.contains { $0.kind == .scratchFull })
        case .failed(let failure, let milliseconds):
            self.init(
                findings: [Finding(failure)], engine: answer.engine, allowance: answer.allowance,
                milliseconds: milliseconds, detectedType: knownType, isGivenUp: true)
        case .overCeiling:
            let detail = "\(size) bytes, and the engine takes \(EngineLimits.ceiling)"
            self.init(
                findings: [Finding(.limit, "over-engine-ceiling", detail: detail)], engine: answer.engine,
                allowance: answer.allowance, milliseconds: 0, detectedType: knownType)
        }
    }

    /// Names of the limits among findings, each once.
    private static func limits(in findings: [Finding]) -> [String] {
        var names: [String] = []
        for finding in findings where finding.kind == .limit && !names.contains(finding.name) {
            names.append(finding.name)
        }
        return names
    }
}

extension Finding {
    /// The limit that an object hit if its inspection failed because of it.
    package init(_ failure: InspectionFailure) {
        switch failure {
        case .died(let detail): self.init(.limit, "scanner-died", detail: detail)
        case .noProgress(let detail): self.init(.limit, "no-progress", detail: detail)
        case .outOfMemory(let detail): self.init(.limit, "resources", detail: detail)
        case .timedOut(let detail): self.init(.limit, "timed-out", detail: detail)
        case .untyped(let detail): self.init(.limit, "unknown-type", detail: detail)
        }
    }
}
