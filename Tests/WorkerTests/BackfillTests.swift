import AWS
import Domain
import Intake
import Ledger
import Pipelines
import Support
import TestKit
import Testing
import Worker

@Suite(.timeLimit(.minutes(1))) struct BackfillTests {
    private let queue = MemoryQueue()
    private let noon = Timestamp(iso8601: "2026-11-21T12:00:00Z")!

    private var keysSent: [String] { queue.events.map(\.object.key.text) }

    private func listed(_ key: String, after seconds: Int = 0) -> ListedObject {
        ListedObject(
            key: ObjectKey(key)!, size: 3, etag: "e", lastModified: noon.advanced(by: .seconds(seconds)))
    }

    private func backfill(_ fixture: JobFixture, isDryRun: Bool = false) -> Backfill {
        Backfill(
            of: "inbox", times: TimeSpan(), pipelines: fixture.pipelines, ledger: fixture.ledger,
            sender: isDryRun ? nil : EventSender(to: queue), actor: "mara")
    }

    /// Ends the job of an event.
    private func settle(_ fixture: JobFixture, _ event: Event, _ outcome: Outcome = .gone) async throws {
        let job = Job(of: event)
        let claim = try await fixture.ledger.claim(
            job, by: "one", pipeline: nil, receivedAt: noon, until: noon.advanced(by: .seconds(9)), now: noon)
        guard case .granted(let token, _) = claim else {
            Issue.record("\(claim)")
            return
        }
        #expect(try await fixture.ledger.finish(token, with: outcome, at: noon))
    }

    private func live(_ key: String) -> Event {
        let object = ObjectVersion(bucket: "inbox", key: ObjectKey(key)!, versionID: nil, etag: "e")
        return Event(object: object, size: 3, sequencer: "0A", time: noon, name: "ObjectCreated:Put")
    }

    @Test func `objects without an outcome are sent and each object has its entry in order`() async throws {
        let fixture = try await JobFixture()
        let keys = (0..<60).map { "up/\($0)" }
        try await settle(fixture, live("up/7"))
        let entries = try await backfill(fixture)((keys + ["else/x"]).map { listed($0) })
        #expect(entries.map(\.object.key.text) == keys + ["else/x"])
        #expect(entries[7].step == .leave(.ended(.gone)) && entries[60].step == .leave(.unmatched))
        #expect(entries.allSatisfy { $0.failure == nil })
        #expect(Set(keysSent) == Set(keys).subtracting(["up/7"]) && keysSent.count == 59)
    }

    @Test func `a dry run decides the same and sends nothing`() async throws {
        let fixture = try await JobFixture()
        try await settle(fixture, live("up/1"))
        let objects = [listed("up/0"), listed("up/1"), listed("up/2", after: 60)]
        let dry = try await backfill(fixture, isDryRun: true)(objects)
        #expect(keysSent.isEmpty)
        #expect(try await fixture.ledger.auditTrail(of: nil, limit: 1).isEmpty)
        #expect(try await backfill(fixture)(objects).map(\.step) == dry.map(\.step))
        #expect(Set(keysSent) == ["up/0", "up/2"])
    }

    @Test func `a message that the queue refuses is reported for its object only`() async throws {
        let fixture = try await JobFixture()
        queue.change {
            $0.failSend = { body, _ in
                body.contains(#""key":"up/1""#)
                    ? SQSBatchFailure(code: "Refused", message: "", isSenderFault: true) : nil
            }
        }
        let entries = try await backfill(fixture)([listed("up/0"), listed("up/1"), listed("up/2")])
        #expect(entries.map { $0.failure?.code } == [nil, "Refused", nil])
        #expect(keysSent == ["up/0", "up/2"])
    }

    /// Without events, only a backfill sees an upload, and the job's name depends on the bytes alone.
    @Test func `bytes that an earlier backfill sent are sent again after another upload`() async throws {
        let fixture = try await JobFixture()
        let (first, again) = (listed("up/a"), listed("up/a", after: 3600))
        _ = try await backfill(fixture)([first])
        try await settle(fixture, Event(of: first, in: "inbox"))
        #expect(try await backfill(fixture)([first])[0].step == .leave(.ended(.gone)))
        #expect(try await backfill(fixture)([again])[0].step == .send(Event(of: again, in: "inbox"), isRepeat: true))
        #expect(keysSent == ["up/a", "up/a"])
        let job = try #require(try await fixture.ledger.job(JobID(of: Event(of: again, in: "inbox"))))
        #expect(job.outcome == nil && job.history.map(\.outcome) == [.gone])
        let trail = try await fixture.ledger.auditTrail(of: job.job.id, limit: 9)
        #expect(trail.map(\.action) == ["backfill"] && trail.map(\.actor) == ["mara"])
        #expect(trail.map(\.subject) == ["s3://inbox/up/a"])
        // After that it is the later upload's job, and is not opened a third time.
        try await settle(fixture, Event(of: again, in: "inbox"))
        #expect(try await backfill(fixture)([again])[0].step == .leave(.ended(.gone)))
    }

    @Test func `a repeated upload is sent without opening the job of the S3 event`() async throws {
        let fixture = try await JobFixture()
        try await settle(fixture, live("up/a"))
        let again = listed("up/a", after: 3600)
        #expect(try await backfill(fixture)([again])[0].step == .send(Event(of: again, in: "inbox"), isRepeat: true))
        #expect(keysSent == ["up/a"])
        #expect(try await fixture.ledger.auditTrail(of: nil, limit: 1).isEmpty)
    }

    @Test func `a stranded job is sent with its own event`() async throws {
        let fixture = try await JobFixture()
        let job = Job(of: live("up/a"))
        let claim = try await fixture.ledger.claim(
            job, by: "one", pipeline: nil, receivedAt: noon, until: noon.advanced(by: .seconds(9)), now: noon)
        guard case .granted(let token, _) = claim else {
            Issue.record("\(claim)")
            return
        }
        #expect(try await backfill(fixture)([listed("up/a")])[0].step == .leave(.open))
        try await fixture.ledger.release(token, error: "denied", strands: true, at: noon)
        _ = try await backfill(fixture)([listed("up/a")])
        #expect(queue.events == [job.event])
    }
}
