import Domain
import Foundation
import Intake
import Ledger
import Support
import TestKit
import Testing

extension EndToEnd {
    /// `lazaret backfill`: what a bucket held before anybody was told.
    @Suite struct Backfills {
        /// As `Station.usualRules`, but what is clean stays where it is, tagged.
        static let keepingRules = """
            pipeline: keeping
            match: { bucket: INCOMING, prefix: uploads/, exclude: ["*.part"] }
            then:
              clean:       { tag: { scan: "{verdict}" } }
              infected:    { quarantine: "s3://QUARANTINE/{job}" }
              unscannable: keep
              rejected:    keep
            """

        struct Line: Decodable {
            let job: String
            let bucket: String
            let key: String
            let versionId: String?
            let etag: String?
            let size: Int
            let result: String
        }

        private func backfill(_ station: Station, _ flags: [String] = [], place: String? = nil) throws -> Program {
            let words = ["backfill", place ?? "s3://\(station.incoming)"]
            let usual = [
                "--queue", station.queue.url, "--pipelines", station.folder.path + "/pipelines", "--ledger",
                station.ledger,
            ]
            return try Program(Station.lazaret, words + usual + flags, environment: station.stack.environment)
        }

        /// Runs a backfill that is to end well, and gives what it says at its end.
        private func said(_ station: Station, _ flags: [String] = [], place: String? = nil) async throws -> String {
            let exit = try await backfill(station, flags, place: place).exit(within: .seconds(60))
            try #require(exit.ending == .code(0), "\(exit.standardError)")
            return exit.standardError
        }

        private func lines(of exit: Program.Exit) throws -> [Line] {
            try exit.standardOutput.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
        }

        /// Makes the ledger: a backfill asks one that is there.
        private func open(_ station: Station) async throws { try await station.settle() }

        @Test(arguments: [false, true])
        func `what was there before is worked on once`(isVersioned: Bool) async throws {
            let name = isVersioned ? "backfill-versions" : "backfill"
            let station = try await Station(name, versioned: isVersioned, route: nil, rules: Self.keepingRules)
            try await open(station)
            let keys = ["uploads/a", "uploads/b c+d%20", "uploads/ü/日本語 🐟", "uploads//x", "uploads/z"]
            for key in keys { try await station.upload(Samples.text, key) }
            try await station.upload(Samples.text, "uploads/half.part")
            try await station.upload(Samples.text, "elsewhere/a")
            if isVersioned {
                // Neither an older version nor what a marker hides is there for anybody.
                try await station.upload(Array("newer".utf8), "uploads/a")
                try await station.upload(Samples.text, "uploads/hidden")
                try await station.cloud.delete(station.incoming, "uploads/hidden")
            }
            #expect(try await said(station) == "7 objects: 5 sent, 2 without a pipeline\n")
            #expect(try await station.settle().objects == 5)
            let jobs = try await station.jobs()
            #expect(Set(jobs.compactMap { ObjectKey($0.key) }) == Set(keys.compactMap { ObjectKey($0) }))
            #expect(jobs.allSatisfy { $0.verdict == "clean" && $0.disposition == "kept" && $0.attempts == 1 })
            #expect(jobs.allSatisfy { ($0.versionId != nil) == isVersioned && $0.sequencer == nil })

            #expect(try await said(station) == "7 objects: 0 sent, 5 settled, 2 without a pipeline\n")
            try await station.expectDrained()
        }

        @Test(arguments: [false, true])
        func `what an event has told of is not sent again`(isVersioned: Bool) async throws {
            let name = isVersioned ? "backfill-live-versions" : "backfill-live"
            let station = try await Station(name, versioned: isVersioned, rules: Self.keepingRules)
            try await station.upload(Samples.text, "uploads/a")
            try await station.settle()
            let job = try await station.job("uploads/a")
            #expect(job.sequencer != nil)
            #expect(try await said(station) == "1 object: 0 sent, 1 settled\n")

            let prefix = "s3://\(station.incoming)/uploads/b"
            try await station.upload(Samples.text, "uploads/b")
            // Its event waits in the queue beside the message of the backfill.
            let exit = try await backfill(station, ["--json"], place: prefix).exit(within: .seconds(60))
            let line = try #require(try lines(of: exit).first)
            #expect(line.key == "uploads/b" && line.result == "sent" && line.bucket == station.incoming)
            #expect((line.versionId != nil) == isVersioned && line.etag != nil && line.size == Samples.text.count)
            try await station.settle()
            let jobs = try await station.jobs().filter { $0.key == "uploads/b" }
            #expect(jobs.count == (isVersioned ? 1 : 2) && jobs.allSatisfy { $0.outcome == "settled" })
            #expect(jobs.contains { $0.job == line.job })
            try await station.expectDrained()
        }

