import Domain
import Testing

@testable import Worker

/// What a failed step means for the job: the whole table, and each rule behind it.
struct JobStateMachineFailureTests {
    private static let done = JobStateMachineFixture.done

    // MARK: The table

    /// A state, by the events that lead to it.
    enum State: String, CaseIterable {
        case fetching, inspecting, recording, resuming, ordering, copying, deleting, finishing
    }

    private func events(_ state: State, _ fixture: JobStateMachineFixture) -> [StepResult] {
        switch state {
        case .fetching: [.claimed(earlier: nil)]
        case .inspecting: [.claimed(earlier: nil), .fetched(fixture.seen)]
        case .recording: Array(fixture.judged().dropLast())
        case .resuming: [.claimed(earlier: fixture.judgement())]
        case .ordering: fixture.judged()
        case .copying: fixture.judged() + [.inOrder]
        case .deleting: fixture.judged() + [.inOrder, .copied(Self.done)]
        case .finishing: fixture.judged() + [.inOrder, .copied(Self.done), .deleted]
        }
    }

    /// Before there is a judgement, S3's answer decides; after it, the object may have been moved.
    static let table: [(State, [StepFailure.Kind: Step.Name])] = [
        (.fetching, unjudged), (.inspecting, unjudged), (.recording, unjudged),
        (.resuming, judged), (.ordering, judged), (.copying, judged), (.deleting, judged),
        (.finishing, open.merging([.claimLost: .claim]) { $1 }),
    ]
    private static let open = Dictionary(
        uniqueKeysWithValues: StepFailure.Kind.allCases.map { ($0, Step.Name.release) })
    private static let unjudged: [StepFailure.Kind: Step.Name] = [
        .objectGone: .finish, .objectIsMarker: .finish, .objectReplaced: .finish, .mismatchedBytes: .finish,
        .refused: .finish,
        .claimLost: .claim, .stopping: .release, .transient: .release, .unavailable: .release,
    ]
    private static let judged: [StepFailure.Kind: Step.Name] = [
        .objectGone: .precedence, .objectIsMarker: .precedence, .objectReplaced: .precedence,
        .mismatchedBytes: .record, .refused: .finish, .claimLost: .claim, .stopping: .release, .transient: .release,
        .unavailable: .release,
    ]

    @Test(arguments: table)
    func `each failure has its step in each state`(state: State, expected: [StepFailure.Kind: Step.Name]) throws {
        let fixture = try JobStateMachineFixture()
        for kind in StepFailure.Kind.allCases {
            let step = try fixture.last(events(state, fixture) + [fixture.failure(kind)])
            #expect(step.name == expected[kind], "\(kind) in \(state)")
        }
    }

    @Test(
        arguments: [
            (.objectGone, .gone), (.objectIsMarker, .marker), (.objectReplaced, .superseded),
            (.mismatchedBytes, .superseded),
            (.refused, .failed(reason: "no luck", nil)),
        ] as [(StepFailure.Kind, Outcome)])
    func `an object without a judgement ends by what S3 says`(kind: StepFailure.Kind, outcome: Outcome) throws {
        let fixture = try JobStateMachineFixture()
        #expect(try fixture.last([.claimed(earlier: nil), fixture.failure(kind)]) == .finish(outcome))
    }

