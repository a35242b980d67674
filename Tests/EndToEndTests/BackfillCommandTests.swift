import Domain
import Foundation
import Intake
import Ledger
import Support
import TestKit
import Testing

extension EndToEnd {
    /// `lazaret backfill`: objects that a bucket held before its events were set up.
    @Suite struct Backfills {
        /// Like `StationFixture.usualRules`, but clean objects stay in place, tagged.
        static let keepingRules = """
            pipeline: keeping
            match: { bucket: INCOMING, prefix: uploads/, exclude: ["*.part"] }
            unversioned: accept-race
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

        private func backfill(_ station: StationFixture, _ flags: [String] = [], place: String? = nil) throws -> Program
        {
            let words = ["backfill", place ?? "s3://\(station.incoming)"]
            let usual = [
                "--queue", station.queue.url, "--pipelines", station.folder.path + "/pipelines", "--ledger",
                station.ledger,
            ]
            return try Program(StationFixture.lazaret, words + usual + flags, environment: station.stack.environment)
        }

        /// Runs a backfill, requires that it exits with 0, and returns its standard error.
        private func summary(_ station: StationFixture, _ flags: [String] = [], place: String? = nil) async throws
            -> String
        {
            let exit = try await backfill(station, flags, place: place).exit(within: .seconds(60))
            try #require(exit.ending == .code(0), "\(exit.standardError)")
            return exit.standardError
        }

        private func lines(of exit: Program.Exit) throws -> [Line] {
            try exit.standardOutput.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
        }

        /// Creates the ledger: a backfill needs an existing one.
        private func createLedger(_ station: StationFixture) async throws { try await station.settle() }

        @Test(arguments: [false, true])
        func `a backfill queues every existing object once`(isVersioned: Bool) async throws {
            let name = isVersioned ? "backfill-versions" : "backfill"
            let station = try await StationFixture(name, versioned: isVersioned, route: nil, rules: Self.keepingRules)
            try await createLedger(station)
            let keys = ["uploads/a", "uploads/b c+d%20", "uploads/ü/日本語 🐟", "uploads//x", "uploads/z"]
            for key in keys { try await station.upload(Samples.text, key) }
            try await station.upload(Samples.text, "uploads/half.part")
            try await station.upload(Samples.text, "elsewhere/a")
            if isVersioned {
                // Neither older versions nor objects under a delete marker count as existing.
                try await station.upload(Array("newer".utf8), "uploads/a")
                try await station.upload(Samples.text, "uploads/hidden")
                try await station.cloud.delete(station.incoming, "uploads/hidden")
            }
            #expect(try await summary(station) == "7 objects: 5 sent, 2 without a pipeline\n")
            #expect(try await station.settle().objects == 5)
            let jobs = try await station.jobs()
            #expect(Set(jobs.compactMap { ObjectKey($0.key) }) == Set(keys.compactMap { ObjectKey($0) }))
            #expect(jobs.allSatisfy { $0.verdict == "clean" && $0.disposition == "kept" && $0.attempts == 1 })
            #expect(jobs.allSatisfy { ($0.versionId != nil) == isVersioned && $0.sequencer == nil })

            #expect(try await summary(station) == "7 objects: 0 sent, 5 settled, 2 without a pipeline\n")
            try await station.expectDrained()
        }

        @Test(arguments: [false, true])
        func `a backfill skips an object whose event was handled already`(isVersioned: Bool) async throws {
            let name = isVersioned ? "backfill-live-versions" : "backfill-live"
            let station = try await StationFixture(name, versioned: isVersioned, rules: Self.keepingRules)
            try await station.upload(Samples.text, "uploads/a")
            try await station.settle()
            let job = try await station.job("uploads/a")
            #expect(job.sequencer != nil)
            #expect(try await summary(station) == "1 object: 0 sent, 1 settled\n")

            let prefix = "s3://\(station.incoming)/uploads/b"
            try await station.upload(Samples.text, "uploads/b")
            // The upload's event waits in the queue beside the message of the backfill.
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

        @Test func `a dry run lists what would be sent and sends nothing`() async throws {
            let station = try await StationFixture("backfill-dry", route: nil)
            try await createLedger(station)
            for key in ["uploads/a", "uploads/\u{1}b", "else"] { try await station.upload(Samples.text, key) }
            let exit = try await backfill(station, ["--dry-run", "--json"]).exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            let listed = try lines(of: exit)
            #expect(listed.map(\.key) == ["uploads/\u{1}b", "uploads/a"])
            #expect(listed.allSatisfy { $0.result == "would-send" })
            #expect(exit.standardError == "3 objects: 2 sent, 1 without a pipeline\n")
            let asText = try await backfill(station, ["--dry-run"]).exit(within: .seconds(60))
            #expect(
                asText.standardOutput
                    == """
                    \(listed[0].job)  s3://\(station.incoming)/uploads/\\u{1}b
                    \(listed[1].job)  s3://\(station.incoming)/uploads/a

