import Domain
import Foundation
import Intake
import Ledger
import Support
import TestKit
import Testing

extension EndToEnd {
    /// `lazaret reconcile`, on interrupted jobs as a killed worker leaves them.
    @Suite struct Reconciling {
        struct Line: Decodable, Equatable {
            let job: String
            let key: String
            let outcome: String?
            let found: String?
            let remedy: String?
            let result: String
            let detail: String?
        }

        /// The state that a killed worker leaves.
        struct Interrupted {
            var isJudged = true
            var hasSource = true
            var hasCopy = true
            /// How long ago its claim expired; negative if it is still valid.
            var expired = Duration.seconds(3600)
            var outcome: ((Judgement, Destination) -> Outcome)?
            /// How long ago the object was uploaded, by its event.
            var uploaded: Duration = .zero
        }

        private static let clean = Judgement(
            verdict: .clean, findings: [], evidence: Evidence(bytesRead: Int64(Samples.text.count)))

        private func ledger(_ station: StationFixture) async throws -> any Ledger {
            try await openLedger(at: station.ledger, log: Log(threshold: .error))
        }

        @discardableResult
        private func leave(_ left: Interrupted, _ name: String, in station: StationFixture, _ ledger: any Ledger)
            async throws
            -> JobID
        {
            let written = try await station.upload(Samples.text, "uploads/" + name)
            let object = ObjectVersion(
                bucket: station.incoming, key: ObjectKey("uploads/" + name)!, versionID: written.version,
                etag: written.etag)
            let now = Timestamp.now()
            let job = Job(
                of: Event(
                    object: object, size: Int64(Samples.text.count), sequencer: "0055AED6DCD90281E5",
                    time: now.advanced(by: .zero - left.uploaded), name: "ObjectCreated:Put"))
            let begin = now.advanced(by: .seconds(-7200))
            let claim = try await ledger.claim(
                job, by: "dead", pipeline: "usual", receivedAt: begin,
                until: now.advanced(by: .zero - left.expired), now: begin)
            guard case .granted(let token, _) = claim else { throw NotGranted() }
            if left.isJudged { try await ledger.record(Self.clean, for: token, at: now) }
            if left.hasCopy { try await station.cloud.put(Samples.text, station.media, "permanent/" + name) }
            if let outcome = left.outcome {
                let place = Destination(ObjectLocation(bucket: station.media, key: ObjectKey("permanent/" + name)!))
                guard try await ledger.finish(token, with: outcome(Self.clean, place), at: now) else {
                    throw NotGranted()
                }
            }
            if !left.hasSource {
                try await station.cloud.delete(station.incoming, "uploads/" + name, version: written.version)
            }
            return job.id
        }

        private struct NotGranted: Error {}

        private func reconcile(_ station: StationFixture, _ flags: [String] = []) async throws -> (Program.Exit, [Line])
        {
            let words = [
                "reconcile", "--json", "--actor", "mara", "--pipelines", station.folder.path + "/pipelines", "--ledger",
                station.ledger,
            ]
            let exit = try await Program(StationFixture.lazaret, words + flags, environment: station.stack.environment)
                .exit(within: .seconds(60))
            let lines = try exit.standardOutput.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
            return (exit, lines.sorted { $0.key < $1.key })
        }