    @Test func `a refusal keeps the judgement and names the copy that was made`() throws {
        let fixture = try JobStateMachineFixture()
        let refused = fixture.failure(.refused)
        #expect(
            try fixture.last(events(.copying, fixture) + [refused])
                == .finish(.failed(reason: "no luck", fixture.judgement())))
        #expect(
            try fixture.last(events(.deleting, fixture) + [refused])
                == .finish(.failed(reason: "no luck; the copy is at s3://out/done/a", fixture.judgement())))
    }

    // MARK: A source that is gone

    private func gone(_ fixture: JobStateMachineFixture, _ verdict: Verdict = .clean) -> [StepResult] {
        [.claimed(earlier: fixture.judgement(verdict)), fixture.failure(.objectGone)]
    }

    @Test func `a deleted object of a judged job was deleted by it`() throws {
        let fixture = try JobStateMachineFixture()
        #expect(
            try fixture.last(gone(fixture, .rejected))
                == .finish(.settled(fixture.judgement(.rejected), .deleted, nil)))
    }

    @Test func `a missing object that was to be kept ends as gone`() throws {
        let fixture = try JobStateMachineFixture()
        #expect(try fixture.last(gone(fixture, .unscannable)) == .finish(.gone))
    }

    /// The copy of a later upload may be at the same location: then this job's is not taken for it by its length.
    @Test(arguments: [true, false])
    func `a copy is recognised by its length only if no later upload can have replaced it`(isOvertaken: Bool) throws {
        let shared = try JobStateMachineFixture()
        let asked = gone(shared) + [.precedence(isOvertaken: isOvertaken)]
        #expect(shared.steps(asked).map(\.name) == [.claim, .head, .precedence, .findCopy])
        #expect(try mayGuess(shared.last(asked)) == !isOvertaken)

        let own = try JobStateMachineFixture(JobStateMachineFixture.ownLocations)
        #expect(try mayGuess(own.last(gone(own))) == true)
        #expect(try mayGuess(shared.last(gone(shared, .infected))) == false)
    }

    private func mayGuess(_ step: Step) -> Bool? {
        guard case .findCopy(let search) = step, case .missing(_, let mayGuess) = search.source else { return nil }
        return mayGuess
    }

    @Test func `a copy that is found settles the job`() throws {
        let fixture = try JobStateMachineFixture()
        let clean = gone(fixture) + [.precedence(isOvertaken: false), .copyFound(Self.done)]
        #expect(try fixture.last(clean) == .finish(.settled(fixture.judgement(), .promoted, Self.done)))
        let infected = gone(fixture, .infected) + [.copyFound(Self.done)]
        #expect(
            try fixture.last(infected) == .finish(.settled(fixture.judgement(.infected), .quarantined, Self.done)))
    }

    @Test(arguments: [(true, .superseded), (false, .gone)] as [(Bool, Outcome)])
    func `a missing copy was replaced if a later upload was promoted`(isOvertaken: Bool, outcome: Outcome) throws {
        let fixture = try JobStateMachineFixture()
        let missing = gone(fixture) + [.precedence(isOvertaken: false), .copyMissing]
        #expect(try fixture.last(missing) == .precedence)
        #expect(try fixture.last(missing + [.precedence(isOvertaken: isOvertaken)]) == .finish(outcome))
        #expect(try fixture.last(gone(fixture, .infected) + [.copyMissing]) == .finish(.gone))
    }

    /// A later look at the source is not known to be at the same bytes.
    @Test func `the search knows the source only if this attempt saw it`() throws {
        let fixture = try JobStateMachineFixture()
        func seen(_ events: [StepResult]) throws -> JobStateMachine.SeenObject? {
            let step = try fixture.last(events + [.precedence(isOvertaken: false)])
            guard case .findCopy(let search) = step, case .missing(let seen, _) = search.source else { return nil }
            return seen
        }
        #expect(try seen(gone(fixture)) == nil)
        #expect(try seen(fixture.judged() + [.inOrder, fixture.failure(.objectGone)]) == fixture.seen)
    }

    // MARK: A source that is replaced

    @Test func `a replaced object is superseded unless its copy is found`() throws {
        let fixture = try JobStateMachineFixture()
        let replaced = fixture.judged() + [.inOrder, fixture.failure(.objectReplaced), .precedence(isOvertaken: true)]
        #expect(try fixture.last(replaced + [.copyMissing]) == .finish(.superseded))
        #expect(
            try fixture.last(replaced + [.copyFound(Self.done)])
                == .finish(.settled(fixture.judgement(), .promoted, Self.done)))
    }

    @Test func `a replaced object is superseded if it was to be deleted or was never pinned`() throws {
        let fixture = try JobStateMachineFixture()
        #expect(
            try fixture.last(fixture.judged(.rejected) + [fixture.failure(.objectReplaced)]) == .finish(.superseded))
        let unpinned = try JobStateMachineFixture(etag: nil)
        #expect(
            try unpinned.last([.claimed(earlier: unpinned.judgement()), unpinned.failure(.objectReplaced)])
                == .finish(.superseded))
    }

    // MARK: Mismatched bytes

    @Test func `other bytes than were inspected are put on record with the judgement`() throws {
        let fixture = try JobStateMachineFixture()
        let mismatch = fixture.judged(.infected) + [fixture.failure(.mismatchedBytes)]
        guard case .record(let noted) = try fixture.last(mismatch) else {
            Issue.record("not recorded")
            return
        }
        #expect(noted.verdict == .infected && noted.findings.map(\.name) == ["Eicar", "other-bytes-copied"])
        #expect(noted.findings.last?.kind == .note && noted.findings.last?.detail == "no luck")
        let searched = mismatch + [.recorded]
        #expect(try fixture.last(searched + [.copyMissing]) == .finish(.superseded))
        #expect(
            try fixture.last(searched + [.copyFound(Self.done)]) == .finish(.settled(noted, .quarantined, Self.done)))
    }

    // MARK: Failures that are no answer about the object

    @Test(arguments: StepFailure.Kind.allCases)
    func `a failed search ends the job only if it is refused`(kind: StepFailure.Kind) throws {
        let fixture = try JobStateMachineFixture()
        let step = try fixture.last(gone(fixture, .infected) + [fixture.failure(kind)])
        switch kind {
        case .refused: #expect(step == .finish(.failed(reason: "no luck", fixture.judgement(.infected))))
        case .claimLost: #expect(step == .claim)
        default: #expect(step == .release(reason: "no luck", strands: false))
        }
    }

    @Test func `a claim that is lost is asked for again and everything is found out again`() throws {
        let fixture = try JobStateMachineFixture()
        let lost = fixture.judged() + [.inOrder, fixture.failure(.claimLost)]
        #expect(try fixture.last(lost) == .claim)
        // Nothing is known of the object any more.
        #expect(try fixture.last(lost + [.claimed(earlier: nil), fixture.failure(.objectGone)]) == .finish(.gone))
        let search = try fixture.last(lost + gone(fixture) + [.precedence(isOvertaken: true)])
        guard case .findCopy(let look) = search else {
            Issue.record("\(search)")
            return
        }
        #expect(look.source == .missing(seen: nil, mayGuess: false))
        let finished = fixture.judged(.rejected) + [.deleted, .finished(isOurs: false)]
        #expect(try fixture.last(finished) == .claim)
    }

    @Test(arguments: StepFailure.Kind.allCases)
    func `a message is handed back only if the worker is stopping`(kind: StepFailure.Kind) throws {
        let fixture = try JobStateMachineFixture()
        let result: AttemptResult =
            switch kind {
            case .stopping: .handedBack(reason: "no luck")
            case .unavailable: .parked(reason: "no luck")
            default: .open(reason: "no luck")
            }
        #expect(fixture.steps([fixture.failure(kind)]) == [.claim, .settle(result)])
        let released = fixture.judged() + [.inOrder, .copied(Self.done), .deleted, fixture.failure(kind), .released]
        if kind != .claimLost { #expect(try fixture.last(released) == .settle(result)) }
    }

    @Test func `a job that waits for S3 is not stranded, even on its last receive`() throws {
        var fixture = try JobStateMachineFixture()
        fixture.isLastReceive = true
        let failure = fixture.failure(.unavailable)
        #expect(
            fixture.steps([failure]) == [.claim, .settle(.parked(reason: "no luck"))])
        #expect(
            fixture.steps([.claimed(earlier: nil), failure, .released]).suffix(2) == [
                .release(reason: "no luck", strands: false), .settle(.parked(reason: "no luck")),
            ])
    }

    @Test func `a claim that cannot be released is named in the result`() throws {
        let fixture = try JobStateMachineFixture()
        func result(_ cause: StepFailure.Kind, _ second: StepFailure.Kind) throws -> Step {
            try fixture.last([
                .claimed(earlier: nil), fixture.failure(cause), .failed(StepFailure(second, "the ledger is down")),
            ])
        }
        let both = "no luck; the claim could not be released: the ledger is down"
        #expect(try result(.transient, .transient) == .settle(.open(reason: both)))
        #expect(try result(.stopping, .transient) == .settle(.handedBack(reason: "no luck")))
        #expect(try result(.transient, .claimLost) == .claim)
    }

    // MARK: The last receive

    @Test func `a job that could not be claimed at its last receive is stranded`() throws {
        var fixture = try JobStateMachineFixture()
        fixture.isLastReceive = true
        let failed = [fixture.failure(.transient)]
        #expect(fixture.steps(failed) == [.claim, .strand(reason: "no luck")])
        #expect(try fixture.last(failed + [.stranded(nil)]) == .settle(.open(reason: "no luck")))
        #expect(try fixture.last(failed + [.stranded(.gone)]) == .settle(.duplicate(.gone)))
        #expect(try fixture.last(failed + [fixture.failure(.claimLost)]) == .settle(.open(reason: "no luck")))
        #expect(
            try fixture.last([.claimed(earlier: nil), fixture.failure(.transient)])
                == .release(reason: "no luck", strands: true))
    }

    @Test func `a job that is given up is stranded without a claim`() throws {
        var machine = try JobStateMachineFixture().machine()
        #expect(machine.giveUp("no room") == .strand(reason: "no room"))
        #expect(machine.handle(.stranded(nil)) == .settle(.open(reason: "no room")))
    }
}
