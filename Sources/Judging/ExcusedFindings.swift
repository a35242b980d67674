package import Domain

extension Judgement {
    /// The name of the note that stands for a finding which a person called false.
    package static let excuse = "known-false-positive"

    /// Whether a finding was left out because a person called it false.
    package var isExcused: Bool { findings.contains { $0.kind == .note && $0.name == Self.excuse } }

    /// Returns the judgement that is left without the findings which a person has called false for these very bytes.
    ///
    /// A signature's match proves nothing about the rest of the evidence, so that must be complete in itself. A limit
    /// or a rule that was excused is the reason why it is not.
    ///
    /// - Parameters:
    ///   - size: the object's size in bytes, as its store reports it.
    ///   - limits: the limits that the scan was asked to keep to.
    ///   - excuse: returns who called the finding false, and why; nil if nobody did.
    package func excusing(size: Int64, limits: ScanLimits, _ excuse: (Finding) -> String?) -> Judgement {
        var (kept, notes): ([Finding], [Finding]) = ([], [])
        var isSignatureOnly = true
        for finding in findings {
            guard finding.kind != .note, let reason = excuse(finding) else {
                kept.append(finding)
                continue
            }
            if finding.kind != .signature { isSignatureOnly = false }
            let detail = "\(finding.kind.rawValue) \(finding.name): \(reason)"
            notes.append(Finding(.note, Self.excuse, detail: detail, path: finding.path))
        }
        guard !notes.isEmpty else { return self }
        guard isSignatureOnly else {
            return Judgement(verdict: Verdict(of: kept), findings: kept + notes, evidence: evidence)
        }
        return Judgement(
            ofScan: kept + notes, evidence: evidence, size: size, limits: limits, allowance: limits.timeout * 8)
    }
}