        @Test(arguments: [false, true])
        func `interrupted moves are finished and the others are reported`(isVersioned: Bool) async throws {
            let name = isVersioned ? "reconcile-versions" : "reconcile"
            let station = try await StationFixture(name, versioned: isVersioned, route: nil)
            let ledger = try await ledger(station)
            let both = try await leave(Interrupted(), "both", in: station, ledger)
            try await leave(Interrupted(hasSource: false), "copy", in: station, ledger)
            try await leave(Interrupted(expired: .seconds(-600)), "live", in: station, ledger)
            try await leave(Interrupted(hasSource: false, hasCopy: false), "neither", in: station, ledger)
            try await leave(Interrupted(hasCopy: false), "source", in: station, ledger)
            try await leave(Interrupted(isJudged: false, hasCopy: false), "unjudged", in: station, ledger)
            let keys = ["uploads/both", "uploads/copy", "uploads/neither", "uploads/source", "uploads/unjudged"]

            let before = try await station.keys(station.incoming)
            let (dry, would) = try await reconcile(station, ["--dry-run", "--queue", station.queue.url])
            #expect(dry.ending == .code(65), "\(dry.standardError)")
            #expect(would.map(\.key) == keys)
            #expect(would.map(\.found) == ["both", "copy", "neither", "source", nil])
            #expect(would.map(\.remedy) == ["finish", "finish", "person", "send", "send"])
            #expect(would.map(\.result) == ["would", "would", "person", "would", "would"])
            #expect(try await station.keys(station.incoming) == before)
            #expect(try await station.jobs().allSatisfy { $0.outcome == nil && $0.attempts == 1 })
            #expect(try await ledger.auditTrail(of: nil, limit: 1).isEmpty)
            try await station.expectDrained()

            // Without a queue, jobs that were never moved need a person.
            let (alone, lines) = try await reconcile(station)
            #expect(alone.ending == .code(65))
            #expect(lines.map(\.result) == ["done", "done", "person", "person", "person"])
            #expect(
                alone.standardError.contains("5 jobs checked: 2 done, 3 needing a person"), "\(alone.standardError)")
            #expect(try await station.keys(station.incoming) == ["uploads/live", "uploads/source", "uploads/unjudged"])
            #expect(try await station.job("uploads/both").outcome == "settled")
            #expect(try await station.job("uploads/copy").disposition == "promoted")
            let record = try #require(try await ledger.job(both))
            #expect(record.attempts.last?.worker.hasPrefix("reconcile@") == true)
            let entry = try #require(try await ledger.auditTrail(of: both, limit: 9).first)
            #expect(entry.actor == "mara" && entry.action == "reconcile" && !entry.reason.isEmpty)

            // With a queue, a worker finishes them.
            let (sent, rest) = try await reconcile(station, ["--queue", station.queue.url])
            #expect(sent.ending == .code(65) && rest.map(\.key) == Array(keys[2...]))
            #expect(rest.map(\.result) == ["person", "done", "done"])
            try await station.settle()
            #expect(try await station.keys(station.incoming) == ["uploads/live"])
            #expect(try await station.job("uploads/source").attempts == 2)
            let live = try await station.job("uploads/live")
            #expect(live.outcome == nil && live.attempts == 1)
            await ledger.close()
        }

        @Test func `without interrupted jobs it exits with 0 and says so`() async throws {
            let station = try await StationFixture("reconcile-none")
            try await station.upload(Samples.text, "uploads/a")
            try await station.settle()
            let (exit, lines) = try await reconcile(station, ["--settled"])
            #expect(exit.ending == .code(0) && lines.isEmpty)
            #expect(exit.standardError == "1 job checked, none interrupted\n")
        }

        @Test func `a source that an Object Lock had kept is deleted and its job is settled`() async throws {
            let station = try await StationFixture("reconcile-lock", versioned: true, route: nil)
            let ledger = try await ledger(station)
            let id = try await leave(
                Interrupted(outcome: { judgement, place in
                    .failed(reason: "refused by an Object Lock; the copy is at \(place.location)", judgement)
                }), "a", in: station, ledger)
            try await leave(
                Interrupted(
                    hasCopy: false, outcome: { judgement, _ in .failed(reason: "too large to copy", judgement) }), "b",
                in: station, ledger)
            let (exit, lines) = try await reconcile(station)
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            #expect(lines.map(\.remedy) == ["finish-anew"] && lines.map(\.outcome) == ["failed"])
            #expect(try await station.cloud.versions(station.incoming).map(\.key) == ["uploads/b"])
            let record = try #require(try await ledger.job(id))
            #expect(record.outcome?.kind == .settled && record.history.map(\.outcome.kind) == [.failed])
            await ledger.close()
        }

