import AWS
import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing
import Worker

@Suite(.timeLimit(.minutes(1))) struct JobRunnerTests {
    static let infected = [Finding(.signature, "Eicar")]

    @Test func `a folder marker is left alone with an outcome of its own`() async throws {
        let fixture = try await JobFixture()
        fixture.store["inbox", "up/folder/"] = .init([])
        #expect(try finished(await fixture.run(fixture.job("up/folder/"))) == .marker)
        #expect(fixture.store["inbox", "up/folder/"] != nil)
        // With bytes it is an object like any other.
        fixture.store["inbox", "up/other/"] = .init([1])
        guard case .settled = try finished(await fixture.run(fixture.job("up/other/"))) else {
            Issue.record("not settled")
            return
        }
    }

    @Test func `a clean object is moved by three requests`() async throws {
        let fixture = try await JobFixture()
        fixture.store["inbox", "up/a.png"] = .init([1, 2, 3])
        let job = fixture.job("up/a.png")
        let outcome = try finished(await fixture.run(job))
        #expect(outcome.judgement?.verdict == .clean)
        #expect(fixture.store["inbox", "up/a.png"] == nil)
        #expect(fixture.store["out", "done/a.png"]?.bytes == [1, 2, 3])
        #expect(fixture.store.calls.count == 3)
        let record = try #require(try await fixture.ledger.job(job.id))
        #expect(record.outcome == outcome)
        #expect(record.pipeline == "uploads")
    }

    @Test func `an infected object is quarantined under the day of its event`() async throws {
        let fixture = try await JobFixture(ScriptedInspector(found: Self.infected))
        fixture.store["inbox", "up/x/a.png"] = .init([1])
        let job = fixture.job("up/x/a.png")
        _ = try finished(await fixture.run(job))
        let copy = try #require(fixture.store["jail", "infected/2026-11-21/\(job.id)/a.png"])
        #expect(copy.properties.contentType == "application/octet-stream")
        #expect(fixture.store["inbox", "up/x/a.png"] == nil)
    }

    @Test func `an object that is rejected by its type is not scanned`() async throws {
        let fixture = try await JobFixture(ScriptedInspector(type: "application/x-executable"))
        fixture.store["inbox", "up/a.png"] = .init([1])
        let outcome = try finished(await fixture.run(fixture.job("up/a.png")))
        #expect(outcome.judgement?.verdict == .rejected)
        #expect(fixture.inspector.scans == 0)
        #expect(fixture.store.locations.isEmpty)
    }

    @Test func `an object that is too large by its event is not fetched`() async throws {
        let fixture = try await JobFixture()
        fixture.store["inbox", "up/a.png"] = .init([UInt8](repeating: 0, count: 2 << 20))
        let outcome = try finished(await fixture.run(fixture.job("up/a.png")))
        #expect(outcome.judgement?.findings.first?.name == "too-large")
        #expect(!fixture.store.calls.contains { if case .get = $0 { true } else { false } })
        #expect(fixture.store.locations.isEmpty)
    }

    @Test func `an event with a wrong size does not reject a small object`() async throws {
        let fixture = try await JobFixture()
        fixture.store["inbox", "up/a.png"] = .init([1, 2, 3])
        let outcome = try finished(await fixture.run(fixture.job("up/a.png", size: 5 << 20)))
        #expect(outcome.judgement?.verdict == .clean)
        #expect(fixture.store["out", "done/a.png"] != nil)
    }

    @Test func `a judgement of an unknown version is not reused`() async throws {
        let fixture = try await JobFixture(ScriptedInspector(found: Self.infected))
        fixture.store["inbox", "up/a"] = .init([7])
        let object = ObjectVersion(bucket: "inbox", key: ObjectKey("up/a")!, versionID: nil, etag: nil)
        let job = Job(
            of: Event(object: object, size: 1, sequencer: "01", time: nil, name: "ObjectCreated:Put"))
        let now = Timestamp.now()
        guard
            case .granted(let token, _) = try await fixture.ledger.claim(
                job, by: "one", pipeline: "uploads", receivedAt: now, until: now, now: now)
        else {
            Issue.record("not granted")
            return
        }
        let clean = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 1))
        try await fixture.ledger.record(clean, for: token, at: now)
        try await fixture.ledger.release(token, error: "killed", strands: false, at: now)
        #expect(try finished(await fixture.run(job)).judgement?.verdict == .infected)
        #expect(fixture.inspector.scans == 1)
    }

    @Test func `an object that is larger than its event says is fetched no further than its first range`() async throws
    {
        let fixture = try await JobFixture()
        fixture.store["inbox", "up/a.png"] = .init([UInt8](repeating: 0, count: 6 << 20))
        let outcome = try finished(await fixture.run(fixture.job("up/a.png", size: 5)))
        #expect(outcome.judgement?.verdict == .rejected)
        #expect(fixture.store.calls.filter { if case .get = $0 { true } else { false } }.count == 1)
    }

    @Test func `a duplicate of a finished job sends no request`() async throws {
        let fixture = try await JobFixture()
        fixture.store["inbox", "up/a.png"] = .init([1])
        let job = fixture.job("up/a.png")
        let first = try finished(await fixture.run(job))
        let calls = fixture.store.calls.count
        guard case .duplicate(let outcome) = await fixture.run(job, worker: "two") else {
            Issue.record("not seen as a duplicate")
            return
        }
        #expect(outcome == first)
        #expect(fixture.store.calls.count == calls)
    }

    @Test func `a missing object is gone`() async throws {
        let fixture = try await JobFixture()
        #expect(try finished(await fixture.run(fixture.job("up/none", size: 1, etag: "00"))) == .gone)
    }

    @Test func `an object that was overwritten is superseded and left alone`() async throws {
        let fixture = try await JobFixture()
        fixture.store["inbox", "up/a"] = .init([1])
        let job = fixture.job("up/a")
        fixture.store["inbox", "up/a"] = .init([2])
        #expect(try finished(await fixture.run(job)) == .superseded)
        #expect(fixture.store["inbox", "up/a"]?.bytes == [2])
        #expect(fixture.store.locations.count == 1)
    }

    @Test func `an object that no pipeline matches is left where it is`() async throws {
        let fixture = try await JobFixture()
        fixture.store["inbox", "other/a"] = .init([1])
        #expect(try finished(await fixture.run(fixture.job("other/a"))) == .unmatched)
        #expect(fixture.store.calls.isEmpty)
        #expect(fixture.store.locations.count == 1)
    }

    /// The store fails once at each request of the job. The rest is as after a kill there.
    @Test(arguments: 0..<3, [[Finding](), JobRunnerTests.infected])
    func `a fault at any request loses nothing and the next attempt finishes the job`(step: Int, found: [Finding])
        async throws
    {
        let fixture = try await JobFixture(ScriptedInspector(found: found))
        fixture.store["inbox", "up/a"] = .init([7, 8])
        let job = fixture.job("up/a")
        fixture.store.interrupt { [store = fixture.store] (_) throws(AWSError) in
            if store.calls.count == step + 1 { throw .test("Any", code: "SlowDown", status: 503) }
        }
        guard case .open = await fixture.run(job) else {
            Issue.record("a fault ended the job")
            return
        }
        #expect(fixture.store["inbox", "up/a"]?.bytes == [7, 8])

        let outcome = try finished(await fixture.run(job, worker: "two"))
        #expect(outcome.kind == .settled)
        #expect(fixture.store.locations.count == 1)
        #expect(fixture.store["inbox", "up/a"] == nil)
        #expect(try #require(try await fixture.ledger.job(job.id)).attempts.count == 2)
    }

    @Test func `a delete whose answer was lost is settled by a search for the copy`() async throws {
        let fixture = try await JobFixture()
        fixture.store["inbox", "up/a"] = .init([7, 8])
        let job = fixture.job("up/a")
        // The delete is carried out, and its answer is lost.
        fixture.store.interrupt { [store = fixture.store] (call) throws(AWSError) in
            if case .delete = call {
                store["inbox", "up/a"] = nil
                throw .test("DeleteObject", code: "InternalError", status: 500)
            }
        }
        guard case .open = await fixture.run(job) else {
            Issue.record("a lost answer ended the job")
            return
        }
        let outcome = try finished(await fixture.run(job))
        guard case .settled(let judgement, .promoted, let destination?) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(judgement.verdict == .clean)
        #expect(destination.location.description == "s3://out/done/a")
    }

    @Test func `a lease that is lost before the copy stops the job and leaves the source`() async throws {
        let fixture = try await JobFixture()
        fixture.store["inbox", "up/a"] = .init([7])
        let result = await fixture.run(fixture.job("up/a")) { throw LeaseLost.expired }
        guard case .open = result else {
            Issue.record("\(result)")
            return
        }
        #expect(fixture.store["inbox", "up/a"] != nil)
        #expect(fixture.store.locations.count == 1)
    }

    @Test func `a destination key that S3 cannot hold fails the job and moves nothing`() async throws {
        let fixture = try await JobFixture()
        let key = "up/" + String(repeating: "k", count: 1021)
        fixture.store["inbox", key] = .init([7])
        let outcome = try finished(await fixture.run(fixture.job(key)))
        #expect(outcome.kind == .failed)
        #expect(fixture.store["inbox", key] != nil && fixture.store.locations.count == 1)
    }

    @Test func `a kept object gets its tags and stays`() async throws {
        let fixture = try await JobFixture(pipelines: JobFixture.tagging)
        fixture.store["inbox", "up/a"] = .init([7])
        fixture.store["inbox", "up/a"]?.tags = [Tag(key: "owner", value: "ann")]
        let job = fixture.job("up/a")
        let outcome = try finished(await fixture.run(job))
        guard case .settled(_, .kept, nil) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let binding = Tag(key: "lazaret-object", value: "\(job.object.etag ?? ""):\(job.id.text)")
        #expect(
            Set(try #require(fixture.store["inbox", "up/a"]).tags)
                == [Tag(key: "owner", value: "ann"), Tag(key: "scan", value: "clean"), binding])
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
