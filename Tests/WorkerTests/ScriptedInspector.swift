import Domain
import Inspection
import Judging
import ScanProtocol
import Support
import TestKit
import Worker

/// A scanner that answers as a test wants it to.
final class ScriptedInspector: Inspector {
    typealias Step = @Sendable () async throws(ScannerError) -> Void

    let type: String
    /// The type of the whole object, if it differs from that of its first range.
    private let wholeType: String?
    private let found: [Finding]
    /// The version of the signature set that serves.
    private let version: Int64?
    /// Whether the filter leaves signatures out.
    private let isFiltered: Bool
    private let beforeType: Step
    /// Runs before the next scan only.
    private let beforeScan: Locked<(@Sendable () -> Void)?> = Locked(nil)
    /// Answers a scan in place of this value; gets the scan's number, from 1.
    private let answer: (@Sendable (Int) throws(ScannerError) -> ScanReport)?
    private let scanned = Locked(0)
    private let identified = Locked(0)
    /// Kept at the first request.
    let asked = Promise<Void>()

    init(
        type: String = "image/png", wholeType: String? = nil, found: [Finding] = [], version: Int64? = nil,
        isFiltered: Bool = false,
        beforeType: @escaping Step = { () async throws(ScannerError) in },
        answer: (@Sendable (Int) throws(ScannerError) -> ScanReport)? = nil
    ) {
        self.type = type
        self.wholeType = wholeType
        self.found = found
        self.version = version
        self.isFiltered = isFiltered
        self.beforeType = beforeType
        self.answer = answer
    }

    /// Never answers until its task is cancelled.
    static func hanging() -> ScriptedInspector {
        ScriptedInspector(beforeType: { () async throws(ScannerError) in
            do { try await Task.sleep(for: .seconds(3600)) } catch {}
            throw ScannerError(.cancelled, "the inspection was cancelled")
        })
    }

    /// Waits for `gate` before it answers.
    static func waiting(for gate: Promise<Void>) -> ScriptedInspector {
        ScriptedInspector(beforeType: { () async throws(ScannerError) in await gate.value })
    }

    var signatureSet: [SignatureDatabase]? { facts.databases.map(\.withoutCount) }

    var engines: [String] { [false, true].map(EngineDescription(facts).name) }

    /// How many requests for a type alone were made.
    var identifications: Int { identified.withLock { $0 } }
    /// How many scans were asked for.
    var scans: Int { scanned.withLock { $0 } }

    func whileScanning(_ body: @escaping @Sendable () -> Void) { beforeScan.withLock { $0 = body } }

    func identify(
        _ descriptor: CInt, size: Int64, encoding: ContentEncoding?
    ) async throws(ScannerError) -> String {
        identified.withLock { $0 += 1 }
        asked.keep(())
        try await beforeType()
        return type
    }

    func scan(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, knownType: String?, encoding: ContentEncoding?
    ) async throws(ScannerError) -> ScanReport {
        asked.keep(())
        if knownType == nil { try await beforeType() }
        let number = scanned.withLock { scanned in
            scanned += 1
            return scanned
        }
        beforeScan.withLock { $0.take() }?()
        if let answer { return try answer(number) }
        return ScanReport(
            findings: found, engine: EngineDescription(facts), allowance: limits.timeout, milliseconds: 1,
            bytesRead: size, detectedType: knownType ?? wholeType ?? type, method: .whole, objects: 1,
            isFiltered: isFiltered)
    }

    private var facts: EngineFacts {
        EngineFacts(
            engine: "ClamAV 0", signatures: 1,
            databases: [
                .init(
                    name: "test.ndb", version: version, signatures: 1, built: Timestamp(milliseconds: 1_795_248_000_000)
                )
            ])
    }
}
