package import Domain
package import Inspection
package import Judging
package import Pipelines
internal import ScanProtocol
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
    /// The engine that serves now, by each name that evidence may give it; empty if it is unknown.
    var engines: [String] { get }
}

extension Inspector {
    package var signatureSet: [SignatureDatabase]? { nil }
    package var engines: [String] { [] }
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
    let inspector: any Inspector
    let program: String
    private let givenUp = GivenUpObjects()

    /// - Parameter program: the version of this program, under which a verdict may be reused.
    package init(inspector: any Inspector, program: String = "") {
        self.inspector = inspector
        self.program = program
    }

    /// The signature set that serves now; nil if it is unknown.
    package var servingSignatures: [SignatureDatabase]? { inspector.signatureSet }

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
    ///   - vouching: nil scans every object.
    ///   - fetchRest: fetches the rest of the object; not called if the first range decides. It throws
    ///     `TooLargeForSpool` for an object that can't be fetched whole.
    package func judge(
        _ bytes: SpooledBytes, declared: String?, encoding: ContentEncoding? = nil, pipeline: Pipeline?,
        vouching: VouchingSource? = nil, fetchRest: () async throws -> Void
    ) async throws -> Judgement {
        let judge = Judge(size: bytes.size, declaredType: declared, pipeline: pipeline)
        let isWhole = bytes.isWhole
        if isWhole { try bytes.spool.seal() }
        var hashed: HashedBytes?
        if isWhole, let vouching {
            hashed = try await hash(bytes, judge, vouching)
            if let known = hashed?.known { return known }
        }
        // One request both finds the type and scans, where the type is not likely to spare the scan.
        var scanned: (report: ScanReport, sha256: String)?
        if isWhole, bytes.size > 0, judge.expectsScan {
            scanned = try await scan(bytes, limits: judge.limits, knownType: nil, encoding: encoding, hashed)
        }
        let detected: String
        if let type = scanned?.report.evidence.detectedType {
            detected = type
        } else {
            do {
                detected = try await inspector.identify(
                    bytes.spool.fileDescriptor, size: bytes.count, encoding: encoding)
            } catch {
                guard let failure = error.objectFailure else { throw error }
                return judge.judgement(failure, bytesRead: bytes.count)
            }
        }
        guard judge.needsScan(detectedType: detected, isWhole: isWhole) else {
            var sha256 = scanned?.sha256 ?? hashed?.sha256
            if sha256 == nil, isWhole { sha256 = try await bytes.sha256() }
            return judge.judgementByFirstRange(detectedType: detected, bytesRead: bytes.count, sha256: sha256)
        }
        if !isWhole {
            do {
                try await fetchRest()
            } catch let reason as TooLargeForSpool {
                return judge.judgement(
                    unfetched: Finding(.limit, "spool-size", detail: "\(reason)"), detectedType: detected,
                    bytesRead: bytes.count)
            }
            try bytes.spool.seal()
            if let vouching {
                hashed = try await hash(bytes, judge, vouching)
                if let known = hashed?.known { return known }
            }
        }
        let (report, sha256) =
            if let scanned { scanned } else {
                try await scan(
                    bytes, limits: judge.limits, knownType: isWhole ? detected : nil, encoding: encoding, hashed)
            }
        return judge.judgement(report, detectedType: detected, sha256: sha256)
    }

    /// Scans a whole object, and hashes it meanwhile unless it is hashed already. Bytes that were given up are not
    /// scanned again.
    private func scan(
        _ bytes: SpooledBytes, limits: ScanLimits, knownType: String?, encoding: ContentEncoding?,
        _ hashed: HashedBytes?
    ) async throws -> (ScanReport, sha256: String) {
        let signatures = inspector.signatureSet ?? []
        func object(_ sha256: String) -> GivenUpObjects.Object {
            GivenUpObjects.Object(size: bytes.size, sha256: sha256, signatures: signatures, limits: limits)
        }
        async let hash = if let hashed { hashed.sha256 } else { bytes.sha256() }
        if givenUp.mayContain(size: bytes.size) {
            let sha256 = try await hash
            if let report = givenUp.report(on: object(sha256)) { return (report, sha256) }
        }
        let report = try await inspector.scan(
            bytes.spool.fileDescriptor, size: bytes.size, limits: limits, knownType: knownType, encoding: encoding)
        let sha256 = try await hash
        if report.isGivenUp { givenUp.add(object(sha256), report) }
        return (report, sha256)
    }
}
