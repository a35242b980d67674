import Domain
import Ledger
import Replay
import Testing

/// What is done about a job, by how it stands.
@Suite struct ReplayDecisionTests {
    private func decision(
        _ outcome: Outcome? = nil, heldUntil: Int64? = nil, strandedAt: Int64? = nil, finishedAt: Int64 = 1,
        takesGone: Bool = false, start: Int64? = 30
    ) -> ReplayDecision {
        let record = JobRecord(
            job: job(1), outcome: outcome, heldBy: heldUntil.map { _ in "alpha" }, heldUntil: heldUntil.map(at),
            strandedAt: strandedAt.map(at), firstReceivedAt: at(0), finishedAt: outcome.map { _ in at(finishedAt) })
        return ReplayDecision(for: record, takesGone: takesGone, start: start.map(at), now: at(40))
    }

    static let ended: [(Outcome, ReplayDecision)] = [
        (.failed(reason: "denied", nil), .reopen), (.failed(reason: "locked", judged(.infected)), .reopen),
        (.unmatched, .reopen), (.settled(judged(.rejected), .kept, nil), .reopen),
        (.settled(judged(), .promoted, place()), .leave(.promoted(place()))),
        (.settled(judged(.infected), .quarantined, place("q")), .leave(.quarantined(place("q")))),
        (.settled(judged(.rejected), .deleted, nil), .leave(.deleted)), (.superseded, .leave(.superseded)),
        (.gone, .leave(.gone)),
    ]

    @Test(arguments: ended)
    func `what still has its object at its source is opened`(_ outcome: Outcome, _ expected: ReplayDecision) {
        #expect(decision(outcome) == expected)
    }

    @Test func `what is gone is opened where it is asked for by name`() {
        #expect(decision(.gone, takesGone: true) == .reopen)
        #expect(decision(.superseded, takesGone: true) == .leave(.superseded))
    }

    @Test func `an open job is sent unless somebody is at work on it`() {
        #expect(decision(strandedAt: 5) == .send)
        #expect(decision() == .send)
        #expect(decision(heldUntil: 40) == .send)
        #expect(decision(heldUntil: 41) == .leave(.held(by: "alpha", until: at(41))))
    }

    @Test func `what ended after the replay began is left unless it is asked for by its ID`() {
        let failed = Outcome.failed(reason: "denied", nil)
        #expect(decision(failed, finishedAt: 31) == .leave(.endedMeanwhile(.failed)))
        #expect(decision(failed, finishedAt: 30) == .reopen)
        #expect(decision(failed, finishedAt: 31, start: nil) == .reopen)
    }

    @Test func `who is told that an object moved is told where`() {
        let reason = ReplayDecision.Reason.promoted(place("permanent/a.png"))
        #expect(reason.description.contains("s3://media/permanent/a.png"))
        #expect(reason.destination == place("permanent/a.png"))
    }
}
