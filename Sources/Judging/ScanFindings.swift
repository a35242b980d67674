package import Domain
package import ScanProtocol

extension ScanFacts {
    /// The findings of a scan. Each fact that keeps the scan from proving the object clean gives a finding of its own.
    /// No finding is left only if
    ///
    /// - the engine's code is "clean", or "match" with every match named,
    /// - the engine took up the object itself (or the object is too short for any signature),
    /// - the engine logged no warning, cut no layer and skipped none,
    /// - the child reports no gap, and opened the object if the engine does not,
    /// - the file had the object's length before and after, and was read to that length.
    ///
    /// - Parameters:
    ///   - size: the object's size in bytes, as the worker knows it.
    ///   - knownType: the MIME type of the whole object, if the worker knew it before the scan.
    package func findings(size: Int64, knownType: String?, limits: ScanLimits) -> [Finding] {
        var findings = alerts.enumerated().map { index, alert in
            Finding(alert: alert, path: index < alertPaths.count ? alertPaths[index] : "", limits: limits)
        }
        findings += codeFindings(limits) + layerFindings
        findings += gaps.map { Finding($0, limits: limits) }
        if gapsLeftOut > 0 {
            findings.append(Finding(.limit, "too-many-gaps", detail: "\(gapsLeftOut) gaps more than a report holds"))
        }
        findings += containerFindings(type: knownType ?? detectedType, limits)
        if sizeBefore != size || sizeAfter != size {
            findings.append(
                Finding(.limit, "size-changed", detail: "\(size) bytes, then \(sizeBefore), then \(sizeAfter)"))
        }
        // A limit that was hit explains the next two.
        let isLimited = findings.contains { $0.kind == .limit }
        if !isRootSeen && size >= EngineLimits.shortestFile && !isLimited {
            findings.append(Finding(.limit, "not-inspected", detail: "the engine did not take the object up"))
        } else if bytesRead != size && !isLimited {
            findings.append(Finding(.limit, "not-wholly-read", detail: "\(bytesRead) of \(size) bytes were read"))
        }
        var seen: Set<Finding> = []
        return findings.filter { seen.insert($0).inserted }
    }

    /// Findings from the engine's return code (`cl_error_t`), and from alerts and warnings that it only counts.
    private func codeFindings(_ limits: ScanLimits) -> [Finding] {
        var findings: [Finding] = []
        func limit(_ name: String, _ detail: String) { findings.append(Finding(.limit, name, detail: detail)) }
        switch code {
        case 0: break
        case 1: if alerts.isEmpty { limit("unnamed-alert", "the engine reports a match and no name") }
        case 21: limit("max-scan-time", "the engine ran out of its \(limits.timeout.wholeMilliseconds) ms")
        case 23: limit("max-recursion", "the engine gave up below \(limits.maxRecursion) levels")
        case 24: limit("max-scan-size", "the engine gave up at \(limits.maxScanSize) bytes")
        case 25: limit("max-files", "the engine gave up at \(limits.maxFiles) files")
        default: limit("engine-error", "libclamav answered code \(code)")
        }
        if alertsLeftOut > 0 { limit("too-many-alerts", "\(alertsLeftOut) alerts more than a report holds") }
        if warningCount > 0 || !warnings.isEmpty {
            let more = warningCount > 1 ? " (and \(warningCount - 1) more)" : ""
            limit("engine-warning", (warnings.first ?? "libclamav logged a warning") + more)
        }
        return findings
    }

    /// Findings from layers that the engine cut or did not open.
    private var layerFindings: [Finding] {
        var findings: [Finding] = []
        if cutLayers > 0 {
            let detail = "\(cutLayers) packed files were cut at the size limit"
            findings.append(Finding(.limit, "max-file-size", detail: detail))
        }
        if unmatchedLayers > 0 {
            let detail = "\(unmatchedLayers) packed files are of a type that the engine passes over"
            findings.append(Finding(.limit, "unmatched-layer", detail: detail))
        }
        findings += unopened.map {
            Finding(.limit, "unsupported-container", detail: "\($0) is not opened by the engine")
        }
        return findings
    }

    private func containerFindings(type: String, _ limits: ScanLimits) -> [Finding] {
        if type.isEmpty { return [Finding(.limit, "unknown-type", detail: "the object's type was not found")] }
        // The child has read the streams of an OLE2 file: it says whether the document opens without a password.
        let isRead = forms.contains { $0.form == "ole2" && $0.opener == .ours }
        if type == ContainerSupport.encryptedType, !isRead { return [Finding(encrypted: type, limits: limits)] }
        switch ContainerSupport(type: type) {
        case .engine: return []
        case .none: return [Finding(.limit, "unsupported-container", detail: "nothing here opens \(type)")]
        case .libarchive:
            guard !isListed, extracted == 0 else { return [] }
            return [Finding(.limit, "unsupported-container", detail: "nothing was unpacked from this \(type)")]
        }
    }
}
