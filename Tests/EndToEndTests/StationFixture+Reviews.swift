import Domain
import Ledger
import Support
import Testing

extension StationFixture {
    /// Ends the claims that processes which were killed have on objects' reviews. They would end after a minute.
    func endReviewClaims() async throws {
        let ledger = try await openLedger(at: ledger, log: Log(threshold: .error))
        for job in try await ledger.interruptedReviews(at: .now().advanced(by: .seconds(120)), limit: 10_000) {
            let work = try #require(try await ledger.review(of: job)?.work)
            let token = ReviewToken(job: job, number: work.number, worker: work.worker)
            let entry = AuditEntry(at: .now(), actor: "clock", action: "renew", subject: "s", reason: "")
            _ = try await ledger.changeReview(of: job, .renew(token, until: .now()), entry)
        }
        await ledger.close()
    }
}
