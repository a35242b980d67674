import AWS
import Domain
import Intake
import Ledger
import TestKit
import Testing
import Transfer
import Worker

/// What a tus server keeps beside an upload goes once the upload has settled.
@Suite(.timeLimit(.minutes(1))) struct SidecarTests {
    private static let rules = JobFixture.uploads
        .replacing("prefix: up/ }", with: "prefix: up/, exclude: [\"*.info\", \"*.part\"] }\nsidecars: delete")

    private func fixture(_ inspector: ScriptedInspector = .init(), rules: String = rules) async throws -> JobFixture {
        let fixture = try await JobFixture(inspector, pipelines: rules)
        fixture.store["inbox", "up/a"] = .init([1, 2, 3])
        for key in ["up/a.info", "up/a.part", "up/ab.info", "up/b.info"] {
            fixture.store["inbox", key] = .init([9])
            fixture.store["inbox", key]?.lastModified = "Sat, 21 Nov 2026 07:59:00 GMT"
        }
        return fixture
    }

    private func sources(_ fixture: JobFixture) -> [String] {
        fixture.store.locations.filter { $0.bucket == "inbox" }.map(\.key.text).sorted()
    }

    @Test(arguments: [[], [Finding(.signature, "Eicar")], [Finding(.rule, "polyglot")]])
    func `the side-cars of a settled upload are deleted and no others`(findings: [Finding]) async throws {
        let fixture = try await fixture(ScriptedInspector(found: findings))
        _ = try outcome(of: await fixture.run(fixture.job("up/a")))
        #expect(sources(fixture) == ["up/ab.info", "up/b.info"])
    }

    @Test func `side-cars stay by default`() async throws {
        let rules = Self.rules.replacing("sidecars: delete", with: "sidecars: keep")
        let fixture = try await fixture(rules: rules)
        _ = try outcome(of: await fixture.run(fixture.job("up/a")))
        #expect(sources(fixture) == ["up/a.info", "up/a.part", "up/ab.info", "up/b.info"])
    }

    @Test func `side-cars of an object that stays where it is stay too`() async throws {
        let rules = Self.rules.replacing(
            "infected:    { quarantine: \"s3://jail/infected/{date}/{job}/{name}\" }", with: "infected: keep")
        let fixture = try await fixture(ScriptedInspector(found: [Finding(.signature, "Eicar")]), rules: rules)
        _ = try outcome(of: await fixture.run(fixture.job("up/a")))
        #expect(sources(fixture) == ["up/a", "up/a.info", "up/a.part", "up/ab.info", "up/b.info"])
    }

    @Test func `a side-car of a later upload of the key stays`() async throws {
        let fixture = try await fixture()
        // The event is of 08:00:00. Some servers write the side-car once more right after the upload.
        fixture.store["inbox", "up/a.info"]?.lastModified = "Sat, 21 Nov 2026 08:00:30 GMT"
        fixture.store["inbox", "up/a.part"]?.lastModified = "Sat, 21 Nov 2026 08:10:00 GMT"
        _ = try outcome(of: await fixture.run(fixture.job("up/a")))
        #expect(sources(fixture) == ["up/a.part", "up/ab.info", "up/b.info"])
    }

    /// The worker is gone after any request that changes something: the next attempt removes what is left.
    @Test(arguments: ["up/a", "up/a.info", "up/a.part"], [true, false])
    func `an attempt that ends at a delete is made good by the next one`(key: String, isDone: Bool) async throws {
        let fixture = try await fixture()
        let location = ObjectLocation(bucket: "inbox", key: ObjectKey(key)!)
        let store = fixture.store
        store.interrupt { (call) throws(AWSError) in
            guard case .delete(location) = call else { return }
            if isDone { store["inbox", key] = nil }
            throw .test("DeleteObject", code: "InternalError", status: 500)
        }
        guard case .open = await fixture.run(fixture.job("up/a", etag: fixture.job("up/a").object.etag)) else {
            Issue.record("not left open")
            return
        }
        store.interrupt { (_) throws(AWSError) in }
        let open = try #require(try await fixture.ledger.jobs(JobQuery(openOnly: true)).first)
        let ended = try outcome(of: await fixture.run(open.job))
        guard case .settled(_, .promoted, _) = ended else {
            Issue.record("\(ended)")
            return
        }
        #expect(sources(fixture) == ["up/ab.info", "up/b.info"])
    }

    @Test func `side-cars that can't be deleted keep no object open on its last receive`() throws {
        for (isLast, expected) in [(true, Step.Name.finish), (false, .release)] {
            var fixture = try JobStateMachineFixture(
                JobStateMachineFixture.uploads.replacing(
                    "prefix: up/ }", with: "prefix: up/, exclude: [\"*.info\", \"*.part\"] }\nsidecars: delete"))
            fixture.isLastReceive = isLast
            let before = fixture.judged() + [.inOrder, .copied(JobStateMachineFixture.done), .deleted]
            #expect(try fixture.last(before) == .removeSidecars)
            #expect(try fixture.last(before + [fixture.failure(.transient)]).name == expected)
            #expect(try fixture.last(before + [fixture.failure(.unavailable)]).name == .release)
            #expect(try fixture.last(before + [fixture.failure(.claimLost)]).name == .claim)
            #expect(try fixture.last(before + [fixture.failure(.refused)]).name == .finish)
        }
    }
}
