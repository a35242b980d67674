import AWS
import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing
import Worker

@Suite(.timeLimit(.minutes(1))) struct JobRunTests {
    static let infected = [Finding(.signature, "Eicar")]

    @Test func `a clean object is moved by three requests`() async throws {
        let bench = try await Bench()
        bench.store["inbox", "up/a.png"] = .init([1, 2, 3])
        let job = bench.job("up/a.png")
        let outcome = try finished(await bench.run(job))
        #expect(outcome.judgement?.verdict == .clean)
        #expect(bench.store["inbox", "up/a.png"] == nil)
        #expect(bench.store["out", "done/a.png"]?.bytes == [1, 2, 3])
        #expect(bench.store.calls.count == 3)
        let record = try #require(try await bench.ledger.job(job.id))
        #expect(record.outcome == outcome)
        #expect(record.pipeline == "uploads")
    }

    @Test func `an infected object is quarantined under the day of its event`() async throws {
        let bench = try await Bench(ScriptedInspector(found: Self.infected))
        bench.store["inbox", "up/x/a.png"] = .init([1])
        let job = bench.job("up/x/a.png")
        _ = try finished(await bench.run(job))
        let copy = try #require(bench.store["jail", "infected/2026-11-21/\(job.id)/a.png"])
        #expect(copy.properties.contentType == "application/octet-stream")
        #expect(bench.store["inbox", "up/x/a.png"] == nil)
    }

    @Test func `what the rules reject by type is not scanned`() async throws {
        let bench = try await Bench(ScriptedInspector(type: "application/x-executable"))
        bench.store["inbox", "up/a.png"] = .init([1])
        let outcome = try finished(await bench.run(bench.job("up/a.png")))
        #expect(outcome.judgement?.verdict == .rejected)
        #expect(bench.inspector.scans == 0)
        #expect(bench.store.locations.isEmpty)
    }

    @Test func `what is too large by its event is not fetched`() async throws {
        let bench = try await Bench()
        bench.store["inbox", "up/a.png"] = .init([UInt8](repeating: 0, count: 2 << 20))
        let outcome = try finished(await bench.run(bench.job("up/a.png")))
        #expect(outcome.judgement?.findings.first?.name == "too-large")
        #expect(!bench.store.calls.contains { if case .get = $0 { true } else { false } })
        #expect(bench.store.locations.isEmpty)
    }

    @Test func `an event that tells too much does not reject a small object`() async throws {
        let bench = try await Bench()
        bench.store["inbox", "up/a.png"] = .init([1, 2, 3])
        let outcome = try finished(await bench.run(bench.job("up/a.png", size: 5 << 20)))
        #expect(outcome.judgement?.verdict == .clean)
        #expect(bench.store["out", "done/a.png"] != nil)
    }

    @Test func `a judgement of a state that the event did not name is not reused`() async throws {
        let bench = try await Bench(ScriptedInspector(found: Self.infected))
        bench.store["inbox", "up/a"] = .init([7])
        let object = ObjectVersion(bucket: "inbox", key: ObjectKey("up/a")!, versionID: nil, etag: nil)
        let job = Job(
            of: Event(object: object, size: 1, sequencer: "01", time: nil, name: "ObjectCreated:Put"))
        let now = Timestamp.now()
        guard
            case .granted(let token, _) = try await bench.ledger.claim(
                job, by: "one", pipeline: "uploads", receivedAt: now, until: now, now: now)
        else {
            Issue.record("not granted")
            return
        }
        let clean = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 1))
        try await bench.ledger.record(clean, for: token, at: now)
        try await bench.ledger.release(token, error: "killed", strands: false, at: now)
        #expect(try finished(await bench.run(job)).judgement?.verdict == .infected)
        #expect(bench.inspector.scans == 1)
    }

    @Test func `what is too large against its event is fetched no further than the first range`() async throws {
        let bench = try await Bench()
        bench.store["inbox", "up/a.png"] = .init([UInt8](repeating: 0, count: 6 << 20))
        let outcome = try finished(await bench.run(bench.job("up/a.png", size: 5)))
        #expect(outcome.judgement?.verdict == .rejected)
        #expect(bench.store.calls.filter { if case .get = $0 { true } else { false } }.count == 1)
    }

    @Test func `a duplicate of a finished job is no work`() async throws {
        let bench = try await Bench()
        bench.store["inbox", "up/a.png"] = .init([1])
        let job = bench.job("up/a.png")
        let first = try finished(await bench.run(job))
        let calls = bench.store.calls.count
        guard case .duplicate(let outcome) = await bench.run(job, worker: "two") else {
            Issue.record("not seen as a duplicate")
            return
        }
        #expect(outcome == first)
        #expect(bench.store.calls.count == calls)
    }

    @Test func `an object that nobody knows is gone`() async throws {
        let bench = try await Bench()
        #expect(try finished(await bench.run(bench.job("up/none", size: 1, etag: "00"))) == .gone)
    }

    @Test func `an object overwritten meanwhile is superseded and left alone`() async throws {
        let bench = try await Bench()
        bench.store["inbox", "up/a"] = .init([1])
        let job = bench.job("up/a")
        bench.store["inbox", "up/a"] = .init([2])
        #expect(try finished(await bench.run(job)) == .superseded)
        #expect(bench.store["inbox", "up/a"]?.bytes == [2])
        #expect(bench.store.locations.count == 1)
    }

    @Test func `an object that no pipeline takes is left where it is`() async throws {
        let bench = try await Bench()
        bench.store["inbox", "other/a"] = .init([1])
        #expect(try finished(await bench.run(bench.job("other/a"))) == .unmatched)
        #expect(bench.store.calls.isEmpty)
        #expect(bench.store.locations.count == 1)
    }

    /// The store fails once at each call of the job in turn; what follows is as it would be after a kill there.
    @Test(arguments: 0..<3, [[Finding](), JobRunTests.infected])
    func `a fault at any step loses nothing and the next attempt ends the job`(step: Int, found: [Finding]) async throws
    {
        let bench = try await Bench(ScriptedInspector(found: found))
        bench.store["inbox", "up/a"] = .init([7, 8])
        let job = bench.job("up/a")
        bench.store.interrupt { [store = bench.store] (_) throws(AWSError) in
            if store.calls.count == step + 1 { throw .test("Any", code: "SlowDown", status: 503) }
        }
        guard case .open = await bench.run(job) else {
            Issue.record("a fault ended the job")
            return
        }
        #expect(bench.store["inbox", "up/a"]?.bytes == [7, 8])

        let outcome = try finished(await bench.run(job, worker: "two"))
        #expect(outcome.kind == .settled)
        #expect(bench.store.locations.count == 1)
        #expect(bench.store["inbox", "up/a"] == nil)
        #expect(try #require(try await bench.ledger.job(job.id)).attempts.count == 2)
    }

    @Test func `an answer lost after the delete is settled by looking for the copy`() async throws {
        let bench = try await Bench()
        bench.store["inbox", "up/a"] = .init([7, 8])
        let job = bench.job("up/a")
        // The delete is done, and its answer never comes.
        bench.store.interrupt { [store = bench.store] (call) throws(AWSError) in
            if case .delete = call {
                store["inbox", "up/a"] = nil
                throw .test("DeleteObject", code: "InternalError", status: 500)
            }
        }
        guard case .open = await bench.run(job) else {
            Issue.record("a lost answer ended the job")
            return
        }
        let outcome = try finished(await bench.run(job))
        guard case .settled(let judgement, .promoted, let destination?) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(judgement.verdict == .clean)
        #expect(destination.location.description == "s3://out/done/a")
    }

    @Test func `a lease lost before the copy stops the job with the source in place`() async throws {
        let bench = try await Bench()
        bench.store["inbox", "up/a"] = .init([7])
        let result = await bench.run(bench.job("up/a")) { throw LeaseLost.expired }
        guard case .open = result else {
            Issue.record("\(result)")
            return
        }
        #expect(bench.store["inbox", "up/a"] != nil)
        #expect(bench.store.locations.count == 1)
    }

    @Test func `a destination key that S3 cannot hold fails the job and moves nothing`() async throws {
        let bench = try await Bench()
        let key = "up/" + String(repeating: "k", count: 1021)
        bench.store["inbox", key] = .init([7])
        let outcome = try finished(await bench.run(bench.job(key)))
        #expect(outcome.kind == .failed)
        #expect(bench.store["inbox", key] != nil && bench.store.locations.count == 1)
    }

    @Test func `a kept object gets its tags and stays`() async throws {
        let bench = try await Bench(pipelines: Bench.tagging)
        bench.store["inbox", "up/a"] = .init([7])
        bench.store["inbox", "up/a"]?.tags = [Tag(key: "owner", value: "ann")]
        let outcome = try finished(await bench.run(bench.job("up/a")))
        guard case .settled(_, .kept, nil) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(
            Set(try #require(bench.store["inbox", "up/a"]).tags)
                == [Tag(key: "owner", value: "ann"), Tag(key: "scan", value: "clean")])
    }

    private func finished(_ result: AttemptResult) throws -> Outcome {
        guard case .finished(let outcome) = result else {
            Issue.record("\(result)")
            throw Unfinished()
        }
        return outcome
    }
}

private struct Unfinished: Error {}
