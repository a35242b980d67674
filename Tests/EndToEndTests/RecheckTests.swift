import Foundation
import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// `lazaret backfill --promoted`.
    @Suite struct Rechecks {
        private struct Line: Decodable { let key: String }

        private static let name = "Lazaret.Demo.EICAR.UNOFFICIAL"

        /// Objects are promoted before a signature knows them.
        private func station(_ name: String, versioned: Bool, rules: String = StationFixture.usualRules) async throws
            -> StationFixture
        {
            let station = try await StationFixture(name, versioned: versioned, rules: rules)
            try station.folder.write("Old.Nothing:0:*:\(String(repeating: "fe", count: 40))\n", to: "old/old.ndb")
            for key in ["uploads/a.txt", "uploads/b.txt"] { try await station.upload(Eicar.bytes, key) }
            try await station.upload(Samples.text, "uploads/c.txt")
            try await station.settle(["--signatures", station.folder.path + "/old"])
            #expect(try await station.keys(station.media).count == 3)
            return station
        }

        private func recheck(
            _ station: StationFixture, _ words: [String], environment: [String: String]? = nil
        ) throws -> Program {
            try Program(
                StationFixture.lazaret,
                [
                    "backfill", "--promoted", "--ledger", station.ledger, "--pipelines",
                    station.folder.path + "/pipelines", "--signatures", StationFixture.signatures, "--spool",
                    station.folder.path, "--rate", "100", "--reason", "new signatures", "--actor", "lee",
                ] + words, environment: environment ?? station.stack.environment)
        }

        private func run(_ station: StationFixture, _ words: [String] = []) async throws -> Program.Exit {
            try await recheck(station, words).exit(within: .seconds(90))
        }

        @Test(arguments: [false, true])
        func `what is infected now is taken out of its place, and a later upload there stays`(isVersioned: Bool)
            async throws
        {
            let station = try await station("recheck-\(isVersioned)", versioned: isVersioned)
            // A later upload has taken the place of b.
            try await station.upload(Samples.text, "uploads/b.txt")
            try await station.settle(["--signatures", station.folder.path + "/old"])
            let dry = try await run(station, ["--dry-run", "--signatures-before", "2126-01-01"])
            #expect(dry.standardOutput.split(separator: "\n").count == 4, "\(dry)")
            #expect(try await run(station, ["--older-than", "1h"]).standardError.hasPrefix("no objects match"))

            let exit = try await run(station)
            #expect(exit.ending == .code(0), "\(exit)")
            #expect(exit.standardError.contains("4 done, 0 refused, 0 failed"))
            #expect(exit.standardOutput.contains("changed: clean -> infected (\(Self.name))"))
            #expect(try await station.keys(station.media) == ["permanent/b.txt", "permanent/c.txt"])
            #expect(try await station.cloud.get(station.media, "permanent/b.txt")?.bytes == Samples.text)
            // With versions, the earlier upload of b is still there as a version, and is taken out too.
            #expect(try await station.keys(station.quarantine).count == (isVersioned ? 2 : 1))
            if !isVersioned { #expect(exit.standardOutput.contains("which has a job of its own")) }
            let job = try await station.job("uploads/a.txt")
            let shown = try await station.review(["show", job.job, "--offline"])
            #expect(shown.standardOutput.contains("state          pending"), "\(shown)")
            #expect(
                shown.standardOutput.contains("recall by lee")
                    && shown.standardOutput.contains("new signatures; recheck"))

            let again = try await run(station)
            #expect(again.ending == .code(0) && again.standardError.contains(" done, 0 refused, 0 failed"), "\(again)")
            // What was recalled is left to its review.
            #expect(!again.standardOutput.contains(job.job))
            #expect(try await station.keys(station.quarantine).count == (isVersioned ? 2 : 1))
        }

        @Test func `objects that were inspected with today's signatures are not inspected again`() async throws {
            let station = try await station("recheck-again", versioned: false)
            try await station.upload(Samples.text, "uploads/b.txt")
            try await station.settle(["--signatures", station.folder.path + "/old"])
            try await station.cloud.delete(station.media, "permanent/c.txt")
            let before = ["--signatures-before", "2126-01-01"]
            let first = try await run(station, before + ["--at-most", "3"])
            #expect(first.ending == .code(0) && first.standardError.contains("3 done, 0 refused"), "\(first)")
            #expect(first.standardError.contains("more objects match"))
            let second = try await run(station, before)
            #expect(second.ending == .code(0) && second.standardError.contains("1 done, 0 refused"), "\(second)")
            // Recalled, replaced, missing or the same: each was settled.
            let third = try await run(station, before)
            #expect(third.ending == .code(0) && third.standardError.hasSuffix("no objects match\n"), "\(third)")

            let rescan = [
                "quarantine", "rescan", "--ledger", station.ledger, "--pipelines", station.folder.path + "/pipelines",
                "--signatures", StationFixture.signatures, "--spool", station.folder.path, "--reason", "r",
                "--rate", "100", "--at-most", "9",
            ]
            for count in [1, 1, 0] {
                let exit = try await Program(
                    StationFixture.lazaret, rescan + (count == 0 ? before : []), environment: station.stack.environment
                ).exit(within: .seconds(90))
                #expect(exit.ending == .code(0) && exit.standardError.contains("\(count) done, 0 refused"), "\(exit)")
            }
            // Without a match, no signatures are loaded.
            let none = try await Program(
                StationFixture.lazaret, rescan + ["--uploader", "nobody", "--signatures", "/nowhere"],
                environment: station.stack.environment
            ).exit(within: .seconds(30))
            #expect(none.ending == .code(0) && none.standardError == "no objects match\n", "\(none)")
            // The verdict has changed for good: there is one note, with its entry in the audit trail.
            let job = try await station.job("uploads/a.txt")
            let shown = try await station.review(["show", job.job, "--offline"])
            #expect(shown.standardOutput.ranges(of: "rescan changed: clean -> infected").count == 2, "\(shown)")
        }

        @Test(arguments: [
            "--scanners=2", "--spool=/tmp", "--signatures=/tmp", "--require-sandbox", "--require-sandbox=all",
            "--at-most=2", "--reason=r", "--signatures-before=1",
        ])
        func `a flag of the recheck is refused without it`(flag: String) async throws {
            let exit = try await Program(
                StationFixture.lazaret, ["backfill", "s3://b", "--dry-run", "--ledger", "sqlite:/nowhere/l.db", flag],
                environment: ["LAZARET_SCANNERS": "2", "LAZARET_SPOOL": "/tmp"]
            ).exit(within: .seconds(30))
            #expect(exit.ending == .code(64) && exit.standardError.contains("needs --promoted"), "\(exit)")
        }

        @Test func `a pipeline may ask for a report only, and a run goes on where it stopped`() async throws {
            let station = try await station(
                "recheck-report", versioned: false, rules: StationFixture.usualRules + "\nrecheck: report")
            var (seen, next) = (Set<String>(), [String]())
            for round in 1...3 {
                let exit = try await run(station, ["--at-most", "1", "--json"] + next)
                #expect(exit.ending == .code(0), "\(exit)")
                let lines = exit.standardOutput.split(separator: "\n")
                seen.formUnion(
                    try lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).key })
                let hint = exit.standardError.range(of: "--start-after ").map {
                    exit.standardError[$0.upperBound...].prefix(32)
                }
                #expect((hint == nil) == (round == 3), "\(exit.standardError)")
                next = hint.map { ["--start-after", String($0)] } ?? []
            }
            #expect(seen == ["uploads/a.txt", "uploads/b.txt", "uploads/c.txt"])
            #expect(try await station.keys(station.media).count == 3)
            let job = try await station.job("uploads/a.txt")
            func changes() async throws -> Int {
                try await Program(
                    StationFixture.lazaret,
                    [
                        "quarantine", "show", job.job, "--json", "--offline", "--ledger", station.ledger,
                        "--pipelines", station.folder.path + "/pipelines",
                    ], environment: [:]
                ).exit(within: .seconds(30)).standardOutput.ranges(of: "recheck changed: clean -> infected").count
            }
            let noted = try await changes()
            #expect(noted > 0)
            // The next run finds the same, and adds nothing.
            #expect(try await run(station, []).ending == .code(0))
            #expect(try await changes() == noted)
        }

        @Test(arguments: [CloudOperation.copyObject, .deleteObject], [false, true])
        func `a killed recheck is finished by reconcile`(_ operation: CloudOperation, isAnswered: Bool) async throws {
            let station = try await station("recheck-kill-\(operation == .copyObject)-\(isAnswered)", versioned: false)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let held = proxy.add(operation, isAnswered ? .holdsAnswer : .holdsRequest)
            let program = try recheck(station, [], environment: proxy.environment)
            try await held.awaitHits(1)
            program.send(SIGKILL)
            _ = try await program.exit(within: .seconds(30))
            // Scanners end with their parent; its claims end after a minute.
            try await station.endReviewClaims()
            let finished = try await Program(
                StationFixture.lazaret,
                ["reconcile", "--pipelines", station.folder.path + "/pipelines", "--ledger", station.ledger],
                environment: station.stack.environment
            ).exit(within: .seconds(60))
            #expect(finished.ending == .code(0), "\(finished)")
            let exit = try await run(station)
            #expect(exit.ending == .code(0), "\(exit)")
            #expect(try await station.keys(station.media) == ["permanent/c.txt"])
            #expect(try await station.keys(station.quarantine).count == 2)
        }

        @Test func `flags of a recheck need --promoted, and the reason is required`() async throws {
            let plain = try await Program(
                StationFixture.lazaret, ["backfill", "s3://b", "--queue", "q", "--at-most", "3"], environment: [:]
            ).exit(within: .seconds(30))
            #expect(plain.ending == .code(64) && plain.standardError.contains("--at-most needs --promoted"))
            let bare = try await Program(
                StationFixture.lazaret, ["backfill", "--promoted"], environment: [:]
            ).exit(within: .seconds(30))
            #expect(bare.ending == .code(64) && bare.standardError.contains("--reason"))
        }
    }
}
