import AWS
import Domain
import Judging
import Ledger
import Support
import TestKit
import Testing
import Transfer

@testable import Worker

@Suite(.timeLimit(.minutes(1)))
struct ReviewRunnerTests {
    private func isRefused(_ outcome: ReviewOutcome, _ part: String) -> Bool {
        if case .refused(let text) = outcome { text.contains(part) } else { false }
    }

    @Test func `a release moves the judged bytes to where a clean object goes, with its own properties`() async throws {
        let fixture = try await ReviewFixture()
        let job = try await fixture.quarantined()
        let before = fixture.store["jail", "infected/2026-11-21/\(job.id)/a.png"]
        #expect(before?.properties.contentType == "application/octet-stream")
        let outcome = await fixture.runner().release(job.id, ReviewFixture.request())
        #expect(outcome == .done("moved to s3://out/done/a.png"))
        let copy = try #require(fixture.store["out", "done/a.png"])
        #expect(copy.bytes == ReviewFixture.bytes && fixture.places == ["out"])
        #expect(copy.properties.contentType == "image/png" && copy.properties.cacheControl == "max-age=60")
        #expect(copy.properties.contentDisposition == "inline; filename=\"ä.png\"")
        let metadata = copy.properties.metadata.filter { $0.name != "lazaret-source" }
        #expect(metadata.map(\.name) == ["owner", "x"] && metadata.map(\.value) == ["Zoë", "=1"])
        #expect(copy.tags == [Tag(key: "team", value: "a b")])
        let review = try #require(try await fixture.ledger.review(of: job.id))
        #expect(review.state == .released && review.place?.location.description == "s3://out/done/a.png")
        // The audit entry is older than the copy, and the end has one of its own.
        let trail = try await fixture.ledger.auditTrail(of: job.id, limit: 9)
        #expect(trail.map(\.action) == ["release-done", "release"] && trail.allSatisfy { $0.actor == "mara" })
        // Once released, it is neither released nor deleted again.
        #expect(isRefused(await fixture.runner().release(job.id, ReviewFixture.request()), "it is released"))
        #expect(isRefused(await fixture.runner().delete(job.id, ReviewFixture.request()), "it is released"))
        #expect(fixture.places == ["out"])
    }

    @Test func `released bytes are not quarantined again for that finding until it is revoked`() async throws {
        let fixture = try await ReviewFixture()
        let first = try await fixture.quarantined()
        _ = await fixture.runner().release(first.id, ReviewFixture.request())
        let again = fixture.upload("up/b.png", sequencer: "07")
        guard case .finished(.settled(let judgement, .promoted, _)) = await fixture.jobs.run(again) else {
            throw ReviewFixture.Unexpected()
        }
        #expect(judgement.verdict == .clean && judgement.isExcused)
        #expect(judgement.findings.contains { $0.detail.contains("Eicar") && $0.detail.contains("mara") })
        // So are the same bytes with another finding.
        let worse = JobFixture(
            sharing: fixture.jobs, ScriptedInspector(found: [ReviewFixture.eicar, Finding(.signature, "Other")]))
        guard
            case .finished(.settled(_, .quarantined, _)) = await worse.run(fixture.upload("up/w.png", sequencer: "06"))
        else { throw ReviewFixture.Unexpected() }
        // Other bytes with the same finding are quarantined.
        let other = fixture.upload("up/c.png", [8], sequencer: "08")
        guard case .finished(.settled(_, .quarantined, _)) = await fixture.jobs.run(other) else {
            throw ReviewFixture.Unexpected()
        }
        let known = try #require(try await fixture.ledger.falsePositives(FalsePositiveQuery()).first)
        #expect(known.finding == "Eicar" && known.pipeline == "uploads")
        let entry = AuditEntry(at: .now(), actor: "lee", action: "revoke", subject: "1", reason: "it is bad")
        #expect(try await fixture.ledger.revokeFalsePositive(known.number, entry))
        let last = fixture.upload("up/d.png", sequencer: "09")
        guard case .finished(.settled(_, .quarantined, _)) = await fixture.jobs.run(last) else {
            throw ReviewFixture.Unexpected()
        }
    }

    @Test func `a recall revokes the false positives of its bytes`() async throws {
        let fixture = try await ReviewFixture()
        let job = try await fixture.quarantined()
        _ = await fixture.runner().release(job.id, ReviewFixture.request())
        #expect(fixture.places == ["out"])
        let outcome = await fixture.runner().recall(job.id, ReviewFixture.request("lee"))
        guard case .done = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(fixture.places == ["jail"])
        let known = try await fixture.ledger.falsePositives(FalsePositiveQuery())
        #expect(known.count == 1 && known[0].revoked?.actor == "lee")
        #expect(try await fixture.state(job) == .pending)
    }

