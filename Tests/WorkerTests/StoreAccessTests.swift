import Domain
import Pipelines
import Support
import TestKit
import Testing
import Transfer

@testable import Worker

/// Objects are fetched and moved with the identity of their pipeline.
@Suite(.timeLimit(.minutes(1))) struct StoreAccessTests {
    private static let ofRole = JobFixture.uploads.replacing(
        "then:", with: "aws: { role-arn: \"arn:aws:iam::123456789012:role/uploads\" }\nthen:")

    private func access(_ store: MemoryStore, _ folder: String) -> StoreAccess {
        StoreAccess(
            fetch: RangedFetch(store: store, directory: folder),
            mover: ObjectMover(store: store, capabilities: StoreCapabilities(conditionalDeletesIn: ["inbox"])))
    }

    @Test(arguments: ["uploads", "another"])
    func `a pipeline with an identity of its own is fetched and moved with that, and others as the worker`(
        name: String
    ) async throws {
        let fixture = try await JobFixture(pipelines: Self.ofRole)
        let (own, other) = (fixture.store, MemoryStore())
        let isOther = name == "uploads"
        (isOther ? other : own)["inbox", "up/a.png"] = .init([1, 2, 3])
        let ownAccess = access(own, fixture.directory.path)
        let context = WorkerContext(
            worker: "one", pipelines: fixture.pipelines, ledger: fixture.ledger, fetch: ownAccess.fetch,
            mover: ownAccess.mover, others: [name: access(other, fixture.directory.path)],
            inspection: ObjectInspection(inspector: fixture.inspector),
            claims: ClaimKeeper(ledger: fixture.ledger, life: .seconds(60), log: Log(threshold: .error)))
        let etag = (isOther ? other : own)["inbox", "up/a.png"]?.etag
        let runner = JobRunner(
            fixture.job("up/a.png", size: 3, etag: etag), receivedAt: .now(), context: context, checkLease: {})
        guard case .settled(_, .promoted, _) = try outcome(of: await runner()) else {
            Issue.record("not promoted")
            return
        }
        #expect((isOther ? other : own).locations.map(\.description) == ["s3://out/done/a.png"])
        #expect((isOther ? own : other).calls.isEmpty, "the other identity is not used")
    }
}
