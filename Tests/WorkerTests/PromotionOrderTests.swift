import AWS
import Domain
import Intake
import Ledger
import TestKit
import Testing

@testable import Worker

/// Uploads of one key that are worked on out of turn: the latest stays at the permanent place.
@Suite(.timeLimit(.minutes(1))) struct PromotionOrderTests {
    /// One version of `up/a`; the store holds its bytes alone.
    private func upload(_ version: String, _ sequencer: String?, _ bytes: [UInt8], _ bench: CustodyBench) -> Job {
        bench.store["inbox", "up/a"] = .init(bytes)
        let object = ObjectVersion(
            bucket: "inbox", key: ObjectKey("up/a")!, versionID: version, etag: bench.store["inbox", "up/a"]?.etag)
        return Job(
            of: Event(
                object: object, size: Int64(bytes.count), sequencer: sequencer, time: bench.now,
                name: "ObjectCreated:Put"))
    }

    @Test func anOlderUploadDoesNotReplaceANewerOne() async throws {
        let bench = try await CustodyBench()
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
    func whatWasMovedAndThenReplacedIsSuperseded(later verdict: Verdict, outcome: Outcome) async throws {
        let bench = try await CustodyBench()
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

    @Test func whatDoesNotSayWhenItCameAndTheUploadsInTurnArePromoted() async throws {
        let bench = try await CustodyBench()
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

    @Test func aNewerUploadComesAfterTheOlderThatIsOnItsWay() async throws {
        let bench = try await CustodyBench()
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

    @Test func anUploadThatWaitsForItsTurnIsHandedBackWhenTheWorkerDrains() async throws {
        let bench = try await CustodyBench()
        let other = try await bench.claimElsewhere(upload("v1", "0A", [1], bench))
        let judgement = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 1))
        try await bench.ledger.inner.record(judgement, for: other, at: bench.now)
        let newer = upload("v2", "0B", [2], bench)
        let custody = Custody()
        let attempt = bench.run(newer, custody)
        await bench.clock.untilSleepers(1)
        custody.drain()
        guard case .handedBack = await attempt.value else {
            Issue.record("not handed back")
            return
        }
        let record = try #require(try await bench.ledger.job(newer.id))
        #expect(record.outcome == nil && record.judgement?.verdict == .clean && record.heldBy == nil)
        #expect(bench.store["out", "done/a"] == nil)
    }

    /// Where each job has a place of its own nothing is replaced.
    @Test func uploadsThatGoToPlacesOfTheirOwnAreAllPromoted() async throws {
        let bench = try await CustodyBench(
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
