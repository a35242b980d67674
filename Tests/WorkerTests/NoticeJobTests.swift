import Domain
import Ledger
import Notices
import Support
import TestKit
import Testing

@testable import Worker

/// What jobs and reviews put into the outbox.
@Suite(.timeLimit(.minutes(1)))
struct NoticeJobTests {
    private static let notified = JobFixture.uploads.replacing(
        "then:",
        with: "notify: [{ eventbridge: default, received: true }, { eventbridge: clean, verdicts: [clean] }]\nthen:")

    private func notices(_ ledger: any Ledger, to bus: String = "default") async throws -> [NewNotice] {
        try await ledger.notices(NoticeQuery(destination: "eventbridge:\(bus)")).map(\.notice).reversed()
    }

    private func has(_ notice: NewNotice?, _ field: String) -> Bool { notice?.body.contains(field) == true }

    @Test func `a job writes one notice at its start and one at its end`() async throws {
        let fixture = try await JobFixture(pipelines: Self.notified)
        fixture.store["inbox", "up/a.png"] = MemoryStore.Stored([1, 2, 3], contentType: "image/png")
        let job = fixture.job("up/a.png")
        _ = await fixture.run(job)
        // Delivered again.
        _ = await fixture.run(job)
        let all = try await notices(fixture.ledger)
        #expect(all.map(\.id) == ["\(job.id)-received", "\(job.id)-outcome-1"])
        #expect(
            all.map(\.attributes.disposition) == [nil, .promoted] && all.map(\.attributes.verdict) == [nil, .clean])
        #expect(has(all.last, #""destination":{"bucketName":"out","objectKey":"done/a.png"}"#))
        #expect(try await notices(fixture.ledger, to: "clean").map(\.id) == ["\(job.id)-outcome-1"])
    }

    @Test func `an outcome without a verdict is sent, but not where verdicts are asked for`() async throws {
        let fixture = try await JobFixture(pipelines: Self.notified)
        let job = fixture.job("up/gone.png")
        _ = await fixture.run(job)
        #expect(try await notices(fixture.ledger).map(\.id) == ["\(job.id)-received", "\(job.id)-outcome-1"])
        #expect(has(try await notices(fixture.ledger).last, #""outcome":"gone""#))
        #expect(try await notices(fixture.ledger, to: "clean").isEmpty)
    }

    @Test func `an attempt that fails sends nothing, and the next one its own outcome`() async throws {
        let fixture = try await JobFixture(pipelines: Self.notified)
        fixture.store["inbox", "up/a.png"] = MemoryStore.Stored([1, 2, 3], contentType: "image/png")
        let job = fixture.job("up/a.png")
        struct Lost: Error {}
        let result = await fixture.run(job, checkLease: { throw Lost() })
        guard case .open = result else { throw NotFinished(result: result) }
        #expect(try await notices(fixture.ledger).map(\.id) == ["\(job.id)-received"])
        _ = await fixture.run(job)
        #expect(try await notices(fixture.ledger).map(\.id) == ["\(job.id)-received", "\(job.id)-outcome-2"])
    }

    /// The answer of the ledger is lost, so that the call is made again.
    @Test func `a repeated call writes a notice once`() async throws {
        let plain = try await JobFixture(pipelines: Self.notified)
        let scripted = ScriptedLedger(plain.ledger)
        scripted.play { call, count in [.claim, .finish].contains(call) && count == 1 ? .after : nil }
        let ledger = RetryingLedger(scripted, clocks: Clocks(ImmediateClock()), log: Log(threshold: .error))
        plain.store["inbox", "up/a.png"] = MemoryStore.Stored([1, 2, 3], contentType: "image/png")
        let job = plain.job("up/a.png")
        let notice = NewNotice(
            id: "n", destination: "eventbridge:default",
            attributes: NoticeAttributes(kind: .received, pipeline: "uploads", bucket: "inbox"), job: job.id,
            body: "{}",
            createdAt: .now())
        let now = Timestamp.now()
        let claim = try await ledger.claim(
            job, by: "w", pipeline: "uploads", receivedAt: now, until: now.advanced(by: .seconds(60)), now: now,
            notices: [notice])
        guard case .granted(let token, _) = claim else { throw NotFinished(result: .handedBack(reason: "")) }
        #expect(try await ledger.finish(token, with: .gone, at: now, notices: [notice]))
        #expect(scripted.count(.claim) == 2 && scripted.count(.finish) == 2)
        #expect(try await notices(plain.ledger).count == 2)
    }

    @Test func `a release, a recall and a deletion write their notices, and a refused one none`() async throws {
        let fixture = try await ReviewFixture(pipelines: Self.notified)
        let job = try await fixture.quarantined()
        _ = await fixture.runner().release(job.id, ReviewFixture.request())
        _ = await fixture.runner().release(job.id, ReviewFixture.request())
        _ = await fixture.runner().recall(job.id, ReviewFixture.request("lee"))
        _ = await fixture.runner().delete(job.id, ReviewFixture.request())
        let all = try await notices(fixture.ledger).filter { $0.attributes.kind == .review }
        #expect(all.map(\.id) == (1...3).map { "\(job.id)-review-\($0)" })
        #expect(all.map(\.attributes.disposition) == [.promoted, .quarantined, .deleted])
        #expect(has(all[0], #""destination":{"bucketName":"out","objectKey":"done/a.png"}"#))
        #expect(has(all[1], #""review":{"action":"recall","actor":"lee","#) && !has(all[2], #""destination""#))
        // The verdict filter is for outcomes: a program that shows what is ready needs the release.
        #expect(
            try await notices(fixture.ledger, to: "clean").map(\.attributes.kind) == [.review, .review, .review])
    }

    @Test func `the dispatcher is woken when notices were written`() async throws {
        let fixture = try await JobFixture(pipelines: Self.notified)
        fixture.store["inbox", "up/a.png"] = MemoryStore.Stored([1, 2, 3], contentType: "image/png")
        let woken = Locked(0)
        _ = await fixture.run(fixture.job("up/a.png"), onNotices: { woken.withLock { $0 += 1 } })
        #expect(woken.withLock { $0 } == 2)
        let quiet = try await JobFixture()
        _ = await quiet.run(quiet.job("up/gone.png"), onNotices: { woken.withLock { $0 += 1 } })
        #expect(woken.withLock { $0 } == 2)
    }
}
