import Domain
import Ledger
import Support
import Testing

/// The comparison of a fleet's reviewed objects with what the ledger says of their reviews.
struct FleetReviews {
    let account: FleetAccount

    /// Where a settled object lies after its review; nil for one that was deleted.
    func place(of job: JobLine, _ store: any Ledger) async throws -> FleetAccount.Place? {
        let seed = account.seed
        let id = try #require(JobID(job.job))
        let review = try #require(try await store.review(of: id))
        #expect(review.work == nil, "an interrupted review of \(job), seed \(seed)")
        try await expectTurns(of: job, id, review, store)
        let place = review.place.map {
            JobLine.Place(bucket: $0.location.bucket, key: $0.location.key.text, versionId: $0.versionID)
        }
        switch review.state {
        case nil: return FleetAccount.Place(job.destination, isQuarantined: false)
        case .pending?, .held?: return FleetAccount.Place(place ?? job.destination, isQuarantined: true)
        case .released?:
            #expect(place != nil, "\(job), seed \(seed)")
            return FleetAccount.Place(place, isQuarantined: false)
        case .deleted?, .expired?: return nil
        }
    }

    /// Requires that an object was released at most once more than it was recalled, and never after its deletion.
    private func expectTurns(
        of job: JobLine, _ id: JobID, _ review: Review, _ store: any Ledger
    ) async throws {
        // The latest come first.
        let done = try await store.auditTrail(of: id, limit: 10_000).reversed().map(\.action).filter {
            $0.hasSuffix("-done")
        }
        var isOut = job.disposition == "promoted"
        for (index, action) in done.enumerated() {
            let isLast = index == done.count - 1
            switch action {
            case "release-done" where !isOut: isOut = true
            case "recall-done" where isOut: isOut = false
            case "delete-done" where !isOut && isLast, "expire-done" where !isOut && isLast: break
            default: Issue.record("\(job): \(done), seed \(account.seed)")
            }
        }
        #expect(isOut == (review.state == nil || review.state == .released), "\(job): \(done), seed \(account.seed)")
    }
}
