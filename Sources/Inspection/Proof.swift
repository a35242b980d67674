package import Domain
package import ScanProtocol

/// What the facts of a scan amount to. This is the only way to a clean verdict: every fact that keeps a scan from being
/// proof gives a finding with a name of its own, and none is left only where
///
/// - the engine's code is "clean", or "match" with every match named,
/// - it took up the object itself (or the object is too short for any signature),
/// - it logged no warning, cut no layer, and passed none over,
/// - the child names no gap, and unpacked what the engine does not open,
/// - the file kept the length that the object has, and was read to that length.
///
/// - Parameters:
///   - size: of the object, as the worker knows it.
///   - type: the MIME type of the whole file, where the worker knew it before.
package func findings(of facts: ScanFacts, size: Int64, type: String?, limits: ScanLimits) -> [Finding] {
    var findings = facts.alerts.map { finding(forAlert: $0, limits: limits) }
    func limit(_ name: String, _ detail: String) { findings.append(Finding(.limit, name, detail: detail)) }

    switch facts.code {
    case 0: break
    case 1: if facts.alerts.isEmpty { limit("unnamed-alert", "the engine reports a match and no name") }
    case 21: limit("max-scan-time", "the engine ran out of its \(limits.timeout.wholeMilliseconds) ms")
    case 23: limit("max-recursion", "the engine gave up below \(limits.maxRecursion) levels")
    case 24: limit("max-scan-size", "the engine gave up at \(limits.maxScanSize) bytes")
    case 25: limit("max-files", "the engine gave up at \(limits.maxFiles) files")
    default: limit("engine-error", "libclamav answered code \(facts.code)")
    }
    if facts.alertsLeftOut > 0 {
        limit("too-many-alerts", "\(facts.alertsLeftOut) alerts more than a report holds")
    }
    if facts.warningCount > 0 || !facts.warnings.isEmpty {
        let more = facts.warningCount > 1 ? " (and \(facts.warningCount - 1) more)" : ""
        limit("engine-warning", (facts.warnings.first ?? "libclamav logged a warning") + more)
    }
    if facts.cutLayers > 0 {
        limit("max-file-size", "\(facts.cutLayers) packed files were cut at the size limit")
    }
    if facts.unmatchedLayers > 0 {
        limit("unmatched-layer", "\(facts.unmatchedLayers) packed files are of a type that the engine passes over")
    }
    for type in facts.unopened { limit("unsupported-container", "\(type) is not opened by the engine") }
    findings += facts.gaps.map { finding(for: $0, limits: limits) }
    if facts.gapsLeftOut > 0 { limit("too-many-gaps", "\(facts.gapsLeftOut) gaps more than a report holds") }
    findings += containerFindings(type: type ?? facts.detectedType, facts, limits)

    if facts.sizeBefore != size || facts.sizeAfter != size {
        limit("size-changed", "\(size) bytes, then \(facts.sizeBefore), then \(facts.sizeAfter)")
    }
    if !facts.isRootSeen && size >= shortestMatch && !findings.contains(where: { $0.kind == .limit }) {
        limit("not-inspected", "the engine did not take the object up")
    }
    if facts.bytesRead != size && !findings.contains(where: { $0.kind == .limit }) {
        limit("not-wholly-read", "\(facts.bytesRead) of \(size) bytes were read")
    }
    var said: Set<Finding> = []
    return findings.filter { said.insert($0).inserted }
}

private func containerFindings(type: String, _ facts: ScanFacts, _ limits: ScanLimits) -> [Finding] {
    if type.isEmpty { return [Finding(.limit, "unknown-type", detail: "the object's type was not found")] }
    if type == ContainerSupport.encryptedType { return [encrypted(detail: type, limits)] }
    switch ContainerSupport(type: type) {
    case .engine: return []
    case .none:
        return [Finding(.limit, "unsupported-container", detail: "nothing here opens \(type)")]
    case .unpacked:
        guard !facts.isListed, facts.recovered == 0 else { return [] }
        return [Finding(.limit, "unsupported-container", detail: "nothing was unpacked from this \(type)")]
    }
}

/// The engine takes no larger file (libclamav 1.4, `INT_MAX - 2`).
package let engineCeiling: Int64 = 2_147_483_645

/// libclamav answers for a shorter file without a look, since no signature is as short.
let shortestMatch: Int64 = 6
