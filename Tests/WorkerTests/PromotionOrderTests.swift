import AWS
import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing
import Transfer

@testable import Worker

/// Uploads of one key that are worked on out of turn: the latest stays at the permanent place.
@Suite(.timeLimit(.minutes(1))) struct PromotionOrderTests {
    /// One version of `up/a`; the store holds its bytes alone.
    private func upload(_ version: String, _ sequencer: String?, _ bytes: [UInt8], _ bench: AttemptScopeFixture) -> Job
    {
        bench.store["inbox", "up/a"] = .init(bytes)
        let object = ObjectVersion(
            bucket: "inbox", key: ObjectKey("up/a")!, versionID: version, etag: bench.store["inbox", "up/a"]?.etag)
        return Job(
            of: Event(
                object: object, size: Int64(bytes.count), sequencer: sequencer, time: bench.now,
                name: "ObjectCreated:Put"))
    }

    @Test func `an older upload does not replace a newer one`() async throws {
        let bench = try await AttemptScopeFixture()
        let newer = upload("v2", "0B", [2], bench)
        guard case .finished(.settled(_, .promoted, _)) = await bench.run(newer).value else {
            Issue.record("the newer one is not promoted")
            return
        }
        let older = upload("v1", "0A", [1], bench)
        guard case .finished(.superseded) = await bench.run(older).value else {
            Issue.record("the older one is not superseded")
            return
        }
        #expect(bench.store["out", "done/a"]?.bytes == [2])
        #expect(bench.store["inbox", "up/a"]?.bytes == [1])
    }

    /// Its worker was killed after it had deleted the source, and the later one was copied over its copy. Or the later one is an
    /// infected one, and so took nobody's place.
    @Test(arguments: [(Verdict.clean, Outcome.superseded), (.infected, .gone)])
    func `what was moved and then replaced is superseded`(later verdict: Verdict, outcome: Outcome) async throws {
        let bench = try await AttemptScopeFixture()
        let older = upload("v1", "0A", [1], bench)
        let other = try await bench.claimElsewhere(older)
        let clean = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 1))
        try await bench.ledger.inner.record(clean, for: other, at: bench.now)

        let newer = try await bench.claimElsewhere(upload("v2", "0B", [2], bench))
        let judgement = Judgement(verdict: verdict, findings: [], evidence: Evidence(bytesRead: 1))
        try await bench.ledger.inner.record(judgement, for: newer, at: bench.now)
        bench.store["out", "done/a"] = .init([2])
        bench.store["inbox", "up/a"] = nil

        bench.clock.advance(by: .seconds(61))
        guard case .finished(let ended) = await bench.run(older).value else {
            Issue.record("not ended")
            return
        }
        #expect(ended == outcome)
        let record = try #require(try await bench.ledger.job(older.id))
        #expect(record.judgement == clean && record.attempts.count == 2)
        #expect(bench.store["out", "done/a"]?.bytes == [2])
    }

    @Test func `what does not say when it came and the uploads in turn are promoted`() async throws {
        let bench = try await AttemptScopeFixture()
        for (index, sequencer) in ["0A", "0B", nil, "F0", "0100"].enumerated() {
            let bytes = [UInt8(index)]
            let job = upload("v\(index)", sequencer, bytes, bench)
            guard case .finished(.settled(_, .promoted, _)) = await bench.run(job).value else {
                Issue.record("\(sequencer ?? "nil") is not promoted")
                return
            }
            #expect(bench.store["out", "done/a"]?.bytes == bytes)
        }
    }

    @Test func `a newer upload comes after the older that is on its way`() async throws {
        let bench = try await AttemptScopeFixture()
        let older = upload("v1", "0A", [1], bench)
        let other = try await bench.claimElsewhere(older)
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 1))
        try await bench.ledger.inner.record(judgement, for: other, at: bench.now)

        let newer = upload("v2", "0B", [2], bench)
        let attempt = bench.run(newer)
        for _ in 1...3 { await bench.pass(.milliseconds(500)) }
        await bench.clock.untilSleepers(1)
        #expect(bench.store["out", "done/a"] == nil)

        #expect(try await bench.ledger.inner.finish(other, with: .gone, at: bench.now))
        bench.clock.advance(by: .milliseconds(500))
        guard case .finished(.settled(_, .promoted, _)) = await attempt.value else {
            Issue.record("not promoted")
            return
        }
        #expect(bench.store["out", "done/a"]?.bytes == [2])
    }

    @Test func `an upload that waits for its turn is handed back when the worker drains`() async throws {
        let bench = try await AttemptScopeFixture()
        let other = try await bench.claimElsewhere(upload("v1", "0A", [1], bench))
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 1))
        try await bench.ledger.inner.record(judgement, for: other, at: bench.now)
        let newer = upload("v2", "0B", [2], bench)
        let scope = AttemptScope()
        let attempt = bench.run(newer, scope)
        await bench.clock.untilSleepers(1)
        scope.drain()
        guard case .handedBack = await attempt.value else {
            Issue.record("not handed back")
            return
        }
        let record = try #require(try await bench.ledger.job(newer.id))
        #expect(record.outcome == nil && record.judgement?.verdict == .clean && record.heldBy == nil)
        #expect(bench.store["out", "done/a"] == nil)
    }

    /// Whatever becomes of the later one, the bytes are not in two places.
    @Test(arguments: [true, false])
    func `an overtaken upload whose copy stands there loses its source`(stillStands: Bool) async throws {
        let bench = try await AttemptScopeFixture()
        let newer = upload("v2", "0B", [2], bench)
        let older = upload("v1", "0A", [1], bench)
        bench.store.interrupt { (call) throws(AWSError) in
            if case .delete = call { throw .test("DeleteObject", code: "SlowDown", status: 503) }
        }
        guard case .open = await bench.run(older).value else {
            Issue.record("not interrupted")
            return
        }
        bench.store.interrupt { (_) throws(AWSError) in }
        let other = try await bench.claimElsewhere(newer)
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 1))
        try await bench.ledger.inner.record(judgement, for: other, at: bench.now)
        if !stillStands { bench.store["out", "done/a"] = .init([2]) }

        switch await bench.run(older).value {
        case .finished(.settled(_, .promoted, let place)):
            #expect(stillStands && place?.location.key.text == "done/a")
            #expect(bench.store["out", "done/a"]?.bytes == [1] && bench.store["inbox", "up/a"] == nil)
        case .finished(.superseded):
            #expect(!stillStands)
            #expect(bench.store["out", "done/a"]?.bytes == [2] && bench.store["inbox", "up/a"] != nil)
        case let result: Issue.record("\(result)")
        }
    }

    /// Where the claim of the older one lapses the newer one does not wait for it, and may have been promoted when the
    /// ledger is next asked.
    private func promoteElsewhere(_ newer: Job, _ bench: AttemptScopeFixture) async throws {
        let token = try await bench.claimElsewhere(newer)
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 1))
        #expect(try await bench.ledger.inner.record(judgement, for: token, at: bench.now) == .free)
        let place = ObjectLocation(bucket: "out", key: ObjectKey("done/a")!)
        bench.store["out", "done/a"] = .init([2])
        let outcome = Outcome.settled(judgement, .promoted, Destination(place, versionID: nil))
        #expect(try await bench.ledger.inner.finish(token, with: outcome, at: bench.now))
    }

    @Test func `an upload whose claim lapsed before its copy asks again whether it is overtaken`() async throws {
        let bench = try await AttemptScopeFixture()
        let newer = upload("v2", "0B", [2], bench)
        let older = upload("v1", "0A", [1], bench)
        bench.ledger.play { call, count in
            if call == .renew, count == 1 { try? await promoteElsewhere(newer, bench) }
            return nil
        }
        // The process stands still right after it made sure of its claim.
        let isFirst = Locked(true)
        let attempt = bench.run(older) {
            if isFirst.withLock({ isFirst in
                defer { isFirst = false }; return isFirst
            }) {
                bench.clock.advance(by: .seconds(61))
            }
        }
        guard case .finished(.superseded) = await attempt.value else {
            Issue.record("it went on")
            return
        }
        #expect(bench.store["out", "done/a"]?.bytes == [2])
        #expect(!bench.store.calls.contains { if case .copy = $0 { true } else { false } })
    }

    @Test func `an upload whose claim lapses while it is copied in parts does not replace a newer one`() async throws {
        var inParts = ObjectCopier.Configuration()
        (inParts.multipartThreshold, inParts.partSize) = (0, 1)
        let bench = try await AttemptScopeFixture(copying: inParts)
        let newer = upload("v2", "0B", [2], bench)
        let older = upload("v1", "0A", [1], bench)
        bench.ledger.play { call, count in
            if call == .renew, count == 1 { try? await promoteElsewhere(newer, bench) }
            return nil
        }
        bench.store.interrupt { [clock = bench.clock] (call) throws(AWSError) in
            if case .copyPart = call { clock.advance(by: .seconds(61)) }
        }
        guard case .finished(.superseded) = await bench.run(older).value else {
            Issue.record("it went on")
            return
        }
        #expect(bench.store["out", "done/a"]?.bytes == [2])
        #expect(bench.store["inbox", "up/a"] != nil)
    }

    /// Its source is gone and its copy replaced, so that only the ledger tells that it was not lost.
    @Test func `an upload that was moved and then replaced before its outcome was recorded is superseded`() async throws
    {
        let bench = try await AttemptScopeFixture()
        let newer = upload("v2", "0B", [2], bench)
        let older = upload("v1", "0A", [1], bench)
        let scope = AttemptScope()
        bench.ledger.play { call, _ in
            guard call == .finish else { return nil }
            scope.stop()
            return .before
        }
        guard case .handedBack = await bench.run(older, scope).value else {
            Issue.record("not interrupted")
            return
        }
        #expect(bench.store["inbox", "up/a"] == nil)
        bench.ledger.play { _, _ in nil }
        try await promoteElsewhere(newer, bench)
        guard case .finished(.superseded) = await bench.run(older).value else {
            Issue.record("not superseded")
            return
        }
    }

    /// Where each job has a place of its own nothing is replaced.
    @Test func `uploads that go to places of their own are all promoted`() async throws {
        let bench = try await AttemptScopeFixture(
            pipelines: Bench.uploads.replacing("done/{rest}", with: "done/{job}/{rest}"))
        for (version, sequencer) in [("v2", "0B"), ("v1", "0A")] {
            let job = upload(version, sequencer, [1], bench)
            guard case .finished(.settled(_, .promoted, _)) = await bench.run(job).value else {
                Issue.record("\(version) is not promoted")
                return
            }
        }
    }
}
