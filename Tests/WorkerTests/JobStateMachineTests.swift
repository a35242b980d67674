import Domain
import Testing

@testable import Worker

/// The usual way of a job, from the claim to the message, by its steps.
struct JobStateMachineTests {
    private static let done = JobStateMachineFixture.done

    // MARK: A first attempt

    @Test func `a clean upload is judged and copied and then its source is deleted`() throws {
        let fixture = try JobStateMachineFixture()
        let outcome = Outcome.settled(fixture.judgement(), .promoted, Self.done)
        let steps = fixture.steps(
            fixture.judged() + [.inOrder, .copied(Self.done), .deleted, .finished(isOurs: true)])
        #expect(
            steps.map(\.name) == [.claim, .fetch, .inspect, .record, .order, .copy, .delete, .finish, .settle])
        #expect(steps[3] == .record(fixture.judgement()))
        #expect(steps[6] == .delete(fixture.seen))
        #expect(steps.suffix(2) == [.finish(outcome), .settle(.finished(outcome))])
    }

    @Test(
        arguments: [
            (.infected, [.copied(done), .deleted], [.copy, .delete], .quarantined),
            (.unscannable, [.tagged(dropped: [])], [.tag], .kept),
            (.rejected, [.deleted], [.delete], .deleted),
        ] as [(Verdict, [StepResult], [Step.Name], Disposition)])
    func `each verdict has the steps that its pipeline asks for`(
        verdict: Verdict, events: [StepResult], names: [Step.Name], disposition: Disposition
    ) throws {
        let fixture = try JobStateMachineFixture()
        let steps = fixture.steps(fixture.judged(verdict) + events)
        #expect(steps.dropFirst(4).dropLast().map(\.name) == names)
        let copy = disposition == .quarantined ? Self.done : nil
        #expect(steps.last == .finish(.settled(fixture.judgement(verdict), disposition, copy)))
    }

    @Test func `tags of the uploader that made room are noted in the judgement`() throws {
        let fixture = try JobStateMachineFixture()
        let step = try fixture.last(fixture.judged(.unscannable) + [.tagged(dropped: ["t8"])])
        guard case .finish(.settled(let judgement, .kept, nil)) = step else {
            Issue.record("\(step)")
            return
        }
        #expect(judgement.verdict == .unscannable)
        #expect(judgement.findings.map(\.name) == ["encrypted", "tags-replaced"])
        #expect(judgement.findings.last?.kind == .note)
    }

    @Test func `an object that no pipeline matches is unmatched`() throws {
        let fixture = try JobStateMachineFixture(nil)
        #expect(fixture.steps([.claimed(earlier: nil)]) == [.claim, .finish(.unmatched)])
    }

    @Test func `a job that has ended is a duplicate`() throws {
        let fixture = try JobStateMachineFixture()
        #expect(fixture.steps([.alreadyFinished(.gone)]) == [.claim, .settle(.duplicate(.gone))])
    }

    // MARK: After an earlier attempt

    @Test func `a judgement on record is used without inspecting again`() throws {
        let fixture = try JobStateMachineFixture()
        let steps = fixture.steps(fixture.resumed() + [.inOrder])
        #expect(steps.map(\.name) == [.claim, .head, .order, .copy])
        guard case .copy(let copy)? = steps.last else { return }
        #expect(copy.mayBeThere && copy.object == fixture.seen && copy.judgement == fixture.judgement())
    }

    @Test func `a judgement of an unknown version is not used`() throws {
        let fixture = try JobStateMachineFixture(etag: nil)
        let events: [StepResult] = [
            .claimed(earlier: fixture.judgement()), .fetched(fixture.seen), .judged(fixture.judgement(.infected)),
            .recorded,
        ]
        let steps = fixture.steps(events)
        #expect(steps.map(\.name) == [.claim, .fetch, .inspect, .record, .copy])
        // An earlier attempt may have copied these bytes nevertheless.
        guard case .copy(let copy)? = steps.last else { return }
        #expect(copy.mayBeThere && copy.judgement.verdict == .infected)
    }

    @Test func `the first attempt does not look for an earlier copy`() throws {
        let fixture = try JobStateMachineFixture()
        guard case .copy(let copy) = try fixture.last(fixture.judged() + [.inOrder]) else {
            Issue.record("no copy")
            return
        }
        #expect(!copy.mayBeThere)
        #expect(copy.location == Self.done.location)
    }

    @Test func `a head without a length leaves the job open`() throws {
        let fixture = try JobStateMachineFixture()
        let step = try fixture.last([.claimed(earlier: fixture.judgement()), .head(fixture.source, size: nil)])
        guard case .release(let reason, strands: false) = step else {
            Issue.record("\(step)")
            return
        }
        #expect(reason.contains("Content-Length"))
    }

    // MARK: The size

    @Test func `an object that is too large by its event and by S3 is rejected without a fetch`() throws {
        let fixture = try JobStateMachineFixture(size: 101)
        let steps = fixture.steps([.claimed(earlier: nil), .head(fixture.source, size: 102), .recorded])
        #expect(steps.map(\.name) == [.claim, .head, .record, .delete])
        guard case .record(let judgement) = steps[2] else { return }
        #expect(judgement.verdict == .rejected && judgement.findings.map(\.name) == ["too-large"])
        #expect(steps.last == .delete(.init(fixture.source, size: 102)))
    }

    @Test(arguments: [100, nil])
    func `an event that is wrong about the size does not decide`(size: Int64?) throws {
        let fixture = try JobStateMachineFixture(size: 101)
        #expect(try fixture.last([.claimed(earlier: nil), .head(fixture.source, size: size)]) == .fetch)
    }

    @Test func `an object is fetched if its event has no size or rejected objects are scanned`() throws {
        let scanning = JobStateMachineFixture.uploads.replacing("then:", with: "scan: { rejected-too: true }\nthen:")
        for fixture in [try JobStateMachineFixture(size: nil), try JobStateMachineFixture(scanning, size: 101)] {
            #expect(try fixture.last([.claimed(earlier: nil)]) == .fetch)
        }
    }

    // MARK: The day of the destination

    @Test func `an event without a time takes the day of the first receipt`() throws {
        let fixture = try JobStateMachineFixture(time: nil)
        let time = Timestamp(iso8601: "2026-11-20T23:59:59Z")!
        let steps = fixture.steps(fixture.judged(.infected) + [.firstReceipt(time)])
        #expect(steps.suffix(2).map(\.name) == [.firstReceipt, .copy])
        guard case .copy(let copy)? = steps.last else { return }
        #expect(copy.location.key.text.hasPrefix("infected/2026-11-20/"))
    }

    @Test func `a plan without a date does not ask for the first receipt`() throws {
        let fixture = try JobStateMachineFixture(time: nil)
        #expect(try fixture.last(fixture.judged(.rejected)).name == .delete)
    }

    // MARK: The order of uploads

    @Test func `only uploads that may replace each other wait for their order`() throws {
        let shared = JobStateMachineFixture.uploads
        for (text, sequencer, verdict, name) in [
            (shared, "0A", .clean, .order), (shared, nil, .clean, .order), (shared, "0A", .infected, .copy),
            (JobStateMachineFixture.ownLocations, "0A", .clean, .copy),
        ] as [(String, String?, Verdict, Step.Name)] {
            let fixture = try JobStateMachineFixture(text, sequencer: sequencer)
            #expect(try fixture.last(fixture.judged(verdict)).name == name)
        }
    }

    @Test(arguments: [[.overtaken], [.inOrder, .overtaken]] as [[StepResult]])
    func `an overtaken upload is superseded`(events: [StepResult]) throws {
        let fixture = try JobStateMachineFixture()
        #expect(try fixture.last(fixture.judged() + events) == .finish(.superseded))
    }

    @Test(arguments: [[.overtaken], [.inOrder, .overtaken]] as [[StepResult]])
    func `the source of an overtaken upload is deleted if an earlier attempt made the copy`(events: [StepResult]) throws
    {
        let fixture = try JobStateMachineFixture()
        let overtaken = fixture.resumed() + events
        let search = JobStateMachine.CopySearch(
            location: Self.done.location, source: .present(fixture.seen), judgement: fixture.judgement())
        #expect(try fixture.last(overtaken) == .findCopy(search))
        #expect(try fixture.last(overtaken + [.copyMissing]) == .finish(.superseded))
        let found = fixture.steps(overtaken + [.copyFound(Self.done), .deleted]).suffix(2)
        #expect(
            found == [.delete(fixture.seen), .finish(.settled(fixture.judgement(), .promoted, Self.done))])
    }

    // MARK: A key that S3 cannot hold

    private static let longKey = "up/" + String(repeating: "k", count: 1021)

    @Test func `an impossible destination fails the job before anything is copied`() throws {
        let fixture = try JobStateMachineFixture(key: Self.longKey)
        let step = try fixture.last(fixture.judged() + [.inOrder])
        guard case .finish(.failed(let reason, let judgement?)) = step else {
            Issue.record("\(step)")
            return
        }
        #expect(reason.contains("1024 bytes") && reason.contains("pipeline uploads"))
        #expect(judgement == fixture.judgement())
    }

    @Test func `an overtaken upload with an impossible destination fails only if it may have been moved`() throws {
        let fixture = try JobStateMachineFixture(key: Self.longKey)
        #expect(try fixture.last(fixture.judged() + [.overtaken]) == .finish(.superseded))
        guard case .finish(.failed) = try fixture.last(fixture.resumed() + [.overtaken]) else {
            Issue.record("not failed")
            return
        }
    }

    @Test func `no copy is looked for at an impossible destination`() throws {
        let fixture = try JobStateMachineFixture(key: Self.longKey)
        let gone: [StepResult] = [.claimed(earlier: fixture.judgement()), fixture.failure(.objectGone)]
        #expect(
            fixture.steps(gone + [.precedence(isOvertaken: false)]).suffix(2) == [.precedence, .finish(.gone)])
    }
}
