import Foundation
import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// A full spool costs time or attempts, never an object.
    @Suite struct FullSpools {
        @Test func `an object too large for the spool stays until there is room`() async throws {
            let station = try await StationFixture("full-spool", rules: StationFixture.laxRules)
            let large = try await station.cloud.putLarge(
                size: 24_000_000, station.incoming, "large.bin", .init(type: "application/octet-stream"))
            try await station.upload(Samples.text, "small.txt")

            // Limits the process's files to 12 MB: a write beyond that fails with EFBIG and raises SIGXFSZ, which ends
            // a process by default.
            let worker = try Program(
                "/usr/bin/prlimit",
                [
                    "--fsize=12000000", StationFixture.lazaret, "run", "--queue", station.queue.url, "--pipelines",
                    station.folder.path + "/pipelines", "--ledger", station.ledger, "--signatures",
                    StationFixture.signatures,
                    "--spool", station.folder.path, "--until-idle", "1",
                ], environment: station.stack.environment, directory: station.folder.path)
            let exit = try await worker.exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")

            // The small object was moved; the large one stays, and its attempt has the reason.
            #expect(try await station.keys(station.incoming) == ["large.bin"])
            #expect(try await station.keys(station.media) == ["small.txt"])
            let job = try await station.job("large.bin")
            #expect(job.outcome == nil && job.verdict == nil && job.disposition == nil && job.attempts >= 1)
            let shown = try await Program(
                StationFixture.lazaret, ["jobs", "show", job.job, "--ledger", station.ledger], environment: [:]
            ).exit(within: .seconds(30)).standardOutput
            let attempts = shown.split(separator: "\n").filter { $0.hasPrefix("attempt ") }
            #expect(attempts.count == job.attempts)
            for attempt in attempts {
                #expect(attempt.contains("spool: write to the spool: File too large"), "\(attempt)")
                #expect(attempt.contains("`--spool`"), "\(attempt)")
            }

            try await station.stack.letTimePass(.seconds(60), in: station.queue)
            try await station.settle()
            let stored = try #require(try await station.cloud.get(station.media, "large.bin"))
            #expect(stored.sha256 == large.sha256 && stored.size == 24_000_000)
            let settled = try await station.job("large.bin")
            #expect(settled.verdict == "clean" && settled.disposition == "promoted")
            #expect(settled.attempts == job.attempts + 1 && settled.sha256 == large.sha256)
            #expect(try await station.keys(station.incoming).isEmpty)
            try await station.expectDrained()
        }

        @Test(.enabled(if: SmallDisk.isPossible, "needs to mount a small disk"))
        func `a full spool disk is waited for and costs no attempt`() async throws {
            let station = try await StationFixture("full-disk", rules: StationFixture.laxRules)
            let disk = try SmallDisk(bytes: 32 << 20)
            try disk.fill(leaving: 8 << 20)
            let large = try await station.cloud.putLarge(
                size: 16_000_000, station.incoming, "large.bin", .init(type: "application/octet-stream"))
            let worker = try station.startWorker(["--spool", disk.path])
            let line = try await worker.logged("spool folder full: waiting")
            #expect(line.contains(disk.path) && line.contains(#""level":"warning""#), "\(line)")
            // The message stays leased, and no attempt has begun.
            #expect(try await station.cloud.counts(station.queue.url).inFlight == 1)
            #expect(try await station.keys(station.incoming) == ["large.bin"])

            try disk.makeRoom()
            let exit = try await worker.exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            let job = try await station.job("large.bin")
            #expect(job.verdict == "clean" && job.attempts == 1 && job.sha256 == large.sha256)
            #expect(exit.standardError.components(separatedBy: "spool folder full").count == 2)
            try await station.expectDrained()
        }
    }
}
