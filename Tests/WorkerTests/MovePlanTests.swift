import Domain
import Pipelines
import Testing

@testable import Worker

/// What a pipeline asks for after a judgement.
struct MovePlanTests {
    private func plan(_ text: String, _ verdict: Verdict = .clean, key: String = "up/x/a") throws -> MovePlan {
        let fixture = try JobStateMachineFixture(text, key: key)
        return MovePlan(
            try #require(fixture.pipeline), for: fixture.job, fixture.judgement(verdict), date: "2026-11-21")
    }

    private func pipeline(clean: String = "keep", infected: String = "keep") -> String {
        """
        pipeline: uploads
        match: { bucket: inbox, prefix: up/ }
        then:
          clean:       \(clean)
          infected:    \(infected)
          unscannable: keep
          rejected:    keep
        """
    }

    @Test func `an object is deleted or kept with its tags`() throws {
        #expect(try plan(pipeline(infected: "delete"), .infected) == .delete)
        #expect(try plan(pipeline()) == .tag([]))
        let tags = "{ tag: { scan: '{verdict}', day: '{date}' } }"
        #expect(try plan(pipeline(clean: tags)) == .tag([.init("scan", "clean"), .init("day", "2026-11-21")]))
    }

    @Test(
        arguments: [
            ("s3://out/done/{rest}", "s3://out/done/x/a", true), ("s3://out/{name}", "s3://out/a", true),
            ("s3://out/{date}/{rest}", "s3://out/2026-11-21/x/a", true),
            ("s3://out/{job}/{rest}", "s3://out/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/x/a", false),
        ] as [(String, String, Bool)])
    func `a location is shared unless the job is part of its key`(
        template: String, location: String, isShared: Bool
    ) throws {
        let plan = try plan(pipeline(clean: "{ move: '\(template)' }"))
        let copy = try #require(plan.copy)
        #expect(try copy.destination.get().description == location)
        #expect(copy.manner == .promotion && copy.isShared == isShared)
        #expect(plan.needsOrder == isShared && plan.disposition == .promoted)
    }

    @Test func `a quarantined object says which job found what`() throws {
        let plan = try plan(pipeline(infected: "{ quarantine: 's3://jail/{name}' }"), .infected)
        let facts: [MovePlan.Pair] = [
            .init("job", String(repeating: "a", count: 32)), .init("verdict", "infected"), .init("findings", "Eicar"),
            .init("sha256", "5ha"),
        ]
        #expect(plan.copy?.manner == .quarantine(facts: facts))
        // Its copy has the mark of its job, so that it is not taken for another's.
        #expect(!plan.needsOrder && plan.copy?.isShared == true && plan.disposition == .quarantined)
    }

    @Test func `notes are not among the facts and only eight findings are`() throws {
        let fixture = try JobStateMachineFixture(pipeline(infected: "{ quarantine: 's3://jail/{name}' }"))
        let findings = [Finding(.note, "other-bytes-copied")] + (1...9).map { Finding(.signature, "S\($0)") }
        let judgement = Judgement(verdict: .infected, findings: findings, evidence: Evidence())
        let plan = MovePlan(try #require(fixture.pipeline), for: fixture.job, judgement, date: "")
        guard case .quarantine(let facts)? = plan.copy?.manner else {
            Issue.record("\(plan)")
            return
        }
        #expect(facts.map(\.name) == ["job", "verdict", "findings"])
        #expect(facts.last?.value == "S1, S2, S3, S4, S5, S6, S7, S8")
    }

    @Test func `a key that S3 cannot hold is refused with the pipeline's name`() throws {
        let long = "up/" + String(repeating: "k", count: 1021)
        for (template, key) in [("s3://out/done/{rest}", long), ("s3://out/{rest}", "up/")] {
            let plan = try plan(pipeline(clean: "{ move: '\(template)' }"), key: key)
            #expect(plan.copy?.destination == .failure(.init(pipeline: "uploads")))
        }
    }

    /// Two keys never get one location because a prefix is missing.
    @Test func `the rest of a key without the prefix is the whole key`() throws {
        let plan = try plan(pipeline(clean: "{ move: 's3://out/{rest}' }"), key: "elsewhere/a")
        #expect(try plan.copy?.destination.get().description == "s3://out/elsewhere/a")
    }

    @Test func `a date is needed for templates alone`() throws {
        let pipeline = try #require(
            try JobStateMachineFixture(pipeline(clean: "{ tag: { a: b } }", infected: "delete")).pipeline)
        #expect(MovePlan.needsDate(pipeline, .clean))
        #expect(!MovePlan.needsDate(pipeline, .infected) && !MovePlan.needsDate(pipeline, .rejected))
    }

    /// A name of 1,020 bytes leaves no room for the template's own.
    @Test(
        arguments: [
            ("s3://jail/i/{date}/{job}/{name}", "s3://jail/i/2026-11-21/\(job)/" + String(repeating: "ü", count: 127)),
            ("s3://jail/infected/{rest}", "s3://jail/infected/\(job)"),
            ("s3://jail/0123456789/{name}", "s3://jail/0123456789/\(job)"),
            (
                "s3://jail/{key}/{name}/{job}",
                "s3://jail/up/" + String(repeating: "ü", count: 126) + "/"
                    + String(repeating: "ü", count: 127) + "/\(job)"
            ),
            ("s3://jail/{key}{key}{name}{name}{rest}{job}", nil),
        ] as [(String, String?)])
    func `no name keeps an object out of quarantine`(template: String, location: String?) throws {
        let key = "up/" + String(repeating: "ü", count: 510)
        let plan = try plan(pipeline(infected: "{ quarantine: '\(template)' }"), .infected, key: key)
        let found = try #require(plan.copy).destination.get()
        if let location { #expect(found.description == location) }
        #expect(found.key.text.contains(Self.job))
    }

    private static let job = String(repeating: "a", count: 32)
}
