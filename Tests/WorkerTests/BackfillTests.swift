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

    private func backfill(_ bench: Bench, isDryRun: Bool = false) -> Backfill {
        Backfill(
            of: "inbox", times: TimeSpan(), pipelines: bench.pipelines, ledger: bench.ledger,
            sender: isDryRun ? nil : EventSender(to: queue), actor: "mara")
    }

    /// Ends the job of an object as a live event would have brought it.
    private func settle(_ bench: Bench, _ event: Event, _ outcome: Outcome = .gone) async throws {
        let job = Job(of: event)
        let claim = try await bench.ledger.claim(
            job, by: "one", pipeline: nil, receivedAt: noon, until: noon.advanced(by: .seconds(9)), now: noon)
        guard case .granted(let token, _) = claim else {
            Issue.record("\(claim)")
            return
        }
        #expect(try await bench.ledger.finish(token, with: outcome, at: noon))
    }

    private func live(_ key: String) -> Event {
        let object = ObjectVersion(bucket: "inbox", key: ObjectKey(key)!, versionID: nil, etag: "e")
        return Event(object: object, size: 3, sequencer: "0A", time: noon, name: "ObjectCreated:Put")
    }

    @Test func `what has no outcome is sent and each object is told in its place`() async throws {
        let bench = try await Bench()
        let keys = (0..<60).map { "up/\($0)" }
        try await settle(bench, live("up/7"))
        let entries = try await backfill(bench)((keys + ["else/x"]).map { listed($0) })
        #expect(entries.map(\.object.key.text) == keys + ["else/x"])
        #expect(entries[7].step == .leave(.ended(.gone)) && entries[60].step == .leave(.unmatched))
        #expect(entries.allSatisfy { $0.failure == nil })
        #expect(Set(keysSent) == Set(keys).subtracting(["up/7"]) && keysSent.count == 59)
    }

    @Test func `a dry run decides the same and sends nothing`() async throws {
        let bench = try await Bench()
        try await settle(bench, live("up/1"))
        let objects = [listed("up/0"), listed("up/1"), listed("up/2", after: 60)]
        let dry = try await backfill(bench, isDryRun: true)(objects)
        #expect(keysSent.isEmpty)
        #expect(try await bench.ledger.auditTrail(of: nil, limit: 1).isEmpty)
        #expect(try await backfill(bench)(objects).map(\.step) == dry.map(\.step))
        #expect(Set(keysSent) == ["up/0", "up/2"])
    }

    @Test func `what the queue refuses is told of its object alone`() async throws {
        let bench = try await Bench()
        queue.change {
            $0.failSend = { body, _ in
                body.contains(#""key":"up/1""#)
                    ? SQSBatchFailure(code: "Refused", message: "", isSenderFault: true) : nil
            }
        }
        let entries = try await backfill(bench)([listed("up/0"), listed("up/1"), listed("up/2")])
        #expect(entries.map { $0.failure?.code } == [nil, "Refused", nil])
        #expect(keysSent == ["up/0", "up/2"])
    }

    /// Without events, a backfill is all that ever tells of an upload; its job's name knows the bytes alone.
    @Test func `bytes that a backfill brought before are worked on again when they are uploaded again`() async throws {
        let bench = try await Bench()
        let (first, again) = (listed("up/a"), listed("up/a", after: 3600))
        _ = try await backfill(bench)([first])
        try await settle(bench, Event(of: first, in: "inbox"))
        #expect(try await backfill(bench)([first])[0].step == .leave(.ended(.gone)))
        #expect(try await backfill(bench)([again])[0].step == .send(Event(of: again, in: "inbox"), isRepeat: true))
        #expect(keysSent == ["up/a", "up/a"])
        let job = try #require(try await bench.ledger.job(JobID(of: Event(of: again, in: "inbox"))))
        #expect(job.outcome == nil && job.history.map(\.outcome) == [.gone])
        let trail = try await bench.ledger.auditTrail(of: job.job.id, limit: 9)
        #expect(trail.map(\.action) == ["backfill"] && trail.map(\.actor) == ["mara"])
        #expect(trail.map(\.subject) == ["s3://inbox/up/a"])
        // Once worked on, it is the later upload's job, and is not begun a third time.
        try await settle(bench, Event(of: again, in: "inbox"))
        #expect(try await backfill(bench)([again])[0].step == .leave(.ended(.gone)))
    }

    @Test func `uploads whose live events were worked on need no opening to be sent again`() async throws {
        let bench = try await Bench()
        try await settle(bench, live("up/a"))
        let again = listed("up/a", after: 3600)
        #expect(try await backfill(bench)([again])[0].step == .send(Event(of: again, in: "inbox"), isRepeat: true))
        #expect(keysSent == ["up/a"])
        #expect(try await bench.ledger.auditTrail(of: nil, limit: 1).isEmpty)
    }

    @Test func `a stranded job is sent by its own event`() async throws {
        let bench = try await Bench()
        let job = Job(of: live("up/a"))
        let claim = try await bench.ledger.claim(
            job, by: "one", pipeline: nil, receivedAt: noon, until: noon.advanced(by: .seconds(9)), now: noon)
        guard case .granted(let token, _) = claim else {
            Issue.record("\(claim)")
            return
        }
        #expect(try await backfill(bench)([listed("up/a")])[0].step == .leave(.open))
        try await bench.ledger.release(token, error: "denied", strands: true, at: noon)
        _ = try await backfill(bench)([listed("up/a")])
        #expect(queue.events == [job.event])
    }
}