        @Test func `a dry run tells what would be sent and sends nothing`() async throws {
            let station = try await Station("backfill-dry", route: nil)
            try await open(station)
            for key in ["uploads/a", "uploads/\u{1}b", "else"] { try await station.upload(Samples.text, key) }
            let exit = try await backfill(station, ["--dry-run", "--json"]).exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            let told = try lines(of: exit)
            #expect(told.map(\.key) == ["uploads/\u{1}b", "uploads/a"])
            #expect(told.allSatisfy { $0.result == "would-send" })
            #expect(exit.standardError == "3 objects: 2 sent, 1 without a pipeline\n")
            let forPeople = try await backfill(station, ["--dry-run"]).exit(within: .seconds(60))
            #expect(
                forPeople.standardOutput
                    == """
                    \(told[0].job)  s3://\(station.incoming)/uploads/\\u{1}b
                    \(told[1].job)  s3://\(station.incoming)/uploads/a

                    """)
            #expect(try await station.jobs().isEmpty)
            try await station.expectDrained()
        }

        @Test func `a run that is stopped tells where the next one goes on`() async throws {
            let station = try await Station("backfill-stop", route: nil)
            try await open(station)
            let prefix = "uploads/it's "
            try await station.cloud.putMany(60, size: 40, station.incoming, prefix: prefix)
            let program = try backfill(station, ["--rate", "1/s"])
            _ = try await station.cloud.awaitMessages(2, in: station.queue)
            program.send(SIGINT)
            let exit = try await program.exit(within: .seconds(30))
            #expect(exit.ending == .code(75), "\(exit.standardError)")
            let line = try #require(exit.errorLines.last)
            let start = try #require(line.firstRange(of: "--start-after=")?.lowerBound)

            // As a person would go on: the line's own words, pasted into a shell.
            let words = """
                '\(Station.lazaret)' backfill 's3://\(station.incoming)' --queue '\(station.queue.url)' \
                --pipelines '\(station.folder.path)/pipelines' --ledger '\(station.ledger)' \(line[start...])
                """
            let rest = try await Program("/bin/bash", ["-c", words], environment: station.stack.environment)
                .exit(within: .seconds(60))
            #expect(rest.ending == .code(0) && !rest.standardError.hasPrefix("60 objects"), "\(rest.standardError)")
            let count = try await station.cloud.counts(station.queue.url).visible
            let sent = try await station.cloud.take(count, from: station.queue.url).map(Self.key)
            #expect(Set(sent) == Set((0..<60).map { prefix + String(format: "%05d", $0) }))
        }

        private static func key(_ body: String) -> String {
            guard case .records(let records) = MessageBody(reading: body), case .created(let event)? = records.first
            else { return body }
            return event.object.key.text
        }

        @Test func `only keys and times that were asked for are sent`() async throws {
            let station = try await Station("backfill-part", route: nil)
            try await open(station)
            for key in ["uploads/a", "uploads/b", "uploads/c"] { try await station.upload(Samples.text, key) }
            #expect(try await said(station, ["--start-after", "uploads/a"]) == "2 objects: 2 sent\n")
            let ledger = try await openLedger(at: station.ledger, log: Log(threshold: .error))
            let entry = try #require(try await ledger.auditTrail(of: nil, limit: 9).first)
            #expect(entry.action == "backfill" && entry.subject == "s3://\(station.incoming)")
            #expect(entry.reason == "2 sent to the queue" && entry.actor.contains("@"))
            await ledger.close()
            #expect(
                try await said(station, place: "s3://\(station.incoming)/uploads/c") == "1 object: 1 sent\n")
            #expect(try await said(station, ["--until", "1h"]) == "3 objects: 0 sent, 3 outside the time range\n")
            #expect(try await said(station, ["--since", "1h"]) == "3 objects: 3 sent\n")
        }

        @Test func `what cannot be done is told before anything is sent`() async throws {
            let station = try await Station("backfill-wrong", route: nil)
            let there = "s3://\(station.incoming)"
            let cases: [(place: String, flags: [String], code: CInt, words: String)] = [
                ("uploads/", [], 64, "s3://BUCKET/PREFIX"), ("s3://", [], 64, "no bucket"),
                (there, ["--rate", "fast"], 64, "--rate takes"), (there, ["--rate", "0/s"], 64, "--rate takes"),
                (there, ["--until", "soon"], 64, "--until takes"),
                ("s3://\(station.media)", [], 78, "no pipeline"), (there, [], 78, "lazaret.db"),
            ]
            for (place, flags, code, words) in cases {
                let exit = try await backfill(station, flags, place: place).exit(within: .seconds(30))
                #expect(exit.ending == .code(code) && exit.standardError.contains(words), "\(exit.standardError)")
            }
            try await open(station)
            try await station.upload(Samples.text, "uploads/a")
            let exit = try await backfill(station, ["--queue", station.queue.url + "-not"]).exit(within: .seconds(60))
            #expect(exit.ending == .code(78), "\(exit.standardError)")
            #expect(exit.standardError.contains("can't send to the queue"), "\(exit.standardError)")
        }
    }
}