    @Test func `a rescan reports a changed verdict and leaves the object where it is`() async throws {
        let fixture = try await ReviewFixture()
        let job = try await fixture.quarantined()
        let same = await fixture.runner().rescan(
            job.id, ReviewFixture.request(), ObjectInspection(inspector: fixture.jobs.inspector))
        #expect(same == .done("unchanged: infected (Eicar)"))
        #expect(try await fixture.ledger.review(of: job.id)?.notes == [])
        let outcome = await fixture.runner().rescan(
            job.id, ReviewFixture.request(), ObjectInspection(inspector: ScriptedInspector()))
        guard case .done(let text) = outcome, text.hasPrefix("changed: infected (Eicar) -> clean") else {
            Issue.record("\(outcome)")
            return
        }
        #expect(try await fixture.ledger.review(of: job.id)?.notes.map(\.actor) == ["mara"])
        #expect(fixture.places == ["jail"])
        #expect(try await fixture.state(job) == .pending)
        let trail = try await fixture.ledger.auditTrail(of: job.id, limit: 9).map(\.action)
        #expect(trail == ["note", "rescan", "rescan"])
        fixture.store["jail", "infected/2026-11-21/\(job.id)/a.png"] = .init([9])
        let other = await fixture.runner().rescan(
            job.id, ReviewFixture.request(), ObjectInspection(inspector: ScriptedInspector()))
        #expect(isRefused(other, "SHA-256"))
    }

    /// Every call to the store fails from the nth on, as if the process had been killed before it.
    @Test(arguments: [ReviewWork.Kind.release, .delete, .recall])
    func `a kill before any step is made good by the next run, and the object is in one place`(
        _ kind: ReviewWork.Kind
    ) async throws {
        var finished = false
        for count in 0..<20 where !finished {
            let fixture = try await ReviewFixture(found: kind == .recall ? [] : [ReviewFixture.eicar])
            let job = fixture.upload()
            _ = await fixture.jobs.run(job)
            let calls = Locked(0)
            fixture.store.interrupt { (_) throws(AWSError) in
                let isKilled = calls.withLock { calls in
                    calls += 1
                    return calls > count
                }
                if isKilled { throw .test("Any", code: "SlowDown", status: 503) }
            }
            let runner = fixture.runner()
            func run(_ runner: ReviewRunner) async -> ReviewOutcome {
                switch kind {
                case .release: await runner.release(job.id, ReviewFixture.request())
                case .delete, .expire: await runner.delete(job.id, ReviewFixture.request())
                case .recall: await runner.recall(job.id, ReviewFixture.request())
                }
            }
            let first = await run(runner)
            if case .done = first { finished = true }
            fixture.store.interrupt { (_) throws(AWSError) in }
            if !finished {
                guard case .failed = first else { throw ReviewFixture.Unexpected() }
                #expect(try await fixture.ledger.interruptedReviews(at: .now(), limit: 9) == [job.id])
                // Half of them by the same command, half by `lazaret reconcile`.
                let later = fixture.runner("two")
                let second = count % 2 == 0 ? await run(later) : await later.resume(job.id, actor: "reconcile")
                guard case .done = second else {
                    Issue.record("\(kind) after \(count) calls: \(second)")
                    continue
                }
            }
            let expected: ([String], ReviewState) =
                switch kind {
                case .release: (["out"], .released)
                case .delete, .expire: ([], .deleted)
                case .recall: (["jail"], .pending)
                }
            #expect(fixture.places == expected.0, "\(kind) after \(count) calls")
            #expect(try await fixture.state(job) == expected.1)
            #expect(try await fixture.ledger.review(of: job.id)?.change?.actor == "mara")
            // The bytes of a release are remembered once, whichever process finishes it.
            let known = try await fixture.ledger.falsePositives(FalsePositiveQuery())
            #expect(known.map(\.added.actor) == (kind == .release ? ["mara"] : []))
        }
        #expect(finished)
    }

    @Test func `a later upload is never replaced by a release`() async throws {
        let fixture = try await ReviewFixture()
        let early = try await fixture.quarantined(sequencer: "05")
        let clean = JobFixture(sharing: fixture.jobs, ScriptedInspector())
        let late = fixture.upload("up/a.png", [1, 2], sequencer: "06")
        guard case .finished(.settled(_, .promoted, _)) = await clean.run(late) else {
            throw ReviewFixture.Unexpected()
        }
        for replaces in [false, true] {
            let outcome = await fixture.runner().release(early.id, ReviewFixture.request(replaces: replaces))
            #expect(isRefused(outcome, "a later upload of the key"))
        }
        #expect(fixture.store["out", "done/a.png"]?.bytes == [1, 2])
        #expect(try await fixture.state(early) == .pending)
        #expect(fixture.places == ["jail", "out"])
    }

