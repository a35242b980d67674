import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing
import Transfer

@testable import Worker

/// An object that the spool's disk can never hold ends at once.
@Suite(.timeLimit(.minutes(1))) struct TooLargeForSpoolTests {
    private static let size = Int64(5 << 20)

    private func run(total: Int64, inspector: ScriptedInspector = .init()) async throws -> (Outcome, JobFixture) {
        let rules = JobFixture.uploads.replacing("max-size: 1MiB, ", with: "")
        let fixture = try await JobFixture(inspector, pipelines: rules)
        fixture.store["inbox", "up/a"] = .init([UInt8](repeating: 1, count: Int(Self.size)))
        let job = fixture.job("up/a")
        let folder = SpoolFolder(fixture.directory.path, diskSpace: { DiskSpace(free: total, total: total) })
        let ended = try outcome(of: await fixture.run(job, fetch: RangedFetch(store: fixture.store, folder: folder)))
        return (ended, fixture)
    }

    @Test func `it is unscannable after its first range`() async throws {
        let (outcome, fixture) = try await run(total: Self.size)
        #expect(outcome.judgement?.verdict == .unscannable)
        #expect(outcome.judgement?.findings.map(\.name) == ["spool-size"])
        #expect(fixture.inspector.scans == 0)
        guard case .settled(_, .quarantined, _) = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test func `one that fits is scanned`() async throws {
        let (outcome, fixture) = try await run(total: 2 * Self.size)
        #expect(outcome.judgement?.verdict == .clean && fixture.inspector.scans == 1)
    }

    @Test func `one that the rules reject by its type is rejected`() async throws {
        let (outcome, _) = try await run(total: Self.size, inspector: ScriptedInspector(type: "text/html"))
        #expect(outcome.judgement?.verdict == .rejected)
    }

    @Test func `an object in memory or on an unknown disk is never too large`() {
        #expect(TooLargeForSpool(1 << 20, on: DiskSpace(free: 0, total: 0)) == nil)
        #expect(TooLargeForSpool(1 << 40, on: nil) == nil)
        #expect(TooLargeForSpool((1 << 20) + 1, on: DiskSpace(free: 0, total: 1 << 20)) != nil)
    }
}
