package import Domain
package import Inspection
package import Pipelines
package import Transfer

/// What an examination asks of the scanner.
package protocol Inspector: Sendable {
    /// The MIME type of the first `size` bytes behind a descriptor.
    func identify(_ descriptor: CInt, size: Int64) async throws(ScannerError) -> String
    func scan(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, knownType: String?
    ) async throws(ScannerError) -> ScanReport
}

extension Scanners: Inspector {}

/// Judges the bytes of one object by the rules of a pipeline and a scan. The worker and `lazaret scan` share it.
package struct ObjectInspection: Sendable {
    private let inspector: any Inspector

    package init(inspector: any Inspector) { self.inspector = inspector }

    /// The judgement where the rules already reject the object by its size, before any byte is fetched; else nil.
    package func judgement(ofSize size: Int64, pipeline: Pipeline) -> Judgement? {
        let breaches = pipeline.breaches(size: size)
        guard !breaches.isEmpty, !pipeline.scansRejected else { return nil }
        return Judgement(verdict: Verdict(of: breaches), findings: breaches, evidence: Evidence())
    }

    /// Judges an object.
    ///
    /// - Parameters:
    ///   - bytes: the object's first range, or all of it.
    ///   - declared: the content type that the uploader gave.
    ///   - pipeline: nil takes every type and size, within the usual limits.
    ///   - fetchRest: brings the bytes that are missing; not called where the first range decides.
    package func judge(
        _ bytes: SpooledBytes, declared: String?, pipeline: Pipeline?, fetchRest: () async throws -> Void
    ) async throws -> Judgement {
        var evidence = Evidence(declaredType: declared)
        let sizeBreaches = pipeline?.breaches(size: bytes.size) ?? []

        let isWholeType = bytes.isWhole
        if isWholeType { try bytes.spool.seal() }
        let detected: String
        do {
            detected = try await inspector.identify(bytes.spool.fileDescriptor, size: bytes.count)
        } catch {
            guard let finding = error.finding else { throw error }
            evidence.bytesRead = bytes.count
            return Judgement(verdict: Verdict(of: [finding]), findings: [finding], evidence: evidence)
        }
        evidence.detectedType = detected
        var findings = sizeBreaches + (pipeline?.breaches(declared: declared, detected: detected) ?? [])

        // The whole may show to be what is accepted, where its first range did not show as much.
        let isOpen =
            !isWholeType && sizeBreaches.isEmpty
            && pipeline?.accept.needsWholeObject(declared: declared, detected: detected) == true
        guard findings.isEmpty || isOpen || pipeline?.scansRejected == true else {
            evidence.bytesRead = bytes.count
            if bytes.isWhole { evidence.sha256 = try await bytes.sha256() }
            return Judgement(verdict: Verdict(of: findings), findings: findings, evidence: evidence)
        }

        if !bytes.isWhole {
            try await fetchRest()
            try bytes.spool.seal()
        }
        let limits = pipeline?.limits ?? ScanLimits()
        async let hash = bytes.sha256()
        let report = try await inspector.scan(
            bytes.spool.fileDescriptor, size: bytes.size, limits: limits, knownType: isWholeType ? detected : nil)
        evidence.sha256 = try await hash
        evidence.take(report)
        if let whole = report.detectedType, whole != detected {
            // What stands behind the first range counts: the rules are for the object, not for its beginning.
            evidence.detectedType = whole
            findings = sizeBreaches + (pipeline?.breaches(declared: declared, detected: whole) ?? [])
        }
        findings += (pipeline?.accept.polyglots ?? .allow).findings(
            secondTypes: report.secondTypes, detected: report.detectedType)
        return .proven(
            findings: findings + report.findings, evidence: evidence, size: bytes.size, limits: limits,
            allowance: report.allowance)
    }
}

extension Evidence {
    fileprivate mutating func take(_ report: ScanReport) {
        bytesRead = report.bytesRead
        engine = report.engine
        signatures = report.signatures
        databases = report.databases
        scanMilliseconds = report.milliseconds
        limits = report.limits
        method = report.method
        objects = report.objects
        deepest = report.deepest
        recovered = report.recovered
    }
}