    @Test func `an object that is at the destination already is replaced only on request`() async throws {
        let fixture = try await ReviewFixture()
        let job = try await fixture.quarantined()
        fixture.store["out", "done/a.png"] = .init([1])
        #expect(isRefused(await fixture.runner().release(job.id, ReviewFixture.request()), "already"))
        #expect(fixture.store["out", "done/a.png"]?.bytes == [1])
        let outcome = await fixture.runner().release(job.id, ReviewFixture.request(replaces: true))
        #expect(outcome == .done("moved to s3://out/done/a.png"))
        #expect(fixture.store["out", "done/a.png"]?.bytes == ReviewFixture.bytes)
    }

    @Test func `other bytes than were judged are neither released nor deleted`() async throws {
        let fixture = try await ReviewFixture()
        let job = try await fixture.quarantined()
        let key = "infected/2026-11-21/\(job.id)/a.png"
        fixture.store["jail", key] = .init([9, 9, 9])
        #expect(isRefused(await fixture.runner().release(job.id, ReviewFixture.request()), "SHA-256"))
        #expect(isRefused(await fixture.runner().delete(job.id, ReviewFixture.request()), "does not hold"))
        #expect(fixture.places == ["jail"] && fixture.store["jail", key]?.bytes == [9, 9, 9])
        #expect(try await fixture.state(job) == .pending)
        fixture.store["jail", key] = nil
        #expect(isRefused(await fixture.runner().release(job.id, ReviewFixture.request()), "nothing is at"))
    }

    @Test func `of reviewers at once one settles the object`() async throws {
        let fixture = try await ReviewFixture()
        let job = try await fixture.quarantined()
        let outcomes = await withTaskGroup(of: ReviewOutcome.self) { group in
            for index in 0..<6 {
                let runner = fixture.runner("w\(index)")
                group.addTask {
                    index % 2 == 0
                        ? await runner.release(job.id, ReviewFixture.request("r\(index)"))
                        : await runner.delete(job.id, ReviewFixture.request("r\(index)"))
                }
            }
            var all: [ReviewOutcome] = []
            for await outcome in group { all.append(outcome) }
            return all
        }
        #expect(outcomes.filter { if case .done = $0 { true } else { false } }.count == 1)
        let state = try await fixture.state(job)
        #expect(fixture.places == (state == .released ? ["out"] : []))
        #expect(state == .released || state == .deleted)
    }

    @Test func `what is held stays, and a release of two people needs both`() async throws {
        let rules = JobFixture.uploads.replacing("accept:", with: "review: { four-eyes: true }\naccept:")
        let fixture = try await ReviewFixture(pipelines: rules)
        let job = try await fixture.quarantined()
        func change(_ change: ReviewChange, _ actor: String) async throws {
            let entry = AuditEntry(at: .now(), actor: actor, action: "a", subject: "s", job: job.id, reason: "r")
            _ = try await fixture.ledger.changeReview(of: job.id, change, entry)
        }
        try await change(.hold, "mara")
        #expect(isRefused(await fixture.runner().delete(job.id, ReviewFixture.request(), isPurge: true), "it is held"))
        #expect(isRefused(await fixture.runner().release(job.id, ReviewFixture.request()), "it is held"))
        try await change(.unhold, "mara")
        #expect(isRefused(await fixture.runner().release(job.id, ReviewFixture.request()), "two people"))
        try await change(.approve, "mara")
        #expect(isRefused(await fixture.runner().release(job.id, ReviewFixture.request()), "mara alone"))
        let outcome = await fixture.runner().release(job.id, ReviewFixture.request("lee"))
        #expect(outcome == .done("moved to s3://out/done/a.png"))
    }

    @Test func `a fetch has an audit entry, and gives only the judged bytes`() async throws {
        let fixture = try await ReviewFixture()
        let job = try await fixture.quarantined()
        let fetched = try await fixture.runner().fetch(job.id, ReviewFixture.request()).get()
        #expect(fetched.bytes.size == 3 && fetched.sha256.count == 64)
        #expect(try await fixture.ledger.auditTrail(of: job.id, limit: 9).map(\.action) == ["fetch"])
        fixture.store["jail", "infected/2026-11-21/\(job.id)/a.png"] = .init([9])
        let other = await fixture.runner().fetch(job.id, ReviewFixture.request())
        #expect(throws: ReviewRunner.FetchFailure.self) { try other.get() }
    }
}
