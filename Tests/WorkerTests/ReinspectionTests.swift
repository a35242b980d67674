import Domain
import Ledger
import TestKit
import Testing

@testable import Worker

/// Which objects the ledger says were inspected again.
@Suite(.timeLimit(.minutes(1))) struct ReinspectionTests {
    /// Returns the jobs that a search for objects still to be inspected with these signatures finds.
    private func uninspected(_ fixture: ReviewFixture, _ inspection: ObjectInspection) async throws -> [JobID] {
        var query = JobQuery(signaturesBefore: .built(Timestamp(milliseconds: .max)))
        query.servingSignatures = inspection.servingSignatures
        return try await fixture.ledger.jobs(query).map(\.job.id)
    }

    @Test func `an object that is left to its review does not count as inspected`() async throws {
        let fixture = try await ReviewFixture(found: [])
        let (recalled, promoted) = (fixture.upload("up/a.png"), fixture.upload("up/b.png", [8], sequencer: "06"))
        for job in [recalled, promoted] {
            guard case .finished(.settled(_, .promoted, _)) = await fixture.jobs.run(job) else {
                throw ReviewFixture.Unexpected()
            }
        }
        let inspection = ObjectInspection(inspector: ScriptedInspector())
        let request = ReviewFixture.request()
        guard case .done = await fixture.runner().recall(recalled.id, request) else { throw ReviewFixture.Unexpected() }
        #expect(
            await fixture.runner().recheck(recalled.id, request, inspection)
                == .leftAlone("left to its review: it is pending"))
        guard case .done = await fixture.runner().recheck(promoted.id, request, inspection) else {
            throw ReviewFixture.Unexpected()
        }
        // A rescan of the quarantine has still to inspect the recalled one.
        #expect(try await uninspected(fixture, inspection) == [recalled.id])
        guard case .done = await fixture.runner().rescan(recalled.id, request, inspection) else {
            throw ReviewFixture.Unexpected()
        }
        #expect(try await uninspected(fixture, inspection) == [])
    }
}
