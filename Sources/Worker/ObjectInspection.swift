package import Domain
package import Inspection
package import Judging
package import Pipelines
package import Transfer

/// The scanner, as an inspection uses it.
package protocol Inspector: Sendable {
    /// The MIME type of the first `size` bytes behind a descriptor, decoded if they are encoded so.
    func identify(
        _ descriptor: CInt, size: Int64, encoding: ContentEncoding?
    ) async throws(ScannerError) -> String
    func scan(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, knownType: String?, encoding: ContentEncoding?
    ) async throws(ScannerError) -> ScanReport
    /// The signature set that serves now, as evidence has it; nil if it is unknown.
    var signatureSet: [SignatureDatabase]? { get }
}

extension Inspector {
    package var signatureSet: [SignatureDatabase]? { nil }
}

extension Scanners: Inspector {
    package func scan(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, knownType: String?, encoding: ContentEncoding?
    ) async throws(ScannerError) -> ScanReport {
        let answer = try await inspect(
            descriptor, size: size, limits: limits, knownType: knownType, encoding: encoding)
        return ScanReport(answer, size: size, knownType: knownType, limits: limits)
    }
}

/// Inspects one object and has it judged. It does the I/O; `Judging/Judge.swift` decides. The worker and `lazaret scan`
/// share it.
package struct ObjectInspection: Sendable {
    private let inspector: any Inspector

    package init(inspector: any Inspector) { self.inspector = inspector }

    /// Whether a judgement was made under the signature set that serves now, or without signatures.
    func isUnderServingSignatures(_ judgement: Judgement) -> Bool {
        judgement.evidence.engine == nil || judgement.evidence.databases == inspector.signatureSet
    }

    /// The judgement if the object's size alone decides, before anything is fetched; else nil.
    package func judgement(ofSize size: Int64, pipeline: Pipeline) -> Judgement? {
        Judge(size: size, pipeline: pipeline).judgementBySize()
    }

    /// Inspects an object and returns its judgement.
    ///
    /// - Parameters:
    ///   - bytes: the object's first range, or all of it.
    ///   - declared: the uploader's `Content-Type`.
    ///   - encoding: the uploader's `Content-Encoding`.
    ///   - pipeline: nil accepts every type and size, within the default limits.
    ///   - fetchRest: fetches the rest of the object; not called if the first range decides.
    package func judge(
        _ bytes: SpooledBytes, declared: String?, encoding: ContentEncoding? = nil, pipeline: Pipeline?,
        fetchRest: () async throws -> Void
    ) async throws -> Judgement {
        let judge = Judge(size: bytes.size, declaredType: declared, pipeline: pipeline)
        let isWhole = bytes.isWhole
        if isWhole { try bytes.spool.seal() }
        let detected: String
        do {
            detected = try await inspector.identify(
                bytes.spool.fileDescriptor, size: bytes.count, encoding: encoding)
        } catch {
            guard let failure = error.objectFailure else { throw error }
            return judge.judgement(failure, bytesRead: bytes.count)
        }
        guard judge.needsScan(detectedType: detected, isWhole: isWhole) else {
            let sha256 = isWhole ? try await bytes.sha256() : nil
            return judge.judgementByFirstRange(detectedType: detected, bytesRead: bytes.count, sha256: sha256)
        }
        if !isWhole {
            try await fetchRest()
            try bytes.spool.seal()
        }
        async let sha256 = bytes.sha256()
        let report = try await inspector.scan(
            bytes.spool.fileDescriptor, size: bytes.size, limits: judge.limits, knownType: isWhole ? detected : nil,
            encoding: encoding)
        return judge.judgement(report, detectedType: detected, sha256: try await sha256)
    }
}
