import Domain
import Inspection
import Judging
import ScanProtocol
import TestKit
import Testing
import Transfer
import Worker

/// Objects over which scanner children ended.
@Suite(.timeLimit(.minutes(1))) struct GivenUpObjectsTests {
    static func report(_ failure: InspectionFailure) -> ScanReport {
        let engine = EngineDescription(EngineFacts(engine: "", signatures: 0, databases: []))
        return ScanReport(
            ScanAnswer(.failed(failure, milliseconds: 1), engine: engine, allowance: .seconds(1)), size: 1,
            knownType: nil, limits: ScanLimits())
    }

    /// Judges objects one after the other, and returns their findings and the number of scans.
    private func judge(_ objects: [[UInt8]], by inspector: ScriptedInspector) async throws -> ([String], scans: Int) {
        let fixture = try await JobFixture()
        let inspection = ObjectInspection(inspector: inspector)
        var findings: [String] = []
        for (number, bytes) in objects.enumerated() {
            let key = "up/\(number)"
            fixture.store["inbox", key] = .init(bytes)
            let fetch = RangedFetch(
                store: fixture.store, directory: fixture.directory.path, configuration: RangedFetch.Configuration())
            let fetched = try await fetch.first(of: fixture.job(key).object, size: Int64(bytes.count))
            let judgement = try await inspection.judge(fetched.bytes, declared: nil, pipeline: nil) {}
            findings.append(judgement.findings.map(\.name).joined(separator: " "))
        }
        return (findings, inspector.scans)
    }

    private let one = [UInt8](repeating: 1, count: 100)
    private let another = [UInt8](repeating: 2, count: 100)

    @Test func `the same bytes do not end further scanner children`() async throws {
        let inspector = ScriptedInspector(answer: { _ throws(ScannerError) in Self.report(.died("signal 11")) })
        let (findings, scans) = try await judge([one, one, another, one], by: inspector)
        #expect(findings == Array(repeating: "scanner-died", count: 4))
        #expect(scans == 2)
    }

    @Test func `bytes that make no progress are not tried again`() async throws {
        let inspector = ScriptedInspector(answer: { _ throws(ScannerError) in Self.report(.noProgress("in its xar")) })
        let (findings, scans) = try await judge([one, one], by: inspector)
        #expect(findings == ["no-progress", "no-progress"])
        #expect(scans == 1)
    }

    @Test func `an answered scan is made again`() async throws {
        let inspector = ScriptedInspector(found: [Finding(.signature, "Eicar")])
        let (_, scans) = try await judge([one, one], by: inspector)
        #expect(scans == 2)
    }
}
