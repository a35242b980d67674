import AWS
import Domain
import Ledger
import Support
import TestKit
import Testing
import Transfer
import Worker

/// Tags on objects that stay where they are, whose uploader has tags of its own, or overwrites at the worst moment.
@Suite(.timeLimit(.minutes(1))) struct TagsInPlaceTests {
    private static let infected = ScriptedInspector(found: [Finding(.signature, "Eicar")])

    private func put(_ fixture: JobFixture, _ tags: [AWS.Tag] = []) -> Job {
        fixture.store["inbox", "up/a"] = .init([1, 2, 3])
        fixture.store["inbox", "up/a"]?.tags = tags
        return fixture.job("up/a")
    }

    private func scan(_ fixture: JobFixture) -> String? {
        fixture.store["inbox", "up/a"]?.tags.first { $0.key == "scan" }?.value
    }

    @Test(arguments: [(ScriptedInspector(), "clean"), (Self.infected, "infected")])
    func `ten tags of the uploader make room for the verdict`(inspector: ScriptedInspector, verdict: String)
        async throws
    {
        let fixture = try await JobFixture(inspector, pipelines: JobFixture.tagging)
        let job = put(fixture, (0..<10).map { Tag(key: "t\($0)", value: "v") })
        guard case .finished(.settled(let judgement, .kept, nil)) = await fixture.run(job) else {
            Issue.record("not kept")
            return
        }
        #expect(scan(fixture) == verdict && fixture.store["inbox", "up/a"]?.tags.count == 10)
        #expect(judgement.findings.last?.name == "tags-replaced")
        #expect(judgement.findings.last?.detail.contains("t8, t9") == true)
    }

    /// Nobody may take the uploader's for a verdict while the object waits, or if its job fails.
    @Test func `the uploader's own verdict is removed before the object is inspected`() async throws {
        let fixture = try await JobFixture(pipelines: JobFixture.tagging)
        let job = put(fixture, [Tag(key: "scan", value: "clean"), Tag(key: "owner", value: "ann")])
        let tags = Locked<[[AWS.Tag]]>([])
        fixture.store.interrupt { [store = fixture.store] (call) throws(AWSError) in
            guard case .setTags = call else { return }
            tags.withLock { $0.append(store["inbox", "up/a"]?.tags ?? []) }
        }
        _ = await fixture.run(job)
        // The second call sets the verdict, after the inspection.
        #expect(tags.withLock { $0 }.last == [Tag(key: "owner", value: "ann")])
        #expect(tags.withLock { $0 }.count == 2)
        #expect(scan(fixture) == "clean")
    }

    @Test func `a pipeline that does not accept the race sets no tag in a bucket without versions`() async throws {
        let fixture = try await JobFixture(pipelines: JobFixture.tagging.replacing("accept-race", with: "refuse"))
        let job = put(fixture)
        guard case .finished(.failed(let reason, _)) = await fixture.run(job) else {
            Issue.record("not refused")
            return
        }
        #expect(reason.contains("unversioned: accept-race") && scan(fixture) == nil)
    }

    @Test func `the tag names the content and the job that it is about`() async throws {
        let fixture = try await JobFixture(pipelines: JobFixture.tagging)
        let job = put(fixture)
        _ = await fixture.run(job)
        let binding = fixture.store["inbox", "up/a"]?.tags.first { $0.key == "lazaret-object" }
        #expect(binding?.value == "\(job.object.etag ?? ""):\(job.id.text)")
    }

    /// Killed, or failed, between the tagging and the look at what was tagged.
    @Test func `a tagging that met another upload is undone by the next attempt`() async throws {
        let fixture = try await JobFixture(pipelines: JobFixture.tagging)
        let job = put(fixture)
        fixture.store.interrupt { [store = fixture.store] (call) throws(AWSError) in
            // S3 has set the tags on an upload that came just before them.
            guard case .head = call else { return }
            var other = MemoryStore.Stored([6, 6, 6])
            other.tags = store["inbox", "up/a"]?.tags ?? []
            store["inbox", "up/a"] = other
            throw .test("HeadObject", code: "SlowDown", status: 503)
        }
        guard case .open = await fixture.run(job) else {
            Issue.record("not interrupted")
            return
        }
        #expect(scan(fixture) == "clean")
        fixture.store.interrupt { (_) throws(AWSError) in }
        #expect(await fixture.run(job) == .finished(.superseded))
        #expect(fixture.store["inbox", "up/a"]?.tags == [])
    }

    @Test func `the right tag of another job stays`() async throws {
        let fixture = try await JobFixture(pipelines: JobFixture.tagging)
        let job = put(fixture)
        let right = [Tag(key: "scan", value: "infected"), Tag(key: "lazaret-object", value: "e:of-another-job")]
        fixture.store.interrupt { [store = fixture.store] (call) throws(AWSError) in
            // The other upload comes after the tagging, and its own job was faster than this one's look.
            guard case .head = call else { return }
            store["inbox", "up/a"] = .init([6, 6, 6])
            store["inbox", "up/a"]?.tags = right
        }
        #expect(await fixture.run(job) == .finished(.superseded))
        #expect(fixture.store["inbox", "up/a"]?.tags == right)
    }

    /// An MD5 has two bodies: the time of writing tells them apart.
    @Test func `an upload with the same ETag that was written later does not keep the tag`() async throws {
        let fixture = try await JobFixture(pipelines: JobFixture.tagging)
        let job = put(fixture)
        fixture.store["inbox", "up/a"]?.lastModified = "Sat, 21 Nov 2026 08:00:00 GMT"
        fixture.store.interrupt { [store = fixture.store] (call) throws(AWSError) in
            guard case .setTags = call else { return }
            store["inbox", "up/a"]?.lastModified = "Sat, 21 Nov 2026 08:00:01 GMT"
        }
        #expect(await fixture.run(job) == .finished(.superseded))
        #expect(scan(fixture) == nil)
    }
}