        @Test(arguments: [[], ["--copy-in-parts-over", "0"]])
        func `a source under a legal hold waits until the hold is lifted`(flags: [String]) async throws {
            let name = "reconcile-hold-\(flags.count)"
            let bucket = name + "-locked"
            let station = try await StationFixture(
                name, route: nil, rules: StationFixture.usualRules.replacing("INCOMING", with: bucket))
            try await station.cloud.createLockedBucket(bucket)
            try await station.cloud.notify(station.queue, of: bucket)
            let written = try await station.cloud.put(
                Samples.text, bucket, "uploads/a", UploadOptions(type: "text/plain"))
            let version = try #require(written.version)
            try await station.cloud.lock(bucket, "uploads/a", version: version, nil)
            try await station.settle(flags)
            #expect(try await station.job("uploads/a").outcome == "failed")

            let (held, waiting) = try await reconcile(station)
            #expect(held.ending == .code(65), "\(held.standardError)")
            #expect(waiting.map(\.found) == ["both"] && waiting.map(\.result) == ["person"])
            #expect(waiting.first?.detail?.contains("a legal hold keeps the source") == true, "\(waiting)")
            #expect(try await station.cloud.versions(bucket).map(\.version) == [version])
            #expect(try await station.job("uploads/a").attempts == 1)

            try await station.cloud.liftHold(bucket, "uploads/a", version: version)
            let (exit, lines) = try await reconcile(station)
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            #expect(lines.map(\.remedy) == ["finish-anew"] && lines.map(\.result) == ["done"], "\(lines)")
            #expect(try await station.cloud.versions(bucket).isEmpty)
            let job = try await station.job("uploads/a")
            #expect(job.outcome == "settled" && job.disposition == "promoted")
            #expect(try await station.cloud.get(station.media, "permanent/a")?.bytes == Samples.text)
            #expect(try await station.keys(station.media) == ["permanent/a"])
            #expect(try await reconcile(station, ["--settled"]).1.isEmpty)
            try await station.expectDrained()
        }

        @Test func `--settled finds sources of settled jobs and leaves later uploads alone`() async throws {
            let station = try await StationFixture("reconcile-settled", route: nil)
            let ledger = try await ledger(station)
            func settled(_ judgement: Judgement, _ place: Destination) -> Outcome {
                .settled(judgement, .promoted, place)
            }
            try await leave(Interrupted(outcome: settled), "left", in: station, ledger)
            // The same bytes, uploaded again an hour after the object that the job moved.
            try await leave(Interrupted(outcome: settled, uploaded: .seconds(3600)), "again", in: station, ledger)
            try await leave(Interrupted(hasCopy: false, outcome: settled), "lost", in: station, ledger)
            await ledger.close()

            let (withoutFlag, none) = try await reconcile(station)
            #expect(withoutFlag.ending == .code(0) && none.isEmpty)
            let (exit, lines) = try await reconcile(station, ["--settled"])
            #expect(exit.ending == .code(65), "\(exit.standardError)")
            #expect(lines.map(\.key) == ["uploads/left", "uploads/lost"])
            #expect(lines.map(\.remedy) == ["delete-source", "person"])
            #expect(try await station.keys(station.incoming) == ["uploads/again", "uploads/lost"])
            #expect(try await station.keys(station.media) == ["permanent/again", "permanent/left"])
        }

        @Test func `a wrong flag value exits with 64`() async throws {
            let station = try await StationFixture("reconcile-wrong", route: nil)
            for flags in [["--older-than", "soon"], ["--since", "soon"], ["--older-than", "-1m"]] {
                #expect(try await reconcile(station, flags).0.ending == .code(64))
            }
            #expect(try await reconcile(station).0.ending == .code(78))
        }
    }
}
