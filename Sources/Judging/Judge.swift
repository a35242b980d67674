package import Domain
package import Pipelines
package import ScanProtocol

/// Decides the judgement on one object from what the worker learned about it: all that must hold for `clean`.
///
/// An object is `clean` only if
///
/// 1. the pipeline accepts its size, its declared type and its detected type (`Pipelines/Acceptance.swift`),
/// 2. libmagic found its type and its scan finished: it neither killed its children nor kept one beyond the time limit
///    (`ScanReport.swift`),
/// 3. the engine's return code is understood, and no alert is a match or a limit (`ScanFindings.swift`,
///    `AlertFindings.swift`),
/// 4. the child reports no gap, and the engine or libarchive opened its container (`GapFindings.swift`,
///    `ContainerSupport.swift`),
/// 5. it kept its length during the scan and was read to its end (`ScanFindings.swift`),
/// 6. it has no second form, or the pipeline allows polyglots (`Pipelines/Acceptance.swift`),
/// 7. the evidence is complete and does not contradict itself (`EvidenceCompleteness.swift`).
///
/// In place of 2 to 7, another job may vouch for the same bytes (`Judge+KnownContent.swift`).
///
/// Whatever does not hold is a finding, and the finding's kind decides the verdict (`Domain/Verdict.swift`). There is
/// no other way to a verdict. `Worker/ObjectInspection.swift` does the I/O: it fetches, hashes and asks the scanner.
package struct Judge: Sendable {
    let size: Int64
    let declaredType: String?
    private let pipeline: Pipeline?
    private let sizeBreaches: [Finding]

    /// - Parameters:
    ///   - size: the object's size in bytes, as its store reports it.
    ///   - declaredType: the uploader's `Content-Type`.
    ///   - pipeline: nil accepts every type and size, within the default limits.
    package init(size: Int64, declaredType: String? = nil, pipeline: Pipeline?) {
        self.size = size
        self.declaredType = declaredType
        self.pipeline = pipeline
        sizeBreaches = pipeline?.breaches(size: size) ?? []
    }

    /// The limits that the scan is asked to keep to.
    package var limits: ScanLimits { pipeline?.limits ?? ScanLimits() }

    // MARK: Before anything is fetched

    /// The judgement if the size alone decides, else nil.
    package func judgementBySize() -> Judgement? {
        guard !sizeBreaches.isEmpty, !scansRejected else { return nil }
        return judgement(sizeBreaches, Evidence())
    }

    /// The judgement on an object that is not inspected because its uploader has used up a quota.
    package func judgement(beyondQuota breach: Finding) -> Judgement { judgement([breach], Evidence()) }

    // MARK: With the first range

    /// The judgement on an object whose type was not found, for which the object itself is to blame.
    ///
    /// - Parameter bytesRead: bytes of the object that were fetched.
    package func judgement(_ failure: InspectionFailure, bytesRead: Int64) -> Judgement {
        judgement([Finding(failure)], Evidence(bytesRead: bytesRead, declaredType: declaredType))
    }

    /// Whether the object will be scanned, unless its bytes contradict what is known of it.
    package var expectsScan: Bool {
        scansRejected || sizeBreaches.isEmpty && pipeline?.accept.acceptsDeclared(declaredType) != false
    }

    /// Whether the object is fetched whole and scanned. If not, its first range decides.
    ///
    /// - Parameters:
    ///   - detectedType: the MIME type of the first range.
    ///   - isWhole: whether the first range is the whole object.
    package func needsScan(detectedType: String, isWhole: Bool) -> Bool {
        guard sizeBreaches.isEmpty else { return scansRejected }
        if breaches(detectedType).isEmpty || scansRejected { return true }
        // The whole object may turn out to be of an accepted type, even if its first range does not show it.
        return !isWhole && pipeline?.accept.needsWholeObject(declared: declaredType, detected: detectedType) == true
    }

    /// The judgement if the first range decides (`needsScan` is false).
    ///
    /// - Parameters:
    ///   - bytesRead: the length of the first range in bytes.
    ///   - sha256: the hash of the object, if the first range is all of it.
    package func judgementByFirstRange(detectedType: String, bytesRead: Int64, sha256: String?) -> Judgement {
        let evidence = Evidence(
            bytesRead: bytesRead, sha256: sha256, declaredType: declaredType, detectedType: detectedType)
        return judgement(breaches(ofType: detectedType), evidence)
    }

    /// The judgement on an object that can't be fetched whole.
    ///
    /// - Parameter bytesRead: the length of the first range in bytes.
    package func judgement(unfetched finding: Finding, detectedType: String, bytesRead: Int64) -> Judgement {
        let evidence = Evidence(bytesRead: bytesRead, declaredType: declaredType, detectedType: detectedType)
        return judgement(breaches(ofType: detectedType) + [finding], evidence)
    }

    // MARK: With the scan

    /// The judgement on an object that was scanned.
    ///
    /// - Parameters:
    ///   - detectedType: the MIME type of the first range; the scan's own type, of the whole object, takes precedence.
    ///   - sha256: the hash of the whole object.
    package func judgement(_ report: ScanReport, detectedType: String, sha256: String) -> Judgement {
        var evidence = report.evidence
        evidence.declaredType = declaredType
        evidence.detectedType = report.evidence.detectedType ?? detectedType
        evidence.sha256 = sha256

        var findings = breaches(ofType: evidence.detectedType ?? detectedType)
        findings += (pipeline?.accept.polyglots ?? .allow).findings(
            secondTypes: report.secondTypes, detected: report.evidence.detectedType)
        findings += report.findings
        return Judgement(
            ofScan: findings, evidence: evidence, size: size, limits: limits, allowance: report.allowance)
    }

    private var scansRejected: Bool { pipeline?.scansRejected == true }

    /// The breaches of the rules on size and type.
    func breaches(ofType detectedType: String) -> [Finding] { sizeBreaches + breaches(detectedType) }

    private func breaches(_ detectedType: String) -> [Finding] {
        pipeline?.breaches(declared: declaredType, detected: detectedType) ?? []
    }

    private func judgement(_ findings: [Finding], _ evidence: Evidence) -> Judgement {
        Judgement(verdict: Verdict(of: findings), findings: findings, evidence: evidence)
    }
}

extension Judgement {
    /// The judgement that the findings and the evidence of a finished scan support. Whatever the evidence lacks becomes
    /// a finding, and the object `unscannable`.
    ///
    /// - Parameters:
    ///   - size: the object's size in bytes, as its store reports it.
    ///   - limits: the limits that the scan was asked to keep to.
    ///   - allowance: how long the scan may have taken, its grace included.
    package init(
        ofScan findings: [Finding], evidence: Evidence, size: Int64, limits: ScanLimits, allowance: Duration
    ) {
        // Incomplete evidence is the consequence of a finding that already decides, and no news.
        let decides = findings.contains { ($0.kind.verdict ?? .clean) >= .unscannable }
        let missing =
            decides ? [] : evidence.missingParts(size: size, limits: limits, allowance: allowance)
        let all = findings + missing.map { Finding(.limit, "evidence-incomplete", detail: $0) }
        self.init(verdict: Verdict(of: all), findings: all, evidence: evidence)
    }
}