                    """)
            #expect(try await station.jobs().isEmpty)
            try await station.expectDrained()
        }

        @Test func `a stopped run prints the key to resume after`() async throws {
            let station = try await StationFixture("backfill-stop", route: nil)
            try await createLedger(station)
            let prefix = "uploads/it's "
            try await station.cloud.putMany(60, size: 40, station.incoming, prefix: prefix)
            let program = try backfill(station, ["--rate", "1/s"])
            _ = try await station.cloud.awaitMessages(2, in: station.queue)
            program.send(SIGINT)
            let exit = try await program.exit(within: .seconds(30))
            #expect(exit.ending == .code(75), "\(exit.standardError)")
            let line = try #require(exit.errorLines.last)
            let start = try #require(line.firstRange(of: "--start-after=")?.lowerBound)

            // Resume as a person would: paste the printed flag into a shell.
            let words = """
                '\(StationFixture.lazaret)' backfill 's3://\(station.incoming)' --queue '\(station.queue.url)' \
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

        @Test func `only the selected keys and times are sent`() async throws {
            let station = try await StationFixture("backfill-part", route: nil)
            try await createLedger(station)
            for key in ["uploads/a", "uploads/b", "uploads/c"] { try await station.upload(Samples.text, key) }
            #expect(try await summary(station, ["--start-after", "uploads/a"]) == "2 objects: 2 sent\n")
            let ledger = try await openLedger(at: station.ledger, log: Log(threshold: .error))
            let entry = try #require(try await ledger.auditTrail(of: nil, limit: 9).first)
            #expect(entry.action == "backfill" && entry.subject == "s3://\(station.incoming)")
            #expect(entry.reason == "2 sent to the queue" && entry.actor.contains("@"))
            await ledger.close()
            #expect(
                try await summary(station, place: "s3://\(station.incoming)/uploads/c") == "1 object: 1 sent\n")
            #expect(try await summary(station, ["--until", "1h"]) == "3 objects: 0 sent, 3 outside the time range\n")
            #expect(try await summary(station, ["--since", "1h"]) == "3 objects: 3 sent\n")
        }

        @Test func `a mistake is reported before anything is sent`() async throws {
            let station = try await StationFixture("backfill-wrong", route: nil)
            let there = "s3://\(station.incoming)"
            let cases: [(place: String, flags: [String], code: CInt, words: String)] = [
                ("uploads/", [], 64, "s3://BUCKET/PREFIX"), ("s3://", [], 64, "s3://BUCKET/PREFIX"),
                (there, ["--rate", "fast"], 64, "--rate takes"), (there, ["--rate", "0/s"], 64, "--rate takes"),
                (there, ["--until", "soon"], 64, "--until takes"),
                ("s3://\(station.media)", [], 78, "no pipeline"), (there, [], 78, "lazaret.db"),
            ]
            for (place, flags, code, words) in cases {
                let exit = try await backfill(station, flags, place: place).exit(within: .seconds(30))
                #expect(exit.ending == .code(code) && exit.standardError.contains(words), "\(exit.standardError)")
            }
            try await createLedger(station)
            try await station.upload(Samples.text, "uploads/a")
            let exit = try await backfill(station, ["--queue", station.queue.url + "-not"]).exit(within: .seconds(60))
            #expect(exit.ending == .code(78), "\(exit.standardError)")
            #expect(exit.standardError.contains("can't send to the queue"), "\(exit.standardError)")
        }
    }
}
