import AWS
import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing
import Transfer

@testable import Worker

/// Uploads of one key that are worked on out of order: the latest stays at the destination.
@Suite(.timeLimit(.minutes(1))) struct PromotionOrderTests {
    private let place = JudgementBasis(destination: ObjectLocation(bucket: "out", key: ObjectKey("done/a")!))

    /// One version of `up/a`. The store has only these bytes.
    ///
    /// - Parameter after: when it was uploaded, after the fixture's start.
    private func upload(
        _ version: String, _ sequencer: String?, _ bytes: [UInt8], _ fixture: AttemptScopeFixture,
        after: Duration = .zero
    ) -> Job {
        fixture.store["inbox", "up/a"] = .init(bytes)
        let object = ObjectVersion(
            bucket: "inbox", key: ObjectKey("up/a")!, versionID: version, etag: fixture.store["inbox", "up/a"]?.etag)
        return Job(
            of: Event(
                object: object, size: Int64(bytes.count), sequencer: sequencer,
                time: AttemptScopeFixture.start.advanced(by: after),
                name: "ObjectCreated:Put"))
    }

    @Test func `an older upload does not replace a newer one`() async throws {
        let fixture = try await AttemptScopeFixture()
        let newer = upload("v2", "0B", [2], fixture)
        guard case .finished(.settled(_, .promoted, _)) = await fixture.run(newer).value else {
            Issue.record("the newer one is not promoted")
            return
        }
        let older = upload("v1", "0A", [1], fixture)
        guard case .finished(.superseded) = await fixture.run(older).value else {
            Issue.record("the older one is not superseded")
            return
        }
        #expect(fixture.store["out", "done/a"]?.bytes == [2])
        #expect(fixture.store["inbox", "up/a"]?.bytes == [1])
    }

    /// The worker was killed after it had deleted the source, and the later upload replaced the copy. Or the later
    /// upload is infected, and replaced nothing.
    @Test(arguments: [(Verdict.clean, Outcome.superseded), (.infected, .gone)])
    func `an upload whose copy was replaced before its outcome was recorded is superseded`(
        later verdict: Verdict, outcome: Outcome
    ) async throws {
        let fixture = try await AttemptScopeFixture()
        let older = upload("v1", "0A", [1], fixture)
        let other = try await fixture.claimElsewhere(older)
        let clean = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 1))
        try await fixture.ledger.inner.record(clean, for: other, under: place, at: fixture.now)

        let newer = try await fixture.claimElsewhere(upload("v2", "0B", [2], fixture))
        let judgement = Judgement(verdict: verdict, findings: [], evidence: Evidence(bytesRead: 1))
        try await fixture.ledger.inner.record(judgement, for: newer, under: place, at: fixture.now)
        fixture.store["out", "done/a"] = .init([2])
        fixture.store["inbox", "up/a"] = nil

        fixture.clock.advance(by: .seconds(61))
        guard case .finished(let ended) = await fixture.run(older).value else {
            Issue.record("not ended")
            return
        }
        #expect(ended == outcome)
        let record = try #require(try await fixture.ledger.job(older.id))
        #expect(record.judgement == clean && record.attempts.count == 2)
        #expect(fixture.store["out", "done/a"]?.bytes == [2])
    }

    @Test func `uploads in order and uploads without a sequencer are promoted`() async throws {
        let fixture = try await AttemptScopeFixture()
        for (index, sequencer) in ["0A", "0B", nil, "F0", "0100"].enumerated() {
            let bytes = [UInt8(index)]
            let job = upload("v\(index)", sequencer, bytes, fixture)
            guard case .finished(.settled(_, .promoted, _)) = await fixture.run(job).value else {
                Issue.record("\(sequencer ?? "nil") is not promoted")
                return
            }
            #expect(fixture.store["out", "done/a"]?.bytes == bytes)
        }
    }

    @Test func `a newer upload waits for an older one on its way`() async throws {
        let fixture = try await AttemptScopeFixture()
        let older = upload("v1", "0A", [1], fixture)
        let other = try await fixture.claimElsewhere(older)
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 1))
        try await fixture.ledger.inner.record(judgement, for: other, under: place, at: fixture.now)

        let newer = upload("v2", "0B", [2], fixture)
        let attempt = fixture.run(newer)
        for _ in 1...3 { await fixture.pass(.milliseconds(500)) }
        await fixture.clock.untilSleepers(1)
        #expect(fixture.store["out", "done/a"] == nil)

        #expect(try await fixture.ledger.inner.finish(other, with: .gone, at: fixture.now))
        fixture.clock.advance(by: .milliseconds(500))
        guard case .finished(.settled(_, .promoted, _)) = await attempt.value else {
            Issue.record("not promoted")
            return
        }
        #expect(fixture.store["out", "done/a"]?.bytes == [2])
    }

    @Test func `an upload that waits for an older one is handed back when the worker drains`() async throws {
        let fixture = try await AttemptScopeFixture()
        let other = try await fixture.claimElsewhere(upload("v1", "0A", [1], fixture))
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 1))
        try await fixture.ledger.inner.record(judgement, for: other, under: place, at: fixture.now)
        let newer = upload("v2", "0B", [2], fixture)
        let scope = AttemptScope()
        let attempt = fixture.run(newer, scope)
        await fixture.clock.untilSleepers(1)
        scope.drain()
        guard case .handedBack = await attempt.value else {
            Issue.record("not handed back")
            return
        }
        let record = try #require(try await fixture.ledger.job(newer.id))
        #expect(record.outcome == nil && record.judgement?.verdict == .clean && record.heldBy == nil)
        #expect(fixture.store["out", "done/a"] == nil)
    }

    /// Whatever happens to the later upload, the bytes must not be in two places.
    @Test(arguments: [true, false])
    func `the source of an overtaken upload is deleted if its copy is still there`(stillStands: Bool) async throws {
        let fixture = try await AttemptScopeFixture()
        let newer = upload("v2", "0B", [2], fixture)
        let older = upload("v1", "0A", [1], fixture)
        fixture.store.interrupt { (call) throws(AWSError) in
            if case .delete = call { throw .test("DeleteObject", code: "SlowDown", status: 503) }
        }
        guard case .open = await fixture.run(older).value else {
            Issue.record("not interrupted")
            return
        }
        fixture.store.interrupt { (_) throws(AWSError) in }
        let other = try await fixture.claimElsewhere(newer)
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 1))
        try await fixture.ledger.inner.record(judgement, for: other, under: place, at: fixture.now)
        if !stillStands { fixture.store["out", "done/a"] = .init([2]) }

        switch await fixture.run(older).value {
        case .finished(.settled(_, .promoted, let place)):
            #expect(stillStands && place?.location.key.text == "done/a")
            #expect(fixture.store["out", "done/a"]?.bytes == [1] && fixture.store["inbox", "up/a"] == nil)
        case .finished(.superseded):
            #expect(!stillStands)
            #expect(fixture.store["out", "done/a"]?.bytes == [2] && fixture.store["inbox", "up/a"] != nil)
        case let result: Issue.record("\(result)")
        }
    }

    /// If the older upload's claim expires, the newer one does not wait for it, and may be promoted when the ledger is
    /// next asked.
    private func promoteElsewhere(_ newer: Job, _ fixture: AttemptScopeFixture) async throws {
        let token = try await fixture.claimElsewhere(newer)
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 1))
        #expect(try await fixture.ledger.inner.record(judgement, for: token, under: place, at: fixture.now) == .free)
        let place = ObjectLocation(bucket: "out", key: ObjectKey("done/a")!)
        fixture.store["out", "done/a"] = .init([2])
        let outcome = Outcome.settled(judgement, .promoted, Destination(place, versionID: nil))
        #expect(try await fixture.ledger.inner.finish(token, with: outcome, at: fixture.now))
    }

    @Test func `an upload whose claim expired before its copy asks again whether it is overtaken`() async throws {
        let fixture = try await AttemptScopeFixture()
        let newer = upload("v2", "0B", [2], fixture)
        let older = upload("v1", "0A", [1], fixture)
        fixture.ledger.play { call, count in
            if call == .renew, count == 1 { try? await promoteElsewhere(newer, fixture) }
            return nil
        }
        // The process is suspended right after it confirmed its claim.
        let isFirst = Locked(true)
        let attempt = fixture.run(older) {
            if isFirst.withLock({ isFirst in
                defer { isFirst = false }; return isFirst
            }) {
                fixture.clock.advance(by: .seconds(61))
            }
        }
        guard case .finished(.superseded) = await attempt.value else {
            Issue.record("it went on")
            return
        }
        #expect(fixture.store["out", "done/a"]?.bytes == [2])
        #expect(!fixture.store.calls.contains { if case .copy = $0 { true } else { false } })
    }

    @Test func `an upload whose claim expires during a multipart copy does not replace a newer one`() async throws {
        var inParts = ObjectCopier.Configuration()
        (inParts.multipartThreshold, inParts.partSize) = (0, 1)
        let fixture = try await AttemptScopeFixture(copying: inParts)
        let newer = upload("v2", "0B", [2], fixture)
        let older = upload("v1", "0A", [1], fixture)
        fixture.ledger.play { call, count in
            if call == .renew, count == 1 { try? await promoteElsewhere(newer, fixture) }
            return nil
        }
        fixture.store.interrupt { [clock = fixture.clock] (call) throws(AWSError) in
            if case .copyPart = call { clock.advance(by: .seconds(61)) }
        }
        guard case .finished(.superseded) = await fixture.run(older).value else {
            Issue.record("it went on")
            return
        }
        #expect(fixture.store["out", "done/a"]?.bytes == [2])
        #expect(fixture.store["inbox", "up/a"] != nil)
    }

    /// Its source is gone and its copy replaced: only the ledger shows that the upload was not lost.
    @Test func `an upload that was moved and replaced before its outcome was recorded is superseded`() async throws {
        let fixture = try await AttemptScopeFixture()
        let newer = upload("v2", "0B", [2], fixture)
        let older = upload("v1", "0A", [1], fixture)
        let scope = AttemptScope()
        fixture.ledger.play { call, _ in
            guard call == .finish else { return nil }
            scope.stop()
            return .before
        }
        guard case .handedBack = await fixture.run(older, scope).value else {
            Issue.record("not interrupted")
            return
        }
        #expect(fixture.store["inbox", "up/a"] == nil)
        fixture.ledger.play { _, _ in nil }
        try await promoteElsewhere(newer, fixture)
        guard case .finished(.superseded) = await fixture.run(older).value else {
            Issue.record("not superseded")
            return
        }
    }

    /// With a location for each job, no copy replaces another.
    @Test func `uploads with destinations of their own are all promoted`() async throws {
        let fixture = try await AttemptScopeFixture(
            pipelines: JobFixture.uploads.replacing("done/{rest}", with: "done/{job}/{rest}"))
        for (version, sequencer) in [("v2", "0B"), ("v1", "0A")] {
            let job = upload(version, sequencer, [1], fixture)
            guard case .finished(.settled(_, .promoted, _)) = await fixture.run(job).value else {
                Issue.record("\(version) is not promoted")
                return
            }
        }
    }

    /// A backfill was queued before the live upload: its event has no sequencer.
    @Test(arguments: [(nil, "0B"), ("0A", nil), (nil, nil)] as [(String?, String?)])
    func `an older upload does not replace a newer one if one of them has no sequencer`(
        older: String?, newer: String?
    ) async throws {
        let fixture = try await AttemptScopeFixture()
        let later = upload("v2", newer, [2], fixture, after: .seconds(60))
        guard case .finished(.settled(_, .promoted, _)) = await fixture.run(later).value else {
            Issue.record("the newer one is not promoted")
            return
        }
        #expect(await fixture.run(upload("v1", older, [1], fixture)).value == .finished(.superseded))
        #expect(fixture.store["out", "done/a"]?.bytes == [2])
        #expect(fixture.store["inbox", "up/a"]?.bytes == [1])
    }

    @Test(arguments: [(nil, "0B"), ("0A", nil), (nil, nil)] as [(String?, String?)])
    func `uploads in order are both promoted if one of them has no sequencer`(older: String?, newer: String?)
        async throws
    {
        let fixture = try await AttemptScopeFixture()
        for (version, sequencer, byte) in [("v1", older, UInt8(1)), ("v2", newer, 2)] {
            let job = upload(version, sequencer, [byte], fixture, after: .seconds(Int(byte)))
            guard case .finished(.settled(_, .promoted, _)) = await fixture.run(job).value else {
                Issue.record("\(version) is not promoted")
                return
            }
        }
        #expect(fixture.store["out", "done/a"]?.bytes == [2])
    }

    /// The ledger has not heard of the newer upload yet.
    @Test(arguments: [("v2", Outcome.Kind.superseded), ("v1", .settled), ("null", .superseded)])
    func `an upload without a sequencer is superseded if another version is current`(
        current: String, outcome: Outcome.Kind
    ) async throws {
        let fixture = try await AttemptScopeFixture()
        let job = upload("v1", nil, [1], fixture)
        fixture.store.interrupt { [store = fixture.store] (call) throws(AWSError) in
            if case .head = call { store["inbox", "up/a"]?.versionID = current }
        }
        guard case .finished(let ended) = await fixture.run(job).value else {
            Issue.record("not ended")
            return
        }
        #expect(ended.kind == outcome)
        #expect((fixture.store["out", "done/a"] == nil) == (outcome == .superseded))
    }

    @Test func `an upload without a sequencer waits for an older one on its way`() async throws {
        let fixture = try await AttemptScopeFixture()
        let other = try await fixture.claimElsewhere(upload("v1", "0A", [1], fixture))
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 1))
        try await fixture.ledger.inner.record(judgement, for: other, under: place, at: fixture.now)
        let attempt = fixture.run(upload("v2", nil, [2], fixture, after: .seconds(60)))
        await fixture.clock.untilSleepers(1)
        #expect(fixture.store["out", "done/a"] == nil)
        #expect(try await fixture.ledger.inner.finish(other, with: .gone, at: fixture.now))
        fixture.clock.advance(by: .milliseconds(500))
        guard case .finished(.settled(_, .promoted, _)) = await attempt.value else {
            Issue.record("not promoted")
            return
        }
    }

    @Test func `uploads of one key that go to different locations are all promoted`() async throws {
        let fixture = try await AttemptScopeFixture(
            pipelines: JobFixture.uploads.replacing("done/{rest}", with: "done/{date}/{rest}"))
        for (version, sequencer, day) in [("v2", "0B", 1), ("v1", "0A", 0)] {
            let job = upload(version, sequencer, [1], fixture, after: .seconds(day * 86_400))
            guard case .finished(.settled(_, .promoted, _)) = await fixture.run(job).value else {
                Issue.record("\(version) is not promoted")
                return
            }
        }
        let dates = (0...1).map { AttemptScopeFixture.start.advanced(by: .seconds($0 * 86_400)).date }
        #expect(dates.allSatisfy { fixture.store["out", "done/\($0)/a"] != nil })
    }
}
