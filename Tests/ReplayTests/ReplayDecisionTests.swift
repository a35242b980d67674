import Domain
import Ledger
import Replay
import Testing

/// What is done with a job, by its state.
@Suite struct ReplayDecisionTests {
    private func decision(
        _ outcome: Outcome? = nil, heldUntil: Int64? = nil, strandedAt: Int64? = nil, finishedAt: Int64 = 1,
        includesGone: Bool = false, start: Int64? = 30
    ) -> ReplayDecision {
        let record = JobRecord(
            job: job(1), outcome: outcome, heldBy: heldUntil.map { _ in "alpha" }, heldUntil: heldUntil.map(at),
            strandedAt: strandedAt.map(at), firstReceivedAt: at(0), finishedAt: outcome.map { _ in at(finishedAt) })
        return ReplayDecision(for: record, includesGone: includesGone, start: start.map(at), now: at(40))
    }

    static let ended: [(Outcome, ReplayDecision)] = [
        (.failed(reason: "denied", nil), .reopen), (.failed(reason: "locked", judged(.infected)), .reopen),
        (.unmatched, .reopen), (.marker, .reopen), (.settled(judged(.rejected), .kept, nil), .reopen),
        (.settled(judged(), .promoted, destination()), .leave(.promoted(destination()))),
        (.settled(judged(.infected), .quarantined, destination("q")), .leave(.quarantined(destination("q")))),
        (.settled(judged(.rejected), .deleted, nil), .leave(.deleted)), (.superseded, .leave(.superseded)),
        (.gone, .leave(.gone)),
    ]

    @Test(arguments: ended)
    func `a job whose object is still at its source is reopened`(_ outcome: Outcome, _ expected: ReplayDecision) {
        #expect(decision(outcome) == expected)
    }

    @Test func `a gone job is reopened only if selected explicitly`() {
        #expect(decision(.gone, includesGone: true) == .reopen)
        #expect(decision(.superseded, includesGone: true) == .leave(.superseded))
    }

    @Test func `an open job is sent unless a worker holds it`() {
        #expect(decision(strandedAt: 5) == .send)
        #expect(decision() == .send)
        #expect(decision(heldUntil: 40) == .send)
        #expect(decision(heldUntil: 41) == .leave(.held(by: "alpha", until: at(41))))
    }

    @Test func `a job that ended after the replay started is left unless selected by its ID`() {
        let failed = Outcome.failed(reason: "denied", nil)
        #expect(decision(failed, finishedAt: 31) == .leave(.endedMeanwhile(.failed)))
        #expect(decision(failed, finishedAt: 30) == .reopen)
        #expect(decision(failed, finishedAt: 31, start: nil) == .reopen)
    }

    @Test func `the reason for a moved object says where it is`() {
        let reason = ReplayDecision.Reason.promoted(destination("permanent/a.png"))
        #expect(reason.description.contains("s3://media/permanent/a.png"))
        #expect(reason.destination == destination("permanent/a.png"))
    }

    @Test func `the reason for a quarantined object names the commands for it`() {
        let reason = ReplayDecision.Reason.quarantined(destination("q"))
        for command in ["lazaret quarantine release", "lazaret quarantine rescan"] {
            #expect(reason.description.contains("`\(command)`"))
        }
    }
}
