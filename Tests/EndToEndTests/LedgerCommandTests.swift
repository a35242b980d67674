import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// `lazaret ledger prune` and `lazaret ledger rebuild`.
    @Suite struct LedgerCommands {
        private func lazaret(_ station: StationFixture, _ words: [String]) async throws -> Program.Exit {
            try await Program(
                StationFixture.lazaret, words + ["--ledger", station.ledger], environment: station.stack.environment
            ).exit(within: .seconds(60))
        }

        /// A quarantined object has all that its job's row needs.
        @Test(arguments: [false, true])
        func `a lost ledger is rebuilt from the quarantined objects`(isVersioned: Bool) async throws {
            let station = try await StationFixture("ledger-rebuild-\(isVersioned)", versioned: isVersioned)
            for key in ["uploads/a/ü +%20.txt", "uploads/b.txt"] { try await station.upload(Eicar.bytes, key) }
            try await station.upload(Samples.text, "uploads/clean.txt")
            try await station.settle()
            let before = try await station.jobs().filter { $0.verdict == "infected" }
            try #require(before.count == 2)
            // Somebody else's object, and one whose metadata name another job.
            try await station.cloud.put([1], station.quarantine, "infected/foreign")
            try await station.cloud.put(
                [1], station.quarantine, "infected/forged",
                UploadOptions(metadata: [
                    "lazaret-job": before[0].job, "lazaret-verdict": "infected", "lazaret-source": "x/y",
                    "lazaret-original-bucket": station.incoming, "lazaret-original-key": "k",
                    "lazaret-original-etag": "e",
                ]))
            for ending in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: station.folder.path + "/lazaret.db\(ending)")
            }

            let place = "s3://\(station.quarantine)/infected/"
            let dry = try await lazaret(station, ["ledger", "rebuild", place, "--dry-run"])
            #expect(dry.standardError == "2 would be restored, 0 known already, 2 not quarantined by Lazaret\n")
            #expect(try await station.jobs().isEmpty)
            let exit = try await lazaret(station, ["ledger", "rebuild", place, "--actor", "mara"])
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            #expect(exit.standardError == "2 restored, 0 known already, 2 not quarantined by Lazaret\n")
            let again = try await lazaret(station, ["ledger", "rebuild", place])
            #expect(again.standardError == "0 restored, 2 known already, 2 not quarantined by Lazaret\n")

            let after = try await station.jobs()
            #expect(Set(after.map(\.job)) == Set(before.map(\.job)))
            for job in after {
                let known = try #require(before.first { $0.job == job.job })
                #expect(job.bucket == known.bucket && job.key == known.key && job.versionId == known.versionId)
                #expect(job.outcome == "settled" && job.verdict == "infected" && job.disposition == "quarantined")
                #expect(job.sha256 == known.sha256 && job.destination?.key == known.destination?.key)
                #expect(job.findings.first?.name == known.findings.first?.name)
            }
            let shown = try await lazaret(station, ["jobs", "show", after[0].job])
            #expect(shown.standardOutput.contains("rebuild") && shown.standardOutput.contains("mara"))
        }

        @Test func `pruning needs a time that no message can reach back to`() async throws {
            let station = try await StationFixture("ledger-prune", route: nil)
            try await station.settle()
            for time in ["27d", "2126-01-01"] {
                let exit = try await lazaret(station, ["ledger", "prune", "--before", time])
                #expect(exit.ending == .code(64) && exit.standardError.contains("at least 28 days ago"))
            }
            let missing = try await lazaret(station, ["ledger", "prune"])
            #expect(missing.ending == .code(64) && missing.standardError.contains("--before T"))
            let dry = try await lazaret(station, ["ledger", "prune", "--before", "28d", "--dry-run"])
            #expect(dry.standardError == "0 jobs, 0 unreadable messages and 0 sent notices would be removed\n")
            let exit = try await lazaret(station, ["ledger", "prune", "--before", "28d"])
            #expect(
                exit.ending == .code(0)
                    && exit.standardError == "0 jobs, 0 unreadable messages and 0 sent notices removed\n")
        }
    }

    /// Queues of which S3 itself knows nothing.
    @Suite struct FIFOQueues {
        @Test func `a FIFO queue is worked on, and replay, backfill and reconcile send to it`() async throws {
            let station = try await StationFixture("fifo", route: nil)
            let queue = try await station.cloud.createQueue("fifo-uploads.fifo", receives: 5)
            try await station.upload(Samples.text, "uploads/a.txt")
            let shared = [
                "--queue", queue.url, "--pipelines", station.folder.path + "/pipelines", "--ledger", station.ledger,
            ]
            func run(_ words: [String]) async throws -> Program.Exit {
                try await Program(
                    StationFixture.lazaret, words + shared, environment: station.stack.environment
                ).exit(within: .seconds(60))
            }
            func work() async throws {
                let exit = try await station.startWorker(["--queue", queue.url]).exit(within: .seconds(90))
                try #require(exit.ending == .code(0), "\(exit.standardError)")
            }
            try await station.settle()
            let sent = try await run(["backfill", "s3://\(station.incoming)/uploads/"])
            #expect(sent.ending == .code(0), "\(sent.standardError)")
            try await work()
            #expect(try await station.keys(station.media) == ["permanent/a.txt"])

            // A job that failed: its destination was missing.
            try station.write(rules: StationFixture.usualRules.replacing("s3://MEDIA/", with: "s3://fifo-nowhere/"))
            try await station.upload(Samples.text, "uploads/b.txt")
            _ = try await run(["backfill", "s3://\(station.incoming)/uploads/"])
            _ = try await station.startWorker(["--queue", queue.url, "--stop-grace", "1"]).exit(within: .seconds(90))
            try station.write(rules: StationFixture.usualRules)
            let job = try await station.job("uploads/b.txt")
            let replayed = try await Program(
                StationFixture.lazaret,
                ["replay", job.job, "--queue", queue.url, "--ledger", station.ledger],
                environment: station.stack.environment
            ).exit(within: .seconds(60))
            #expect(replayed.ending == .code(0) && replayed.standardError.hasPrefix("1 replayed"))
            #expect(try await station.cloud.counts(queue.url).visible >= 1)
        }

        @Test func `check says that S3 does not notify a FIFO queue`() async throws {
            let station = try await StationFixture("fifo-check", route: nil)
            let queue = try await station.cloud.createQueue("fifo-check-uploads.fifo", receives: 5)
            let exit = try await Program(
                StationFixture.lazaret,
                [
                    "check", "--queue", queue.url, "--pipelines", station.folder.path + "/pipelines", "--ledger",
                    station.ledger, "--signatures", StationFixture.signatures, "--spool", station.folder.path,
                ], environment: station.stack.environment
            ).exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardOutput)")
            #expect(exit.standardOutput.contains("FIFO: S3 does not notify it, EventBridge does"))
            #expect(exit.standardOutput.contains("WARNING: S3 does not notify a FIFO queue"))
        }
    }
}
