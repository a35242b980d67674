import AWS
import Domain
import Ledger
import TestKit
import Testing
import Worker

/// Quotas of a pipeline, as jobs meet them.
@Suite(.timeLimit(.minutes(1))) struct QuotaJobTests {
    private static let rules = JobFixture.uploads.replacing(
        "accept: { max-size: 1MiB,",
        with: "accept: { quota: { by: first-segment, objects-per-hour: 2 }, max-size: 1MiB,")

    private func upload(_ fixture: JobFixture, _ key: String, _ bytes: [UInt8] = [1, 2, 3]) async throws -> Outcome {
        fixture.store["inbox", key] = .init(bytes)
        return try outcome(of: await fixture.run(fixture.job(key)))
    }

    @Test func `what is beyond a quota is rejected without being inspected`() async throws {
        let fixture = try await JobFixture(pipelines: Self.rules)
        for key in ["up/ana/1.png", "up/ana/2.png"] {
            #expect(try await upload(fixture, key).judgement?.verdict == .clean)
        }
        let scans = fixture.inspector.scans
        let outcome = try await upload(fixture, "up/ana/3.png")
        #expect(outcome.judgement?.verdict == .rejected)
        #expect(outcome.judgement?.findings.map(\.name) == ["quota"])
        #expect(outcome.judgement?.findings[0].detail.contains("under ana/") == true)
        #expect(fixture.inspector.scans == scans)
        // Another uploader has a quota of his own.
        #expect(try await upload(fixture, "up/bob/1.png").judgement?.verdict == .clean)
    }

    @Test func `attempts and folder markers take nothing of a quota`() async throws {
        let fixture = try await JobFixture(pipelines: Self.rules)
        fixture.store["inbox", "up/ana/"] = .init([])
        #expect(try outcome(of: await fixture.run(fixture.job("up/ana/"))) == .marker)
        // The copy fails twice: three attempts, one upload.
        fixture.store["inbox", "up/ana/1.png"] = .init([1])
        let job = fixture.job("up/ana/1.png")
        fixture.store.interrupt { (call) throws(AWSError) in
            if case .copy = call { throw .test("CopyObject", code: "InternalError", status: 500) }
        }
        for _ in 1...2 {
            guard case .open = await fixture.run(job) else {
                Issue.record("not left open")
                return
            }
        }
        fixture.store.interrupt { (_) throws(AWSError) in }
        #expect(try outcome(of: await fixture.run(job)).judgement?.verdict == .clean)
        #expect(try await upload(fixture, "up/ana/2.png").judgement?.verdict == .clean)
        #expect(try await upload(fixture, "up/ana/3.png").judgement?.verdict == .rejected)
    }

    /// The event's size is believed by nobody: S3's counts.
    @Test func `bytes are those that S3 has`() async throws {
        let rules = Self.rules.replacing("objects-per-hour: 2", with: "bytes-per-day: 10")
        let fixture = try await JobFixture(pipelines: rules)
        fixture.store["inbox", "up/ana/1.png"] = .init([UInt8](repeating: 1, count: 9))
        let first = fixture.job("up/ana/1.png", size: 1)
        #expect(try outcome(of: await fixture.run(first)).judgement?.verdict == .clean)
        fixture.store["inbox", "up/ana/2.png"] = .init([1, 2])
        let second = fixture.job("up/ana/2.png", size: 1)
        #expect(try outcome(of: await fixture.run(second)).judgement?.findings.map(\.name) == ["quota"])
    }
}
